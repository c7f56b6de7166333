"""The hash chain over the churn records: a byte changed, a record removed or slipped in is found.

Each record stores `hash`, the SHA-256 of its canonical content and of the hash of the record before
(`previous_hash`); `seq` numbers them without a gap. The head is read and the record inserted by one writing
unit, and writing units queue up on both databases, so two refusals at once cannot fork the chain. A record
cut off at the very end leaves a call that ended in a refusal without its record: that is found too.

Texts by which a person can be known (PERSONAL) enter the hash only through `digests`, one SHA-256 each over
a random `salt` and the text. Erasing a person empties the texts and the salt, sets `erased_at` and adds an
amendment « erased » (see `erase`): the digests stay, so the chain still holds, and without the salt nobody
can try names against them. What is not erased is compared with its digests, so that no text can be changed.

What a supervisor adds later (`reason_now`, `follow_up_now`, `reviewed`) is no part of the content: it stands
in `RecordAmendment`, append-only, and these columns only repeat the last of it for lists to be quick.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from secrets import token_hex
from typing import Any

from sqlalchemy import Connection, delete, select, update
from sqlmodel import Session, col

from console.domain.journal import Amendment
from console.domain.model import CallOutcome
from console.storage.tables import Call, ChurnRecord, RecordAmendment, RecordWord

PERSONAL = ("client_code", "client_name", "verbatim", "note")
_CONTENT = (
    "call_id", "client_id", "subscription_id", "at", "cancelled_on", "effective_on", "reason",
    "first_objection", "context", "attempts", "result", "status", "resumable", "follow_up_on",
    "recommendation", "agent", "script_hash", "duration_s", "plan", "vip",
)  # fmt: skip
_BATCH = 1_000
_HEAD = select(col(ChurnRecord.seq), col(ChurnRecord.hash)).order_by(col(ChurnRecord.seq).desc()).limit(1)
_HEAD = _HEAD.where(col(ChurnRecord.seq).is_not(None))

Head = tuple[int, str]
"""Number and hash of the last record; (0, "") before the first."""


def head(connection: Connection) -> Head:
    """Where the chain ends; the caller holds the write lock."""
    found = connection.execute(_HEAD).first()
    return (found[0] or 0, found[1]) if found else (0, "")


def sealed(values: Mapping[str, Any], last: Head) -> dict[str, Any]:
    """The columns that chain a record of these values to the last one."""
    salt = token_hex(16)
    link = {"seq": last[0] + 1, "previous_hash": last[1], "digests": digests(values, salt)}
    return {**link, "salt": salt, "hash": content_hash({**values, **link})}


def digests(values: Mapping[str, Any], salt: str) -> str:
    """One salted digest for each personal text, in the order of PERSONAL."""
    return " ".join(sha256(f"{salt}\0{name}\0{values[name]}".encode()).hexdigest() for name in PERSONAL)


def content_hash(values: Mapping[str, Any]) -> str:
    """The hash of a record: content without personal texts, their digests, its place, the one before."""
    content = {name: values[name] for name in (*_CONTENT, "seq", "previous_hash", "digests")}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=_plain)
    return sha256(text.encode()).hexdigest()


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


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
        update(RecordAmendment).where(col(RecordAmendment.record_id) == record_id).values(text="")
    )
    session.execute(delete(RecordWord).where(col(RecordWord.record_id) == record_id))
    session.add(RecordAmendment(record_id=record_id, at=at, author=author, kind=Amendment.ERASED))


def faults(connection: Connection) -> Iterator[str]:
    """What is wrong with the chain, in French, each record by its number and client."""
    erased = set(
        connection.scalars(
            select(col(RecordAmendment.record_id)).where(col(RecordAmendment.kind) == Amendment.ERASED)
        )
    )
    last: Head = (0, "")
    for record in _records(connection):
        where = f"fiche de résiliation n° {record['id']} ({record['client_code'] or 'client effacé'})"
        if record["seq"] is None:
            yield f"{where} : ajoutée hors de la console"
            continue
        if record["seq"] != last[0] + 1 or record["previous_hash"] != last[1]:
            gap = record["seq"] - last[0] - 1
            yield f"{where} : {_missing(gap) if gap > 0 else 'ne suit pas la précédente'}"
        if record["hash"] != content_hash(record) or not _texts_hold(record, erased):
            yield f"{where} : modifiée après coup"
        last = (record["seq"], record["hash"])
    unrecorded = (
        select(col(Call.id), col(Call.agent))
        .outerjoin(ChurnRecord, col(ChurnRecord.subscription_id) == col(Call.subscription_id))
        .where(col(Call.outcome) == CallOutcome.REFUSED, col(ChurnRecord.id).is_(None))
    )
    for call, agent in connection.execute(unrecorded):
        yield f"appel {call} ({agent}) : refus dont la fiche de résiliation a été retirée"


def _missing(gap: int) -> str:
    return (
        "la fiche qui la précède a été retirée"
        if gap == 1
        else f"les {gap} fiches avant elle ont été retirées"
    )


def _texts_hold(record: Mapping[str, Any], erased: set[int]) -> bool:
    if record["erased_at"] is not None:
        return record["id"] in erased and not record["salt"]
    return bool(record["digests"] == digests(record, record["salt"]))


def _records(connection: Connection) -> Iterator[dict[str, Any]]:
    """Every record in the order of the chain, those without a number first."""
    table = ChurnRecord.__table__  # type: ignore[attr-defined]
    for row in connection.execute(select(table).where(table.c.seq.is_(None))).mappings().all():
        yield dict(row)
    after = None
    while True:
        query = select(table).order_by(table.c.seq).limit(_BATCH)
        later = table.c.seq.is_not(None) if after is None else table.c.seq > after
        batch = connection.execute(query.where(later)).mappings().all()
        for row in batch:
            yield dict(row)
        if len(batch) < _BATCH:
            return
        after = batch[-1]["seq"]
