"""Why a clock is doubted: nobody may notice that it is wrong, and what it writes is there for good.

A day without a trace is a day on which the hotline works and nobody opened the base, no job either. One is
enough to ask; a weekend, a public holiday or a closing day of the hotline is none, so that a Monday morning
asks nothing.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from console.base.dates import day_of, plus_days
from console.base.french import THIN, hour, long_day

DAY = timedelta(days=1)


def doubt(now: datetime, machine: datetime, newest: datetime | None, rests: Callable[[date], bool]) -> str:
    """The sentence that says why this clock is doubted; empty when it is not.

    now: the clock's. machine: the machine's, another one where a date was asked for. newest: when the base
    was last written to or opened, None for a new one. rests: whether the hotline is closed on a day.
    """
    if abs(now - machine) > DAY:
        return (
            f"La date demandée est le {long_day(day_of(now))}, "
            f"l’horloge de cette machine dit {long_day(day_of(machine))}."
        )
    if newest is None or abs(now - newest) <= DAY:
        return ""
    known = f"Dernier fait connu{THIN}: {long_day(day_of(newest))} à {hour(newest)}."
    if now < newest:
        return f"{known} L’horloge dit {long_day(day_of(now))}, plus tôt."
    if _worked_between(day_of(newest), day_of(now), rests):
        return f"{known} Sommes-nous bien le {long_day(day_of(now))}{THIN}?"
    return ""


def jump(before: datetime, after: datetime) -> str:
    """The sentence that says that the machine's clock was set elsewhere while the console was open."""
    return (
        f"L’horloge de cette machine a changé{THIN}: nous étions le {long_day(day_of(before))}, "
        f"elle dit maintenant {long_day(day_of(after))}."
    )


def _worked_between(first: date, last: date, rests: Callable[[date], bool]) -> bool:
    """Whether the hotline worked on a day after `first` and before `last`."""
    days = (last - first).days
    return any(not rests(plus_days(first, n)) for n in range(1, days))
