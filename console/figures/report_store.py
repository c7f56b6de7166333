"""What the monthly report adds to the key figures."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, case, distinct, func
from sqlmodel import Session, col

from console.base.text import fold
from console.base.vocabulary import SubscriptionStatus
from console.cases.campaign import of_campaign
from console.cases.proposals import REACHED
from console.cases.views import Campaign
from console.db.query import AnyRow, columns
from console.db.tables import ChurnRecord, Proposal, Subscription
from console.records.reasons_in_force import REASON
from console.rules.campaigns import Campaigns
from console.rules.outcomes import kept_as
from console.rules.walk import Answer


def ending(period: Campaign, campaigns: Campaigns) -> ColumnElement[bool]:
    """The terms that end in these days, of its campaign. Raises RefusedInputError."""
    its_days = col(Subscription.expires_on).between(period.first, period.last)
    return and_(its_days, of_campaign(campaigns, period.named))


def offers(session: Session, which: ColumnElement[bool]) -> Sequence[AnyRow]:
    """For these terms: what was proposed (the code of an offer, else a
    RetentionOption), to how many, and how many took it."""
    term = col(Proposal.subscription_id)
    taken = case((col(Proposal.answer) == Answer.ACCEPTED, term))
    what = func.coalesce(func.nullif(col(Proposal.offer), ""), col(Proposal.what))
    query = (
        columns(what, func.count(distinct(term)), func.count(distinct(taken)))
        .select_from(Proposal)
        .join(Subscription, col(Subscription.id) == term)
        .where(which, REACHED)
        .group_by(what)
    )
    return session.connection().execute(query).all()


def renewals(session: Session, which: ColumnElement[bool]) -> list[tuple[date, datetime]]:
    """The expiry day of each of these terms that is renewed, and when it was settled."""
    query = columns(Subscription.expires_on, Subscription.settled_at).where(
        which,
        col(Subscription.retention).in_(kept_as(SubscriptionStatus.RENEWED)),
        col(Subscription.settled_at).is_not(None),
    )
    return [(on, at) for on, at in session.connection().execute(query)]


def verbatims(session: Session, which: ColumnElement[bool], limit: int) -> list[tuple[str, str, str, str]]:
    """The longest sentences of these refusals, each once, with the reason in force and the names that may
    be in it: the client's and the agent's."""
    query = (
        columns(ChurnRecord.verbatim, REASON, ChurnRecord.client_name, ChurnRecord.agent)
        .where(which, col(ChurnRecord.verbatim) != "")
        .order_by(func.length(col(ChurnRecord.verbatim)).desc(), col(ChurnRecord.id))
    )
    found: dict[str, tuple[str, str, str, str]] = {}
    for text, reason, name, agent in session.connection().execute(query).yield_per(100):
        found.setdefault(fold(text), (text, reason, name, agent))
        if len(found) == limit:
            break
    return list(found.values())
