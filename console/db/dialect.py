"""Every difference between SQLite and PostgreSQL. No other module asks which of the two it talks to."""

import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from unicodedata import normalize

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    Insert,
    String,
    Table,
    cast,
    create_engine,
    event,
    func,
    inspect,
    literal,
    literal_column,
    make_url,
    text,
)
from sqlalchemy.dialects import registry
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, SQLAlchemyError
from sqlalchemy.schema import AddConstraint, CreateIndex, CreateTable
from sqlmodel import Session, SQLModel

APPLICATION_ID = 0x4E554D49  # « NUMI »: tells our files from any other SQLite file
BUSY_SECONDS = 5
IDLE_SECONDS = 10
"""A transaction that does nothing for so long is ended by the server: it may hold the lock of all."""
WRITE_LOCK = 0x6E756D69  # PostgreSQL advisory lock: one writing unit at a time, as on SQLite
CHAIN_LOCK = 0x6E756D6A  # who adds a record to their chain
JOB_LOCK = 0x6E756D6B  # which job, of those that write about many clients beside everybody, has its turn
POOLER = "pooler"
"""Said in a server's URL: « transaction » where PgBouncer, or another, lends connections by transaction."""
_BEGIN = "hotliner_begin"  # the execution option that holds the statements a transaction begins with
_READS = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_WIRE = "hotliner"

Unit = Session | Connection
"""A unit of work, with the object layer or without its cost."""


def is_sqlite(url: URL) -> bool:
    """Whether the URL names an embedded database."""
    return url.get_backend_name() == "sqlite"


def sqlite_file(url: URL) -> Path:
    """The file an embedded database lives in (also for `file:…?mode=ro` names)."""
    name = url.database or ""
    return Path(name.removeprefix("file:").partition("?")[0] if name.startswith("file:") else name)


def place_of(url: URL) -> str:
    """Where a database is, for who reads of it: its file, or its name and its server; never an address."""
    if is_sqlite(url):
        return str(sqlite_file(url))
    several = url.query.get("host", ())
    if hosts := [several] if isinstance(several, str) else several:
        return f"{url.database} ({', '.join(hosts)})"
    port = f":{url.port}" if url.port else ""
    return f"{url.database} ({url.host or 'cette machine'}{port})"


def read_url(url: str) -> URL:
    """A URL understood; of a file, whatever follows « sqlite:/// » is its name, with « ? » and « % » in it.

    Raises ArgumentError.
    """
    name = url.removeprefix("sqlite:///")
    return make_url(url) if name == url or name.startswith("file:") else URL.create("sqlite", database=name)


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """Whether this SQLite library is free of the WAL-reset bug, which corrupts when two connections write."""
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


def make_engine(url: URL, who: str = "") -> Engine:
    """An engine whose connections are set up, and whose transactions begin as reader or writer.

    who: the agent and the machine, as a server tells others who is at work.

    Readers see one instant of the database for the whole unit. Writers queue up behind one another from
    their first statement, so what a unit has checked still holds when it commits, on both databases.
    """
    return _sqlite_engine(url) if is_sqlite(url) else _postgresql_engine(url, who)


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_use_lifo=True,  # the connection that wrote last has the pages at hand
        connect_args={"isolation_level": None, "timeout": BUSY_SECONDS},
        execution_options={_BEGIN: ("BEGIN",)},
    )
    journal = "WAL" if wal_is_safe(sqlite3.sqlite_version_info) else "TRUNCATE"

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA secure_delete=ON")
        mode = connection.execute(f"PRAGMA journal_mode={journal}").fetchone()[0]
        if mode == "wal" and journal != "WAL":
            raise sqlite3.OperationalError("database is locked")  # a newer library holds it in WAL mode
        connection.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "checkin")
    def _checkin(connection: sqlite3.Connection | None, _record: object) -> None:
        # SQLAlchemy takes a COMMIT that failed (busy, full) for the end of the transaction: it is still open.
        if connection is not None and connection.in_transaction:
            connection.rollback()

    event.listen(engine, "begin", _begin)
    return engine


