"""What a client can be offered: the catalogue (catalogue.toml) and offers granted with their own deadline."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from console.base.dates import day_of, end_of, plus_days
from console.base.french import euros, plural
from console.base.money import Cents, percent_off
from console.base.vocabulary import Billing, Gesture, Plan
from console.rules.timeline import Profile, Timeline

DISCOUNT = "remise-temporaire"
"""The code under which the temporary discount is granted to who agreed to it: no message offers it again."""
GESTURES = {Gesture.WORKSHOP: "geste-atelier", Gesture.CREDIT: "geste-credit"}
"""The code under which a gesture is granted: given whatever the client decides, it is never taken back."""
_LABELS = {
    DISCOUNT: "Remise temporaire",
    GESTURES[Gesture.WORKSHOP]: "Geste commercial, un atelier offert",
    GESTURES[Gesture.CREDIT]: "Geste commercial, un avoir",
}
"""What is granted without being an offer of the catalogue, in words."""


@dataclass(frozen=True, slots=True)
class Company:
    """The company as clients read it."""

    name: str
    site: str
    signature: str
    support_email: str
    feedback_email: str
    hotline: str
    chat: str
    survey_url: str
    short_link_base: str
    renew_menu: str
    reactivate_menu: str


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer of the catalogue.

    A price is set by `price_cents` (for the `billing` tariff of Premium only), by `percent` off the normal
    tariff, or is the normal one; workshops and a credit come on top. paid_months and free_months make an
    offer such as « pay 3, have 5 », counted in months of the monthly tariff. alternative names what the
    client may prefer to the workshop or the credit, at the same value.
    """

    code: str
    label: str
    plans: frozenset[Plan]
    billing: Billing | None = None
    price_cents: Cents | None = None
    percent: Decimal = Decimal(0)
    workshops: int = 0
    credit_cents: Cents = 0
    paid_months: int = 0
    free_months: int = 0
    alternative: str = ""


@dataclass(frozen=True, slots=True)
class PhoneOffer:
    """Which offer a call may grant: from that offset of the expiry, until the end of so many days later."""

    offer: str
    from_offset: int
    days: int


@dataclass(frozen=True, slots=True)
class Discount:
    """The temporary discount of Phase 4: so many months of the plan at a reduced monthly price."""

    plan: Plan
    months: int
    price_cents: Cents


