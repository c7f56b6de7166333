"""Two processors open the console sooner than one: a copy of the process reads, this one loads screens.

Measured on two idle cores: the first screen after 607 ms instead of 743, where a bare Textual application
that imports SQLModel takes 467. To be dropped once it gains less than 100 ms.
"""

import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import IO, Any, NoReturn


class Prefetch:
    """A copy of this process, made to work while this one does something else.

    It does `prepare` at once, then waits for the work. To be made while the process has one thread. Whatever
    goes wrong in it, `take` gives None: do then what was asked of it.
    """

    def __init__(self, prepare: Callable[[], object]) -> None:
        here, there = os.pipe()
        reading, writing = os.pipe()
        self._copy = -1
        if sys.platform != "win32":  # where none is asked for
            self._copy = os.fork()
        if self._copy == 0:
            os.close(there)
            os.close(reading)
            _work(prepare, here, writing)
        os.close(here)
        os.close(writing)
        self._order: IO[bytes] = os.fdopen(there, "wb")
        self._values: IO[bytes] = os.fdopen(reading, "rb")

    def ask(self, steps: Callable[[], Iterator[object]]) -> None:
        """Give it its work: what `steps` yields is then taken one after the other. All of it is pickled."""
        with suppress(BrokenPipeError):
            pickle.dump(steps, self._order)
            self._order.flush()

    def take(self) -> Any:
        """The next value, waited for; None when it could not be had."""
        with suppress(EOFError, pickle.UnpicklingError):
            return pickle.load(self._values)  # noqa: S301  written by ourselves
        return None

    def last(self) -> Any:
        """The next value, then the end."""
        value = self.take()
        self.end()
        return value

    def end(self) -> None:
        """End the copy, which keeps nothing; once."""
        if sys.platform == "win32" or self._values.closed:
            return
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(self._copy, signal.SIGKILL)
            os.waitpid(self._copy, 0)
        for stream in (self._order, self._values):
            with suppress(BrokenPipeError):
                stream.close()


def _work(prepare: Callable[[], object], order: int, answers: int) -> NoReturn:
    try:
        with os.fdopen(order, "rb") as orders, os.fdopen(answers, "wb") as values:
            prepare()
            steps = pickle.load(orders)  # noqa: S301  written by ourselves
            for value in steps():
                pickle.dump(value, values)
                values.flush()
    finally:
        os._exit(0)  # says nothing of what failed: the process it was copied from meets it too, and tells