def _postgresql_engine(url: URL, who: str) -> Engine:
    # The tables write a partial index's condition for SQLite alone: naming PostgreSQL there would load all of
    # its drivers in every console.
    for table in SQLModel.metadata.tables.values():
        for index in table.indexes:
            index.dialect_options["postgresql"]["where"] = index.dialect_options["sqlite"]["where"]
    limits = {
        "timezone": "UTC",
        "lock_timeout": f"{BUSY_SECONDS}s",
        "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
    }
    shared_out = url.query.get(POOLER) == "transaction"
    if shared_out:  # a connection is ours for one transaction only: nothing is set, or prepared, for longer
        set_up: dict[str, Any] = {"prepare_threshold": None}
    else:
        set_up = {"options": " ".join(f"-c {name}={value}" for name, value in limits.items())}
    registry.register(f"postgresql.{_WIRE}", "console.db.wire", "Dialect")
    engine = create_engine(
        url.difference_update_query([POOLER]).set(drivername=f"postgresql+{_WIRE}"),
        hide_parameters=True,
        use_native_hstore=False,
        execution_options={_BEGIN: ("BEGIN",), POOLER: url.query.get(POOLER)},
        connect_args=set_up
        | {
            "connect_timeout": BUSY_SECONDS,
            "client_encoding": "UTF8",  # else words come as bytes from a database without an encoding
            "application_name": _application(who),
            # A dead line is known by then, where the system would wait for two hours.
            "tcp_user_timeout": IDLE_SECONDS * 1000,
            "keepalives_idle": 4,
            "keepalives_interval": 2,
            "keepalives_count": 3,
        },
    )
    each_time = tuple(f"SET LOCAL {name} = '{value}'" for name, value in limits.items() if shared_out)

    @event.listens_for(engine, "begin")
    def _begin_unit(connection: Connection) -> None:
        line: Any = connection.connection.driver_connection
        first, *others = connection.get_execution_options()[_BEGIN] or (("BEGIN",) if shared_out else ("",))
        line.begin((first, *each_time, *others) if first else (), reads=first == _READS)

    @event.listens_for(engine, "checkout")
    def _checkout(line: Any, _record: object, _proxy: object) -> None:
        if not line.is_alive():  # a restarted server has dropped them all
            raise InvalidatePoolError

    return engine


def _application(who: str) -> str:
    """« hotliner: Anne, poste-3 », as far as a server keeps it: 63 bytes, and ASCII."""
    plain = normalize("NFKD", f"hotliner: {who}" if who else "hotliner").encode("ascii", "ignore").decode()
    return plain[:63].rstrip()


def holder(connection: Connection) -> tuple[str, float | None] | None:
    """Who has held the write lock longest, as `make_engine` was told, and for how many seconds.

    The time is None where it may not be known. None where nobody does, or on SQLite, which does not say.
    """
    if connection.dialect.name == "sqlite":
        return None
    query = text(
        "SELECT application_name, extract(epoch FROM clock_timestamp() - xact_start)"
        " FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE locktype = 'advisory' AND granted AND objid = :lock"
        " AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " ORDER BY xact_start LIMIT 1"  # several may share it
    )
    found = connection.execute(query, {"lock": WRITE_LOCK}).first()
    if found is None:
        return None
    name = str(found[0] or "").removeprefix("hotliner: ")
    return name, None if found[1] is None else float(found[1])


def _begin(connection: Connection) -> None:
    """Starts a transaction by the statement that its engine was given."""
    for statement in connection.get_execution_options()[_BEGIN]:
        connection.exec_driver_sql(statement)


def reader(engine: Engine) -> Engine:
    """The same pool, for units that only read."""
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(**{_BEGIN: (_READS,)})


