"""What is exported, read in batches: memory stays flat, and no reading lasts."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import true
from sqlmodel import Session, col

from console.db.query import AnyRow, columns
from console.db.tables import Client, Event, Subscription
from console.rules.client_columns import WRITTEN

_TERM = (
    Subscription.id,
    Client.code,
    *(getattr(Client, name) for name in WRITTEN),
    Subscription.plan,
    Subscription.billing,
    Subscription.starts_on,
    Subscription.expires_on,
    Subscription.status,
    Subscription.retention,
    Subscription.pane,
    Subscription.settled_at,
    Subscription.workshops_given,
    Subscription.at_risk,
)


def terms_after(
    session: Session, term_id: int, limit: int, first: date | None, last: date | None
) -> Sequence[AnyRow]:
    """The next terms with their client, in the order they were written; 0 starts."""
    expires_on = col(Subscription.expires_on)
    query = (
        columns(*_TERM)
        .join_from(Subscription, Client, col(Client.id) == col(Subscription.client_id))
        .where(
            col(Subscription.id) > term_id,
            expires_on >= first if first else true(),
            expires_on <= last if last else true(),
        )
        .order_by(col(Subscription.id))
        .limit(limit)
    )
    return session.connection().execute(query).all()


def events_after(
    session: Session, event_id: int, limit: int, since: datetime | None, until: datetime | None
) -> Sequence[AnyRow]:
    """The next events, `until` not included, in the order they were written; 0 starts."""
    at = col(Event.at)
    query = (
        columns(
            Event.id, Event.at, Event.kind, Event.text, Event.agent, Event.call_id, Event.data, Client.code
        )
        .join_from(Event, Client, col(Client.id) == col(Event.client_id), isouter=True)
        .where(col(Event.id) > event_id, at >= since if since else true(), at < until if until else true())
        .order_by(col(Event.id))
        .limit(limit)
    )
    return session.connection().execute(query).all()
