"""Reads that may be given up: whoever asked for them has left, or asks for something else by now."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import TypeVar

T = TypeVar("T")


class GivenUpError(Exception):
    """Nobody waits for the answer any more."""


current: ContextVar["Stop | None"] = ContextVar("stop", default=None)
"""What the units of reading begun in this context may be ended by."""


class Stop:
    """Lets one thread end what another one reads from the database."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._asked = False
        self._interrupt: Callable[[], object] | None = None

    def run(self, act: Callable[[], T]) -> T:
        """What `act` gives, in the thread that may be ended; to be run in a context of its own."""
        current.set(self)
        return act()

    def ask(self) -> None:
        """End the query under way, and refuse those to come."""
        with self._lock:
            self._asked = True
            if self._interrupt is not None:
                self._interrupt()

    @contextmanager
    def by(self, interrupt: Callable[[], object]) -> Iterator[None]:
        """A unit of reading that `interrupt` ends. Raises GivenUpError when it is too late to begin."""
        with self._lock:
            if self._asked:
                raise GivenUpError
            self._interrupt = interrupt
        try:
            yield
        finally:
            with self._lock:  # once it is over, its connection may be somebody else's
                self._interrupt = None
