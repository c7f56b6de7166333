"""The hash chains over the churn records and over what is added beside them: a byte changed, a row removed
or slipped in is found.

Each record stores `hash`, the SHA-256 of its canonical content and of the hash of the record before
(`previous_hash`); `seq` numbers them without a gap. The head is read and the record inserted by one writing
unit, and writing units queue up on both databases, so two refusals at once cannot fork the chain. A record
cut off at the very end leaves a call that ended in a refusal without its record: that is found too.

Texts by which a person can be known (PERSONAL) enter the hash only through `digests`, one SHA-256 each over
a random `salt` and the text. Erasing a person empties the texts and the salt, sets `erased_at` and adds an
amendment « erased » (see `erase`): the digests stay, so the chain still holds, and without the salt nobody
can try names against them. What is not erased is compared with its digests, so that no text can be changed.

What is added later (`reason_now`, `follow_up_now`, `reviewed`, `corrected_at`) is no part of the content: it
stands in `RecordAmendment`, append-only, and these columns only repeat the last of it for lists to be quick;
that they do is checked. Amendments have a chain of their own, made in the same way, each also bound to the
hash of its record; their text is the personal one. The last amendment of all, cut off, leaves no trace unless
one of these columns repeats it.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from hashlib import sha256
from secrets import token_hex
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, select, update
from sqlmodel import Session, col

from console.base.vocabulary import CallOutcome
from console.db.tables import Call, ChurnRecord, RecordAmendment, RecordWord
from console.records.filters import Amendment

PERSONAL = ("client_code", "client_name", "verbatim", "note")
CONTENT = (
    "call_id", "client_id", "subscription_id", "at", "cancelled_on", "effective_on", "reason",
    "first_objection", "context", "attempts", "result", "status", "resumable", "follow_up_on",
    "recommendation", "agent", "script_hash", "duration_s", "plan", "vip",
)  # fmt: skip
ADDED = ("record_id", "record_hash", "at", "author", "kind", "value", "before", "addressee", "question_id")
"""What enters the hash of an amendment as it is."""
_BATCH = 1_000

Head = tuple[int, str]
"""Number and hash of the last row of a chain; (0, "") before the first."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain: its table, what enters the hash as it is, what enters it as a digest, and its words."""

    table: type[ChurnRecord] | type[RecordAmendment]
    content: tuple[str, ...]
    personal: tuple[str, ...]
    missing: str
    plural: str


RECORDS = Chain(ChurnRecord, CONTENT, PERSONAL, "la fiche qui la précède a été retirée", "fiches")
AMENDMENTS = Chain(
    RecordAmendment, ADDED, ("text",), "l’annotation qui la précède a été retirée", "annotations"
)


def head(connection: Connection, chain: Chain = RECORDS) -> Head:
    """Where a chain ends; the caller holds the write lock."""
    found = connection.execute(_last(chain)).first()
    return (found[0] or 0, found[1]) if found else (0, "")


@cache
def _last(chain: Chain) -> Select[int | None, str]:
    seq = col(chain.table.seq)
    return select(seq, col(chain.table.hash)).where(seq.is_not(None)).order_by(seq.desc()).limit(1)


def sealed(values: Mapping[str, Any], last: Head, chain: Chain = RECORDS) -> dict[str, Any]:
    """The columns that chain a row of these values to the last one."""
    salt = token_hex(16)
    link = {"seq": last[0] + 1, "previous_hash": last[1], "digests": digests(values, salt, chain)}
    return {**link, "salt": salt, "hash": content_hash({**values, **link}, chain)}


def digests(values: Mapping[str, Any], salt: str, chain: Chain = RECORDS) -> str:
    """One salted digest for each personal text, in their order."""
    return " ".join(sha256(f"{salt}\0{name}\0{values[name]}".encode()).hexdigest() for name in chain.personal)


