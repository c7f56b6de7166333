"""Terms of a subscription as an imported expiry day changes them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from console.base.dates import add_months, anchor_of
from console.base.french import day as in_french
from console.base.vocabulary import Billing, Plan, SubscriptionStatus

_SHORTEST_TERM = timedelta(days=27)
"""An expiry that moves by this much or more is a term renewed elsewhere; by less, a date put right."""


@dataclass(frozen=True, slots=True)
class Term:
    """One term; id is 0 for a term that is not stored yet, anchor_day is that of `base.dates.anchor_of`."""

    id: int
    plan: Plan
    billing: Billing
    starts_on: date
    expires_on: date
    status: SubscriptionStatus = SubscriptionStatus.ACTIVE
    anchor_day: int = 0


@dataclass(frozen=True, slots=True)
class TermChange:
    """What becomes of the terms: `term` is to be written, new or changed; `renewed` was renewed elsewhere.

    Both None: nothing changes. `refused` says why the row cannot be taken.
    """

    term: Term | None = None
    renewed: Term | None = None
    refused: str = ""


def new_term(plan: Plan | None, billing: Billing | None, expires_on: date, annual: frozenset[Plan]) -> Term:
    """A term that ends that day and lasts one period: Premium unless said, annual where it is sold so.

    Its start and the day that its chain counts from are guessed from the day after its end.
    """
    plan = plan or Plan.PREMIUM
    billing = _sold(plan, billing or Billing.ANNUAL, annual)
    months = 12 if billing is Billing.ANNUAL else 1
    after = expires_on + timedelta(days=1)
    return Term(0, plan, billing, add_months(after, -months), expires_on, anchor_day=after.day)


def change_terms(
    terms: Sequence[Term],
    *,
    plan: Plan | None,
    billing: Billing | None,
    expires_on: date,
    today: date,
    annual: frozenset[Plan],
) -> TermChange:
    """What an imported row does to the terms of a known client, given in the order of their expiry.

    A term that is settled (renewed, refused, paused, expired …) is never touched: what the agents wrote
    stands. The running term takes a corrected plan or a corrected date; an expiry later by a period or more
    is a renewal made elsewhere. `annual` are the plans sold by the year.
    """
    fresh = new_term(plan, billing, expires_on, annual)
    if not terms:
        return TermChange(term=fresh)
    last = terms[-1]
    running = last.status is SubscriptionStatus.ACTIVE and last.expires_on >= today
    for term in terms:
        if term.expires_on == expires_on:
            return (
                _correct(term, plan, billing, expires_on, annual)
                if term is last and running
                else TermChange()
            )
    if expires_on >= last.expires_on + _SHORTEST_TERM or (not running and expires_on > last.expires_on):
        follows = last.expires_on + timedelta(days=1)
        said = replace(fresh, starts_on=max(fresh.starts_on, follows))
        if said.starts_on == follows:
            said = replace(said, anchor_day=_anchor(expires_on, last))
        if plan is None and billing is None:
            said = replace(said, plan=last.plan, billing=last.billing)
        return TermChange(term=said, renewed=last if running else None)
    if not running or (len(terms) > 1 and expires_on <= terms[-2].expires_on):
        return TermChange(refused=f"échéance antérieure à la dernière connue ({in_french(last.expires_on)})")
    return _correct(last, plan, billing, expires_on, annual)


def _correct(
    term: Term, plan: Plan | None, billing: Billing | None, expires_on: date, annual: frozenset[Plan]
) -> TermChange:
    plan = plan or term.plan
    billing = _sold(plan, billing or term.billing, annual)
    starts_on = min(term.starts_on, expires_on)
    right = replace(term, plan=plan, billing=billing, starts_on=starts_on, expires_on=expires_on)
    if expires_on != term.expires_on:
        right = replace(right, anchor_day=_anchor(expires_on, term))
    return TermChange() if right == term else TermChange(term=right)


def _anchor(expires_on: date, before: Term) -> int:
    """The day that the chain of a term counts from, when another or itself ends on a day not computed."""
    return anchor_of(expires_on + timedelta(days=1), before.anchor_day)


def _sold(plan: Plan, billing: Billing, annual: frozenset[Plan]) -> Billing:
    return billing if plan in annual else Billing.MONTHLY
