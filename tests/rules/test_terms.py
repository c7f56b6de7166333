from datetime import date, timedelta
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from console.base.dates import add_months
from console.base.vocabulary import Billing, Plan, SubscriptionStatus
from console.rules.terms import Term, TermChange, change_terms, new_term

TODAY = date(2025, 12, 20)
END = date(2025, 12, 31)
ANNUAL = frozenset({Plan.PREMIUM})
ACTIVE, RENEWED = SubscriptionStatus.ACTIVE, SubscriptionStatus.RENEWED
RUNNING = Term(7, Plan.PREMIUM, Billing.ANNUAL, date(2025, 1, 1), END)


def change(*terms: Term, expires_on: date, plan: Plan | None = None) -> TermChange:
    return change_terms(terms, plan=plan, billing=None, expires_on=expires_on, today=TODAY, annual=ANNUAL)


def test_a_new_term_lasts_one_period() -> None:
    whole_year = Term(0, Plan.PREMIUM, Billing.ANNUAL, date(2025, 1, 1), END, anchor_day=1)
    assert new_term(None, None, END, ANNUAL) == whole_year
    assert new_term(Plan.BASIC, None, END, ANNUAL).billing is Billing.MONTHLY
    assert new_term(Plan.BASIC, Billing.ANNUAL, END, ANNUAL).starts_on == date(2025, 12, 1)


def test_the_same_row_changes_nothing() -> None:
    assert change(RUNNING, expires_on=END) == TermChange()


def test_a_small_move_puts_the_date_right_in_place() -> None:
    moved = change(RUNNING, expires_on=date(2025, 12, 28)).term
    assert moved is not None
    assert (moved.id, moved.expires_on) == (7, date(2025, 12, 28))


def test_a_year_later_is_a_renewal_made_elsewhere() -> None:
    found = change(RUNNING, expires_on=date(2026, 12, 31))
    assert found.renewed == RUNNING
    assert found.term == Term(
        0, Plan.PREMIUM, Billing.ANNUAL, date(2026, 1, 1), date(2026, 12, 31), anchor_day=1
    )


def test_a_former_date_than_a_settled_term_is_refused_and_the_same_date_is_nothing() -> None:
    settled = Term(7, Plan.PREMIUM, Billing.ANNUAL, date(2025, 1, 1), END, RENEWED)
    after = Term(8, Plan.PREMIUM, Billing.ANNUAL, date(2026, 1, 1), date(2026, 12, 31))
    assert change(settled, after, expires_on=END) == TermChange()
    assert change(settled, after, expires_on=date(2025, 12, 30)).refused


def test_someone_who_left_and_came_back_has_a_new_term() -> None:
    left = Term(7, Plan.PREMIUM, Billing.ANNUAL, date(2025, 1, 1), END, SubscriptionStatus.CANCELLED)
    found = change(left, expires_on=date(2026, 12, 31))
    assert found.renewed is None
    assert found.term is not None
    assert found.term.id == 0


statuses = st.sampled_from(list(SubscriptionStatus))
days = st.dates(date(2024, 1, 1), date(2028, 1, 1))


@given(
    st.lists(st.tuples(days, statuses), max_size=4, unique_by=lambda t: t[0]),
    days,
    st.sampled_from([None, *Plan]),
)
def test_what_agents_settled_is_never_touched(
    terms: list[tuple[date, SubscriptionStatus]], expires_on: date, plan: Plan | None
) -> None:
    stored = [
        Term(i, Plan.PREMIUM, Billing.ANNUAL, add_months(day, -12) + timedelta(days=1), day, status)
        for i, (day, status) in enumerate(sorted(terms), 1)
    ]
    found = change(*stored, expires_on=expires_on, plan=plan)
    settled = {term.id for term in stored if term.status is not ACTIVE}
    for touched in (found.term, found.renewed):
        assert touched is None or touched.id not in settled
    if found.term:
        others = [term for term in stored if term.id != found.term.id]
        assert found.term.expires_on not in {term.expires_on for term in others}
        assert found.term.starts_on <= found.term.expires_on
    assume(not found.refused)
    after = [term for term in stored if found.term is None or term.id != found.term.id]
    if found.renewed:
        after = [t if t.id != found.renewed.id else Term(**{**_fields(t), "status": RENEWED}) for t in after]
    if found.term:
        after.append(Term(**{**_fields(found.term), "id": found.term.id or 99}))
    after.sort(key=lambda term: term.expires_on)
    assert change(*after, expires_on=expires_on, plan=plan) == TermChange(), "a second import changes nothing"


def _fields(term: Term) -> dict[str, Any]:
    return {name: getattr(term, name) for name in Term.__slots__}
