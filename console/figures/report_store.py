"""What the monthly report adds to the key figures."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import case, distinct, func
from sqlmodel import Session, col

from console.base.text import fold
from console.base.vocabulary import SubscriptionStatus
from console.cases.proposals import REACHED
from console.db.query import AnyRow, columns
from console.db.tables import ChurnRecord, Proposal, Subscription
from console.records.reasons_in_force import REASON, refused
from console.rules.outcomes import kept_as
from console.rules.walk import Answer


def offers(session: Session, first: date, last: date) -> Sequence[AnyRow]:
    """For the terms that end in these days: what was proposed (the code of an offer, else a
    RetentionOption), to how many, and how many took it."""
    term = col(Proposal.subscription_id)
    taken = case((col(Proposal.answer) == Answer.ACCEPTED, term))
    what = func.coalesce(func.nullif(col(Proposal.offer), ""), col(Proposal.what))
    query = (
        columns(what, func.count(distinct(term)), func.count(distinct(taken)))
        .select_from(Proposal)
        .join(Subscription, col(Subscription.id) == term)
        .where(col(Subscription.expires_on).between(first, last), REACHED)
        .group_by(what)
    )
    return session.connection().execute(query).all()


def renewals(session: Session, first: date, last: date) -> list[tuple[date, datetime]]:
    """The expiry day of each renewed term, and when it was settled."""
    query = columns(Subscription.expires_on, Subscription.settled_at).where(
        col(Subscription.expires_on).between(first, last),
        col(Subscription.retention).in_(kept_as(SubscriptionStatus.RENEWED)),
        col(Subscription.settled_at).is_not(None),
    )
    return [(on, at) for on, at in session.connection().execute(query)]


def verbatims(session: Session, first: date, last: date, limit: int) -> list[tuple[str, str, str, str]]:
    """The longest sentences of those who refused, each once, with the reason in force and the names that may
    be in it: the client's and the agent's."""
    query = (
        columns(ChurnRecord.verbatim, REASON, ChurnRecord.client_name, ChurnRecord.agent)
        .where(refused(first, last), col(ChurnRecord.verbatim) != "")
        .order_by(func.length(col(ChurnRecord.verbatim)).desc(), col(ChurnRecord.id))
    )
    found: dict[str, tuple[str, str, str, str]] = {}
    for text, reason, name, agent in session.connection().execute(query).yield_per(100):
        found.setdefault(fold(text), (text, reason, name, agent))
        if len(found) == limit:
            break
    return list(found.values())
