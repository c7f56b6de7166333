"""The one way by which the acts of a call reach the base: at once, or kept on this machine until it answers.

An act is written by a thread of its own. Where the base has not answered within `PATIENCE` seconds, the act
goes to the spool, the call goes on, and from then on each act waits behind the one before it. What waits is
written in order by one thread, which looks first whether the base has the act already: the try that was
given up may have ended well after all, as may the one of a console that was killed.
"""

import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Condition, Event
from typing import Any, Generic, TypeVar

from console.base.errors import AwayError, StorageError
from console.base.threads import in_thread
from console.calls.spool import Kept, Spool

T = TypeVar("T")

_log = logging.getLogger("hotliner.calls")

PATIENCE = 0.8
"""For how many seconds an act waits for the base before it is kept: longer than a job's turn takes."""
RETRY_SECONDS = 1.0
"""How long a base that does not answer is left alone."""


class _Try(Generic[T]):
    """An act in a thread of its own, which may outlive whoever waits for it."""

    def __init__(self, act: Callable[[], T]) -> None:
        self._act = act
        self._ended = Event()
        self._answer: list[T] = []
        self.error: BaseException | None = None
        in_thread(self._run)

    def _run(self) -> None:
        try:
            self._answer.append(self._act())
        except BaseException as error:  # raised again in the thread that waits
            self.error = error
        finally:
            self._ended.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Whether it has ended by then."""
        return self._ended.wait(seconds)

    def answer(self) -> T:
        """What the act gave. Raises what it raised."""
        self.wait()
        if self.error is not None:
            raise self.error
        return self._answer[0]


def soon(act: Callable[[], T], seconds: float | None = None) -> T:
    """What `act` gives. Raises AwayError where the base does not answer in time: it may be done later."""
    one = _Try(act)
    if not one.wait(PATIENCE if seconds is None else seconds):
        raise AwayError(
            "La base de données ne répond pas.",
            "Ce qui était déjà enregistré l’est toujours.",
            "Patientez un instant, puis recommencez.",
        )
    return one.answer()


@dataclass(frozen=True, slots=True)
class Written(Generic[T]):
    """What writing an act at once gave."""

    answer: T


class Keeper:
    """Writes the acts of one agent's calls; may be used from any thread.

    arrive: writes the first of the acts that it is given, all of one call and in order, or tells that the
    base says otherwise; gives those that are done with. It raises StorageError to be asked again, any other
    error to be left alone: what waits then stays for the next start.
    keeps: else the base is waited for, however slow it is.
    """

    def __init__(
        self,
        agent: str,
        spool: Spool,
        arrive: Callable[[Sequence[Kept]], Sequence[Kept]],
        *,
        keeps: bool = True,
    ) -> None:
        self._keeps = keeps
        self._agent = agent
        self._spool = spool
        self._arrive = arrive
        self._changed = Condition()
        self._waiting: list[Kept] = []
        self._tries: list[_Try[Any]] = []  # given up, and perhaps under way
        self._done: list[Kept] = []  # and still in the spool
        self._writing = self._stopped = False

    def waiting(self, call_id: str = "") -> tuple[Kept, ...]:
        """What is kept and not written yet, in order; of one call, or of all."""
        return tuple(one for one in self._waiting if call_id in ("", one.call_id))

    def write(self, kept: Kept, act: Callable[[], T]) -> Written[T] | None:
        """What `act` gives where it was written at once; None where `kept` waits on this machine.

        Raises what `act` raises, but for a base that is away; StorageError where neither could be written.
        """
        if not self._keeps:
            return Written(act())
        one = None
        if not self._waiting:
            one = _Try(act)
            if one.wait(PATIENCE) and not isinstance(one.error, AwayError):
                return Written(one.answer())
        try:
            self._keep(kept, one)
        except (OSError, sqlite3.Error) as error:
            _log.exception("nothing can be kept on this machine")
            if one is not None:
                return Written(one.answer())
            raise StorageError(
                "La base de données ne répond pas, et rien ne peut être gardé sur ce poste.",
                "Ce qui était déjà gardé l’est toujours, mais pas la dernière action.",
                "Notez-la à part, puis recommencez.",
            ) from error
        return None

    def _keep(self, kept: Kept, tried: _Try[T] | None) -> None:
        with self._changed:
            kept = self._spool.put(self._agent, kept)
            same = (kept.call_id, kept.kind, kept.told.get("field"))
            self._waiting = [
                one
                for one in self._waiting
                if "field" not in one.told or (one.call_id, one.kind, one.told["field"]) != same
            ]
            self._waiting.append(kept)
            if tried is not None:
                self._tries.append(tried)
            self._go_on()

    def found(self) -> list[Kept]:
        """What an earlier console has left on this machine; nothing where its file cannot be read."""
        try:
            return self._spool.of(self._agent)
        except (OSError, sqlite3.Error):
            _log.exception("what is kept on this machine cannot be read")
            return []

    def take_up(self, kept: Sequence[Kept]) -> None:
        """Write these too, which an earlier console has kept."""
        with self._changed:
            known = {one.number for one in self._waiting}
            self._waiting = [*(one for one in kept if one.number not in known), *self._waiting]
            self._go_on()

    def settled(self, seconds: float) -> bool:
        """Whether nothing is being written any more, by then at the latest."""
        with self._changed:
            return self._changed.wait_for(lambda: self._stopped or not self._waiting, seconds)

    def _go_on(self) -> None:
        if self._waiting and not self._writing and not self._stopped:
            self._writing = True
            in_thread(self._drain)

    def _drain(self) -> None:
        """Write what waits, in order, until nothing does."""
        while True:
            for one in self._tries:
                one.wait()
            with self._changed:
                self._tries = [one for one in self._tries if not one.wait(0)]
                if not self._waiting:
                    self._writing = False
                    return
                first = self._waiting[0]
                rows = self.waiting(first.call_id)
            try:
                done = self._arrive(rows)
                self._forget(done)
            except StorageError:
                time.sleep(RETRY_SECONDS)
            except Exception:
                _log.exception("what is kept could not be written")
                with self._changed:
                    self._writing, self._stopped = False, True
                    self._changed.notify_all()
                return

    def _forget(self, done: Sequence[Kept]) -> None:
        numbers = {one.number for one in done}
        with self._changed:
            self._done += done
            try:
                self._spool.drop(self._done)
                self._done = []
            except (OSError, sqlite3.Error):  # with the next ones, or found to be written at the next start
                _log.exception("what is written cannot be forgotten on this machine")
            self._waiting = [one for one in self._waiting if one.number not in numbers]
            self._changed.notify_all()
