"""Whether this base measures the openings of e-mails: a fact of the base, the same for whoever opens it."""

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import update
from sqlmodel import Session, col, exists, select

from console.base.vocabulary import SubscriptionStatus
from console.db.engine import Database
from console.db.meta import kept as kept_facts
from console.db.meta import write_meta
from console.db.query import ReadBatch
from console.db.tables import Message, Subscription
from console.rules.openings import Openings, Tracking

KEY = "suivi_ouvertures"


def openings_of(database: Database, asked: Tracking | None, now: datetime) -> Openings:
    """What the base says, once it says what is asked of it; None asks for nothing.

    What it says from now on is true of the e-mails sent from now on, and every case is worked out anew.
    """
    with database.reading() as session:
        found = kept_openings(ReadBatch(session))()
    return settled(database, found, asked, now)


def settled(database: Database, found: Openings | None, asked: Tracking | None, now: datetime) -> Openings:
    """The same, where it was just found to say so."""
    if asked is None or (found is not None and found.tracking is asked):
        return found or Openings()
    with database.writing() as session:
        since = now if kept_openings(ReadBatch(session))() is not None or not _has_openings(session) else None
        write_meta(session, KEY, f"{asked} {since.astimezone(UTC).isoformat() if since else ''}".strip())
        statement = update(Subscription).where(col(Subscription.status) == SubscriptionStatus.ACTIVE)
        session.connection().execute(statement.values(fresh_until=now))
    return Openings(asked, since)


def openings_in(session: Session) -> Openings:
    """What the base says; nothing is asked of it."""
    return kept_openings(ReadBatch(session))() or Openings()


def kept_openings(batch: ReadBatch) -> Callable[[], Openings | None]:
    """What the base says; None as long as it says nothing."""
    kept = kept_facts(batch, KEY)

    def found() -> Openings | None:
        tracking, _, since = kept().get(KEY, "").partition(" ")
        if not tracking:
            return None
        return Openings(Tracking(tracking), datetime.fromisoformat(since) if since else None)

    return found


def _has_openings(session: Session) -> bool:
    """Whether an opening is known: they were then measured before the base said so."""
    return session.scalar(select(exists().where(col(Message.opened_at).is_not(None)))) or False
