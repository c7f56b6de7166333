from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from console.base.dates import add_months
from console.base.vocabulary import Billing, Plan, SubscriptionStatus
from console.cases.terms import next_days
from console.db.tables import Subscription
from console.rules.terms import Term, TermChange, change_terms, new_term
from tests.base.test_dates import RENEWALS

END = date(2025, 12, 31)
ANNUAL = frozenset({Plan.PREMIUM})
ACTIVE, RENEWED = SubscriptionStatus.ACTIVE, SubscriptionStatus.RENEWED
RUNNING = Term(7, Plan.PREMIUM, Billing.ANNUAL, date(2025, 1, 1), END)


def change(
    *terms: Term, expires_on: date, plan: Plan | None = None, renewed_on: date | None = None
) -> TermChange:
    return change_terms(
        terms, plan=plan, billing=None, expires_on=expires_on, renewed_on=renewed_on, annual=ANNUAL
    )


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


@pytest.mark.parametrize("status", ["active", "expired", "cancelled"])
@pytest.mark.parametrize(
    ("start", "end", "billing", "next_end", "starts_on", "by"),
    [
        ("2025-01-01", "2025-12-31", "annual", "2026-12-31", "2026-01-01", "2025-12-31"),
        # A month ends on any of four days: the start guessed from the end may be a little off.
        ("2026-01-01", "2026-01-30", "monthly", "2026-02-28", "2026-01-31", "2026-01-30"),
        ("2026-02-01", "2026-02-28", "monthly", "2026-03-28", "2026-03-01", "2026-02-28"),
        ("2025-11-01", "2025-11-30", "monthly", "2025-12-31", "2025-12-01", "2025-11-30"),
        # Days without a subscription: a client who came back, on the first day of the new one at the latest.
        ("2025-11-01", "2025-11-30", "monthly", "2026-01-04", "2025-12-05", "2025-12-05"),
        ("2025-01-01", "2025-12-31", "annual", "2027-01-14", "2026-01-15", "2026-01-15"),
    ],
)
def test_a_term_that_starts_the_day_after_is_the_renewal(
    status: str, start: str, end: str, billing: str, next_end: str, starts_on: str, by: str
) -> None:
    on = date.fromisoformat
    plan = Plan.PREMIUM
    last = Term(7, plan, Billing(billing), on(start), on(end), SubscriptionStatus(status), on(start).day)
    found = change_terms([last], plan=None, billing=None, expires_on=on(next_end), annual=ANNUAL)
    assert found.renewed == last
    assert found.term is not None
    assert (found.term.id, found.term.starts_on, found.by) == (0, on(starts_on), on(by))
    said = change_terms(
        [last], plan=None, billing=None, expires_on=on(next_end), renewed_on=on("2025-12-01"), annual=ANNUAL
    )
    assert said.by == date(2025, 12, 1)


def test_a_pause_is_never_undone_by_what_follows_it() -> None:
    paused = Term(7, Plan.PREMIUM, Billing.ANNUAL, date(2025, 1, 1), END, SubscriptionStatus.PAUSED)
    assert change(paused, expires_on=date(2026, 12, 31)).by == date(2026, 1, 1)


def test_a_day_over_without_an_answer_may_have_been_wrong() -> None:
    expired = Term(7, Plan.PREMIUM, Billing.ANNUAL, date(2025, 1, 1), END, SubscriptionStatus.EXPIRED)
    moved = change(expired, expires_on=date(2026, 1, 2)).term
    assert moved is not None
    assert (moved.id, moved.expires_on) == (7, date(2026, 1, 2))
    left = Term(7, Plan.PREMIUM, Billing.ANNUAL, date(2025, 1, 1), END, SubscriptionStatus.CANCELLED)
    assert "déjà réglée" in change(left, expires_on=date(2026, 1, 2)).refused


def test_a_day_said_later_takes_the_place_of_the_one_taken() -> None:
    on = date(2025, 12, 20)
    undated = Term(7, Plan.PREMIUM, Billing.ANNUAL, date(2025, 1, 1), END, RENEWED, 1, dated_by_import=True)
    following = Term(8, Plan.PREMIUM, Billing.ANNUAL, date(2026, 1, 1), date(2026, 12, 31), anchor_day=1)
    assert change(undated, following, expires_on=following.expires_on) == TermChange()
    found = change(undated, following, expires_on=following.expires_on, renewed_on=on)
    assert (found.term, found.renewed, found.by) == (None, undated, on)


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
    by_time = {ACTIVE, SubscriptionStatus.EXPIRED}
    settled = {term.id for term in stored if term.status not in by_time}
    assert found.term is None or found.term.id not in settled
    assert found.renewed in (None, stored[-1] if stored else None)
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


@pytest.mark.parametrize("last", RENEWALS)
def test_a_term_of_which_a_file_gave_the_end_alone_is_renewed_by_the_calendar(last: str) -> None:
    month, other_month, year = map(date.fromisoformat, RENEWALS[last].split())
    for billing, months, ends in ((Billing.MONTHLY, 1, (month, other_month)), (Billing.ANNUAL, 12, (year,))):
        term = new_term(None, billing, date.fromisoformat(last), ANNUAL)
        for end in ends:  # as the next file says, and as a renewal by the client makes it
            told = change(term, expires_on=end)
            row = Subscription(
                client_id=1,
                plan=term.plan,
                billing=billing,
                starts_on=term.starts_on,
                expires_on=term.expires_on,
                anchor_day=term.anchor_day,
            )
            made = next_days(row, months, term.starts_on)
            assert told.renewed == term
            assert told.term is not None
            assert {name: getattr(told.term, name) for name in made} == made
            assert (made["starts_on"], made["expires_on"]) == (term.expires_on + timedelta(1), end)
            term = told.term
