"""The quizzes taken, the calls simulated and the tours seen: one event each, never changed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from console.db import dialect
from console.db.tables import Event

QUIZ = "quiz"
TOUR = "tour"
SIMULATED = "simulated_call"


def taken(session: Session, kind: str, agent: str | None = None) -> list[tuple[str, Any, Mapping[str, Any]]]:
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
    statement = dialect.insert(session, Event).values(
        at=at, kind=TOUR, agent=agent, text="", data={}, key=_tour_of(agent)
    )
    session.connection().execute(statement.on_conflict_do_nothing(index_elements=["key"]))


def _tour_of(agent: str) -> str:
    return f"{TOUR}:{agent}"
