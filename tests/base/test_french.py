"""Amounts, days and hours as they are written in French."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.base import french
from console.base.dates import PARIS
from console.base.money import percent_off, percent_saved, share


@given(st.integers(0, 10**10))
def test_euros_keep_every_cent(cents: int) -> None:
    text = french.euros(cents)
    assert text.endswith(f",{cents % 100:02d}\N{NO-BREAK SPACE}€")
    assert int("".join(one for one in text if one.isdigit())) == cents


def test_amounts_and_days_read_as_french() -> None:
    assert french.euros(3499) == "34,99\N{NO-BREAK SPACE}€"
    assert french.euros(123450) == "1\N{NARROW NO-BREAK SPACE}234,50\N{NO-BREAK SPACE}€"
    day = date(2025, 12, 22)
    assert (french.day(day), french.short_day(day)) == ("22/12/2025", "22/12")
    assert french.weekday_day(day) == "lun. 22/12"
    assert french.long_day(day) == "lundi 22 décembre 2025"
    assert french.plural(100_000, "client") == "100\N{NARROW NO-BREAK SPACE}000 clients"


def test_the_first_of_a_month_is_an_ordinal() -> None:
    assert french.long_day(date(2026, 1, 1)) == "jeudi 1er janvier 2026"


def test_hours_are_those_of_paris() -> None:
    assert french.moment(datetime(2025, 12, 22, 9, tzinfo=PARIS)) == "lun. 22/12 à 09:00"
    assert french.hour(datetime.fromisoformat("2026-07-01T08:00+00:00")) == "10:00"


def test_percentages_have_at_most_one_decimal() -> None:
    assert [french.percent(one) for one in (49, 10.8, Decimal("5.40"), Decimal(0))] == [
        f"{text}\N{NO-BREAK SPACE}%" for text in ("49", "10,8", "5,4", "0")
    ]


def test_nouns_agree_from_two_on() -> None:
    assert [french.plural(n, "atelier") for n in (0, 1, 2)] == ["0 atelier", "1 atelier", "2 ateliers"]
    assert french.plural(3, "mois") == "3 mois"
    assert french.plural(2, "journal", "journaux") == "2 journaux"


def test_typing_becomes_french_typography() -> None:
    typed = "Bonjour : « 35 € », d'accord ? à 10:00 !"
    thin, wide = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"
    assert french.typeset(typed) == (
        f"Bonjour{thin}: «{wide}35{wide}€{wide}», d’accord{thin}? à 10:00{thin}!"
    )
    assert french.typeset(french.typeset(typed)) == french.typeset(typed)


def test_prices_are_rounded_half_up() -> None:
    assert percent_off(3699, Decimal(5)) == 3514
    assert percent_off(1010, Decimal(5)) == 960
    assert percent_off(3500, Decimal(0)) == 3500
    assert percent_saved(3699, 3499) == Decimal("5.4")
    assert percent_saved(3699, 3299) == Decimal("10.8")
    assert share(23, 47) == 49
    assert share(8, 47) == 17
    assert share(1, 0) == 0


@given(st.integers(0, 10**9), st.integers(0, 100))
def test_a_discount_is_never_off_by_more_than_half_a_cent(cents: int, percent: int) -> None:
    exact = Decimal(cents) * (100 - percent) / 100
    assert abs(percent_off(cents, Decimal(percent)) - exact) <= Decimal("0.5")


@pytest.mark.parametrize(
    ("at", "zone", "words"),
    [
        ("2025-12-23T10:00+01:00", "America/Martinique", ", 05:00 chez le client"),
        ("2025-12-23T10:00+01:00", "Indian/Reunion", ", 13:00 chez le client"),
        ("2025-12-23T02:00+01:00", "America/Martinique", ", lun. 22/12 21:00 chez le client"),
        ("2025-12-23T10:00+01:00", "Europe/Paris", ""),
        ("2025-12-23T10:00+01:00", "Europe/Brussels", ""),
    ],
)
def test_the_hour_where_the_client_is(at: str, zone: str, words: str) -> None:
    assert french.elsewhere(datetime.fromisoformat(at), zone) == words


@pytest.mark.parametrize(
    ("said", "today", "words"),
    [
        (date(2025, 12, 31), date(2025, 12, 20), "mercredi 31 décembre"),
        (date(2026, 1, 1), date(2025, 12, 20), "jeudi 1er janvier"),
        (date(2025, 12, 31), date(2026, 1, 5), "mercredi 31 décembre"),
        (date(2026, 3, 31), date(2025, 12, 20), "31 mars"),
        (date(2026, 12, 31), date(2025, 12, 20), "31 décembre 2026"),
        (date(2026, 12, 31), date(2026, 2, 1), "31 décembre"),
    ],
)
def test_a_day_as_it_is_said(said: date, today: date, words: str) -> None:
    assert french.spoken_day(said, today) == words


def test_how_long_one_has_been_there() -> None:
    said = [french.span(months) for months in (0, 1, 18, 24, 40)]
    assert said == ["", "un mois", "18 mois", "2 ans", "3 ans"]
