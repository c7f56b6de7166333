"""Whether what happens every day has not happened: judged by the days on which it did, not by a setting."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from console.base.dates import PARIS, day_of, plus_days

HABIT, WITHIN = 3, timedelta(days=7)
"""So many days within so long make a habit; less was somebody's trial."""
LOOKED_AT = 5
"""The days by which the usual hour is judged: the latest of them."""
GRACE = timedelta(hours=1)
SILENCE = timedelta(days=3)
_SATURDAY = 5


def is_habit(firsts: Sequence[datetime]) -> bool:
    """Whether something happens day after day. firsts: when it first did on each of the last days."""
    return len(firsts) >= HABIT and firsts[-1] - firsts[-HABIT] <= WITHIN


def missed(firsts: Sequence[datetime], now: datetime) -> datetime | None:
    """The usual hour at which a daily job should have run since its last day; None while it is in time.

    A job that ran on no Saturday is not waited for on one, nor on a Sunday. What has no habit misses nothing.
    """
    if not is_habit(firsts):
        return None
    usual = max(one.astimezone(PARIS).time() for one in firsts[-LOOKED_AT:])
    weekdays = {day_of(one).weekday() for one in firsts}
    last = day_of(firsts[-1])
    for days in range(1, 8):
        day = plus_days(last, days)
        if day.weekday() < _SATURDAY or day.weekday() in weekdays:
            expected = datetime.combine(day, usual, PARIS)
            return expected if now >= expected + GRACE else None
    return None


def silent(firsts: Sequence[datetime], last: datetime, now: datetime) -> bool:
    """Whether what used to come has stopped: three days without any, or twice the longest gap between two."""
    if not is_habit(firsts):
        return False
    gaps = [after - before for before, after in pairwise(firsts)]
    return now - last > max(SILENCE, 2 * max(gaps))
