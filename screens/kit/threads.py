"""Threads that the console does not wait for when it leaves: one may be stuck in a base that is away.

The usual pool keeps the program alive until each of its threads has ended, and has few of them: a server that
does not answer would take them all, and the next key would wait for it.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from console.base.threads import in_thread

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")

LEAVING_SECONDS = 0.3
"""How long leaving waits for what is under way."""


class Threads(ThreadPoolExecutor):
    """A thread for each call, as many as are asked for; the loop takes no executor of another kind."""

    def __init__(self) -> None:
        super().__init__(max_workers=1)  # it starts none by itself
        self._under_way: set[Future[Any]] = set()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()

        def run() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(fn(*args, **kwargs))
                except BaseException as error:  # the loop raises it where it is awaited
                    future.set_exception(error)

        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)
        in_thread(run)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Waits for what is under way, but not for long."""
        if wait:
            wait_for(set(self._under_way), LEAVING_SECONDS)
