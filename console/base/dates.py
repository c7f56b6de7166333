"""Calendar arithmetic. A day is a day in Paris; instants are aware and compared in UTC."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
YEARS = range(1990, 2200)
"""Those in which one asks for something: a calendar that ends has no « in six years »."""


def within_years(day: date) -> date:
    """The day. ValueError says in French that it is out of those one may ask for."""
    if day.year not in YEARS:
        raise ValueError(f"une année de {YEARS[0]} à {YEARS[-1]} est attendue")
    return day


def day_of(instant: datetime) -> date:
    """The calendar day in Paris of an instant."""
    return instant.astimezone(PARIS).date()


def read_instant(text: str) -> datetime | None:
    """The instant that a text tells in ISO 8601, with its offset; None for any other text."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


@lru_cache(maxsize=4096)
def start_of(day: date, timezone: ZoneInfo = PARIS) -> datetime:
    """The first instant of a day in a time zone, in UTC."""
    return datetime.combine(day, time(), timezone).astimezone(UTC)


def end_of(day: date) -> datetime:
    """23:59:59 that day in Paris, in UTC: the last instant of an offer that ends on it."""
    return datetime.combine(day, time(23, 59, 59), PARIS).astimezone(UTC)


def plus_days(day: date, days: int) -> date:
    """The day that many days later (earlier when negative)."""
    return day + timedelta(days=days)


def add_months(day: date, months: int, anchor: int = 0) -> date:
    """The same day of the month, `months` later; the month's last day where it has no such day.

    `anchor` is the day of the month to come to, 1 to 31, where it is not the day's own.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(anchor or day.day, monthrange(year, month + 1)[1]))


def anchor_of(starts_on: date, anchor: int) -> int:
    """The day of the month that a chain of terms counts from, for its term that starts on a day.

    That of the chain, `anchor`, as long as the term starts where it says: on it, or on the last day of a
    shorter month. Else (0: unknown) the chain begins anew on the term's own day.
    """
    return anchor if anchor and add_months(starts_on, 0, anchor) == starts_on else starts_on.day


def term_end(starts_on: date, months: int, anchor: int = 0) -> date:
    """The last day of a term: its start, and so many months, less one day.

    `anchor` is the day of the month on which the first term of an unbroken chain started (see `anchor_of`):
    from the 31st, terms start on 31/01, 28/02 and 31/03; from the 1st, they end on the last day of a month.
    """
    return add_months(starts_on, months, anchor_of(starts_on, anchor)) - timedelta(days=1)


def month_end(day: date) -> date:
    """The last day of the month: the usual deadline of a campaign."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def whole_months(since: date, until: date) -> int:
    """Whole months between two days, by which seniority counts; 0 when `until` comes first."""
    months = (until.year - since.year) * 12 + until.month - since.month
    if add_months(since, months) > until:
        months -= 1
    return max(months, 0)
