"""Terms of a subscription as an imported expiry day changes them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from console.base.dates import add_months, anchor_of
from console.base.french import day as in_french
from console.base.vocabulary import Billing, Plan, SubscriptionStatus

_SHORTEST_TERM = timedelta(days=27)
"""An expiry that moves by this much or more is a term renewed elsewhere; by less, a date put right."""
_GUESS = timedelta(days=3)
"""By how much the start of a term may be guessed wrong from its end, months having 28 to 31 days."""
_UNSETTLED = frozenset({SubscriptionStatus.ACTIVE, SubscriptionStatus.EXPIRED})
_STAYED = frozenset({SubscriptionStatus.RENEWED, SubscriptionStatus.DOWNGRADED})
"""What needs no renewal: that of such a term is known."""


@dataclass(frozen=True, slots=True)
class Term:
    """One term; id is 0 for a term that is not stored yet, anchor_day is that of `base.dates.anchor_of`.

    dated_by_import: that it was renewed is known by a file, which gave no date. back_by_payment: its client
    is known to be back by a payment alone, which may be that of a renewal in time. renewed_by: the day by
    which its client is known to have renewed it or come back; None where no fact gives one.
    """

    id: int
    plan: Plan
    billing: Billing
    starts_on: date
    expires_on: date
    status: SubscriptionStatus = SubscriptionStatus.ACTIVE
    anchor_day: int = 0
    dated_by_import: bool = False
    back_by_payment: bool = False
    renewed_by: date | None = None


@dataclass(frozen=True, slots=True)
class TermChange:
    """What becomes of the terms: `term` is to be written, new or changed; `renewed` was renewed elsewhere.

    `by`: the day until which the client had renewed, the row's own where it gives one. Both terms None:
    nothing changes. `refused` says why the row cannot be taken.
    """

    term: Term | None = None
    renewed: Term | None = None
    by: date = date.max
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


def change_terms(  # noqa: PLR0911  # one rule after another, each with its answer
    terms: Sequence[Term],
    *,
    plan: Plan | None,
    billing: Billing | None,
    expires_on: date,
    renewed_on: date | None = None,
    annual: frozenset[Plan],
) -> TermChange:
    """What an imported row does to the terms of a known client, given in the order of their expiry.

    The last term takes a corrected plan or a corrected date as long as nobody settled it: a day that is over
    without an answer may have been wrong. An expiry later by a period or more is a renewal made elsewhere:
    whatever the day of the import, a term that starts the day after the last one is its renewal, and by the
    last one's expiry day unless `renewed_on` says when; one that starts later is a client who came back, and
    so is one that follows a pause. Where a payment after the end had opened a later term, it was the payment
    of that renewal. `annual` are the plans sold by the year.
    """
    if not terms:
        return TermChange(term=new_term(plan, billing, expires_on, annual))
    last = terms[-1]
    unsettled = last.status in _UNSETTLED
    if len(terms) > 1 and unsettled and _was_in_time(terms[-2], renewed_on):
        said = new_term(plan or last.plan, billing or last.billing, expires_on, annual)
        if _follows(terms[-2], last, said):
            starts_on = terms[-2].expires_on + timedelta(days=1)
            said = replace(said, id=last.id, starts_on=starts_on, anchor_day=_anchor(expires_on, terms[-2]))
            return TermChange(said, terms[-2], renewed_on or terms[-2].expires_on)
    for before, term in zip((None, *terms), terms, strict=False):
        if term.expires_on != expires_on:
            continue
        change = TermChange()
        if term is last and unsettled:
            change = _correct(term, before, plan, billing, expires_on, annual)
        return _renewed_by(change, before, renewed_on)
    if expires_on >= last.expires_on + _SHORTEST_TERM:
        if plan is None and billing is None:
            plan, billing = last.plan, last.billing
        said, follows = new_term(plan, billing, expires_on, annual), last.expires_on + timedelta(days=1)
        by = said.starts_on
        if said.starts_on <= follows + _GUESS:
            said = replace(said, starts_on=follows, anchor_day=_anchor(expires_on, last))
            by = follows if last.status is SubscriptionStatus.PAUSED else last.expires_on
        return TermChange(said, None if last.status in _STAYED else last, renewed_on or by)
    if not unsettled and expires_on > last.expires_on:
        return TermChange(
            refused=f"à quelques jours de l’échéance connue ({in_french(last.expires_on)}), déjà réglée"
        )
    if not unsettled or (len(terms) > 1 and expires_on <= terms[-2].expires_on):
        return TermChange(refused=f"échéance antérieure à la dernière connue ({in_french(last.expires_on)})")
    before = terms[-2] if len(terms) > 1 else None
    return _renewed_by(_correct(last, before, plan, billing, expires_on, annual), before, renewed_on)


def _renewed_by(change: TermChange, before: Term | None, renewed_on: date | None) -> TermChange:
    """The same change, and the day that the file gives for the renewal of the term before, where it is news:
    no day is known, or a later one."""
    if not before or not renewed_on or (before.renewed_by and renewed_on >= before.renewed_by):
        return change
    return replace(change, renewed=before, by=renewed_on)


def _was_in_time(before: Term, renewed_on: date | None) -> bool:
    """Whether a client who came back after a term may have renewed it in time: nothing but a payment, or a
    file without a day, says when they came back."""
    if before.status in _STAYED:
        return before.back_by_payment
    told = renewed_on is not None and renewed_on <= before.expires_on
    undated = before.dated_by_import and before.status is not SubscriptionStatus.PAUSED
    return told or undated or before.back_by_payment


def _follows(before: Term, known: Term, said: Term) -> bool:
    """Whether the term that a file says renews the one before; a known start is no guess."""
    starts_on = before.expires_on + timedelta(days=1)
    if said.expires_on == known.expires_on:
        return known.starts_on == starts_on
    return abs(said.starts_on - starts_on) <= _GUESS


def _correct(
    term: Term,
    before: Term | None,
    plan: Plan | None,
    billing: Billing | None,
    expires_on: date,
    annual: frozenset[Plan],
) -> TermChange:
    """The term as the row has it: it begins the day after the one before where its new end says so."""
    plan = plan or term.plan
    billing = _sold(plan, billing or term.billing, annual)
    starts_on = min(term.starts_on, expires_on)
    moved = expires_on != term.expires_on
    if before and moved and _follows(before, term, new_term(plan, billing, expires_on, annual)):
        starts_on = before.expires_on + timedelta(days=1)
    right = replace(term, plan=plan, billing=billing, starts_on=starts_on, expires_on=expires_on)
    if moved:
        right = replace(right, anchor_day=_anchor(expires_on, term))
    return TermChange() if right == term else TermChange(term=right)


def _anchor(expires_on: date, before: Term) -> int:
    """The day that the chain of a term counts from, when another or itself ends on a day not computed."""
    return anchor_of(expires_on + timedelta(days=1), before.anchor_day)


def _sold(plan: Plan, billing: Billing, annual: frozenset[Plan]) -> Billing:
    return billing if plan in annual else Billing.MONTHLY
