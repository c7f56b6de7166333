"""The quizzes taken: one event each, never changed."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session, col, select

from console.storage.tables import Event

QUIZ = "quiz"


def taken(session: Session, agent: str | None = None) -> list[tuple[str, Any, Mapping[str, Any]]]:
    """Agent, instant and detail of each run, oldest first; those of one agent, or of all."""
    query = select(Event.agent, Event.at, Event.data).where(col(Event.kind) == QUIZ)
    if agent is not None:
        query = query.where(col(Event.agent) == agent)
    return [(who, at, data) for who, at, data in session.exec(query.order_by(col(Event.id)))]
