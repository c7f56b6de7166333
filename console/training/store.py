"""The quizzes taken, the calls simulated and the tours seen: one event each, never changed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from console.base.history import EventKind
from console.db import history
from console.db.tables import Event


def taken(
    session: Session, kind: EventKind, agent: str | None = None
) -> list[tuple[str, Any, Mapping[str, Any]]]:
    """Agent, instant and detail of each run of a kind, oldest first; those of one agent, or of all."""
    query = select(Event.agent, Event.at, Event.data).where(col(Event.kind) == kind)
    if agent is not None:
        query = query.where(col(Event.agent) == agent)
    return [(who, at, data) for who, at, data in session.exec(query.order_by(col(Event.id)))]


def toured(session: Session, agent: str) -> bool:
    """Whether this agent has seen the tour."""
    return session.exec(select(Event.id).where(col(Event.key) == _tour_of(agent))).first() is not None


def tour_seen(session: Session, agent: str, at: datetime) -> None:
    """Notes that this agent has seen the tour; again changes nothing."""
    history.add_once(session, [history.event(EventKind.TOUR, at, agent=agent, key=_tour_of(agent))])


def _tour_of(agent: str) -> str:
    return f"{EventKind.TOUR}:{agent}"
