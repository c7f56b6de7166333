"""Churn records as they are read: pages, one, all in turn, and the call each comes from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, true
from sqlmodel import Session, col, select

from console.db.tables import CallStep, ChurnRecord, Event


@dataclass(frozen=True, slots=True)
class Between:
    """A range of expiry days, both included."""

    first: date
    last: date

    def holds(self) -> ColumnElement[bool]:
        """The condition on a churn record."""
        return col(ChurnRecord.effective_on).between(self.first, self.last)


def count_records(session: Session, between: Between | None) -> int:
    """How many churn records there are."""
    query = select(func.count()).select_from(ChurnRecord).where(between.holds() if between else true())
    return session.exec(query).one()


def records(session: Session, between: Between | None, offset: int, limit: int) -> Sequence[ChurnRecord]:
    """A page of churn records, the latest first."""
    query = (
        select(ChurnRecord)
        .where(between.holds() if between else true())
        .order_by(col(ChurnRecord.at).desc(), col(ChurnRecord.id).desc())
    )
    return session.exec(query.offset(offset).limit(limit)).all()


def record(session: Session, record_id: int) -> ChurnRecord | None:
    """One churn record."""
    return session.get(ChurnRecord, record_id)


def journal(session: Session, call_id: str) -> Sequence[CallStep]:
    """The journal of a call, in order."""
    return session.exec(select(CallStep).where(CallStep.call_id == call_id).order_by(col(CallStep.seq))).all()


def call_notes(session: Session, call_id: str) -> Sequence[Event]:
    """The notes taken during a call, in order."""
    query = select(Event).where(Event.call_id == call_id, Event.kind == "note")
    return session.exec(query.order_by(col(Event.at), col(Event.id))).all()
