"""What was said in a call, as its journal keeps it: the steps taken and the notes, in order."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from console.base.history import EventKind
from console.db.tables import CallStep, Event


def journal(session: Session, call_id: str) -> Sequence[CallStep]:
    """The journal of a call, in order."""
    return session.exec(select(CallStep).where(CallStep.call_id == call_id).order_by(col(CallStep.seq))).all()


def call_notes(session: Session, call_id: str) -> Sequence[Event]:
    """The notes taken during a call, in order."""
    query = select(Event).where(Event.call_id == call_id, Event.kind == EventKind.NOTE)
    return session.exec(query.order_by(col(Event.at), col(Event.id))).all()
