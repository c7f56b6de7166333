"""The transactions of a job: each of them short, with a rest in which whoever waits for the base gets it."""

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from time import perf_counter, sleep

from sqlmodel import Session

from console.db.dialect import began_at
from console.db.engine import Database

TURN_SECONDS = 0.1
"""How long one transaction is to hold the base."""
WORKING_SECONDS = 0.2
"""How long it is to hold a few clients of a server, where each answer is a journey."""
REST_SECONDS = 0.03
"""How long the base is left before the next: SQLite asks again every 25 ms during the first 0.15 s of a wait,
so whoever has waited for one turn is next."""
LONG_REST_SECONDS = 0.15
"""One rest in so many is this long: later in a wait SQLite asks every 100 ms only, and on a machine that is
busy could miss every short one until it gives up."""
LONG_RESTS = 8
FIRST_IN_FILE, FIRST_ON_SERVER = 100, 20
"""How many rows the first turn of a job takes whose rows cost much, before it is known how much: on a server
a whole team waits for it."""
_FEWEST, _MOST = 10, 1_000


class Turns:
    """Units that write for a job; `size` is how many rows the next one had better take."""

    def __init__(self, database: Database, size: int = FIRST_IN_FILE) -> None:
        self._database = database
        self._taken = 0
        self.size = size

    @contextmanager
    def writing(self, *, rehearsal: bool = False) -> Iterator[Session]:
        """`Database.writing` for `size` rows at most; `size` then follows how long it took.

        rehearsal: nothing stays of it.
        """
        self._rest()
        with self._timed(self._database.rehearsing() if rehearsal else self._database.writing()) as session:
            yield session

    @contextmanager
    def working(self, client_ids: Collection[int]) -> Iterator[Session]:
        """The same by `Database.working`: only who is at these clients waits for it."""
        self._rest()
        seconds = WORKING_SECONDS if self._database.shared else TURN_SECONDS
        with self._timed(self._database.working(client_ids), seconds) as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """`Database.reading` for `size` rows at most: a file is not written to meanwhile. Nobody waits for
        whoever reads a server: there `size` is the most from the first on."""
        if self._database.shared:
            self.size = _MOST
            with self._database.reading() as session:
                yield session
            return
        with self._timed(self._database.reading()) as session:
            yield session

    @contextmanager
    def _timed(
        self, unit: AbstractContextManager[Session], wanted: float = TURN_SECONDS
    ) -> Iterator[Session]:
        """Fits `size` to how long the unit held others up: what it waited for others is not its own time."""
        with unit as session:
            began = perf_counter()
            yield session
            began = began_at(session) or began
        share = wanted / max(perf_counter() - began, 0.001)
        self.size = max(_FEWEST, min(_MOST, int(self.size * min(2.0, max(0.5, share)))))

    def _rest(self) -> None:
        if self._taken:
            sleep(REST_SECONDS if self._taken % LONG_RESTS else LONG_REST_SECONDS)
        self._taken += 1
