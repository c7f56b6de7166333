"""What was paid must be a price of this client, and what is paid back takes back what it gave."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col

from console.base.dates import end_of
from console.base.french import THIN, day, euros
from console.base.history import EventKind
from console.base.money import Cents
from console.base.vocabulary import Billing, CallOutcome, MessagePurpose, Plan, SubscriptionStatus
from console.cases import agreements, pauses
from console.cases.proposals import leave
from console.cases.terms import await_again, begun_terms
from console.cases.versions import prices_since
from console.context import Context
from console.db import history
from console.db.query import AnyRow
from console.db.tables import Message, Subscription
from console.messages import events_store as storage
from console.messages.removal import remove_term
from console.rules.offers import GESTURES, Catalogue, grant
from console.rules.outcomes import STAYS


class PaymentError(ValueError):
    """A payment, or its taking back, that gives and takes nothing; says why in French."""


def check_price(
    session: Session, ctx: Context, term: Subscription, amount_cents: Cents | None, offer: str
) -> None:
    """Raises PaymentError for an amount that is neither the tariff of a term nor the price of an offer made
    for it, today or since its client was first told one; an amount that nobody tells is taken."""
    if amount_cents is None:
        return
    for told in (ctx, *prices_since(session, ctx, storage.first_told(session, term.id or 0))):
        if amount_cents in _prices(session, told.content.data.catalogue, term, offer):
            return
    tariff = ctx.content.data.catalogue.tariff(Plan(term.plan), Billing(term.billing))
    raise PaymentError(
        f"{euros(amount_cents)} n’est ni le tarif de ce client ({euros(tariff)}) ni le prix d’une offre qui"
        f" lui est faite{THIN}: rien n’est renouvelé, à voir avec un superviseur"
    )


def _prices(session: Session, catalogue: Catalogue, term: Subscription, offer: str) -> set[Cents]:
    """All that a client may pay for a term: the offer named, else the tariff, what was granted or agreed."""
    plan, billing = Plan(term.plan), Billing(term.billing)
    if offer in catalogue.offers:
        made = grant(catalogue, offer, plan=plan, billing=billing, ends_at=end_of(term.expires_on))
        if made is not None:
            return {made.price_cents}
    found = {row.price_cents for row in storage.offers(session, term.id or 0)}
    found.add(catalogue.tariff(plan, billing))
    if term.retention == CallOutcome.DISCOUNTED:
        found |= {catalogue.discount.price_cents, catalogue.discount.price_cents * catalogue.discount.months}
    if term.retention == CallOutcome.DOWNGRADED:
        found.add(catalogue.tariff(catalogue.downgrade_plan, Billing.MONTHLY))
    return found


def is_unpaid(session: Session, term: Subscription) -> bool:
    """Whether no payment of a term that was renewed is known."""
    kept = term.status == SubscriptionStatus.RENEWED or term.came_back_at is not None
    return kept and bool(storage.unpaid(session, [term.id or 0]))


def take_back(
    session: Session,
    ctx: Context,
    client_id: int,
    *,
    at: datetime,
    words: str,
    amount_cents: Cents | None,
    key: str,
    data: Mapping[str, Any],
) -> list[int]:
    """Takes back what a payment, or a renewal made online, gave; gives the terms to reassess.

    The term that it opened goes, the one that it renewed awaits an answer again (or is over), the offer that
    was taken with it is open again, and what waits to be sent about it is withdrawn; a gesture stays given. A
    part of the sum changes nothing but the history. words: what happened, such as « Remboursé ». Raises
    PaymentError before anything is written.
    """
    basis = _basis(session, client_id, at, amount_cents)
    term = session.get_one(Subscription, basis.term_id)
    paid = sum(basis.sums)
    about: dict[str, Any] = {"client_id": client_id, "subscription_id": term.id, "key": key, "data": data}
    if amount_cents is not None and paid:
        before = storage.paid_back(session, basis.term_id, basis.since)
        if before + amount_cents > paid:
            raise PaymentError(
                f"{euros(amount_cents)} dépasse ce que ce client a payé ({euros(paid - before)}){THIN}:"
                " rien n’est repris, à voir avec un superviseur"
            )
        if before + amount_cents < paid:
            text = f"{words}{THIN}: {euros(amount_cents)} sur {euros(paid)}, l’abonnement reste"
            history.add(session, EventKind.PARTLY_PAID_BACK, at, text, **about)
            return []
    opened = _opened(session, client_id, term)
    resting = term.status == SubscriptionStatus.PAUSED
    taken = {*basis.settled, *agreements.take_back(session, term.id or 0, at)}
    price = f" ({euros(amount_cents)})" if amount_cents is not None else ""
    text = f"{words}{price}"
    if opened is not None:
        again = f"celui qui expire le {day(term.expires_on)} attend de nouveau une réponse"
        if resting:
            again = "la pause reprend son cours"
        elif term.came_back_at is not None:
            again = "et le retour avec lui"
        text += (
            f"{THIN}: l’abonnement du {day(opened.starts_on)} au {day(opened.expires_on)} est retiré, {again}"
        )
        remove_term(session, opened.id or 0, term.id or 0)
    came_back, term.came_back_at, term.came_back_how = term.came_back_at is not None, None, ""
    if resting:
        pauses.change(session, term.id or 0, resumed_at=None)
        term.retention = CallOutcome.PAUSED
    elif not came_back:  # else its fate stands: it was never this payment's
        await_again(session, term, ctx.clock.now(), chosen=True)
    offers = storage.offers(session, term.id or 0)
    for row in offers:
        if row.accepted_at in taken and row.offer not in GESTURES.values():
            row.accepted_at = None
    leave(session, term.id or 0, taken)
    if not resting:
        term.workshops_given = sum(row.workshops for row in offers if row.accepted_at)
    session.connection().execute(
        update(Message)
        .where(
            col(Message.subscription_id) == term.id,
            col(Message.status) == "queued",
            col(Message.purpose).in_((MessagePurpose.CONFIRMATION, MessagePurpose.ACCEPTANCE)),
        )
        .values(status="cancelled", error="Le paiement a été repris.")
    )
    history.add(session, EventKind.TAKEN_BACK, at, text, **about)
    session.flush()
    return [term.id or 0]


@dataclass(frozen=True, slots=True)
class _Basis:
    """What keeps a term: since when, the sums that were told in cents, when it was paid or renewed."""

    term_id: int
    since: datetime
    sums: tuple[Cents, ...]
    settled: tuple[datetime, ...]


def _basis(session: Session, client_id: int, at: datetime, amount_cents: Cents | None) -> _Basis:
    """What is taken back: the last term that was paid that sum, else the last paid or renewed online."""
    if amount_cents == 0:
        raise PaymentError("un remboursement de 0 € ne reprend rien")
    by_term: dict[int, list[AnyRow]] = {}
    for one in storage.settling(session, client_id, at, STAYS):
        by_term.setdefault(one.subscription_id, []).append(one)
    found = []
    for term_id, told in by_term.items():
        paid = [one for one in told if one.kind == EventKind.PAID] or told
        sums = [one.data["amount_cents"] for one in paid if one.data.get("amount_cents")]
        found.append(_Basis(term_id, told[-1].at, tuple(sums), tuple(one.at for one in told)))
    if not found:
        raise PaymentError("aucun paiement ni renouvellement en ligne de ce client n’est connu à cette date")
    return next((one for one in found if amount_cents in one.sums), found[0])


def _opened(session: Session, client_id: int, term: Subscription) -> Subscription | None:
    """The term that followed; PaymentError when it is not to be touched any more."""
    if storage.on_the_line(session, client_id):
        raise PaymentError("un appel avec ce client est ouvert\u202f: à redonner après l’appel")
    terms = begun_terms(session, client_id)
    following = next((one for one in terms if one.expires_on > term.expires_on), None)
    if following is not None and following.status != SubscriptionStatus.ACTIVE:
        raise PaymentError(
            f"l’abonnement que ce paiement a ouvert (jusqu’au {day(following.expires_on)}) est déjà réglé ou"
            " échu\u202f: à voir avec un superviseur"
        )
    return following
