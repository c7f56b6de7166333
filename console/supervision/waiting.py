"""How much waits for somebody: open callbacks, escalations without an answer."""

from datetime import datetime

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from console.db.tables import Callback
from console.supervision import escalations_store as storage
from console.supervision.callbacks_store import OPEN


def due_by(now: datetime) -> ColumnElement[bool]:
    """The condition: its moment has come."""
    return col(Callback.promised_at) <= now


def count(session: Session, condition: ColumnElement[bool] | None = None) -> int:
    """How many open callbacks there are."""
    query = select(func.count()).select_from(Callback).where(OPEN)
    return session.exec(query if condition is None else query.where(condition)).one()


def escalations(session: Session) -> int:
    """How many escalations have no answer yet."""
    return storage.count(session, waiting=True)
