"""Freely typed moments: what agents write, what must be refused, and what always holds."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.base.errors import RefusedInputError
from console.base.when import HORIZON_DAYS, parse_when

PARIS = ZoneInfo("Europe/Paris")
SATURDAY = datetime(2025, 12, 20, 14, 0, 30, tzinfo=PARIS)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("demain 14h", "2025-12-21T14:00"),
        ("Demain  à 14 h", "2025-12-21T14:00"),
        ("demain 14", "2025-12-21T14:00"),
        ("14h demain", "2025-12-21T14:00"),
        ("lun 10h30", "2025-12-22T10:30"),
        ("lun. 10h30", "2025-12-22T10:30"),
        ("lundi 10:30", "2025-12-22T10:30"),
        ("LUNDI 10H30", "2025-12-22T10:30"),
        ("lundi prochain à 10h", "2025-12-22T10:00"),
        ("lundi en huit 10h", "2025-12-29T10:00"),
        ("sam 15h", "2025-12-20T15:00"),
        ("sam 13h", "2025-12-27T13:00"),
        ("samedi prochain 15h", "2025-12-27T15:00"),
        ("22/12 15:00", "2025-12-22T15:00"),
        ("22/12 15", "2025-12-22T15:00"),
        ("22/12/2025 15h", "2025-12-22T15:00"),
        ("22/12/25 15h", "2025-12-22T15:00"),
        ("22.12.2025 15h", "2025-12-22T15:00"),
        ("2025-12-22 15:00", "2025-12-22T15:00"),
        ("2025-12-22T15:00", "2025-12-22T15:00"),
        ("15h 22/12", "2025-12-22T15:00"),
        ("15h30 le 22 décembre", "2025-12-22T15:30"),
        ("lundi 22 décembre à 15 h 30", "2025-12-22T15:30"),
        ("le 22 à 15h", "2025-12-22T15:00"),
        ("lundi 22, 15h", "2025-12-22T15:00"),
        ("le 5 à 9h", "2026-01-05T09:00"),
        ("05/01 10h", "2026-01-05T10:00"),
        ("1er janvier 11h", "2026-01-01T11:00"),
        ("3 févr. 2026 9h05", "2026-02-03T09:05"),
        ("dans 2 h", "2025-12-20T16:00"),
        ("dans 2h30", "2025-12-20T16:30"),
        ("dans 2 heures et demie", "2025-12-20T16:30"),
        ("dans une heure", "2025-12-20T15:00"),
        ("dans une demi-heure", "2025-12-20T14:30"),
        ("dans 20 min", "2025-12-20T14:20"),
        ("d’ici 45 minutes", "2025-12-20T14:45"),
        ("dans 3 jours", "2025-12-23T14:00"),
        ("dans 3 jours à 10:15", "2025-12-23T10:15"),
        ("dans une semaine 11h", "2025-12-27T11:00"),
        ("dans 2 mois 10h", "2026-02-20T10:00"),
        ("aujourd’hui 16h", "2025-12-20T16:00"),
        ("aujourd'hui à 16h", "2025-12-20T16:00"),
        ("auj 16h", "2025-12-20T16:00"),
        ("14h05", "2025-12-20T14:05"),
        ("16:45", "2025-12-20T16:45"),
        ("ce soir", "2025-12-20T18:00"),
        ("demain midi", "2025-12-21T12:00"),
        ("demain après-midi", "2025-12-21T14:00"),
        ("après-demain matin", "2025-12-22T10:00"),
        ("apres demain 9h", "2025-12-22T09:00"),
        ("lundi dans la matinée", "2025-12-22T10:00"),
        ("mardi 3h de l’après-midi", "2025-12-23T15:00"),
        ("mardi 9h du matin", "2025-12-23T09:00"),
        ("15\u202fh\u00a030", "2025-12-20T15:30"),
        ("29 mars 2026 à 3h", "2026-03-29T03:00"),
    ],
)
def test_is_understood(typed: str, meant: str) -> None:
    assert parse_when(typed, SATURDAY) == at(meant)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "Aucun moment"),
        ("   \u202e", "Aucun moment"),
        ("bientôt", "non compris"),
        ("demain", "manque l’heure"),
        ("lundi", "manque l’heure"),
        ("22/12", "manque l’heure"),
        ("demain demain 14h", "non compris"),
        ("demain 14h 15h", "non compris"),
        ("demain 22/12 14h", "non compris"),
        ("demain entre 14h et 16h", "non compris"),
        ("prochain 14h", "non compris"),
        ("31/02 10h", "jour n’existe pas"),
        ("32/12 10h", "jour n’existe pas"),
        ("29/02 10h", "jour n’existe pas"),
        ("demain 25h", "heure n’existe pas"),
        ("demain 14h75", "heure n’existe pas"),
        ("29/03/2026 2h30", "heure d’été"),
        ("13h", "déjà passé"),
        ("14h", "déjà passé"),
        ("19/12 10h", "déjà passé"),
        ("20/12 13:59", "déjà passé"),
        ("aujourd’hui 9h", "déjà passé"),
        ("22/12/2024 15h", "déjà passé"),
        ("22/12/2035 15h", "plus d’un an"),
        ("dans 0 min", "déjà passé"),
        ("lundi 23/12 10h", "est un mardi, pas un lundi"),
        ("[@click=app.quit]x", "non compris"),
        ("9" * 500, "non compris"),
    ],
)
def test_is_refused_with_examples(typed: str, why: str) -> None:
    with pytest.raises(RefusedInputError) as caught:
        parse_when(typed, SATURDAY)
    assert why in caught.value.happened
    assert "demain 14h" in caught.value.todo


def test_the_leap_day_is_next_year_s_when_near() -> None:
    now = datetime(2027, 12, 1, 9, 0, tzinfo=PARIS)
    assert parse_when("29/02 10h", now) == datetime(2028, 2, 29, 10, 0, tzinfo=PARIS)


def test_the_hour_said_twice_is_the_one_still_to_come() -> None:
    between = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)  # 02:10 in Paris, for the second time
    assert parse_when("2h30", between).astimezone(UTC) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    before = datetime(2026, 10, 24, 23, 0, tzinfo=UTC)
    assert parse_when("2h30", before).astimezone(UTC) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_hours_ahead_are_real_hours_across_the_clock_change() -> None:
    now = datetime(2026, 3, 29, 1, 0, tzinfo=PARIS)
    assert parse_when("dans 2 h", now) == datetime(2026, 3, 29, 4, 0, tzinfo=PARIS)


NOWS = st.datetimes(datetime(2024, 1, 1), datetime(2031, 1, 1)).map(lambda d: d.replace(tzinfo=UTC))  # noqa: DTZ001


@given(now=NOWS, ahead=st.integers(1, 364 * 24 * 60))
def test_a_full_date_written_out_is_read_back(now: datetime, ahead: int) -> None:
    meant = (now + timedelta(minutes=ahead)).astimezone(PARIS).replace(second=0, microsecond=0)
    read = parse_when(f"{meant:%d/%m/%Y %H:%M}", now)
    assert read > now
    assert read.replace(fold=0) == meant.replace(fold=0)


WORDS = """demain aujourd’hui après-demain lun mardi ven. prochain 22/12 29/02 31 1er janvier décembre 14h
2h30 10:30 midi matin soir dans 2 3 h jours semaine mois à le et une demi-heure 25h 2026 2025-12-22 / : h"""
PIECES = st.sampled_from(WORDS.split())


@given(now=NOWS, words=st.lists(PIECES, max_size=6) | st.lists(st.text(max_size=8), max_size=4))
def test_any_text_gives_a_moment_to_come_or_a_refusal(now: datetime, words: list[str]) -> None:
    try:
        read = parse_when(" ".join(words), now)
    except RefusedInputError:
        return
    assert now < read.astimezone(UTC) <= now + timedelta(days=HORIZON_DAYS)
    assert (read.second, read.microsecond) == (0, 0)
    assert read.astimezone(UTC).astimezone(PARIS).replace(tzinfo=None) == read.replace(tzinfo=None)
