"""An event loop on which nobody waits for the clock."""

from __future__ import annotations

import asyncio
import selectors
from typing import Any


class _Selector(selectors.DefaultSelector):
    """Skips the time until the next timer, unless a thread is at work."""

    skipped = 0.0
    threads = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0 or self.threads:
            return super().select(timeout)
        ready = super().select(0)
        if not ready:
            self.skipped += timeout
        return ready


class Hurried(asyncio.SelectorEventLoop):
    """When nothing runs, neither here nor in a thread it asked for, the next timer is due at once.

    A pilot waits for an idle app by sleeping in small steps: tests then cost what the app does, and no more.
    Timers keep their order and their distances, so that what must come after a while still does.
    """

    def __init__(self) -> None:
        self._selecting = _Selector()
        super().__init__(self._selecting)

    def time(self) -> float:
        return super().time() + self._selecting.skipped

    def run_in_executor(  # type: ignore[override]  # the standard one is generic in what is called
        self, executor: Any, func: Any, *args: Any
    ) -> asyncio.Future[Any]:
        self._selecting.threads += 1
        future: asyncio.Future[Any] = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._returned)
        return future

    def _returned(self, _: asyncio.Future[Any]) -> None:
        self._selecting.threads -= 1
