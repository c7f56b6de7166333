"""Calendar arithmetic. A day is a day in Paris; instants are aware and compared in UTC."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def day_of(instant: datetime) -> date:
    """The calendar day in Paris of an instant."""
    return instant.astimezone(PARIS).date()


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


def add_months(day: date, months: int) -> date:
    """The same day of the month, `months` later; the month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def whole_months(since: date, until: date) -> int:
    """Whole months between two days, by which seniority counts; 0 when `until` comes first."""
    months = (until.year - since.year) * 12 + until.month - since.month
    if add_months(since, months) > until:
        months -= 1
    return max(months, 0)