def content_hash(values: Mapping[str, Any], chain: Chain = RECORDS) -> str:
    """The hash of a row: content without personal texts, their digests, its place, the one before."""
    content = {name: values[name] for name in (*chain.content, "seq", "previous_hash", "digests")}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=_plain)
    return sha256(text.encode()).hexdigest()


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def amend(
    session: Session,
    record: ChurnRecord,
    kind: Amendment,
    *,
    at: datetime,
    author: str,
    **columns: Any,
) -> None:
    """Add something beside a record, chained; the caller holds the write lock."""
    session.flush()
    row = RecordAmendment(record_id=record.id or 0, at=at, author=author, kind=kind, **columns)
    values = row.model_dump() | {"record_hash": record.hash}
    for name, value in sealed(values, head(session.connection(), AMENDMENTS), AMENDMENTS).items():
        setattr(row, name, value)
    session.add(row)


def erase(
    session: Session,
    record_id: int,
    *,
    at: datetime,
    author: str,
    code: str = "",
    name: str = "Client effacé",
) -> None:
    """Erase a person from a record and from what was added to it; the chain goes on holding.

    `code` and `name` are what is shown from now on. Erasing again changes nothing.
    """
    record = session.get(ChurnRecord, record_id)
    if record is None or record.erased_at is not None:
        return
    gone = {"client_code": code, "client_name": name, "verbatim": "", "note": "", "salt": "", "search": ""}
    session.execute(update(ChurnRecord).where(col(ChurnRecord.id) == record_id).values(erased_at=at, **gone))
    session.execute(
        update(RecordAmendment).where(col(RecordAmendment.record_id) == record_id).values(text="", salt="")
    )
    session.execute(delete(RecordWord).where(col(RecordWord.record_id) == record_id))
    amend(session, record, Amendment.ERASED, at=at, author=author)


def take_back(session: Session, record_id: int, *, at: datetime, author: str, why: str) -> None:
    """Mark a record as taken back by a correction: it stays, and no figure counts it."""
    record = session.get(ChurnRecord, record_id)
    if record is not None and record.corrected_at is None:
        record.corrected_at = at
        amend(session, record, Amendment.CORRECTED, at=at, author=author, text=why)


def faults(connection: Connection) -> Iterator[str]:
    """What is wrong with the chains, in French, each row by its number."""
    added = _Added()
    yield from _amendment_faults(connection, added)
    yield from _record_faults(connection, added)
    unrecorded = (
        select(col(Call.id), col(Call.agent))
        .outerjoin(
            ChurnRecord,
            and_(
                col(ChurnRecord.subscription_id) == col(Call.subscription_id),
                col(ChurnRecord.corrected_at).is_(None),
            ),
        )
        .where(col(Call.outcome) == CallOutcome.REFUSED, col(ChurnRecord.id).is_(None))
    )
    for call, agent in connection.execute(unrecorded):
        yield f"appel {call} ({agent}) : refus dont la fiche de résiliation a été retirée"


@dataclass(slots=True)
class _Added:
    """What the amendments say of each record, the last of each kind."""

    erased: set[int] = field(default_factory=set)
    corrected: set[int] = field(default_factory=set)
    reviewed: set[int] = field(default_factory=set)
    reasons: dict[int, str] = field(default_factory=dict)
    follow_ups: dict[int, str] = field(default_factory=dict)

    def take(self, row: Mapping[str, Any]) -> None:
        number = row["record_id"]
        match row["kind"]:
            case Amendment.ERASED:
                self.erased.add(number)
            case Amendment.CORRECTED:
                self.corrected.add(number)
            case Amendment.READ:
                self.reviewed.add(number)
            case Amendment.RECODED:
                self.reasons[number] = row["value"]
            case Amendment.FOLLOW_UP:
                self.follow_ups[number] = row["value"]

    def repeated_by(self, record: Mapping[str, Any]) -> bool:
        """Whether the columns of a record that repeat its amendments do."""
        number, first, now = record["id"], record["follow_up_on"], record["follow_up_now"]
        return (
            record["reviewed"] == (number in self.reviewed)
            and (record["corrected_at"] is not None) == (number in self.corrected)
            and record["reason_now"] == self.reasons.get(number, record["reason"])
            and (now.isoformat() if now else "")
            == self.follow_ups.get(number, first.isoformat() if first else "")
        )


