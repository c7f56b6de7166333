"""What follows a term that is settled: the plan, its price and from when, and what may be proposed later."""

from datetime import datetime

from sqlmodel import Session

from console.base.dates import day_of
from console.base.french import THIN, day, euros
from console.base.money import Cents
from console.base.vocabulary import Billing, CallOutcome, Plan, SubscriptionStatus
from console.clients import store as storage
from console.db.query import AnyRow, ReadBatch
from console.db.tables import Subscription
from console.rules.offers import Catalogue
from console.rules.pauses import Pause, PauseState

PERIODS = {Billing.ANNUAL: "an", Billing.MONTHLY: "mois"}


def tariff_words(catalogue: Catalogue, plan: Plan, billing: Billing) -> str:
    """« 36,99 € par an »; by the month where the plan is not sold so."""
    sold = billing if (plan, billing) in catalogue.tariffs else Billing.MONTHLY
    return f"{euros(catalogue.tariff(plan, sold))} par {PERIODS[sold]}"


def price_after(
    batch: ReadBatch, term: AnyRow | Subscription, after: Subscription, catalogue: Catalogue
) -> Cents:
    """What a period of the term that follows another costs, the offer that the client took included."""
    normal = catalogue.tariff(Plan(after.plan), Billing(after.billing))
    if term.status == SubscriptionStatus.DOWNGRADED:
        return normal
    rows = storage.granted_offers(batch, after.client_id)
    taken = (row.price_cents for row in rows() if row.subscription_id == term.id and row.accepted_at)
    return min(taken, default=normal)


def settled_facts(
    session: Session, batch: ReadBatch, term: AnyRow, pause: Pause | None, catalogue: Catalogue, now: datetime
) -> tuple[tuple[str, str], ...]:
    """Label and value, for the client's file; nothing for a term that awaits an answer.

    A lower plan keeps part of what the client paid, and is where a return to the former one begins.
    """
    if term.status in {SubscriptionStatus.ACTIVE, SubscriptionStatus.EXPIRED}:
        return ()
    after = storage.next_term(session, term.client_id, term.expires_on)
    found = {"Ensuite": _follows(batch, term, after, pause, catalogue, now)}
    if term.status == SubscriptionStatus.DOWNGRADED and after is not None:
        normal = tariff_words(catalogue, Plan(term.plan), Billing(term.billing))
        kept = tariff_words(catalogue, Plan(after.plan), Billing(after.billing))
        found["Rétention"] = f"partielle{THIN}: {kept} au lieu de {normal}"
        found["Opportunité"] = f"revenir un jour à {term.plan.capitalize()}, {normal}"
    return tuple((label, value) for label, value in found.items() if value)


def _follows(
    batch: ReadBatch,
    term: AnyRow,
    after: Subscription | None,
    pause: Pause | None,
    catalogue: Catalogue,
    now: datetime,
) -> str:
    """« Premium, 34,99 € par an, du 01/01/2026 au 31/12/2026 »; empty where nothing was settled."""
    if term.status == SubscriptionStatus.CANCELLED:
        open_still = day_of(now) <= term.expires_on
        return f"compte {'ouvert jusqu’au' if open_still else 'fermé depuis le'} {day(term.expires_on)}"
    if after is None:
        running = pause is not None and pause.state(now) is PauseState.RUNNING
        return (
            f"pause du {day(pause.starts_on)} au {day(pause.resume_by)} au plus tard"
            if pause and running
            else ""
        )
    billing = Billing(after.billing)
    full = tariff_words(catalogue, Plan(after.plan), billing)
    if term.status == SubscriptionStatus.DOWNGRADED:
        return f"{after.plan.capitalize()}, {full}, à partir du {day(after.starts_on)}"
    price = f"{euros(price_after(batch, term, after, catalogue))} par {PERIODS[billing]}"
    then = f", puis {full}" if term.retention == CallOutcome.DISCOUNTED else ""
    return f"{after.plan.capitalize()}, {price}, du {day(after.starts_on)} au {day(after.expires_on)}{then}"
