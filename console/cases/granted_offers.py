"""An offer between the rules, which work out its figures, and the row that keeps them as they were."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from console.db.query import AnyRow, NewRow, row
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
