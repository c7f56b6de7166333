"""What is shown beside a case, read for a whole page at once."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from console.domain.model import SubscriptionStatus
from console.domain.offers import Grant
from console.storage.facts import columns, rows
from console.storage.tables import ChurnRecord, Event, GrantedOffer, Subscription


def running_offers(session: Session, term_ids: Sequence[int], now: datetime) -> dict[int, Grant]:
    """For each term, the offer granted to it that saves the most and can still be taken."""
    query = columns(
        GrantedOffer.subscription_id,
        GrantedOffer.offer,
        GrantedOffer.price_cents,
        GrantedOffer.normal_price_cents,
        GrantedOffer.face_value_cents,
        GrantedOffer.cost_cents,
        GrantedOffer.workshops,
        GrantedOffer.ends_at,
    ).where(
        col(GrantedOffer.subscription_id).in_(term_ids),
        col(GrantedOffer.ends_at) >= now,
        col(GrantedOffer.accepted_at).is_(None),
    )
    best: dict[int, Grant] = {}
    for term, *figures in rows(session, query):
        grant = Grant(*figures)
        held = best.get(term)
        if held is None or (grant.face_value_cents, grant.ends_at) > (held.face_value_cents, held.ends_at):
            best[term] = grant
    return best


def last_notes(session: Session, client_ids: Sequence[int]) -> dict[int, str]:
    """For each client, the text of the latest note."""
    latest = (
        func.row_number()
        .over(partition_by=col(Event.client_id), order_by=(col(Event.at).desc(), col(Event.id).desc()))
        .label("latest")
    )
    notes = (
        columns(Event.client_id, Event.text, latest)
        .where(col(Event.client_id).in_(client_ids), col(Event.kind) == "note")
        .subquery()
    )
    query = columns(notes.c.client_id, notes.c.text).where(notes.c.latest == 1)
    return {row.client_id: row.text for row in rows(session, query)}


def follow_a_downgrade(session: Session, term_ids: Sequence[int]) -> frozenset[int]:
    """Those of the terms that began where a downgraded one ended."""
    before = aliased(Subscription)
    query = (
        columns(Subscription.id)
        .join(before, col(before.client_id) == col(Subscription.client_id))
        .where(
            col(Subscription.id).in_(term_ids),
            col(before.status) == SubscriptionStatus.DOWNGRADED,
            col(before.expires_on) < col(Subscription.starts_on),
        )
    )
    return frozenset(row.id for row in rows(session, query))


def refusals(session: Session, term_ids: Sequence[int]) -> list[ChurnRecord]:
    """The churn records of these terms, in their order."""
    wanted = columns(ChurnRecord).where(col(ChurnRecord.subscription_id).in_(term_ids))
    found = {record.subscription_id: record for record in session.scalars(wanted)}
    return [found[term] for term in term_ids if term in found]
