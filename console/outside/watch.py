"""A limit on how long the other side may keep us, however slowly it talks."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Timer


@contextmanager
def limited(seconds: float, connection: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Cuts the connection when the time is over: what waits for it then fails as after a loss.

    A timeout of the socket alone would start again at each byte of an answer that comes in drops.
    """

    def cut() -> None:
        found = connection()
        if found is not None:
            with suppress(OSError):
                found.shutdown(socket.SHUT_RDWR)

    timer = Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
