"""A connection to PostgreSQL that waits for its server as seldom as may be: distance costs once an act.

A unit's BEGIN, with whatever else it begins with, leaves with its first statement; the end of a unit that
only read is not waited for; a connection that the server has closed is seen on its socket, without asking.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from select import select
from time import perf_counter
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

NAME = "hotliner"
"""What the dialect is called in an engine's URL: « postgresql+hotliner »."""
_READ = b"END"
"""The end of a unit that only read: such a unit is the only one to say it in this word."""


class _Together(psycopg.Pipeline):
    """Statements that leave together, closed by a Sync alone.

    The driver has a Flush follow it, and a server that reads one counts no idle time any more: a machine that
    falls asleep in a unit would hold the others up for ever.
    """

    def _exit_gen(self) -> Any:
        self._enqueue_sync()
        try:
            yield from self._communicate_gen()
        except psycopg.Error:  # it came before the Sync was answered: what is left says no more
            with suppress(psycopg.Error):
                yield from self._fetch_gen(flush=False)
            raise
        yield from self._fetch_gen(flush=False)


class Line(psycopg.Connection[Any]):
    """One connection, on which transactions are begun by `begin` and not by the driver."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.cursor_factory = Cursor
        self._owed: Sequence[str] = ()  # what the next statement is sent behind
        self._reads = False
        self._begins = False  # nothing that the unit has said was answered yet
        self._ending = False  # the end of a unit that only read was sent, its answer not read yet
        self._unheard: ExitStack | None = None  # what keeps together the statements nobody has waited for
        self.later = False  # whether what is executed is not waited for
        self.began = 0.0  # when the unit's first answer came, its locks taken, by `perf_counter`; 0 before

    def begin(self, statements: Sequence[str], *, reads: bool) -> None:
        """The unit begins with these statements, once it says something; `reads`: it changes nothing."""
        self._owed, self._reads = tuple(statements), reads
        self.began, self._begins = 0.0, bool(statements)

    def owed(self) -> Sequence[str]:
        """What is to be sent first; it is sent by whoever asks."""
        self._arrive()
        owed, self._owed = self._owed, ()
        return owed

    def cursor(self, name: str = "", **named: Any) -> Any:
        """A cursor of the server's, which has a `name`, is declared in a unit that has begun."""
        if name:
            for statement in self.owed():
                self.plain().execute(statement)
            self.hear()
        return super().cursor(name, **named)

    def plain(self) -> psycopg.Cursor[Any]:
        """A cursor that owes nothing."""
        return psycopg.Cursor(self)

    @contextmanager
    def pipeline(self) -> Iterator[psycopg.Pipeline]:
        """What is executed inside leaves together."""
        self._pipeline = together = _Together(self)
        try:
            with together:
                yield together
        finally:
            self._pipeline = None

    def put_off(self) -> None:
        """What is sent from now on leaves with the next statement that is waited for."""
        if self._unheard is None:
            self._unheard = ExitStack()
            self._unheard.enter_context(self.pipeline())

    def hear(self) -> None:
        """Wait for all that was sent. Raises what the first of it raised that failed."""
        unheard, self._unheard = self._unheard, None
        if unheard is not None:
            unheard.close()
        if self._begins:
            self.began, self._begins = perf_counter(), False

    def is_alive(self) -> bool:
        """Whether the server has not closed it, as far as the socket knows, and no unit was left in it.

        Nothing is asked of it.
        """
        try:
            self._arrive()
        except psycopg.Error:
            return False
        if self.closed or self.pgconn.transaction_status != TransactionStatus.IDLE:
            return False
        return not select([self.pgconn.socket], [], [], 0)[0]

    def commit(self) -> None:
        """Ends the unit; one that said nothing, or only read, is waited for by nobody."""
        if self._unheard is not None:
            self.plain().execute("COMMIT")
            self.hear()
            return
        self._end(super().commit)

    def rollback(self) -> None:
        """The same, leaving nothing."""
        with suppress(psycopg.Error):
            self.hear()
        self._end(super().rollback)

    def _end(self, usual: Any) -> None:
        self._owed = ()
        if self._ending:
            return
        if self._reads and self.pgconn.transaction_status == TransactionStatus.INTRANS:
            self.pgconn.send_query(_READ)
            self.pgconn.flush()
            self._ending = True
            return
        usual()

    def _arrive(self) -> None:
        """Read the answer to an end that nobody waited for."""
        if not self._ending:
            return
        self._ending = False
        while True:
            while self.pgconn.is_busy():
                select([self.pgconn.socket], [], [])
                self.pgconn.consume_input()
            if self.pgconn.get_result() is None:
                return


class Cursor(psycopg.Cursor[Any]):
    """Sends what its connection owes along with its statement."""

    def execute(self, *given: Any, **named: Any) -> "Cursor":
        """One statement, behind what a unit begins with and what was put off."""
        with self._behind():
            super().execute(*given, **named)
        return self

    def executemany(self, query: Any, params_seq: Iterable[Any], *, returning: bool = False) -> None:
        """The same for many rows."""
        line: Any = self.connection
        line.put_off()
        with self._behind():
            super().executemany(query, params_seq, returning=returning)

    @contextmanager
    def _behind(self) -> Iterator[None]:
        line: Any = self.connection
        owed = line.owed()
        if owed or line.later:
            line.put_off()
        for statement in owed:
            line.plain().execute(statement)
        yield
        if not line.later:
            line.hear()

    def copy(self, *given: Any, **named: Any) -> Any:
        """COPY goes by itself: what is owed is sent before it."""
        line: Any = self.connection
        for statement in line.owed():
            line.plain().execute(statement)
        line.hear()
        return super().copy(*given, **named)


class Dialect(PGDialect_psycopg):
    """SQLAlchemy's, which asks a server nothing that it has said by itself when the connection was made."""

    driver = NAME
    supports_statement_cache = True

    def connect(self, *given: Any, **named: Any) -> Any:
        """A `Line`: its transactions are ours to begin."""
        return Line.connect(*given, autocommit=True, **named)

    def _get_server_version_info(self, connection: Any) -> tuple[int, ...]:
        version: int = connection.connection.driver_connection.info.server_version
        return divmod(version, 10_000)

    def _get_default_schema_name(self, connection: Any) -> str:
        raise NotImplementedError  # how a dialect says that there is none: nothing of ours names a schema

    def get_default_isolation_level(self, dbapi_conn: Any) -> Any:
        """That of a server that was left as it is."""
        return "READ COMMITTED"

    def _set_backslash_escapes(self, connection: Any) -> None:
        said = connection.connection.driver_connection.info.parameter_status("standard_conforming_strings")
        self._backslash_escapes = said == "off"
