"""A client renews without us: by the link of a message, or by paying. What an agent's call writes too."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from sqlmodel import Session, col, select

from console.base.dates import day_of, end_of, plus_days, term_end, whole_months
from console.base.french import THIN, day, euros
from console.base.history import EventKind
from console.base.vocabulary import (
    Billing,
    CallOutcome,
    Plan,
    SubscriptionStatus,
)
from console.cases.agreements import close, of_terms, prove
from console.cases.granted_offers import granted, offer_row
from console.cases.pauses import begun, forget, pauses
from console.cases.proposals import accept, proposal_row
from console.cases.terms import (
    begun_terms,
    following_term,
    next_days,
    open_term,
    paused_until,
    period_months,
    renewed_term,
    settle,
    term_words,
)
from console.context import Context
from console.db import history
from console.db.query import NewRow
from console.db.tables import Client, GrantedOffer, Pause, Proposal, Subscription
from console.messages import events_store as storage
from console.messages import reminders_store as relances
from console.messages.queueing import message_row, way_to
from console.messages.removal import remove_term
from console.messages.withdrawals import withdraw_reminders
from console.messages.wording import variables
from console.rules.agreements import Proof
from console.rules.offers import DISCOUNT, GESTURES, Grant, discount_grant, discount_words, grant, offer_words
from console.rules.outcomes import RETENTIONS, NextTerm
from console.rules.walk import Answer

_NOT_FOR_RENEWAL = frozenset({DISCOUNT, *GESTURES.values()})
CONFIRMATION = "confirmation-renouvellement"
RESUMPTION = "confirmation-reprise"


class UnknownOfferError(ValueError):
    """The offer is not in the catalogue, or is not made to that plan."""


def renew(
    session: Session,
    ctx: Context,
    client: Client,
    term: Subscription,
    *,
    at: datetime,
    key: str,
    offer: str = "",
    amount_cents: int | None = None,
    data: Mapping[str, Any] | None = None,
) -> list[int]:
    """Settles a term as renewed in writing and opens the next; gives the terms to reassess.

    A paused term past its expiry stays paused: its client resumes, and the next term begins that day. Where a
    file told of the renewal before, the next term is there: only what the file did not say is new.

    offer is the one taken, if known; else the open one whose price was paid. `key` makes the events unique;
    data is kept with the renewal.
    Raises UnknownOfferError, and ContentError when the confirmation cannot be rendered, before anything is
    written.
    """
    taken, row = _offer_taken(session, ctx, term, at, offer, amount_cents)
    resting = term.status == SubscriptionStatus.PAUSED and day_of(at) > term.expires_on
    later = [
        one
        for one in begun_terms(session, term.client_id)
        if one.expires_on > term.expires_on and one.status != SubscriptionStatus.VOID
    ]
    confirmation = None
    if not later:
        confirmation = _confirmation(ctx, client, term, taken, at, RESUMPTION if resting else CONFIRMATION)
    catalogue, now = ctx.content.data.catalogue, ctx.clock.now()
    following = renewed_term(term, catalogue, day_of(at), period_months(term, catalogue, taken))
    if later:
        following = later[0]
    thought = thought_to_begin(session, term)
    settle(session, term, CallOutcome.RENEWED, at=at, known_at=now)
    moved = follow(session, ctx, term, thought) if later else []
    links: dict[str, Any] = {"client_id": client.id, "subscription_id": term.id}
    proved = prove(session, term, at, Proof.RENEWED)
    session.flush()
    opened = None if later else open_term(session, following)
    if taken is not None and row is None:
        row = GrantedOffer(**offer_row(taken, links, at).values)
        session.add(row)
    if taken is not None and row is not None:
        row.accepted_at = at
        accept(session, term.id or 0, taken.offer, at)
        words, which = offer_words(taken), {"offer": taken.offer}
        history.add(
            session,
            EventKind.OFFER_ACCEPTED,
            at,
            words,
            key=f"{key}:offer",
            data=which,
            known_at=now,
            **links,
        )
    if not resting:  # those of a gesture too, which was given whatever the client decides
        kept = (one for one in storage.offers(session, term.id or 0) if one.accepted_at)
        term.workshops_given = sum(one.workshops for one in kept)
    price = f", {euros(amount_cents)}" if amount_cents is not None else ""
    text = (
        f"{'Reprise' if resting else 'Renouvellement'} en ligne{THIN}: {Plan(term.plan).capitalize()}"
        f" du {day(following.starts_on)} au {day(following.expires_on)}{price}"
    )
    outcome = CallOutcome.RESUMED if resting else CallOutcome.RENEWED
    about = {"outcome": outcome, "by_link": True, "amount_cents": amount_cents, **(data or {})}
    kind = RETENTIONS[outcome].kind
    history.add(session, kind, at, text, key=key, data=about, known_at=now, **links)
    storage.close_callbacks(session, term.client_id, at)
    withdraw_reminders(session, [term.id or 0], "Le client a renouvelé.")
    if confirmation is not None:
        relances.add_message(session, confirmation.values)
    session.flush()
    return [one for one in (term.id, opened, *proved, *moved) if one is not None]


def thought_to_begin(session: Session, term: Subscription) -> date | None:
    """The day on which the term after another is thought to begin, for having come back or resumed a pause;
    None where its client did neither, and where a file said its days."""
    made = of_terms(session, [term.id or 0]).get(term.id or 0)
    said = CallOutcome.ALREADY_RENEWED
    if term.came_back_how == said and (made is None or made.outcome != said):
        return None
    pause = pauses(session, [term.id or 0]).get(term.id or 0)
    resumed_at = pause.resumed_at if pause and term.status == SubscriptionStatus.PAUSED else None
    at = term.came_back_at or resumed_at
    return day_of(at) if at else None


def follow(session: Session, ctx: Context, term: Subscription, thought: date | None) -> list[int]:
    """The term after one whose client is now known to have renewed in time, or come back before the day
    `thought`, begins that much earlier, for as long unless a file had said its end; gives it where it moved.
    """
    session.flush()
    begins = thought_to_begin(session, term) or plus_days(term.expires_on, 1)
    following = next((one for one in begun_terms(session, term.client_id) if one.starts_on == thought), None)
    if (
        thought is None
        or following is None
        or following.status != SubscriptionStatus.ACTIVE
        or begins >= thought
    ):
        return []
    before = following.expires_on
    months = whole_months(following.starts_on, plus_days(before, 1))
    days = next_days(term, months, begins)
    if term_end(following.starts_on, months, following.anchor_day or following.starts_on.day) != before:
        days |= {"expires_on": before, "anchor_day": following.anchor_day}
    void = session.scalars(
        select(Subscription).where(
            col(Subscription.client_id) == term.client_id,
            col(Subscription.status) == SubscriptionStatus.VOID,
            col(Subscription.expires_on) == days["expires_on"],
        )
    ).first()
    if void is not None:
        remove_term(session, void.id or 0, following.id or 0)
    for name, value in days.items():
        setattr(following, name, value)
    if before != following.expires_on:
        withdraw_reminders(session, [following.id or 0], "L’échéance a été corrigée depuis.")
        history.add(
            session,
            EventKind.TERM_MOVED,
            ctx.clock.now(),
            f"Du {day(before)} au {day(following.expires_on)}",
            client_id=term.client_id,
            subscription_id=following.id,
            data={"days": (following.expires_on - before).days},
        )
    session.flush()
    return [following.id or 0]


def choose(
    session: Session,
    ctx: Context,
    client: Client,
    term: Subscription,
    outcome: CallOutcome,
    *,
    at: datetime,
    key: str,
    data: Mapping[str, Any],
) -> list[int]:
    """Settles a running term by what its client chose online: pause, discount or the lower plan.

    Gives the terms to reassess. `key` makes the events unique; data is kept with the choice. Raises
    ContentError when the confirmation cannot be rendered, before anything is written.
    """
    kept, catalogue, now = RETENTIONS[outcome], ctx.content.data.catalogue, ctx.clock.now()
    confirmation = _confirmation(ctx, client, term, None, at, kept.letter)
    links: dict[str, Any] = {"client_id": client.id, "subscription_id": term.id}
    following = following_term(term, catalogue, day_of(at), kept.next_term)
    settle(session, term, outcome, at=at, known_at=now)
    close(session, term.id or 0, at, "Le client a choisi en ligne.")
    session.flush()
    about: dict[str, Any] = {"outcome": outcome, "by_link": True, **data}
    opened = None
    if following is None:
        resume_by = paused_until(term, catalogue)
        forget(session, term.id or 0)  # one that was agreed before for the same term gives way
        session.add(Pause(**begun(term, resume_by, at).values))
        about["resume_by"] = resume_by.isoformat()
        text = f"{kept.words} en ligne, au plus jusqu’au {day(resume_by)}"
    else:
        opened = open_term(session, following)
        text = f"{kept.words} en ligne{THIN}: {term_words(following, catalogue, kept.next_term)}"
    if kept.next_term is NextTerm.DISCOUNTED:
        offer = discount_grant(catalogue, end_of(term.expires_on))
        session.add(GrantedOffer(**offer_row(offer, links, at, at).values))
        history.add(
            session,
            EventKind.OFFER_ACCEPTED,
            at,
            discount_words(catalogue),
            key=f"{key}:offer",
            data={"offer": offer.offer},
            known_at=now,
            **links,
        )
    if kept.implies is not None:
        answered = proposal_row(kept.implies, at, links, key=key, answer=Answer.ACCEPTED)
        session.add(Proposal(**answered.values))
    history.add(session, kept.kind, at, text, key=key, data=about, known_at=now, **links)
    storage.close_callbacks(session, term.client_id, at)
    withdraw_reminders(session, [term.id or 0], "Le client a choisi en ligne.")
    if confirmation is not None:
        relances.add_message(session, confirmation.values)
    session.flush()
    return [one for one in (term.id, opened) if one is not None]


def _offer_taken(
    session: Session,
    ctx: Context,
    term: Subscription,
    at: datetime,
    offer: str,
    amount_cents: int | None,
) -> tuple[Grant | None, GrantedOffer | None]:
    """The offer that the client renews with, and its row where it was granted before."""
    for row in storage.open_offers(session, term.id or 0):
        if row.offer == offer or (not offer and row.price_cents == amount_cents and row.ends_at >= at):
            return granted(row), row
    if not offer:
        return None, None
    catalogue = ctx.content.data.catalogue
    made = None
    if offer in catalogue.offers:
        plan, billing = Plan(term.plan), Billing(term.billing)
        made = grant(catalogue, offer, plan=plan, billing=billing, ends_at=end_of(day_of(at)))
    if made is None:
        raise UnknownOfferError(offer)
    return made, None


def taken_offer(session: Session, term: Subscription) -> Grant | None:
    """The offer that a client took for a term, on the phone or online; the last of several."""
    accepted = (row for row in storage.offers(session, term.id or 0) if row.accepted_at)
    renewing = [row for row in accepted if row.offer not in _NOT_FOR_RENEWAL]
    return granted(max(renewing, key=lambda row: row.id or 0)) if renewing else None


def offer_of(
    session: Session, ctx: Context, term: Subscription, at: datetime, offer: str, until: date
) -> Grant | None:
    """The offer that a link names, where it can still be taken; `until` is the last day of the link."""
    if not offer or day_of(at) > until:
        return None
    try:
        taken, row = _offer_taken(session, ctx, term, at, offer, None)
    except UnknownOfferError:
        return None
    if taken is not None and row is None:
        return replace(taken, ends_at=end_of(until))
    return taken if taken and taken.ends_at >= at else None


def _confirmation(
    ctx: Context, client: Client, term: Subscription, offer: Grant | None, at: datetime, name: str
) -> NewRow | None:
    """The confirmation, by e-mail, else by SMS; None when the client cannot be written to."""
    now, data = ctx.clock.now(), ctx.content.data
    way = way_to(client, name, now, data.field)
    if way is None:
        return None
    words = variables(
        client,
        term,
        offer=offer,
        agent="",
        catalogue=data.catalogue,
        now=at,
        links=ctx.links,
    )
    return message_row(
        name,
        way,
        ctx.content.messages.render(name, words, way.channel),
        data.catalogue,
        links={"client_id": client.id, "subscription_id": term.id},
        dedup_key=f"{term.id}:{name}:{uuid4().hex}",
        now=now,
    )


WINDOW_DAYS = 45
"""A term this far from its expiry is not renewed by an event that may be about the one before it."""


def far_off(term: Subscription, at: datetime) -> bool:
    """Whether a term ends so late that nobody was asked to renew it yet."""
    return term.expires_on > plus_days(day_of(at), WINDOW_DAYS)
