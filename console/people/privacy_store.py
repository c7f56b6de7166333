"""Everything held about one person, table by table: to be read out, and to be erased.

Erasing keeps the rows, with every figure and date that statistics count, and empties every text column that
is not listed as kept: a column added tomorrow is erased without anybody thinking of it. The SQLite file is
cleaned after that (`Database.forget`).
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select, update
from sqlmodel import Session, SQLModel, col

from console.base.history import EventKind
from console.cases import forgotten
from console.cases.terms import client_of_code
from console.db.tables import (
    Call,
    Callback,
    ChurnRecord,
    Client,
    Commitment,
    Escalation,
    Event,
    JournalView,
    Message,
    SetAsideEvent,
    Subscription,
)
from console.ledger.personal import about, emptied
from console.records import chain
from console.rules.client_columns import FIELDS, KEEP

NAME: str = FIELDS["last_name"].erased
_WORD = re.compile(r"[A-Za-z0-9_:.+-]{1,80}")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Person:
    """A client, and what tells them from anybody else in a text."""

    client: Client
    marks: tuple[str, ...]

    @property
    def id(self) -> int:
        """The client's number, which stays."""
        return self.client.id or 0


def find(session: Session, code: str) -> Person | None:
    """The client with that code."""
    client = client_of_code(session, code)
    if client is None:
        return None
    name = f"{client.first_name} {client.last_name}".strip()
    marks = (client.code, client.email, client.phone, client.phone_raw, name if " " in name else "")
    return Person(client, tuple(dict.fromkeys(mark for mark in marks if len(mark) > 4)))


def on_the_line(session: Session, client_id: int) -> bool:
    """Whether a call with the client is open."""
    query = select(col(Call.id)).where(col(Call.client_id) == client_id, col(Call.ended_at).is_(None))
    return session.scalars(query).first() is not None


def everything(session: Session, client_id: int) -> dict[str, list[dict[str, Any]]]:
    """Every row about the client, by table, in the order of writing; columns by their name."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name, table in SQLModel.metadata.tables.items():
        condition = about(table, client_id)
        if condition is None:
            continue
        rows = session.connection().execute(select(table).where(condition).order_by(*table.primary_key))
        if listed := [dict(row) for row in rows.mappings()]:
            found[name] = listed
    return found


_DELETED = frozenset({"draft", "record_word", "call_undo", "seal_salt"})
"""Tables whose rows are nothing but the person's words, what they were before an act, or by which these could
be guessed."""


def new_code(client_id: int) -> str:
    """The code of a client who was erased."""
    return f"EFFACE-{client_id:05d}"


def erase(session: Session, person: Person, *, at: datetime, author: str) -> None:
    """Empties every text about the client but those in KEPT; their open promises and escalations end."""
    number, code = person.id, new_code(person.id)
    client = person.client
    if client.code != code:  # nothing is left of one who was erased before
        forgotten.remember(session, (client.code, client.email, client.phone), at)
    records = session.scalars(select(col(ChurnRecord.id)).where(col(ChurnRecord.client_id) == number)).all()
    for record in records:
        chain.erase(session, record or 0, at=at, author=author, code=code, name=NAME)
    for table in SQLModel.metadata.tables.values():
        mine = about(table, number)
        if mine is None:
            continue
        if table.name in _DELETED:
            session.execute(delete(table).where(mine))
        elif values := emptied(table):
            session.execute(update(table).where(mine).values(**values))
    gone = {name: column.erased for name, column in FIELDS.items() if column.erased is not KEEP}
    gone |= {"code": code, "email_usable": False, "phone_kind": "none", "updated_at": at}
    session.execute(update(Client).where(col(Client.id) == number).values(**gone))
    terms = update(Subscription).where(col(Subscription.client_id) == number)
    session.execute(terms.values(client_code=code))
    _end(session, number, at, author)
    _events(session, person)
    for view in session.scalars(select(JournalView)).all():
        if _tells(json.dumps(view.filters, ensure_ascii=False), person.marks):
            session.delete(view)
    for event in session.scalars(select(SetAsideEvent)).all():
        if _tells(f"{event.event} {event.closed_why}", person.marks):
            session.delete(event)


def _end(session: Session, number: int, at: datetime, author: str) -> None:
    """What waited for the client waits no more."""
    waiting = (col(Message.client_id) == number, col(Message.status) == "queued")
    session.execute(update(Message).where(*waiting).values(status="cancelled"))
    promised = (col(Callback.client_id) == number, col(Callback.done_at).is_(None))
    session.execute(update(Callback).where(*promised).values(done_at=at, cancelled_why=NAME))
    owed = update(Commitment).where(col(Commitment.client_id) == number, col(Commitment.done_at).is_(None))
    session.execute(owed.values(done_at=at, done_by=author))
    mine = col(Escalation.client_id) == number
    unanswered = update(Escalation).where(mine, col(Escalation.answered_at).is_(None))
    session.execute(unanswered.values(answered_at=at, answered_by=author))
    still_open = update(Escalation).where(mine, col(Escalation.closed_at).is_(None))
    session.execute(still_open.values(closed_at=at, closed_by=author))


def _events(session: Session, person: Person) -> None:
    """Events keep what statistics read: kind, moment, figures and single words of the vocabulary."""
    for event in session.scalars(select(Event).where(col(Event.client_id) == person.id)).all():
        if event.kind != EventKind.AUDIT:
            event.text = ""
        event.data = _figures(event.data, person.marks) or {}
        if event.key and (event.key.startswith("retour") or _tells(event.key, person.marks)):
            event.key = f"efface:{event.id}"
    session.flush()


def _figures(value: Any, marks: Iterable[str]) -> Any:
    if isinstance(value, dict):
        kept = {key: _figures(one, marks) for key, one in value.items()}
        return {key: one for key, one in kept.items() if one is not None}
    if isinstance(value, list):
        return [one for one in (_figures(each, marks) for each in value) if one is not None]
    if isinstance(value, str):
        return value if _WORD.fullmatch(value) and not _tells(value, marks) else None
    return value


def _tells(text: str, marks: Iterable[str]) -> bool:
    lower = text.lower()
    return any(mark.lower() in lower for mark in marks)


def files_that_tell(database: Path, marks: Iterable[str]) -> Iterator[Path]:
    """The database, its journals and the copies beside it in which one of the marks still is, or may be: what
    cannot be read is named too."""
    wanted = [form.encode() for mark in marks for form in {mark, json.dumps(mark)[1:-1]}]
    for path in sorted(database.parent.glob(f"{database.stem}*")):
        if path.is_file() and _holds(path, wanted):
            yield path


def _holds(path: Path, wanted: list[bytes]) -> bool:
    tail = b""
    overlap = max(map(len, wanted), default=1)
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                block = tail + chunk
                if any(mark in block for mark in wanted):
                    return True
                tail = block[-overlap:]
    except OSError:
        return True
    return False