@dataclass(frozen=True, slots=True)
class Bracket:
    """What the training says an offer takes off, in percent; never read to a client."""

    offer: str
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Prices, offers and company settings; all money in cents."""

    company: Company
    tariffs: Mapping[tuple[Plan, Billing], Cents]
    offers: Mapping[str, Offer]
    phone: PhoneOffer
    discount: Discount
    downgrade_plan: Plan
    pause_months: int
    workshop_titles: tuple[str, ...]
    workshop_value_cents: Cents
    workshop_cost_cents: Cents
    gesture_ceiling_cents: Cents
    vip_months: int
    invoice_years: int
    brackets: tuple[Bracket, ...] = ()

    def tariff(self, plan: Plan, billing: Billing) -> Cents:
        """The normal price of a plan for one period; a plan without that period has the one it has."""
        price = self.tariffs.get((plan, billing))
        return self.tariffs[plan, Billing.MONTHLY] if price is None else price

    def yearly_value(self, plan: Plan, billing: Billing) -> Cents:
        """What twelve months of a plan bring."""
        if (plan, billing) not in self.tariffs or billing is Billing.MONTHLY:
            return 12 * self.tariffs[plan, Billing.MONTHLY]
        return self.tariffs[plan, billing]


@dataclass(frozen=True, slots=True)
class Grant:
    """An offer as one client has it: figures computed once, and the last instant it can be taken.

    face_value_cents is what the client saves (price and workshops together); cost_cents what it costs us.
    """

    offer: str
    price_cents: Cents
    normal_price_cents: Cents
    face_value_cents: Cents
    cost_cents: Cents
    workshops: int
    ends_at: datetime

    @property
    def price_saving_cents(self) -> Cents:
        """What is taken off the price alone."""
        return self.normal_price_cents - self.price_cents

    @property
    def total_value_cents(self) -> Cents:
        """What the client gets for the price: 36,99 € and a 20 € workshop make 56,99 €."""
        return self.price_cents + self.face_value_cents

    def runs(self, now: datetime) -> bool:
        """Whether it can still be taken; an offer that is over is never shown, read or sent."""
        return now <= self.ends_at


def grant(
    catalogue: Catalogue, code: str, *, plan: Plan, billing: Billing, ends_at: datetime
) -> Grant | None:
    """The catalogue offer with its figures for a plan; None when it is not made to that plan."""
    offer = catalogue.offers[code]
    if plan not in offer.plans:
        return None
    normal = catalogue.tariff(plan, billing)
    price = percent_off(normal, offer.percent)
    if offer.paid_months:
        monthly = catalogue.tariff(plan, Billing.MONTHLY)
        price = monthly * offer.paid_months
        normal = price + monthly * offer.free_months
    elif offer.price_cents is not None and offer.billing is billing:
        price = offer.price_cents
    saving = normal - price + offer.credit_cents
    return Grant(
        offer=code,
        price_cents=price,
        normal_price_cents=normal,
        face_value_cents=saving + offer.workshops * catalogue.workshop_value_cents,
        cost_cents=saving + offer.workshops * catalogue.workshop_cost_cents,
        workshops=offer.workshops,
        ends_at=ends_at,
    )


def phone_offer(
    catalogue: Catalogue,
    *,
    now: datetime,
    expires_on: date,
    plan: Plan,
    billing: Billing,
    running: Grant | None,
) -> Grant | None:
    """What a call presents: the better of the client's running offer and the phone offer, if any.

    The better one saves the client more; where both save the same, the later deadline wins. The phone offer
    runs until the next day 23:59, never past the expiry; before its first day only a running offer is left.
    """
    if running is not None and not running.runs(now):
        running = None
    today = day_of(now)
    rule = catalogue.phone
    if not plus_days(expires_on, rule.from_offset) <= today <= expires_on:
        return running
    ends_at = end_of(min(plus_days(today, rule.days), expires_on))
    offered = grant(catalogue, rule.offer, plan=plan, billing=billing, ends_at=ends_at)
    candidates = [one for one in (running, offered) if one is not None]
    return max(candidates, default=None, key=lambda one: (one.face_value_cents, one.ends_at))


def standing_offer(
    catalogue: Catalogue,
    timeline: Timeline,
    *,
    today: date,
    expires_on: date,
    plan: Plan,
    billing: Billing,
    vip: bool,
    at_risk: bool,
    wants_lower_price: bool,
) -> Grant | None:
    """The offer that the step due today makes to this client; None when it makes none or it is over."""
    step = timeline.current(expires_on, today)
    if step is None:
        return None
    profiles = {Profile.VIP: vip, Profile.WAVERING: at_risk or wants_lower_price, Profile.ALL: True}
    for made in step.offers:
        last_day = plus_days(expires_on, made.until)
        if profiles[made.profile] and last_day >= today:
            found = grant(catalogue, made.offer, plan=plan, billing=billing, ends_at=end_of(last_day))
            if found is not None:
                return found
    return None


def discount_grant(catalogue: Catalogue, ends_at: datetime) -> Grant:
    """The temporary discount as an offer that can be taken until `ends_at`."""
    discount = catalogue.discount
    normal = catalogue.tariff(discount.plan, Billing.MONTHLY)
    saving = discount.months * (normal - discount.price_cents)
    return Grant(
        offer=DISCOUNT,
        price_cents=discount.price_cents,
        normal_price_cents=normal,
        face_value_cents=saving,
        cost_cents=saving,
        workshops=0,
        ends_at=ends_at,
    )


def discount_words(catalogue: Catalogue) -> str:
    """« 3 mois à 25,00 € au lieu de 35,00 € par mois »."""
    discount = catalogue.discount
    normal = catalogue.tariff(discount.plan, Billing.MONTHLY)
    return f"{discount.months} mois à {euros(discount.price_cents)} au lieu de {euros(normal)} par mois"


def offer_words(offer: Grant) -> str:
    """« 34,99 € au lieu de 36,99 €, 1 atelier offert »."""
    price = euros(offer.price_cents)
    if offer.price_cents < offer.normal_price_cents:
        price += f" au lieu de {euros(offer.normal_price_cents)}"
    gift = plural(offer.workshops, "atelier offert", "ateliers offerts") if offer.workshops else ""
    return ", ".join(part for part in (price, gift) if part)


def offer_label(catalogue: Catalogue, code: str) -> str:
    """What an offer is called; its code where nobody knows it any more."""
    offer = catalogue.offers.get(code)
    return offer.label if offer else _LABELS.get(code, code)
