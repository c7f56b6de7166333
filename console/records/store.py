"""Churn records as they are read: pages, one, all in turn, and the call each comes from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, true
from sqlmodel import Session, col, select

from console.db.query import AnyRow, among, columns, rows
from console.db.tables import ChurnRecord


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


RECORD = (
    ChurnRecord.id,
    ChurnRecord.client_id,
    ChurnRecord.subscription_id,
    ChurnRecord.client_code,
    ChurnRecord.client_name,
    ChurnRecord.at,
    ChurnRecord.reason,
    ChurnRecord.reason_now,
    ChurnRecord.verbatim,
    ChurnRecord.agent,
    ChurnRecord.attempts,
    ChurnRecord.reviewed,
)
"""The columns that a churn record is listed from."""


_RECORDS = columns(*RECORD).where(among(ChurnRecord.subscription_id, "terms"))


def refusals(session: Session, term_ids: Sequence[int]) -> list[AnyRow]:
    """What lists show of the churn records of these terms, in their order."""
    if not term_ids:
        return []
    found = {record.subscription_id: record for record in rows(session, _RECORDS, terms=term_ids)}
    return [found[term] for term in term_ids if term in found]
