"""The platform's terminal driver, made to survive what a terminal really does."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual.drivers._writer_thread import WriterThread

if TYPE_CHECKING:
    from textual.driver import Driver


class LastingWriter(WriterThread):
    """Once the window is gone, drops what is still painted: whoever paints never waits for it."""

    def run(self) -> None:
        """Write until told to stop."""
        try:
            super().run()
        except OSError:
            while self._queue.get() is not None:
                pass


def lasting(driver: type[Driver]) -> type[Driver]:
    """The driver, with a decoder that survives bytes that are not UTF-8, and a lasting writer."""
    module: Any = sys.modules[driver.__module__]
    make = getattr(module, "getincrementaldecoder", None)
    if make is not None and not hasattr(make, "tolerant"):

        def tolerant(encoding: str) -> Callable[[], Any]:
            return lambda: make(encoding)(errors="replace")

        tolerant.tolerant = True  # type: ignore[attr-defined]
        module.getincrementaldecoder = tolerant
    if hasattr(module, "WriterThread"):
        module.WriterThread = LastingWriter
    return driver
