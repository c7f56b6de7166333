"""Calendar arithmetic: months of unequal length, leap days, changes of time."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.base.dates import (
    add_months,
    anchor_of,
    day_of,
    end_of,
    plus_days,
    start_of,
    term_end,
    whole_months,
)

DAYS = st.dates(date(1950, 1, 1), date(2150, 12, 31))


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2025, 12, 19), 3, date(2026, 3, 19)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 8, 31), 18, date(2026, 2, 28)),
        (date(2025, 11, 30), 3, date(2026, 2, 28)),
        (date(2025, 1, 31), -2, date(2024, 11, 30)),
        (date(2025, 12, 31), 12, date(2026, 12, 31)),
    ],
)
def test_months_are_added_by_the_calendar(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


@given(DAYS, st.integers(0, 600))
def test_seniority_counts_the_months_that_were_added(since: date, months: int) -> None:
    until = add_months(since, months)
    assert whole_months(since, until) == months
    assert whole_months(since, plus_days(until, -1)) == max(months - 1, 0)


@given(DAYS)
def test_a_day_lasts_from_its_start_to_its_last_second(day: date) -> None:
    assert day_of(start_of(day)) == day == day_of(end_of(day))
    assert (start_of(plus_days(day, 1)) - end_of(day)).total_seconds() == 1


def test_a_day_is_a_day_in_paris() -> None:
    assert day_of(datetime(2025, 12, 31, 23, 30, tzinfo=UTC)) == date(2026, 1, 1)
    assert start_of(date(2026, 3, 29)) == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert start_of(date(2026, 3, 30)) == datetime(2026, 3, 29, 22, tzinfo=UTC)


CHAINS = {
    # First start, months of each renewal: the last day of the first term and of those that follow.
    ("2025-11-01", 1): "2025-11-30 2025-12-31 2026-01-31 2026-02-28 2026-03-31 2026-04-30 2026-05-31",
    ("2026-02-01", 1): "2026-02-28 2026-03-31 2026-04-30 2026-05-31 2026-06-30 2026-07-31 2026-08-31",
    ("2027-12-31", 1): "2028-01-30 2028-02-28 2028-03-30 2028-04-29 2028-05-30 2028-06-29 2028-07-30",
    ("2026-01-31", 1): "2026-02-27 2026-03-30 2026-04-29 2026-05-30 2026-06-29 2026-07-30 2026-08-30",
    ("2025-12-30", 1): "2026-01-29 2026-02-27 2026-03-29 2026-04-29 2026-05-29 2026-06-29 2026-07-29",
    ("2025-12-29", 1): "2026-01-28 2026-02-27 2026-03-28 2026-04-28 2026-05-28 2026-06-28 2026-07-28",
    ("2025-12-28", 1): "2026-01-27 2026-02-27 2026-03-27 2026-04-27 2026-05-27 2026-06-27 2026-07-27",
    ("2027-12-15", 1): "2028-01-14 2028-02-14 2028-03-14 2028-04-14 2028-05-14 2028-06-14 2028-07-14",
    ("2026-03-01", 12): "2027-02-28 2028-02-29 2029-02-28 2030-02-28 2031-02-28 2032-02-29",
    ("2024-02-29", 12): "2025-02-27 2026-02-27 2027-02-27 2028-02-28 2029-02-27",
    ("2027-02-28", 12): "2028-02-27 2029-02-27 2030-02-27",
    ("2025-01-01", 12): "2025-12-31 2026-12-31 2027-12-31",
    ("2025-05-31", 12): "2026-05-30 2027-05-30",
    ("2025-08-31", 3): "2025-11-29 2026-02-27 2026-05-30 2026-08-30",
    ("2025-09-30", 5): "2026-02-27 2026-07-29 2026-12-29",
    ("2025-10-01", 5): "2026-02-28 2026-07-31 2026-12-31",
}
"""Worked out on a calendar, month by month."""


@pytest.mark.parametrize(("first", "months"), CHAINS)
def test_terms_end_on_the_eve_of_the_day_they_began_on(first: str, months: int) -> None:
    start = date.fromisoformat(first)
    anchor, ends = start.day, []
    for _ in CHAINS[first, months].split():
        end = term_end(start, months, anchor)
        ends.append(end.isoformat())
        start = plus_days(end, 1)
    assert ends == CHAINS[first, months].split()


RENEWALS = {
    # The last day of a term: that of one renewed for a month, for another month after it, and for a year.
    "2027-01-27": "2027-02-27 2027-03-27 2028-01-27",
    "2027-01-28": "2027-02-27 2027-03-28 2028-01-28",
    "2027-01-29": "2027-02-27 2027-03-29 2028-01-29",
    "2027-01-30": "2027-02-27 2027-03-30 2028-01-30",
    "2027-01-31": "2027-02-28 2027-03-31 2028-01-31",
    "2027-02-27": "2027-03-27 2027-04-27 2028-02-27",
    "2027-02-28": "2027-03-31 2027-04-30 2028-02-29",
    "2027-03-27": "2027-04-27 2027-05-27 2028-03-27",
    "2027-03-28": "2027-04-28 2027-05-28 2028-03-28",
    "2027-03-29": "2027-04-29 2027-05-29 2028-03-29",
    "2027-03-30": "2027-04-29 2027-05-30 2028-03-30",
    "2027-03-31": "2027-04-30 2027-05-31 2028-03-31",
    "2027-04-27": "2027-05-27 2027-06-27 2028-04-27",
    "2027-04-28": "2027-05-28 2027-06-28 2028-04-28",
    "2027-04-29": "2027-05-29 2027-06-29 2028-04-29",
    "2027-04-30": "2027-05-31 2027-06-30 2028-04-30",
    "2027-05-27": "2027-06-27 2027-07-27 2028-05-27",
    "2027-05-28": "2027-06-28 2027-07-28 2028-05-28",
    "2027-05-29": "2027-06-29 2027-07-29 2028-05-29",
    "2027-05-30": "2027-06-29 2027-07-30 2028-05-30",
    "2027-05-31": "2027-06-30 2027-07-31 2028-05-31",
    "2027-06-27": "2027-07-27 2027-08-27 2028-06-27",
    "2027-06-28": "2027-07-28 2027-08-28 2028-06-28",
    "2027-06-29": "2027-07-29 2027-08-29 2028-06-29",
    "2027-06-30": "2027-07-31 2027-08-31 2028-06-30",
    "2027-07-27": "2027-08-27 2027-09-27 2028-07-27",
    "2027-07-28": "2027-08-28 2027-09-28 2028-07-28",
    "2027-07-29": "2027-08-29 2027-09-29 2028-07-29",
    "2027-07-30": "2027-08-30 2027-09-29 2028-07-30",
    "2027-07-31": "2027-08-31 2027-09-30 2028-07-31",
    "2027-08-27": "2027-09-27 2027-10-27 2028-08-27",
    "2027-08-28": "2027-09-28 2027-10-28 2028-08-28",
    "2027-08-29": "2027-09-29 2027-10-29 2028-08-29",
    "2027-08-30": "2027-09-29 2027-10-30 2028-08-30",
    "2027-08-31": "2027-09-30 2027-10-31 2028-08-31",
    "2027-09-27": "2027-10-27 2027-11-27 2028-09-27",
    "2027-09-28": "2027-10-28 2027-11-28 2028-09-28",
    "2027-09-29": "2027-10-29 2027-11-29 2028-09-29",
    "2027-09-30": "2027-10-31 2027-11-30 2028-09-30",
    "2027-10-27": "2027-11-27 2027-12-27 2028-10-27",
    "2027-10-28": "2027-11-28 2027-12-28 2028-10-28",
    "2027-10-29": "2027-11-29 2027-12-29 2028-10-29",
    "2027-10-30": "2027-11-29 2027-12-30 2028-10-30",
    "2027-10-31": "2027-11-30 2027-12-31 2028-10-31",
    "2027-11-27": "2027-12-27 2028-01-27 2028-11-27",
    "2027-11-28": "2027-12-28 2028-01-28 2028-11-28",
    "2027-11-29": "2027-12-29 2028-01-29 2028-11-29",
    "2027-11-30": "2027-12-31 2028-01-31 2028-11-30",
    "2027-12-27": "2028-01-27 2028-02-27 2028-12-27",
    "2027-12-28": "2028-01-28 2028-02-28 2028-12-28",
    "2027-12-29": "2028-01-29 2028-02-28 2028-12-29",
    "2027-12-30": "2028-01-30 2028-02-28 2028-12-30",
    "2027-12-31": "2028-01-31 2028-02-29 2028-12-31",
    # A leap year.
    "2028-01-27": "2028-02-27 2028-03-27 2029-01-27",
    "2028-01-28": "2028-02-28 2028-03-28 2029-01-28",
    "2028-01-29": "2028-02-28 2028-03-29 2029-01-29",
    "2028-01-30": "2028-02-28 2028-03-30 2029-01-30",
    "2028-01-31": "2028-02-29 2028-03-31 2029-01-31",
    "2028-02-27": "2028-03-27 2028-04-27 2029-02-27",
    "2028-02-28": "2028-03-28 2028-04-28 2029-02-27",
    "2028-02-29": "2028-03-31 2028-04-30 2029-02-28",
}
"""Every month's 28th to 31st, as the day on which a term starts and as that on which one ends."""


@pytest.mark.parametrize("last", RENEWALS)
def test_a_renewal_starts_the_day_after_and_ends_by_the_calendar(last: str) -> None:
    month, other_month, year = map(date.fromisoformat, RENEWALS[last].split())
    start = plus_days(date.fromisoformat(last), 1)
    assert term_end(start, 1) == month
    assert term_end(plus_days(month, 1), 1, start.day) == other_month
    assert term_end(start, 12) == year


@given(DAYS, st.lists(st.integers(1, 24), min_size=1, max_size=30))
def test_months_are_counted_from_the_first_start(first: date, periods: list[int]) -> None:
    start = first
    for done, months in enumerate(periods, 1):
        anchor = anchor_of(start, first.day)
        end = term_end(start, months, anchor)
        assert plus_days(end, 1) == add_months(first, sum(periods[:done]))
        start = plus_days(end, 1)


def test_a_term_that_starts_elsewhere_begins_a_chain() -> None:
    assert anchor_of(date(2026, 2, 28), 31) == 31
    assert anchor_of(date(2026, 3, 28), 31) == 28
    assert anchor_of(date(2026, 2, 28), 0) == 28
