"""Terms of a subscription: which are running, and the one that follows when a client renews."""

from collections.abc import Sequence
from datetime import date
from functools import cache

from sqlalchemy import bindparam, insert, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from console.base.dates import anchor_of, plus_days, term_end
from console.base.vocabulary import Billing, Plan, SubscriptionStatus
from console.db.dialect import Unit, connected
from console.db.query import AnySelect, among, columns, rows
from console.db.tables import Agreement, Subscription
from console.rules.offers import Catalogue, Grant

TERM_MONTHS = 12


def next_term(term: Subscription, *, plan: Plan, billing: Billing, months: int, today: date) -> Subscription:
    """The term that follows another: from the day after its expiry, or from today once that is past."""
    starts_on = max(plus_days(term.expires_on, 1), today)
    unbroken = starts_on == plus_days(term.expires_on, 1)
    anchor = anchor_of(starts_on, (term.anchor_day or term.starts_on.day) if unbroken else 0)
    return Subscription(
        client_id=term.client_id,
        plan=plan,
        billing=billing,
        starts_on=starts_on,
        expires_on=term_end(starts_on, months, anchor),
        anchor_day=anchor,
    )


def renewed_term(term: Subscription, catalogue: Catalogue, today: date, months: int) -> Subscription:
    """The term that a renewal opens: the same plan, for so many months."""
    billing = sold_billing(term, catalogue)
    return next_term(term, plan=Plan(term.plan), billing=billing, months=months, today=today)


def paused_until(term: Subscription, catalogue: Catalogue) -> date:
    """The last day of the longest pause after a term."""
    anchor = term.anchor_day or term.starts_on.day
    return term_end(plus_days(term.expires_on, 1), catalogue.pause_months, anchor)


_SAME = columns(Subscription.id, Subscription.status).where(
    col(Subscription.client_id) == bindparam("client"), col(Subscription.expires_on) == bindparam("day")
)
_ADD = insert(Subscription)
_BEGIN = update(Subscription).where(col(Subscription.id) == bindparam("key"))


def open_term(unit: Unit, term: Subscription) -> int | None:
    """Writes the term that follows; gives its id, None where the client has a term with that expiry.

    One that never began, opened by an agreement that did not hold, begins now.
    """
    connection = connected(unit)
    values = {name: value for name, value in vars(term).items() if name not in {"id", "_sa_instance_state"}}
    found = connection.execute(_SAME, {"client": term.client_id, "day": term.expires_on}).one_or_none()
    if found is None:
        added = connection.execute(_ADD, values).inserted_primary_key
        return None if added is None else int(added[0])
    if found.status != SubscriptionStatus.VOID:
        return None
    connection.execute(update(Agreement).where(col(Agreement.opened_id) == found.id).values(opened_id=None))
    names = ("plan", "billing", "starts_on", "anchor_day", "status")
    connection.execute(_BEGIN, {"key": found.id, **{name: values[name] for name in names}})
    return int(found.id)


def period_months(term: Subscription, catalogue: Catalogue, offer: Grant | None) -> int:
    """The months that a renewal is for: those of an offer such as « pay 3, have 5 », else one period."""
    made = catalogue.offers.get(offer.offer) if offer else None
    if made and made.paid_months:
        return made.paid_months + made.free_months
    return TERM_MONTHS if sold_billing(term, catalogue) is Billing.ANNUAL else 1


def sold_billing(term: Subscription, catalogue: Catalogue) -> Billing:
    """The period of the term; a plan that is not sold by the year is paid by the month."""
    sold = (Plan(term.plan), Billing(term.billing)) in catalogue.tariffs
    return Billing(term.billing) if sold else Billing.MONTHLY


def active_terms(session: Session, client_id: int) -> list[int]:
    """Ids of the client's terms that are still running or to come."""
    query = columns(Subscription.id).where(
        col(Subscription.client_id) == client_id, col(Subscription.status) == "active"
    )
    return [row.id for row in rows(session, query)]


@cache
def _after_downgrade() -> AnySelect:
    before = aliased(Subscription)
    return (
        columns(Subscription.id)
        .join(before, col(before.client_id) == col(Subscription.client_id))
        .where(
            among(Subscription.id, "terms"),
            col(before.status) == SubscriptionStatus.DOWNGRADED,
            col(before.expires_on) < col(Subscription.starts_on),
        )
    )


def follow_a_downgrade(session: Session, term_ids: Sequence[int]) -> frozenset[int]:
    """Those of the terms that began where a downgraded one ended."""
    return frozenset(row.id for row in rows(session, _after_downgrade(), terms=term_ids))
