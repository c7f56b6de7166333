"""How amounts, days and hours are written in French."""

import re
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.numbers import format_currency, format_decimal

from console.base.dates import PARIS
from console.base.money import Cents

NBSP = "\N{NO-BREAK SPACE}"
THIN = "\N{NARROW NO-BREAK SPACE}"

LOCALE = Locale("fr", "FR")
WEEKDAYS: tuple[str, ...] = tuple(LOCALE.days["format"]["wide"][n] for n in range(7))
"""« lundi » to « dimanche », by `date.weekday()`."""


@lru_cache(maxsize=4096)  # the same few prices, many times an act, and Babel takes its time
def euros(cents: Cents) -> str:
    """« 34,99 € », « 1 234,50 € »."""
    return format_currency(Decimal(cents) / 100, "EUR", locale=LOCALE)


@lru_cache(maxsize=4096)
def percent(value: Decimal | float) -> str:
    """« 49 % », « 10,8 % »: at most one decimal, none when it is zero."""
    rounded = Decimal(str(value)).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f"{format_decimal(rounded, '0.#', locale=LOCALE)}{NBSP}%"


def day(value: date) -> str:
    """« 31/12/2025 »."""
    return f"{value.day:02d}/{value.month:02d}/{value.year:04d}"


def short_day(value: date) -> str:
    """« 31/12 »."""
    return f"{value.day:02d}/{value.month:02d}"


@lru_cache(maxsize=4096)
def weekday_day(value: date) -> str:
    """« lun. 22/12 »."""
    return f"{LOCALE.days['format']['abbreviated'][value.weekday()]} {short_day(value)}"


def month(value: date) -> str:
    """« décembre 2025 »."""
    return f"{LOCALE.months['format']['wide'][value.month]} {value.year}"


@lru_cache(maxsize=4096)
def long_day(value: date) -> str:
    """« mercredi 31 décembre 2025 », « jeudi 1er janvier 2026 »."""
    number = "1er" if value.day == 1 else str(value.day)
    return f"{WEEKDAYS[value.weekday()]} {number} {month(value)}"


@lru_cache(maxsize=4096)
def spoken_day(value: date, today: date) -> str:
    """As it is said aloud: « mercredi 31 décembre » within a month of today, « 31 mars » within six, then
    with its year unless that is today's: « 31 décembre 2026 »."""
    number = "1er" if value.day == 1 else str(value.day)
    said = f"{number} {LOCALE.months['format']['wide'][value.month]}"
    away = abs((value - today).days)
    if away <= 31:
        return f"{WEEKDAYS[value.weekday()]} {said}"
    return said if away <= 183 or value.year == today.year else f"{said} {value.year}"


def span(months: int) -> str:
    """How long one has been there: « un mois », « 18 mois », « 3 ans » from two years on; empty for none."""
    if months >= 24:
        return plural(months // 12, "an")
    return "un mois" if months == 1 else f"{months} mois" if months > 0 else ""


def hour(instant: datetime) -> str:
    """« 10:00 », in Paris."""
    return f"{instant.astimezone(PARIS):%H:%M}"


def dated(value: date) -> str:
    """« mardi 23 décembre », « jeudi 1er janvier »."""
    return long_day(value).rpartition(" ")[0]


def spoken_moment(local: datetime) -> str:
    """« mardi 23 décembre à 14 heures », « … à 9 heures 30 », as it is said aloud on that clock."""
    minutes = f" {local.minute:02d}" if local.minute else ""
    return f"{dated(local.date())} à {plural(local.hour, 'heure')}{minutes}"


def on_both_clocks(instant: datetime, timezone: str, whose: str = "chez le client") -> str:
    """« mardi 23 décembre à 14:00 »; « … à 14:00 chez lui, 11:00 à Paris » where their clock is another.

    The day is theirs; ours is told too where it differs.
    """
    here, there = instant.astimezone(PARIS), instant.astimezone(ZoneInfo(timezone))
    if here.utcoffset() == there.utcoffset():
        return f"{dated(here.date())} à {here:%H:%M}"
    ours = "" if here.date() == there.date() else f"{dated(here.date())} à "
    return f"{dated(there.date())} à {there:%H:%M} {whose}, {ours}{here:%H:%M} à Paris"


def elsewhere(instant: datetime, timezone: str) -> str:
    """« , 05:00 chez le client »: their hour, and day where it differs; empty where it is Paris's."""
    here, there = instant.astimezone(PARIS), instant.astimezone(ZoneInfo(timezone))
    if here.utcoffset() == there.utcoffset():
        return ""
    when = "" if here.date() == there.date() else f"{weekday_day(there.date())} "
    return f", {when}{there:%H:%M} chez le client"


def moment(instant: datetime) -> str:
    """« lun. 22/12 à 10:00 », in Paris."""
    return f"{weekday_day(instant.astimezone(PARIS).date())} à {hour(instant)}"


@lru_cache(maxsize=4096)
def number(n: int) -> str:
    """« 1 234 »."""
    return format_decimal(n, locale=LOCALE)


@lru_cache(512)
def plural(n: int, noun: str, nouns: str = "") -> str:
    """« 0 atelier », « 1 atelier », « 2 ateliers »; `nouns` for a plural that is not made with an s."""
    word = noun if abs(n) < 2 else nouns or (noun if noun[-1] in "sxz" else f"{noun}s")
    return f"{number(n)} {word}"


def typeset(text: str) -> str:
    """French typography from what a keyboard gives: « 35 € ! » with its no-break spaces, ’ for '."""
    text = re.sub(r"[ \u00a0\u202f]+([?!;])", "\u202f\\1", text)
    text = re.sub(r"[ \u00a0\u202f]+(:)(?!\d)", "\u202f\\1", text)
    text = re.sub(r"[ \u00a0\u202f]+([€%»])", "\u00a0\\1", text)
    return re.sub(r"«[ \u00a0\u202f]+", "«\u00a0", text).replace("'", "’")
