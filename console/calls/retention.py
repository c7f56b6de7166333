"""What an agreement writes: the client stays, on the terms agreed on the phone."""

from typing import Any

from console.base.dates import add_months, end_of, plus_days
from console.base.errors import RefusedInputError
from console.base.french import THIN, day, euros
from console.base.vocabulary import (
    Billing,
    CallOutcome,
    Gesture,
    Plan,
    RetentionOption,
    SubscriptionStatus,
    WrittenAgreement,
)
from console.calls.ending import Written, granted
from console.cases.terms import TERM_MONTHS, period_months, renewed_term
from console.db.tables import Subscription
from console.rules.offers import Grant, offer_words


def retain(written: Written, outcome: CallOutcome) -> None:
    """An oral agreement counts at once and stays marked until the client's written one is known."""
    status, kind, letter, what = _RETENTIONS[outcome]
    workshops = 0
    if outcome is CallOutcome.RENEWED:
        workshops = _take_offer(written)
    if RetentionOption.GESTURE in written.ending.walk.accepted:
        workshops += _give_gesture(written)
    if outcome is CallOutcome.DISCOUNTED:
        _discount(written)
    written.writes.subscription = {
        "status": status,
        "retention": outcome,
        "settled_at": written.now,
        "written_agreement": WrittenAgreement.AWAITED,
        "workshops_given": workshops,
    }
    written.writes.next_term = term = _next_term(written, outcome)
    data: dict[str, Any] = {"outcome": outcome, "by_link": written.ending.walk.by_link}
    if term is None:
        resume_by = add_months(written.term.expires_on, written.catalogue.pause_months)
        data["resume_by"] = resume_by.isoformat()
        text = f"{what}, au plus jusqu’au {day(resume_by)}"
    else:
        text = f"{what}{THIN}: {_term_words(written, term, outcome)}"
    written.record(kind, text, **data)
    written.told.append(f"{text}.")
    if outcome is not CallOutcome.ALREADY_RENEWED:
        by_link = outcome is CallOutcome.RENEWED and written.ending.walk.by_link
        name, label = (
            ("lien-renouvellement", "l’e-mail avec le lien")
            if by_link
            else (letter, "l’e-mail de confirmation")
        )
        written.queue(name, label)
    written.told.append("La confirmation écrite du client est attendue.")
    written.cancel_reminders()


_RETENTIONS = {
    CallOutcome.RENEWED: (
        SubscriptionStatus.RENEWED,
        "renewed",
        "confirmation-renouvellement",
        "Renouvellement",
    ),
    CallOutcome.ALREADY_RENEWED: (SubscriptionStatus.RENEWED, "renewed", "", "Renouvellement déjà fait"),
    CallOutcome.DISCOUNTED: (
        SubscriptionStatus.RENEWED,
        "discounted",
        "confirmation-remise",
        "Remise temporaire",
    ),
    CallOutcome.DOWNGRADED: (
        SubscriptionStatus.DOWNGRADED,
        "downgraded",
        "confirmation-downgrade",
        "Passage à la formule inférieure",
    ),
    CallOutcome.PAUSED: (SubscriptionStatus.PAUSED, "paused", "confirmation-pause", "Pause gratuite"),
}


def _next_term(written: Written, outcome: CallOutcome) -> Subscription | None:
    """The term that follows the present one, never overlapping it; none for a pause."""
    if outcome is CallOutcome.PAUSED:
        return None
    term, catalogue = written.term, written.catalogue
    kind, billing = Plan(term.plan), Billing(term.billing)
    if outcome is CallOutcome.DISCOUNTED:
        kind, billing, months = catalogue.discount.plan, Billing.MONTHLY, catalogue.discount.months
    elif outcome is CallOutcome.DOWNGRADED:
        kind, billing, months = catalogue.downgrade_plan, Billing.MONTHLY, TERM_MONTHS
    else:
        offer = written.ending.offer if outcome is CallOutcome.RENEWED else None
        return renewed_term(term, catalogue, written.today, period_months(term, catalogue, offer))
    eve = max(term.expires_on, plus_days(written.today, -1))
    return Subscription(
        client_id=term.client_id,
        plan=kind,
        billing=billing,
        starts_on=plus_days(eve, 1),
        expires_on=add_months(eve, months),
    )


def _term_words(written: Written, term: Subscription, outcome: CallOutcome) -> str:
    """« Premium du 01/01/2026 au 31/12/2026 »; no end is given for a plan that is paid month by month."""
    plan = term.plan.capitalize()
    if outcome is CallOutcome.DOWNGRADED:
        price = euros(written.catalogue.tariff(Plan(term.plan), Billing.MONTHLY))
        return f"{plan} à {price} par mois à partir du {day(term.starts_on)}"
    price = ""
    if outcome is CallOutcome.DISCOUNTED:
        price = f" à {euros(written.catalogue.discount.price_cents)} par mois"
    return f"{plan}{price} du {day(term.starts_on)} au {day(term.expires_on)}"


def _take_offer(written: Written) -> int:
    """The offer that the call presents is the one the client renews with. Gives the workshops."""
    offer = written.ending.offer
    if offer is None:
        return 0
    if written.ending.offer_id is not None:
        written.writes.offer_accepted = written.ending.offer_id
    else:
        written.writes.rows.append(granted(written, offer, accepted=True))
    written.record("offer_accepted", offer_words(offer), offer=offer.offer)
    written.told.append(f"Offre acceptée{THIN}: {offer_words(offer)}.")
    return offer.workshops


def _discount(written: Written) -> None:
    catalogue = written.catalogue
    discount = catalogue.discount
    normal = catalogue.tariff(discount.plan, Billing.MONTHLY)
    saving = discount.months * (normal - discount.price_cents)
    offer = Grant(
        offer="remise-temporaire",
        price_cents=discount.price_cents,
        normal_price_cents=normal,
        face_value_cents=saving,
        cost_cents=saving,
        workshops=0,
        ends_at=end_of(max(written.term.expires_on, written.today)),
    )
    written.writes.rows.append(granted(written, offer, accepted=True))
    text = f"{discount.months} mois à {euros(offer.price_cents)} au lieu de {euros(normal)} par mois"
    written.record("offer_accepted", text, offer=offer.offer)


def _give_gesture(written: Written) -> int:
    """The free gesture of a service problem, within the agent's ceiling. Gives the workshops."""
    catalogue, term = written.catalogue, written.term
    value = catalogue.workshop_value_cents
    if value > catalogue.gesture_ceiling_cents:
        raise RefusedInputError(
            f"Ce geste vaut {euros(value)}{THIN}: c’est plus que votre plafond.",
            todo="Passez la main au superviseur.",
        )
    gesture = written.ending.walk.gesture or Gesture.WORKSHOP
    workshop = gesture is Gesture.WORKSHOP
    tariff = catalogue.tariff(Plan(term.plan), Billing(term.billing))
    offer = Grant(
        offer=f"geste-{'atelier' if workshop else 'credit'}",
        price_cents=tariff,
        normal_price_cents=tariff,
        face_value_cents=value,
        cost_cents=catalogue.workshop_cost_cents if workshop else value,
        workshops=int(workshop),
        ends_at=end_of(max(term.expires_on, written.today)),
    )
    written.writes.rows.append(granted(written, offer, accepted=True))
    text = "1 atelier offert" if workshop else f"un crédit de {euros(value)}"
    written.record("offer_granted", f"Geste commercial{THIN}: {text}", offer=offer.offer)
    written.told.append(f"Geste commercial{THIN}: {text}.")
    return offer.workshops
