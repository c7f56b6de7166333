"""Calendar arithmetic: months of unequal length, leap days, changes of time."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.base.dates import add_months, day_of, end_of, plus_days, start_of, whole_months

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
