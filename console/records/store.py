"""Churn records as they are read: pages, one, all in turn, and the call each comes from."""

from collections.abc import Callable, Sequence

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from console.base.dates import day_of
from console.base.french import day
from console.base.vocabulary import SubscriptionStatus
from console.cases.views import Campaign
from console.db.query import AnyRow, ReadBatch, among, columns
from console.db.tables import ChurnRecord, Client, Subscription
from console.rules.status import came_back_words


def _within(campaign: Campaign | None) -> ColumnElement[bool]:
    stands = col(ChurnRecord.corrected_at).is_(None)
    if campaign is None:
        return stands
    return stands & col(ChurnRecord.effective_on).between(campaign.first, campaign.last)


def count_records(session: Session, campaign: Campaign | None) -> int:
    """How many churn records a campaign has; None: all of them."""
    query = select(func.count()).select_from(ChurnRecord).where(_within(campaign))
    return session.exec(query).one()


def records(session: Session, campaign: Campaign | None, offset: int, limit: int) -> Sequence[ChurnRecord]:
    """A page of churn records, the latest first."""
    query = (
        select(ChurnRecord)
        .where(_within(campaign))
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
    ChurnRecord.corrected_at,
)
"""The columns that a churn record is listed from."""


_SINCE = (
    columns(
        Subscription.id,
        Subscription.status,
        Subscription.settled_at,
        Subscription.came_back_at,
        Subscription.dated_by_import,
        Client.civility,
    )
    .join_from(Subscription, Client, col(Client.id) == col(Subscription.client_id))
    .where(among(Subscription.id, "terms"))
)


def since(batch: ReadBatch, term_ids: Sequence[int]) -> Callable[[], dict[int, str]]:
    """What the clients of these terms did after they had refused, in words; only those who did something.

    « revenue le 15/01/2026 » after the end of the term, « a renouvelé le 28/12/2025 » before it.
    """
    terms = batch.ask(_SINCE, terms=list(term_ids)) if term_ids else list[AnyRow]

    def answer() -> dict[int, str]:
        found: dict[int, str] = {}
        for term in terms():
            if term.came_back_at is not None:
                found[term.id] = came_back_words(term.civility, term.came_back_at)
            elif term.status == SubscriptionStatus.RENEWED and term.settled_at is not None:
                on = day(day_of(term.settled_at))
                found[term.id] = f"a renouvelé {'au plus tard ' if term.dated_by_import else ''}le {on}"
        return found

    return answer


_RECORDS = columns(*RECORD).where(
    among(ChurnRecord.subscription_id, "terms"), col(ChurnRecord.corrected_at).is_(None)
)


def refusals(batch: ReadBatch, term_ids: Sequence[int]) -> Callable[[], list[AnyRow]]:
    """What lists show of the churn records of these terms, in their order."""
    records = batch.ask(_RECORDS, terms=list(term_ids)) if term_ids else list[AnyRow]

    def answer() -> list[AnyRow]:
        found = {record.subscription_id: record for record in records()}
        return [found[term] for term in term_ids if term in found]

    return answer
