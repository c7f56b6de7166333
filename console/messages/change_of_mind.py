"""A client takes back what they chose, online or on the phone, before any of it has begun or was paid."""

from datetime import datetime

from sqlmodel import Session

from console.base.dates import day_of
from console.base.history import EventKind
from console.base.vocabulary import MessagePurpose, SubscriptionStatus
from console.cases import agreements, pauses
from console.cases.granted_offers import workshops_taken
from console.cases.terms import await_again
from console.db import history
from console.db.tables import Subscription
from console.messages import events_store as storage
from console.messages.removal import remove_term
from console.messages.withdrawals import withdraw_of
from console.rules.outcomes import AGREEMENTS, STAYS

PAGES = "portail"
"""Who numbers the events that come from our pages."""


def may_change(session: Session, term: Subscription, following: Subscription | None, at: datetime) -> bool:
    """Whether what keeps a term can be taken back.

    It is the client's choice, on a page of ours or on the phone, that nobody paid, that no file nor other
    system told of, and that begins after the term.
    """
    if term.status not in STAYS or term.retention not in AGREEMENTS or term.dated_by_import:
        return False
    if day_of(at) > term.expires_on or (following and following.status != SubscriptionStatus.ACTIVE):
        return False
    told = storage.decided(session, term.id or 0)
    if told is None or not (told.call_id or told.agent or told.data.get("source") == PAGES):
        return False
    paid = not storage.unpaid(session, [term.id or 0])
    return not paid and not storage.on_the_line(session, term.client_id)


def take_back(
    session: Session,
    term: Subscription,
    following: Subscription | None,
    *,
    at: datetime,
    key: str,
    words: str,
) -> list[int]:
    """Takes back what `may_change` allows; gives the terms to reassess. `key` makes its event unique."""
    number, chosen = term.id or 0, term.retention
    taken = {*agreements.take_back(session, number, at), *([term.settled_at] if term.settled_at else [])}
    if following is not None:
        remove_term(session, following.id or 0, number)
    pauses.forget(session, number)
    await_again(session, term, at, chosen=False)
    agreements.leave_offers(session, number, taken, at)
    session.flush()
    session.expire_all()
    term.workshops_given = workshops_taken(session, number)
    about = {MessagePurpose.CONFIRMATION, MessagePurpose.ACCEPTANCE}
    withdraw_of(session, [number], about, "Le client a changé d’avis.")
    history.add(
        session,
        EventKind.AGREEMENT_WITHDRAWN,
        at,
        words,
        client_id=term.client_id,
        subscription_id=number,
        data={"outcome": chosen, "source": PAGES},
        key=key,
    )
    session.flush()
    return [number]
