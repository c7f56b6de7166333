"""The reason in force of each record: what a supervisor coded last."""

from datetime import date

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col

from console.base.dates import plus_days, start_of
from console.db.query import columns
from console.db.tables import ChurnRecord

REASON = func.coalesce(func.nullif(col(ChurnRecord.reason_now), ""), col(ChurnRecord.reason))
"""A record's reason in force: the last coding counts."""


def refused(first: date, last: date) -> ColumnElement[bool]:
    """The refusals of these days, both included."""
    at = col(ChurnRecord.at)
    stands = col(ChurnRecord.corrected_at).is_(None)
    return (at >= start_of(first)) & (at < start_of(plus_days(last, 1))) & stands


def reasons(session: Session, first: date, last: date) -> dict[str, int]:
    """How many refusals of these days have each reason in force."""
    query = columns(REASON, func.count()).where(refused(first, last)).group_by(REASON)
    return {reason: int(n) for reason, n in session.connection().execute(query)}
