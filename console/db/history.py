"""The one writer of events: what happened is told once, dated, and never changed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from console.base.history import EventKind
from console.db import dialect
from console.db.dialect import Unit, connected
from console.db.query import NewRow, row
from console.db.tables import Event


def event(
    kind: EventKind,
    at: datetime,
    text: str = "",
    *,
    client_id: int | None = None,
    subscription_id: int | None = None,
    call_id: str | None = None,
    agent: str = "",
    data: Mapping[str, Any] | None = None,
    key: str | None = None,
    known_at: datetime | None = None,
) -> NewRow:
    """An event to write: `text` in French, `data` for machines; no other has the same `key`.

    `known_at` is when the console was told, where that is not when it happened.
    """
    return row(
        Event,
        at=at,
        known_at=known_at or at,
        kind=kind,
        client_id=client_id,
        subscription_id=subscription_id,
        call_id=call_id,
        agent=agent,
        text=text,
        data=dict(data or {}),
        key=key,
    )


def add(session: Session, told: NewRow) -> None:
    """Writes an event with the act that it tells, when the session is next flushed."""
    session.add(Event(**told.values))


def add_once(unit: Unit, told: Sequence[NewRow]) -> None:
    """Writes events now, without the object layer; one whose key is there already is left as it is."""
    if told:
        statement = dialect.insert(unit, Event).on_conflict_do_nothing(index_elements=["key"])
        connected(unit).execute(statement, [one.values for one in told])
