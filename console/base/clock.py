"""The only source of « now ». Instants are aware and in UTC when stored; days are days in Paris."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from time import monotonic

from console.base.dates import PARIS


@dataclass(frozen=True, slots=True)
class Clock:
    """Answers what time it is; `read` gives an aware instant."""

    read: Callable[[], datetime]

    def now(self) -> datetime:
        """The instant, in Europe/Paris."""
        return self.read().astimezone(PARIS)

    def today(self) -> date:
        """The calendar day in Paris, on which expiries and the timeline count."""
        return self.now().date()


def system_clock() -> Clock:
    """The machine's time."""
    return Clock(lambda: datetime.now(UTC))


def running_from(start: datetime) -> Clock:
    """A clock that reads `start` now and then runs (demo, --date)."""
    origin = monotonic()
    return Clock(lambda: start + timedelta(seconds=monotonic() - origin))


def frozen_at(instant: datetime) -> Clock:
    """A clock that never moves (tests)."""
    return Clock(lambda: instant)
