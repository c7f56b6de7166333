"""The only source of « now ». Instants are aware and in UTC when stored; days are days in Paris."""

import sys
import time
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


def running_seconds() -> float:
    """Seconds since some beginning, those that the machine slept among them where the system counts them."""
    if sys.platform != "win32" and hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class SteadyClock:
    """The machine's time, but for a jump of more than a day: then it goes on by itself until `follow`.

    For what stays open for days: nothing is written at a date that nobody has said to be right.
    """

    def __init__(
        self, machine: Callable[[], datetime] | None = None, running: Callable[[], float] = running_seconds
    ) -> None:
        self.machine, self._running = machine or system_clock().read, running
        self.follow()

    def follow(self) -> None:
        """Go by the machine's time again."""
        self._at, self._since = self.machine(), self._running()

    def read(self) -> datetime:
        """Now."""
        return self._expected() if self.jumped else self.machine()

    @property
    def jumped(self) -> bool:
        """Whether the machine's clock was set more than a day ahead or back."""
        return abs(self.machine() - self._expected()) > timedelta(days=1)

    def _expected(self) -> datetime:
        return self._at + timedelta(seconds=self._running() - self._since)


def running_from(start: datetime) -> Clock:
    """A clock that reads `start` now and then runs (demo, --date)."""
    origin = monotonic()
    return Clock(lambda: start + timedelta(seconds=monotonic() - origin))


def frozen_at(instant: datetime) -> Clock:
    """A clock that never moves (tests)."""
    return Clock(lambda: instant)