def writer(engine: Engine) -> Engine:
    """The same pool, for units that write."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(**{_BEGIN: ("BEGIN IMMEDIATE",)})
    return engine.execution_options(**{_BEGIN: ("BEGIN", f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")})


def sharer(engine: Engine, first: Sequence[str] = ()) -> Engine:
    """The same pool, for units that write beside others of their kind, and lock what they touch themselves.

    No unit of `writer` is at work meanwhile. first: what such a unit begins with, on PostgreSQL. SQLite has
    one writer at a time, whatever it touches.
    """
    if engine.dialect.name == "sqlite":
        return writer(engine)
    lock = f"SELECT pg_advisory_xact_lock_shared({WRITE_LOCK})"
    return engine.execution_options(**{_BEGIN: ("BEGIN", lock, *first)})


def job_turn() -> str:
    """The statement by which a job waits until no other has its turn, on PostgreSQL."""
    return f"SELECT pg_advisory_xact_lock({JOB_LOCK})"


def holding(client_ids: Collection[int]) -> str:
    """The statement that waits until nobody else writes about these clients, on PostgreSQL.

    In the order of their numbers, so that two units never wait for each other.
    """
    numbers = ", ".join(str(int(one)) for one in sorted(set(client_ids)))
    return f"SELECT id FROM client WHERE id IN ({numbers}) ORDER BY id FOR NO KEY UPDATE"  # noqa: S608


def single(engine: Engine) -> Engine:
    """The same pool, for one statement that writes, right by its own conditions whoever is at work."""
    if engine.dialect.name == "sqlite":
        return writer(engine)
    return engine.execution_options(**{_BEGIN: ()})


def url_of(engine: Engine) -> URL:
    """Where an engine leads, its password included, as it was told."""
    url = engine.url
    return url if is_sqlite(url) else url.set(drivername="postgresql+psycopg")


def given_url(engine: Engine) -> URL:
    """The URL that `make_engine` was given, for another process."""
    pooler = engine.get_execution_options().get(POOLER)
    return url_of(engine).update_query_dict({POOLER: pooler} if pooler else {})


@contextmanager
def upgrading(engine: Engine) -> Iterator[Connection]:
    """A unit that changes the schema: SQLite has tables made anew, so references are looked at as it ends."""
    with writer(engine).connect() as connection:
        sqlite = engine.dialect.name == "sqlite"
        driver: Any = connection.connection.driver_connection
        if sqlite:
            driver.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                yield connection
                if sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                    raise sqlite3.IntegrityError("FOREIGN KEY constraint failed")
        finally:
            if sqlite:
                driver.execute("PRAGMA foreign_keys=ON")


def interrupt(connection: Connection) -> None:
    """Ends the query that another thread waits for on this connection; it raises there.

    One that cannot be ended, as when its server is lost, goes on.
    """
    with suppress(SQLAlchemyError, connection.dialect.loaded_dbapi.Error):
        driver: Any = connection.connection.driver_connection
        if connection.dialect.name == "sqlite":
            driver.interrupt()
        else:
            driver.cancel_safe(timeout=BUSY_SECONDS)


def later(unit: Unit, statement: Any, values: Any) -> None:
    """Writes without waiting for the answer, which comes with that of the next statement that is waited for,
    of the commit at the latest: what fails is raised there. The statement gives nothing back."""
    connection = connected(unit)
    if isinstance(statement, Insert):
        statement = statement.inline()  # else the numbers that rows are given would be asked for
    if connection.dialect.name == "sqlite":
        connection.execute(statement, values)
        return
    line: Any = connection.connection.driver_connection
    line.later = True
    try:
        connection.execute(statement, values)
    finally:
        line.later = False


def plan_by_values(unit: Unit) -> None:
    """What this unit asks from now on is planned by the values it is asked with, each time: where the same
    index finds a rare word and is no help with a common one. SQLite always plans as it is asked."""
    if kind(unit) != "sqlite":
        later(unit, text("SET LOCAL plan_cache_mode = force_custom_plan"), {})


def began_at(unit: Unit) -> float | None:
    """When this unit's locks were taken, by `perf_counter`; None as long as nothing was answered to it, and
    on SQLite, where that was as it began."""
    connection = connected(unit)
    if connection.dialect.name == "sqlite":
        return None
    line: Any = connection.connection.driver_connection
    return line.began or None


def lock_chain(unit: Unit) -> None:
    """Who adds to a chain of records is alone at it until the unit is over: the last link stays the last."""
    if kind(unit) != "sqlite":
        later(unit, text(f"SELECT pg_advisory_xact_lock({CHAIN_LOCK})"), {})


def connected(unit: Unit) -> Connection:
    """The connection of a unit of work."""
    return unit.connection() if isinstance(unit, Session) else unit


def inserter(unit: Unit) -> Callable[[Any], Any]:
    """Makes INSERTs that know `on_conflict_do_update` and `on_conflict_do_nothing`, spelt alike on both."""
    return inserter_of(kind(unit))


def inserter_of(kind: str) -> Callable[[Any], Any]:
    """The same for statements that are built once."""
    if kind == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert

        return sqlite_insert
    from sqlalchemy.dialects.postgresql import insert as postgresql_insert

    return postgresql_insert


def insert(unit: Unit, table: type[SQLModel]) -> Any:
    """One such INSERT."""
    return inserter(unit)(table)


def kind(unit: Unit) -> str:
    """Which of the two a unit talks to, for statements that are built once for each."""
    return connected(unit).dialect.name


def clock(kind: str, seconds: float = 0.0) -> Any:
    """The instant by the base's own clock, the same for every machine; so many seconds later or, below 0,
    before."""
    if kind == "sqlite":
        return func.strftime("%Y-%m-%d %H:%M:%f000", "now", f"{seconds:+f} seconds")
    return func.clock_timestamp() + literal_column(f"interval '{seconds:f} seconds'")


def with_member(kind: str, document: Any, name: Any, value: Any) -> Any:
    """A JSON column with one member more, or another value of it; others may write theirs meanwhile."""
    if kind == "sqlite":
        return func.json_set(document, _path(name), value, type_=document.type)
    from sqlalchemy.dialects.postgresql import JSONB

    added = func.jsonb_build_object(cast(name, String), cast(value, String))
    return cast(cast(document, JSONB).op("||")(added), document.type)


def without_member(kind: str, document: Any, name: Any) -> Any:
    """A JSON column without one of its members, there or not."""
    if kind == "sqlite":
        return func.json_remove(document, _path(name), type_=document.type)
    from sqlalchemy.dialects.postgresql import JSONB

    return cast(cast(document, JSONB).op("-")(cast(name, String)), document.type)


def _path(name: Any) -> Any:
    return literal('$."').concat(name).concat('"')


def writes_inside(kind: str) -> bool:
    """Whether a statement may hold others that write."""
    return kind != "sqlite"


def lists(unit: Unit) -> tuple[str, str]:
    """The SQL functions that make a JSON list of rows, and of the cells of one."""
    sqlite = connected(unit).dialect.name == "sqlite"
    return ("json_group_array", "json_array") if sqlite else ("json_agg", "json_build_array")


def exact_text() -> Any:
    """The type of a text that is ordered by its characters, so that an index finds a beginning."""
    return String().with_variant(String(collation="C"), "postgresql")


def foreign_encoding(connection: Connection) -> str:
    """The encoding of a server's database that cannot hold every name; empty where it can."""
    if connection.dialect.name == "sqlite":
        return ""
    driver: Any = connection.connection.driver_connection
    encoding = str(driver.info.parameter_status("server_encoding") or "")
    return "" if encoding == "UTF8" else encoding


