"""When a clock is doubted: a table of openings, and what holds of all of them."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.base.dates import day_of
from console.rules.clock_doubt import doubt
from tests.world import paris, plain

HOLIDAYS = frozenset({date(2026, 5, 1), date(2026, 12, 25), date(2027, 1, 1)})


def rests(day: date) -> bool:
    return day.weekday() > 4 or day in HOLIDAYS


def said(last: str, now: str) -> str:
    return plain(doubt(paris(now), paris(now), paris(last), rests))


@pytest.mark.parametrize(
    ("last", "now"),
    [
        ("2026-11-23T18:02", "2026-11-24T07:00"),  # the next morning
        ("2026-11-23T08:00", "2026-11-24T19:00"),  # more than a day, and no day between
        ("2026-11-20T18:02", "2026-11-23T07:00"),  # a weekend
        ("2026-04-30T18:02", "2026-05-04T07:00"),  # a holiday, then a weekend
        ("2026-12-24T18:02", "2026-12-28T07:00"),
        ("2026-11-24T18:02", "2026-11-24T09:00"),  # another machine, a little ahead
    ],
)
def test_an_ordinary_opening_asks_nothing(last: str, now: str) -> None:
    assert said(last, now) == ""


@pytest.mark.parametrize(
    ("last", "now", "sentence"),
    [
        (
            "2026-11-23T18:02",
            "2026-11-25T07:00",
            "Dernier fait connu : lundi 23 novembre 2026 à 18:02."
            " Sommes-nous bien le mercredi 25 novembre 2026 ?",
        ),
        (
            "2026-11-20T18:02",
            "2026-12-10T08:00",
            "Dernier fait connu : vendredi 20 novembre 2026 à 18:02."
            " Sommes-nous bien le jeudi 10 décembre 2026 ?",
        ),
        (
            "2026-11-24T18:02",
            "2026-11-21T08:00",
            "Dernier fait connu : mardi 24 novembre 2026 à 18:02."
            " L’horloge dit samedi 21 novembre 2026, plus tôt.",
        ),
    ],
)
def test_a_day_without_a_trace_is_asked_about_and_a_day_too_early_too(
    last: str, now: str, sentence: str
) -> None:
    assert said(last, now) == sentence


def test_a_date_that_was_asked_for_is_held_against_the_machine() -> None:
    now, machine = paris("2027-03-01T00:00"), paris("2026-11-29T10:00")
    for newest in (None, machine, now):
        assert plain(doubt(now, machine, newest, rests)) == (
            "La date demandée est le lundi 1er mars 2027,"
            " l’horloge de cette machine dit dimanche 29 novembre 2026."
        )
    assert doubt(machine + timedelta(hours=24), machine, None, rests) == ""
    assert doubt(machine + timedelta(hours=24, seconds=1), machine, None, rests) != ""
    assert doubt(machine - timedelta(hours=24, seconds=1), machine, None, rests) != ""


MOMENTS = st.integers(0, 700 * 24).map(lambda hours: paris("2026-01-01T00:00") + timedelta(hours=hours))


@given(MOMENTS, MOMENTS)
def test_what_is_asked_of_all_openings(last: datetime, now: datetime) -> None:
    asked = bool(doubt(now, now, last, rests))
    between = [day_of(last) + timedelta(days=n) for n in range(1, (day_of(now) - day_of(last)).days)]
    if last - now > timedelta(days=1):
        assert asked
    elif now - last <= timedelta(days=1):
        assert not asked
    else:
        assert asked is any(not rests(day) for day in between)
