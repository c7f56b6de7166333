"""The one writer of events: what happened is told once, dated, and never changed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict, Unpack

from sqlmodel import Session

from console.base.history import EventKind
from console.db import dialect
from console.db.dialect import Unit
from console.db.query import NewRow, row
from console.db.tables import Event


class About(TypedDict, total=False):
    """Who and what an event is about; no other has the same `key`.

    `data` is for machines. `known_at` is when the console was told, where that is not when it happened.
    """

    client_id: int | None
    subscription_id: int | None
    call_id: str | None
    agent: str
    data: Mapping[str, Any] | None
    key: str | None
    known_at: datetime


def event(kind: EventKind, at: datetime, text: str = "", **about: Unpack[About]) -> NewRow:
    """An event to write, its `text` in French."""
    about["data"] = dict(about.get("data") or {})
    return row(Event, at=at, kind=kind, text=text, **{"known_at": at, **about})


def shown(kind: EventKind, at: datetime, text: str = "", **about: Unpack[About]) -> Event:
    """An event as the history will show it, before it is written."""
    return Event(**event(kind, at, text, **about).values)


def add(session: Session, kind: EventKind, at: datetime, text: str = "", **about: Unpack[About]) -> None:
    """Writes an event with the act that it tells, when the session is next flushed."""
    session.add(shown(kind, at, text, **about))


def add_once(unit: Unit, told: Sequence[NewRow]) -> None:
    """Writes events, without the object layer; one whose key is there already is left as it is."""
    if told:
        statement = dialect.insert(unit, Event).on_conflict_do_nothing(index_elements=["key"])
        dialect.later(unit, statement, [one.values for one in told])
