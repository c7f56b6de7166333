"""What happens every day and has not: by the days on which it did."""

from datetime import date, datetime, time, timedelta

import pytest

from console.rules.habits import is_habit, missed, silent
from tests.world import paris


def days(first: str, n: int, *, at: str = "08:00", weekend: bool = True) -> list[datetime]:
    """The first run of each of n days."""
    start = date.fromisoformat(first)
    found = [start + timedelta(days=one) for one in range(40)]
    kept = [one for one in found if weekend or one.weekday() < 5][:n]
    return [paris(f"{one.isoformat()}T{time.fromisoformat(at)}") for one in kept]


@pytest.mark.parametrize(
    ("firsts", "now", "expected"),
    [
        (days("2025-12-08", 5), "2025-12-13T08:59", None),  # the grace is not over
        (days("2025-12-08", 5, weekend=False), "2025-12-13T12:00", None),  # no Saturday yet
        (days("2025-12-08", 6), "2025-12-14T10:00", None),  # a Saturday, no Sunday
        (days("2025-12-08", 7), "2025-12-15T09:00", "2025-12-15T08:00"),
        (days("2025-12-01", 7), "2025-12-15T09:00", "2025-12-08T08:00"),  # a week of silence, still said
        (days("2025-12-08", 5), "2025-12-15T09:00", "2025-12-15T08:00"),
        (days("2025-12-08", 2), "2025-12-15T09:00", None),  # two days are a trial
        ([], "2025-12-15T09:00", None),
    ],
)
def test_a_job_is_missed_after_its_usual_hour_of_a_usual_day(
    firsts: list[datetime], now: str, expected: str | None
) -> None:
    assert missed(firsts, paris(now)) == (paris(expected) if expected else None)


def test_the_latest_of_the_usual_hours_counts_and_summer_time_moves_none() -> None:
    late = [*days("2025-12-08", 4), paris("2025-12-12T10:30")]
    assert missed(late, paris("2025-12-15T11:00")) is None
    assert missed(late, paris("2025-12-15T11:30")) == paris("2025-12-15T10:30")
    before = days("2026-03-23", 7)
    assert missed(before, paris("2026-03-30T08:59")) is None
    assert missed(before, paris("2026-03-30T09:00")) == paris("2026-03-30T08:00")


def test_silence_is_longer_than_any_gap_known() -> None:
    daily = days("2025-12-08", 5)
    assert not silent(daily, daily[-1], daily[-1] + timedelta(days=3))
    assert silent(daily, daily[-1], daily[-1] + timedelta(days=3, minutes=1))
    spaced = [paris("2025-12-08T08:00"), paris("2025-12-11T08:00"), paris("2025-12-14T08:00")]
    assert not silent(spaced, spaced[-1], spaced[-1] + timedelta(days=5))
    assert silent(spaced, spaced[-1], spaced[-1] + timedelta(days=7))
    assert not is_habit(spaced[:2])
    assert not silent(spaced[:2], spaced[1], spaced[1] + timedelta(days=30))