def owner(connection: Connection) -> str:
    """The role that a server's database belongs to; empty for a file."""
    if connection.dialect.name == "sqlite":
        return ""
    query = text("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()")
    return str(connection.scalar(query))


def owns(connection: Connection) -> bool:
    """Whether the role of this connection has the rights of who owns the server's database."""
    query = text(
        "SELECT pg_has_role(current_user, datdba, 'USAGE') FROM pg_database"
        " WHERE datname = current_database()"
    )
    return bool(connection.scalar(query))


def mark_as_ours(connection: Connection) -> None:
    """Signs a new database, where its kind allows a signature."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")


def is_ours(connection: Connection) -> bool:
    """Whether the database was made by this program; PostgreSQL is asked for its tables only."""
    if connection.dialect.name != "sqlite":
        return True
    return connection.exec_driver_sql("PRAGMA application_id").scalar() == APPLICATION_ID


def has_table(connection: Connection, name: str) -> bool:
    """Whether a table exists, without the cost of an inspector."""
    if connection.dialect.name == "sqlite":
        query = text("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = :name")
    else:
        query = text(
            "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = :name"
        )
    return bool(connection.execute(query, {"name": name}).scalar())


def still(connection: Connection) -> None:
    """Nobody writes until this unit, which writes, is over, however long it takes and rests."""
    if connection.dialect.name != "sqlite":
        names = ", ".join(f'"{name}"' for name in SQLModel.metadata.tables)
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql(f"LOCK TABLE {names} IN SHARE MODE")


def wait_for_writers(connection: Connection, table: str) -> None:
    """Whatever is being written to a table is there, or is not; nothing comes until this unit is over."""
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(f'LOCK TABLE "{table}" IN SHARE MODE')


def others(connection: Connection) -> list[str]:
    """Who else has this server's database open by this program; of a file that is not known."""
    if connection.dialect.name == "sqlite":
        return []
    query = text(
        "SELECT DISTINCT application_name FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name LIKE 'hotliner%' AND pid <> pg_backend_pid() ORDER BY 1"
    )
    return [name.removeprefix("hotliner: ") for name in connection.scalars(query)]


