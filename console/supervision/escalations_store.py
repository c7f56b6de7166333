"""What a supervisor has to see to: escalations, and clients whom nobody can reach."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import and_, exists, func, not_, text
from sqlmodel import Session, col, select

from console.base.dates import plus_days
from console.base.vocabulary import SubscriptionStatus
from console.db.query import AnyRow, AnySelect, columns, rows
from console.db.tables import Call, Client, Escalation, Subscription

HANDED_OVER = "superviseur"
"""The rule of a case that an escalation has put there."""

_OPEN = col(Escalation.closed_at).is_(None)
_WAITING = col(Escalation.answered_at).is_(None)
_SEEN_TO = exists().where(
    col(Escalation.subscription_id) == col(Subscription.id), col(Escalation.call_id).is_(None)
)


def page(session: Session, today: date, offset: int, limit: int) -> Sequence[Escalation]:
    """A page of those not closed: without an answer first, and of these whose term ends tomorrow at the
    latest; then by age."""
    awaited = col(Subscription.status).in_([SubscriptionStatus.ACTIVE, SubscriptionStatus.EXPIRED])
    ends = and_(awaited, col(Subscription.expires_on) <= plus_days(today, 1))
    query = select(Escalation).join(Subscription, col(Subscription.id) == col(Escalation.subscription_id))
    ordered = query.where(_OPEN).order_by(
        col(Escalation.answered_at).is_not(None), not_(ends), col(Escalation.created_at)
    )
    return session.exec(ordered.offset(offset).limit(limit)).all()


def count(session: Session, *, waiting: bool = False) -> int:
    """How many are not closed, or have no answer yet."""
    query = select(func.count()).select_from(Escalation).where(_OPEN)
    return session.exec(query.where(_WAITING) if waiting else query).one()


def one(session: Session, escalation_id: int) -> Escalation | None:
    """One escalation."""
    return session.get(Escalation, escalation_id)


def to_see(session: Session, offset: int, limit: int) -> Sequence[AnyRow]:
    """Terms that the rules give to a supervisor, and that none has seen to: the nearest expiry first."""
    query = _to_see(columns(Subscription.id)).order_by(col(Subscription.expires_on), col(Subscription.id))
    return rows(session, query.offset(offset).limit(limit))


def count_to_see(session: Session) -> int:
    """How many there are."""
    return int(session.connection().scalar(_to_see(columns(func.count()).select_from(Subscription))) or 0)


def _to_see(query: AnySelect) -> AnySelect:
    # The first condition is spelt as the partial index has it.
    return query.where(
        text("subscription.action = 'supervisor'"), col(Subscription.rule) != HANDED_OVER, ~_SEEN_TO
    )


def term(session: Session, term_id: int) -> tuple[Subscription, Client] | None:
    """A term and whose it is."""
    query = select(Subscription, Client).join(Client, col(Client.id) == col(Subscription.client_id))
    return session.exec(query.where(Subscription.id == term_id)).first()


def last_agent(session: Session, client_id: int) -> str:
    """Who spoke with the client last, empty when nobody did."""
    query = select(Call.agent).where(Call.client_id == client_id).order_by(col(Call.started_at).desc())
    return session.exec(query.limit(1)).first() or ""