def not_repeated(connection: Connection) -> list[int]:
    """The records whose columns do not repeat what their amendments say."""
    added = _Added()
    for row, _ in _walk(connection, AMENDMENTS):
        added.take(row)
    return [record["id"] for record, _ in _walk(connection, RECORDS) if not added.repeated_by(record)]


def repeat(session: Session, record_id: int) -> None:
    """Has the columns of a record repeat what its amendments say."""
    record = session.get(ChurnRecord, record_id)
    if record is None:
        return
    added = _Added()
    rows = select(RecordAmendment).where(col(RecordAmendment.record_id) == record_id)
    for row in session.scalars(rows.order_by(col(RecordAmendment.id))):
        added.take(row.model_dump())
    record.reviewed = record_id in added.reviewed
    record.reason_now = added.reasons.get(record_id, record.reason)
    day = added.follow_ups.get(record_id)
    record.follow_up_now = record.follow_up_on if day is None else date.fromisoformat(day) if day else None


def _amendment_faults(connection: Connection, added: _Added) -> Iterator[str]:
    """Along their chain; `added` is told what they say."""
    for row, misplaced in _walk(connection, AMENDMENTS):
        added.take(row)
        where = f"annotation n° {row['id']} de la fiche de résiliation n° {row['record_id']}"
        if misplaced:
            yield f"{where} : {misplaced}"
        emptied = row["record_erased_at"] is not None and not row["text"] and not row["salt"]
        texts_hold = emptied or row["digests"] == digests(row, row["salt"], AMENDMENTS)
        if row["seq"] is not None and not (texts_hold and row["hash"] == content_hash(row, AMENDMENTS)):
            yield f"{where} : modifiée après coup"


def _record_faults(connection: Connection, added: _Added) -> Iterator[str]:
    """Along their chain."""
    for record, misplaced in _walk(connection, RECORDS):
        where = f"fiche de résiliation n° {record['id']} ({record['client_code'] or 'client effacé'})"
        if misplaced:
            yield f"{where} : {misplaced}"
        if record["seq"] is None:
            continue
        if record["erased_at"] is not None:
            texts_hold = record["id"] in added.erased and not record["salt"]
        else:
            texts_hold = record["digests"] == digests(record, record["salt"])
        if not texts_hold or record["hash"] != content_hash(record):
            yield f"{where} : modifiée après coup"
        elif not added.repeated_by(record):
            yield f"{where} : son motif, son suivi ou sa lecture ne suivent pas ses annotations"


def _walk(connection: Connection, chain: Chain) -> Iterator[tuple[dict[str, Any], str]]:
    """Each row along a chain, those outside it first, and what is wrong with its place."""
    last: Head = (0, "")
    for row in _rows(connection, chain):
        if row["seq"] is None:
            yield row, "ajoutée hors de la console"
            continue
        gap = row["seq"] - last[0] - 1
        if gap > 0:
            yield row, chain.missing if gap == 1 else f"les {gap} {chain.plural} avant elle ont été retirées"
        else:
            yield row, "ne suit pas la précédente" if gap or row["previous_hash"] != last[1] else ""
        last = (row["seq"], row["hash"])


def _rows(connection: Connection, chain: Chain) -> Iterator[dict[str, Any]]:
    """Every row in the order of its chain, those without a number first."""
    of_chain: Any = chain.table
    of_record: Any = ChurnRecord
    table, record = of_chain.__table__, of_record.__table__
    query = select(table).order_by(table.c.seq, table.c.id)
    if chain is AMENDMENTS:
        sealed_with = record.c.hash.label("record_hash"), record.c.erased_at.label("record_erased_at")
        query = query.join(record, record.c.id == table.c.record_id).add_columns(*sealed_with)
    yield from map(dict, connection.execute(query.where(table.c.seq.is_(None))).mappings().all())
    after = 0
    while batch := connection.execute(query.where(table.c.seq > after).limit(_BATCH)).mappings().all():
        yield from map(dict, batch)
        after = batch[-1]["seq"]
