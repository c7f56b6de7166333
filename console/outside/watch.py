"""A limit on how long the other side may keep us, however slowly it talks."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from math import inf
from threading import Condition, Thread
from time import monotonic

Connection = Callable[[], socket.socket | None]


class _Watch:
    """One thread for all limits, which lasts: a message would else take two threads, made and ended."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._limits: dict[int, tuple[float, Connection]] = {}
        self._numbers = count()
        self._looks_at = inf
        self._thread: Thread | None = None

    def begin(self, until: float, connection: Connection) -> int:
        """From `until` on, by `monotonic`, the connection is cut, unless `end` is told its number before."""
        with self._changed:
            number = next(self._numbers)
            self._limits[number] = until, connection
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._run, name="limits", daemon=True)
                self._thread.start()
            elif until < self._looks_at:
                self._changed.notify()
            return number

    def end(self, number: int) -> None:
        """Cut this one no more."""
        with self._changed:
            self._limits.pop(number, None)

    def _run(self) -> None:
        with self._changed:
            while True:
                now = monotonic()
                for number, (until, connection) in [*self._limits.items()]:
                    if until <= now:
                        del self._limits[number]
                        _cut(connection())
                self._looks_at = min((until for until, _ in self._limits.values()), default=inf)
                self._changed.wait(None if self._looks_at == inf else self._looks_at - now)


def _cut(connection: socket.socket | None) -> None:
    if connection is not None:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


_watch = _Watch()


@contextmanager
def limited(seconds: float, connection: Connection) -> Iterator[None]:
    """Cuts the connection when the time is over: what waits for it then fails as after a loss.

    A timeout of the socket alone would start again at each byte of an answer that comes in drops.
    """
    number = _watch.begin(monotonic() + seconds, connection)
    try:
        yield
    finally:
        _watch.end(number)