@contextmanager
def loading(engine: Engine) -> Iterator[Connection]:
    """A connection for units that fill tables made by `make_bare`, in any order."""
    with writer(engine).connect() as connection:
        driver: Any = connection.connection.driver_connection
        if connection.dialect.name == "sqlite":
            driver.execute("PRAGMA foreign_keys=OFF")
        try:
            yield connection
        finally:
            if connection.dialect.name == "sqlite" and not connection.invalidated:
                driver.execute("PRAGMA foreign_keys=ON")


def make_bare(connection: Connection, table: Table) -> None:
    """Makes a table without what is quicker to make once it is full: see `make_whole`."""
    later = connection.dialect.name != "sqlite"  # SQLite takes no reference later
    connection.execute(CreateTable(table, include_foreign_key_constraints=[] if later else None))


def make_whole(connection: Connection, table: Table) -> None:
    """Makes the indexes and references that a table still lacks."""
    for index in table.indexes:
        connection.execute(CreateIndex(index, if_not_exists=True))
    there = {one["name"] for one in inspect(connection).get_foreign_keys(table.name)}
    if connection.dialect.name != "sqlite":
        for reference in table.foreign_key_constraints:
            if reference.name not in there:
                connection.execute(AddConstraint(reference, isolate_from_table=False))


SEARCH_INDEX = "ix_client_search"
"""The trigrams of what clients are searched in; no part of the schema, since a server may not have them."""


def index_search(connection: Connection) -> None:
    """Makes the index by which a server finds what a text holds, where it has trigrams or may be given them.

    Without, and on SQLite, every client is read.
    """
    if connection.dialect.name == "sqlite" or has_search_index(connection):
        return
    with suppress(DBAPIError), connection.begin_nested():
        connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    query = (
        "SELECT CAST(CAST(extnamespace AS regnamespace) AS text) FROM pg_extension"
        " WHERE extname = 'pg_trgm' AND has_schema_privilege(extnamespace, 'USAGE')"
    )
    schema = connection.scalar(text(query))
    if schema is not None:  # which may be one that is not looked through
        connection.exec_driver_sql(
            f"CREATE INDEX {SEARCH_INDEX} ON client USING gin (search {schema}.gin_trgm_ops)"
        )


def has_search_index(connection: Connection) -> bool:
    """Whether that index is there."""
    if connection.dialect.name == "sqlite":
        return False
    return connection.scalar(text(f"SELECT to_regclass('{SEARCH_INDEX}') IS NOT NULL")) is True


