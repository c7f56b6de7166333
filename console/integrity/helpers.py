"""What is derived, looked at by several processes at once where a base is large: it is all reckoning."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from typing import Any

from sqlalchemy import URL, Connection

from console.base.clock import Clock, frozen_at
from console.base.errors import HotlinerError
from console.base.french import THIN
from console.content import Content
from console.db import dialect
from console.integrity import derived
from console.integrity.derived import Difference, Progress

_LARGE = 20_000
"""From how many terms on other processes are begun: each takes half a second to begin."""
_MOST = 4
"""How many are begun at most: each takes memory, and a connection of a server that agents work with."""

Differences = Callable[[Progress | None], Iterator[Difference]]


@contextmanager
def differences(connection: Connection, content: Content, clock: Clock) -> Iterator[Differences]:
    """What gives every difference, as `derived.differences` does. Its helpers, if it has any, have opened the
    base by then, each at an instant of its own: a term is looked at whole by one of them."""
    batches = derived.term_batches(connection)
    many = min(os.cpu_count() or 1, _MOST)
    if batches.stop <= _LARGE or many == 1:
        yield partial(derived.differences, connection, content, clock)
        return
    helpers = [_Helper(connection, content, clock, batches[n::many]) for n in range(many)]
    try:
        for helper in helpers:
            helper.answer()
        yield partial(_gathered, connection, batches, helpers)
    finally:
        for helper in helpers:
            helper.end()


def _gathered(
    connection: Connection, batches: range, helpers: Sequence["_Helper"], progress: Progress | None
) -> Iterator[Difference]:
    """In the order of the terms."""
    last = batches.stop - 1
    for n, first in enumerate(batches):
        yield from helpers[n % len(helpers)].answer()
        if progress:
            progress(min(first + derived.BATCH, last), last)
    yield from derived.of_the_rest(connection)


class _Helper:
    """A process that looks at its share of the batches, from the parent's side."""

    def __init__(self, connection: Connection, content: Content, clock: Clock, batches: range) -> None:
        spawn = get_context("spawn")  # a connection to a base does not survive a fork
        self._heard, said = spawn.Pipe(duplex=False)
        given = (said, dialect.given_url(connection.engine), content, clock.now(), batches)
        self._process = spawn.Process(target=_help, args=given, daemon=True)
        self._process.start()
        said.close()

    def answer(self) -> list[Difference]:
        """What is next: nothing once it has opened the base, then the differences of each of its batches.

        Raises what the helper has met, HotlinerError where it was killed.
        """
        try:
            found: list[Difference] | Exception = self._heard.recv()
        except EOFError:
            raise HotlinerError(
                f"La vérification s’est interrompue{THIN}: le système a arrêté un de ses processus.",
                "Rien n’a changé.",
                "Recommencez quand la machine a plus de mémoire libre.",
            ) from None
        if isinstance(found, Exception):
            raise found
        return found

    def end(self) -> None:
        self._process.terminate()
        self._process.join()
        self._heard.close()


def _help(said: "Pipe[Any, Any]", url: URL, content: Content, now: Any, batches: range) -> None:
    """In the helper: a list for each answer, or the error that ended it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who asked ends it
    engine = dialect.make_engine(url)
    with suppress(BrokenPipeError):  # who asked has been killed
        try:
            with dialect.reader(engine).connect() as connection:
                dialect.read_at_leisure(connection)
                derived.term_batches(connection)  # the instant that it reads begins here
                said.send([])
                for found in derived.of_terms(connection, content, frozen_at(now), batches):
                    said.send(found)
        except Exception as error:  # it is raised where it is heard
            said.send(error)
