"""An offer between the rules, which work out its figures, and the row that keeps them as they were."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Session, col

from console.db.query import AnyRow, NewRow, ReadBatch, among, columns, row, rows
from console.db.tables import GrantedOffer
from console.rules.offers import Grant

OFFER_FIGURES = tuple(one.name for one in fields(Grant))
"""The columns of the table that hold what an offer is; each has the same name in both."""


def offer_row(
    offer: Grant, links: Mapping[str, Any], granted_at: datetime, accepted_at: datetime | None = None
) -> NewRow:
    """The row of an offer granted to a client; links are the columns of the client, the term and the call."""
    figures = {name: getattr(offer, name) for name in OFFER_FIGURES}
    return row(GrantedOffer, **links, **figures, granted_at=granted_at, accepted_at=accepted_at)


def granted(stored: GrantedOffer | AnyRow) -> Grant:
    """The offer as it was granted."""
    return Grant(**{name: getattr(stored, name) for name in OFFER_FIGURES})


_OPEN = columns(GrantedOffer.subscription_id, *(getattr(GrantedOffer, name) for name in OFFER_FIGURES)).where(
    among(GrantedOffer.subscription_id, "terms"),
    col(GrantedOffer.ends_at) >= bindparam("now"),
    col(GrantedOffer.accepted_at).is_(None),
)


def open_offers(
    batch: ReadBatch, term_ids: Sequence[int], now: datetime
) -> Callable[[], dict[int, list[Grant]]]:
    """For each term, the offers granted to it that can still be taken."""
    asked = batch.ask(_OPEN, terms=list(term_ids), now=now)

    def answer() -> dict[int, list[Grant]]:
        found: dict[int, list[Grant]] = defaultdict(list)
        for offer in asked():
            found[offer.subscription_id].append(granted(offer))
        return found

    return answer


def running_offers(
    batch: ReadBatch, term_ids: Sequence[int], now: datetime
) -> Callable[[], dict[int, Grant]]:
    """For each term, the one of them that saves the most."""
    found = open_offers(batch, term_ids, now)
    return lambda: {
        term: max(grants, key=lambda one: (one.face_value_cents, one.ends_at))
        for term, grants in found().items()
    }


def workshops_taken(session: Session, term_id: int) -> int:
    """The workshops of the offers of a term that were taken."""
    query = columns(GrantedOffer.workshops).where(
        col(GrantedOffer.subscription_id) == term_id, col(GrantedOffer.accepted_at).is_not(None)
    )
    return sum(row.workshops for row in rows(session, query))