def pour(connection: Connection, table: Table, rows: Sequence[Sequence[Any]]) -> None:
    """Adds rows given as `plain` reads them, every column in the table's order, as fast as may be."""
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(table.columns))
        driver.executemany(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', rows)  # noqa: S608
        return
    with driver.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(row)


def exact(connection: Connection, column: Any) -> Any:
    """A column in the order that both have in common: texts by their bytes."""
    text_of_server = connection.dialect.name != "sqlite" and column.type.python_type is str
    return column.collate("C") if text_of_server else column


def last_number(connection: Connection, table: Table) -> int:
    """The last number given to a row of a table, gone or not; 0 where none was, or where none is given."""
    column = table.autoincrement_column
    if column is None:
        return 0
    last = connection.scalar(text(f'SELECT max("{column.name}") FROM "{table.name}"')) or 0  # noqa: S608
    names = {"table": table.name, "column": column.name}
    if connection.dialect.name != "sqlite":
        sequence = "pg_sequence_last_value(CAST(pg_get_serial_sequence(:table, :column) AS regclass))"
        given = connection.scalar(text(f"SELECT {sequence}"), names)
    elif table.dialect_options["sqlite"]["autoincrement"]:
        given = connection.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :table"), names)
    else:
        given = 0
    return max(int(last), int(given or 0))


def set_last_number(connection: Connection, table: Table, number: int) -> None:
    """The next row's number comes after this one. SQLite counts only for tables that lose rows."""
    column = table.autoincrement_column
    if column is None or not number:
        return
    values = {"table": table.name, "column": column.name, "number": number}
    if connection.dialect.name != "sqlite":
        connection.execute(text("SELECT setval(pg_get_serial_sequence(:table, :column), :number)"), values)
    elif table.dialect_options["sqlite"]["autoincrement"]:
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :table"), values)
        connection.execute(text("INSERT INTO sqlite_sequence VALUES (:table, :number)"), values)


def run(connection: Connection, statement: str) -> None:
    """Runs a statement as it is written, « % » and « : » included."""
    driver: Any = connection.connection.driver_connection
    driver.execute(statement)


def settle(connection: Connection) -> None:
    """Has a server look at what was poured in, so that it plans by it."""
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql("ANALYZE")


def copy_sqlite(connection: Connection, target: Path) -> None:
    """A whole copy of a database in use, by SQLite's own backup; `target` must exist already (0600)."""
    source: Any = connection.connection.driver_connection
    with closing(sqlite3.connect(target)) as copy:
        source.backup(copy)


def rewrite(connection: Connection) -> None:
    """A SQLite file written whole again, its journal emptied: no byte of what was deleted stays."""
    file: Any = connection.connection.driver_connection
    file.execute("VACUUM")
    file.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def wait_for_disk(connection: Connection, *, wait: bool) -> None:
    """Whether each unit of this SQLite connection waits until the disk has it; a server sees to its own."""
    if connection.dialect.name == "sqlite":
        file: Any = connection.connection.driver_connection
        file.execute(f"PRAGMA synchronous={'FULL' if wait else 'OFF'}")


def read_at_leisure(connection: Connection) -> None:
    """Lets a unit that only reads do nothing for longer than `IDLE_SECONDS`: it holds no lock of others."""
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")


def damage(connection: Connection) -> list[str]:
    """What the engine itself finds broken: pages, indexes, references. PostgreSQL sees to its own."""
    if connection.dialect.name != "sqlite":
        return []
    pages = [row[0] for row in connection.exec_driver_sql("PRAGMA quick_check(20)") if row[0] != "ok"]
    references = [
        f"{table}, ligne {row}, sans {parent}"
        for table, row, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check")
    ]
    return pages + references


def plain(kind: str, column: Any, table: str) -> str:
    """SQL that reads a column as text, a whole number or NULL, alike on both: as SQLite keeps it."""
    name = f'"{table}"."{column.name}"'
    if kind == "sqlite":
        return name
    kind = getattr(column.type, "impl", column.type)
    match type(kind).__name__:
        case "Boolean":
            return f"CAST({name} AS int)"
        case "DateTime":
            return f"to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
        case "Date":
            return f"to_char({name}, 'YYYY-MM-DD')"
        case "JSON":
            return f"CAST({name} AS text)"
    return name
