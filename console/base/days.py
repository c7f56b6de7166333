"""A day as files write it: by hand, by a spreadsheet, by another program."""

import re
from datetime import date, datetime, timedelta

from console.base.dates import day_of
from console.base.text import fold

_HOUR = r"(?:[ t]\d{1,2}[:h]\d{2}(?::\d{2}(?:[.,]\d+)?)?)?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})[-/. ](\d{{1,2}})[-/. ](\d{{1,2}}){_HOUR}")
_TOGETHER = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")
_DAY_FIRST = re.compile(rf"(\d{{1,2}})[-/. ](\d{{1,2}})[-/. ](\d{{4}}|\d{{2}}){_HOUR}")
_IN_WORDS = re.compile(
    rf"(?:[a-z]+\.?,? )?(\d{{1,2}})(?:er)?[-/. ]?([a-z]+)\.?[-/ ,]*(\d{{4}}|\d{{2}}){_HOUR}"
)
_MONTH_FIRST = re.compile(rf"(?:[a-z]+\.?,? )?([a-z]+)\.? (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}}),?{_HOUR}")
_WITH_ZONE = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}.*(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})", re.IGNORECASE)
_UTC = re.compile(r" ?(?:UTC|GMT)$", re.IGNORECASE)
_SERIAL = re.compile(r"(\d{5})(?:[.,]\d+)?")
_MONTHS = (
    *(("jan",), ("fev", "feb"), ("mar",), ("avr", "apr"), ("mai", "may"), ("juin", "jun")),
    *(("juil", "jul"), ("aou", "aug"), ("sep",), ("oct",), ("nov",), ("dec",)),
)
"""How the names of the months begin, in French and English."""
_SERIAL_DAY_0 = date(1899, 12, 30)
_SERIALS = range(32_874, 54_789)
"""The days of spreadsheets from 1990 to 2049; a number outside them is no day."""
_CENTURY = 70
"""« 69 » is 2069, « 70 » is 1970."""


def read_day(text: str) -> date:
    """A day, read the French way: the day, the month, the year; an hour after it is ignored.

    31/12/2025, 31/12/25, 2025-12-31, 2025/12/31, 31-déc-25, 31 décembre 2025, Dec 31, 2025, the number of a
    spreadsheet (46022). An instant with a zone is its day in Paris. ValueError says in French why it is none.
    """
    text = " ".join(text.split())
    if _WITH_ZONE.fullmatch(text):
        try:
            return day_of(datetime.fromisoformat(_UTC.sub("Z", text)))
        except (ValueError, OverflowError):
            raise ValueError("cet instant n’existe pas") from None
    folded = fold(text)
    if found := _YEAR_FIRST.fullmatch(folded) or _TOGETHER.fullmatch(folded):
        return _day(found[1], found[2], found[3])
    if found := _DAY_FIRST.fullmatch(folded):
        return _day(found[3], found[2], found[1])
    if (found := _IN_WORDS.fullmatch(folded)) and (month := _month(found[2])):
        return _day(found[3], str(month), found[1])
    if (found := _MONTH_FIRST.fullmatch(folded)) and (month := _month(found[1])):
        return _day(found[3], str(month), found[2])
    if found := _SERIAL.fullmatch(folded):
        if int(found[1]) in _SERIALS:
            return _SERIAL_DAY_0 + timedelta(days=int(found[1]))
        raise ValueError("ce nombre de tableur n’est pas une date")
    raise ValueError("la date s’écrit 31/12/2025 ou 2025-12-31")


def _month(name: str) -> int:
    return next((n for n, stems in enumerate(_MONTHS, 1) if name.startswith(stems)), 0)


def _day(year: str, month: str, day: str) -> date:
    number = int(year)
    if len(year) == 2:
        number += 2000 if number < _CENTURY else 1900
    try:
        return date(number, int(month), int(day))
    except ValueError:
        raise ValueError("ce jour n’existe pas (jour, puis mois, puis année)") from None
