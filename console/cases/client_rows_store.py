"""What is shown beside a case, read for a whole page at once."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import bindparam
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from console.base.history import EventKind
from console.base.vocabulary import SubscriptionStatus
from console.cases.granted_offers import OFFER_FIGURES, granted
from console.db.query import AnySelect, among, columns, rows
from console.db.tables import Event, GrantedOffer, Subscription
from console.rules.offers import Grant

_OFFERS = columns(
    GrantedOffer.subscription_id, *(getattr(GrantedOffer, name) for name in OFFER_FIGURES)
).where(
    among(GrantedOffer.subscription_id, "terms"),
    col(GrantedOffer.ends_at) >= bindparam("now"),
    col(GrantedOffer.accepted_at).is_(None),
)


def open_offers(session: Session, term_ids: Sequence[int], now: datetime) -> dict[int, list[Grant]]:
    """For each term, the offers granted to it that can still be taken."""
    found: dict[int, list[Grant]] = defaultdict(list)
    for row in rows(session, _OFFERS, terms=term_ids, now=now):
        found[row.subscription_id].append(granted(row))
    return found


def running_offers(session: Session, term_ids: Sequence[int], now: datetime) -> dict[int, Grant]:
    """For each term, the one of them that saves the most."""
    return {
        term: max(grants, key=lambda one: (one.face_value_cents, one.ends_at))
        for term, grants in open_offers(session, term_ids, now).items()
    }


_NOTES = (
    columns(Event.client_id, Event.kind, Event.text)
    .where(
        among(Event.client_id, "clients"),
        col(Event.kind).in_((EventKind.NOTE, EventKind.ESCALATION_ANSWERED)),
    )
    .order_by(col(Event.at), col(Event.id))
)


def last_notes(session: Session, client_ids: Sequence[int]) -> dict[int, str]:
    """For each client, the text of the latest note, or of a supervisor's answer, which says so."""
    return {
        row.client_id: f"Réponse du superviseur\u202f: {row.text}"
        if row.kind == EventKind.ESCALATION_ANSWERED
        else row.text
        for row in rows(session, _NOTES, clients=client_ids)
    }


@cache
def _after_downgrade() -> AnySelect:
    before = aliased(Subscription)
    return (
        columns(Subscription.id)
        .join(before, col(before.client_id) == col(Subscription.client_id))
        .where(
            among(Subscription.id, "terms"),
            col(before.status) == SubscriptionStatus.DOWNGRADED,
            col(before.expires_on) < col(Subscription.starts_on),
        )
    )


def follow_a_downgrade(session: Session, term_ids: Sequence[int]) -> frozenset[int]:
    """Those of the terms that began where a downgraded one ended."""
    return frozenset(row.id for row in rows(session, _after_downgrade(), terms=term_ids))
