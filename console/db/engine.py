"""Opens the database and hands out units of work: `reading()` and `writing()`."""

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import URL, ColumnElement, Connection, Engine, insert, select, text, true
from sqlalchemy.exc import ArgumentError
from sqlmodel import Session, SQLModel, col

from console.base.clock import Clock
from console.base.errors import HotlinerError, RefusedInputError
from console.base.stop import current
from console.db import dialect
from console.db.failures import DATABASE_ERRORS, Failure, explain
from console.db.meta import PROGRAM, READABLE, TRIAL, UPGRADED
from console.db.tables import READABLE_FROM, SCHEMA, Meta


@dataclass(frozen=True, slots=True)
class Check:
    """Whether whoever is there may still write: as a condition, and by what says that they may not."""

    allowed: ColumnElement[bool]
    refuse: Callable[[Connection], None]


def _session(engine: Engine, *, autoflush: bool = True) -> Session:
    """A session that refuses what is asked of it once its unit is over: nothing would end that unit."""
    return Session(engine, autoflush=autoflush, expire_on_commit=False, close_resets_only=False)


class Database:
    """A database that is open, up to date, and safe to use from several threads.

    Every failure inside a unit rolls the whole unit back and is raised as a StorageError in French
    (ConflictError when someone else wrote the same fact first). A unit lost with its connection may be
    run again whole: acts carry unique keys, so what had been committed is not written twice.
    """

    def __init__(self, engine: Engine, place: str) -> None:
        self.place = place
        self._engine = engine
        self._reader = dialect.reader(engine)
        self._writer = dialect.writer(engine)
        self._single = dialect.single(engine)
        self._first: Callable[[Connection], None] | None = None
        self.allowed: ColumnElement[bool] = true()
        """What holds as long as whoever is there may write: a part of each statement that is one unit."""

    def checked(self, check: "Check | None") -> "Database":
        """The same database, on which each unit that writes begins with a check, which may refuse it."""
        other = copy(self)
        other._first, other.allowed = (check.refuse, check.allowed) if check else (None, true())
        return other

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A unit that only reads, and sees one instant of the database throughout; may be given up.

        Raises GivenUpError when it was before it began.
        """
        stop = current.get()
        with self._translated(), _session(self._reader, autoflush=False) as session:
            if stop is None:
                yield session
                return
            with stop.by(partial(dialect.interrupt, session.connection())):
                yield session

    def writing(self) -> AbstractContextManager[Session]:
        """A unit that writes: alone among writers from its start, durable once it has been left."""
        return self._unit(self._writer)

    @contextmanager
    def rehearsing(self) -> Iterator[Session]:
        """`writing()` of which nothing stays: what a simulation finds is what would be."""
        with self._translated(), _session(self._writer) as session:
            session.connection()
            yield session
            session.rollback()

    @contextmanager
    def acting(self) -> Iterator[Connection]:
        """`writing()` for statements alone, without a session: a key pressed in a call waits for it."""
        with self._translated(), self._writer.begin() as connection:
            if self._first is not None:
                self._first(connection)
            yield connection

    @contextmanager
    def sharing(self, *client_ids: int) -> Iterator[Connection]:
        """`acting()` beside other units of this kind: each holds the clients that it writes about.

        No unit of `writing` is at work meanwhile, so what this one reads of these clients stays. What is not
        a client's needs a lock of its own. On SQLite there is one writer at a time.
        """
        with self._translated(), self._sharing(client_ids).begin() as connection:
            if self._first is not None:
                self._first(connection)
            yield connection

    def sharing_session(self, *client_ids: int) -> AbstractContextManager[Session]:
        """`sharing()` with a session."""
        return self._unit(self._sharing(client_ids))

    def working(self, client_ids: Collection[int]) -> AbstractContextManager[Session]:
        """`sharing_session()` for a job that writes about many clients: of such units there is one at a time,
        and nobody but other jobs and who is at these clients waits for it."""
        return self._unit(self._sharing(client_ids, dialect.job_turn()))

    @contextmanager
    def _unit(self, engine: Engine) -> Iterator[Session]:
        """A unit that writes, by the locks of this engine."""
        with self._translated(), _session(engine) as session:
            connection = session.connection()  # the locks are taken before anything is read
            if self._first is not None:
                self._first(connection)
            yield session
            session.commit()

    def _sharing(self, client_ids: Collection[int], *first: str) -> Engine:
        return dialect.sharer(self._engine, [*first, *([dialect.holding(client_ids)] if client_ids else ())])

    @contextmanager
    def single(self) -> Iterator[Connection]:
        """One statement that writes, by itself: whoever else is at work, its own conditions make it right.

        `allowed` is to be one of them.
        """
        with self._translated(), self._single.begin() as connection:
            yield connection

    def refuse(self) -> None:
        """Raises what the check raises, once a statement found that `allowed` does not hold any more."""
        if self._first is not None:
            with self._translated(), self._reader.connect() as connection:
                self._first(connection)

    @contextmanager
    def made_at_once(self) -> Iterator[None]:
        """Units inside do not wait for the disk: for a database that is made again when it was cut short.

        The first unit after it makes them all durable.
        """
        with self._translated(), self._engine.connect() as connection:
            dialect.wait_for_disk(connection, wait=False)
        try:
            yield
        finally:
            with self._translated(), self._engine.connect() as connection:
                dialect.wait_for_disk(connection, wait=True)

    def back_up(self, target: Path) -> None:
        """Copies a file's whole database to a new one, readable by its owner only, while it is in use.

        A server's is copied by `server_tools`. Raises FileExistsError when `target` exists.
        """
        with self._translated(), self._engine.connect() as connection:
            _back_up(connection, target)

    def copy_beside(self, why: str, now: datetime) -> Path | None:
        """Copies the database beside itself, under a name that says why; None on a server."""
        if self._engine.dialect.name != "sqlite":
            return None
        path = Path(self.place)
        target = path.with_name(f"{path.stem}-{why}-{now:%Y%m%d-%H%M%S}{path.suffix}")
        self.back_up(target)
        return target

    def forget(self) -> Path | None:
        """Writes the file anew, so that nothing deleted is left in it; where it is, None for a server's.

        Raises StorageError when others are at work in it.
        """
        if self._engine.dialect.name != "sqlite":
            return None
        with self._translated(), self._engine.connect() as connection:
            dialect.rewrite(connection)
        return Path(self.place)

    def is_ours_to_keep(self) -> bool:
        """Whether this process belongs to who owns the database: its file, or itself on a server."""
        if self.shared:
            with self._translated(), self._reader.connect() as connection:
                return dialect.owns(connection)
        if not hasattr(os, "getuid"):  # Windows keeps owners elsewhere
            return os.access(self.place, os.W_OK)
        return os.getuid() in (0, Path(self.place).stat().st_uid)

    @property
    def url(self) -> URL:
        """Where it is, its password included."""
        return dialect.url_of(self._engine)

    @property
    def shared(self) -> bool:
        """Whether it is a server's: other machines may be at work in it."""
        return self._engine.dialect.name != "sqlite"

    def close(self) -> None:
        """Closes every connection; units under way must be over."""
        self._engine.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DATABASE_ERRORS as error:
            raise explain(error, self.place, self._holder) from error

    def _holder(self) -> str:
        """« Anne, poste-3 écrit depuis 6 s »: who holds the others up; empty where that is not known."""
        try:
            with self._engine.connect() as connection:
                found = dialect.holder(connection)
        except DATABASE_ERRORS:
            return ""
        if found is None or not found[0]:
            return ""
        name, seconds = found
        return f"{name} écrit" + (f" depuis {seconds:.0f} s" if seconds else "")


def open_database(
    url: str,
    *,
    clock: Clock,
    who: str = "",
    trial: bool = False,
    makes: bool = True,
    upgrades: bool = False,
    dares: Callable[[], object] = lambda: None,
) -> Database:
    """Opens the database at this URL, creating it (when it `makes`) or bringing it up to date when needed.

    upgrades: a server's too, which others work in: else it is said who may do it. One that is ahead of this
    program is worked in as it is, where it says that such a program may.

    `sqlite:///path` or `postgresql://…`. The clock only dates the backup made before an update. trial: one
    that is created is a trial base, for good; it changes nothing of one that is there. dares: called before
    one is created on a server, which it may refuse. who: the agent and the machine, as a server tells others.
    Raises a HotlinerError that says what is wrong with the place, the file or the server.
    """
    where = understood(url)
    place = dialect.place_of(where)
    try:
        if dialect.is_sqlite(where):
            _prepare_file(where, trial=trial, makes=makes)
        engine = dialect.make_engine(where, who)
        try:
            _bring_up_to_date(
                engine, where, clock.now(), trial=trial, makes=makes, upgrades=upgrades, dares=dares
            )
        except BaseException:
            engine.dispose()
            raise
    except OSError as error:
        raise _explain_os(error).at(place) from error
    except DATABASE_ERRORS as error:
        raise explain(error, place) from error
    except Unfit as unfit:
        raise unfit.failure.at(place, **unfit.told) from None
    return Database(engine, place)


@dataclass(frozen=True, slots=True)
class Look:
    """What is seen of a server's database before it is opened; version: None where nothing of ours is in it.

    owned: whether who looks has the rights of its owner.
    """

    place: str
    version: str | None
    owner: str
    owned: bool


def look(url: str) -> Look:
    """Looks at a server's database, whatever its version. Raises RefusedInputError, StorageError."""
    where = understood(url)
    place = dialect.place_of(where)
    engine = dialect.make_engine(where)
    try:
        with dialect.reader(engine).connect() as connection:
            version = None
            if dialect.has_table(connection, "alembic_version"):
                version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
            return Look(place, version, dialect.owner(connection), dialect.owns(connection))
    except DATABASE_ERRORS as error:
        raise explain(error, place) from error
    finally:
        engine.dispose()


TRANSFERRING = "transfert:"
"""What the version of a database begins with as long as one is being moved into it: `db/transfer.py`."""


class Unfit(Exception):  # noqa: N818  (never leaves this module)
    """The database is readable, but is not one that can be worked on."""

    def __init__(self, failure: Failure, **told: str) -> None:
        super().__init__(failure.name)
        self.failure = failure
        self.told = told


def understood(url: str) -> URL:
    """A URL of a database that is kept, by the driver we use. Raises RefusedInputError."""
    try:
        where = dialect.read_url(url)
    except ArgumentError as error:
        raise _refused_url() from error
    if where.drivername in {"postgres", "postgresql"}:
        where = where.set(drivername="postgresql+psycopg")
    if where.get_backend_name() not in {"sqlite", "postgresql"}:
        raise _refused_url()
    if dialect.is_sqlite(where) and (where.database or ":memory:") == ":memory:":
        raise _refused_url()
    return where


def _refused_url() -> HotlinerError:
    return RefusedInputError(
        "L’adresse de la base de données n’est pas comprise.",
        todo="Écrivez sqlite:///chemin/vers/base.db ou postgresql://utilisateur@serveur/base.",
    )


def _prepare_file(where: URL, *, trial: bool, makes: bool) -> None:
    """Checks the file, or makes a new database under another name and puts it in place when it is whole."""
    path = dialect.sqlite_file(where)
    if path.is_dir():
        raise Unfit(Failure.NOT_A_DATABASE)
    if path.exists() or "mode" in where.query:
        if path.exists() and path.stat().st_size == 0:
            raise Unfit(Failure.EMPTY)
        return
    if not makes:
        raise Unfit(Failure.MISSING)
    if not path.parent.is_dir():
        raise Unfit(Failure.NO_FOLDER)
    draft = path.with_name(f".{path.name}.{os.getpid()}.neuf")
    draft.unlink(missing_ok=True)
    create_private(draft)
    try:
        engine = dialect.make_engine(where.set(database=str(draft), query={}))
        try:
            with dialect.writer(engine).begin() as connection:
                _create(connection, trial=trial)
        finally:
            engine.dispose()
        _put_in_place(draft, path)
    finally:
        for left_over in (draft, draft.with_name(f"{draft.name}-journal")):
            left_over.unlink(missing_ok=True)


def _put_in_place(draft: Path, path: Path) -> None:
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass  # another console was faster: its database is as good as ours
    except OSError:  # a file system without links
        if not path.exists():
            draft.rename(path)


def create_private(path: Path) -> None:
    """Makes an empty file that its owner alone may read. Raises FileExistsError."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _create(connection: Connection, *, trial: bool = False) -> None:
    """Makes every table at once; the tests hold the result equal to what the migrations make."""
    SQLModel.metadata.create_all(connection, checkfirst=False)
    connection.execute(
        text(
            "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL,"
            " CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
        )
    )
    connection.execute(text("INSERT INTO alembic_version VALUES (:version)"), {"version": SCHEMA})
    if trial:
        connection.execute(insert(Meta).values(key=TRIAL, value="1"))
    dialect.mark_as_ours(connection)


def _version(connection: Connection) -> str | None:
    """The schema's version; None for a server's database that has no table of ours yet.

    SCHEMA too for one that is ahead and may be worked in all the same.
    """
    if encoding := dialect.foreign_encoding(connection):
        raise Unfit(Failure.ENCODING, encoding=encoding)
    if not dialect.is_ours(connection):
        raise Unfit(Failure.NOT_A_DATABASE)
    if not dialect.has_table(connection, "alembic_version"):
        if connection.dialect.name == "sqlite":
            raise Unfit(Failure.CORRUPT)
        return None
    version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if version is None:
        raise Unfit(Failure.CORRUPT)
    if version.startswith(TRANSFERRING):
        raise Unfit(Failure.UNFINISHED)
    if version > SCHEMA:
        if (program := needed(connection, version)) is not None:
            raise Unfit(Failure.NEWER, program=program)
        return SCHEMA
    return str(version)


def needed(connection: Connection, version: str) -> str | None:
    """Which program a database ahead of this one asks for, « (0.3.0) » or empty; None: this one may go on."""
    said = {row.key: row.value for row in connection.execute(_SAID_BY_UPGRADES)}
    if said.get(READABLE, version) <= SCHEMA:
        return None
    return f" ({said[PROGRAM]})" if said.get(PROGRAM) else ""


_SAID_BY_UPGRADES = select(col(Meta.key), col(Meta.value)).where(col(Meta.key).in_((READABLE, PROGRAM)))


def _bring_up_to_date(
    engine: Engine,
    where: URL,
    now: datetime,
    *,
    trial: bool,
    makes: bool,
    upgrades: bool,
    dares: Callable[[], object],
) -> None:
    with dialect.reader(engine).connect() as connection:
        version = _version(connection)
        if version not in (None, SCHEMA) and not (upgrades or dialect.is_sqlite(where)):
            raise Unfit(Failure.BEHIND, owner=dialect.owner(connection))
    if version == SCHEMA and not upgrades:
        return
    with dialect.upgrading(engine) as connection:
        version = _version(connection)  # again, now that nobody else can be updating it
        if version is None and not makes:
            raise Unfit(Failure.MISSING)
        if version is None:
            dares()
            _create(connection, trial=trial)
        elif version != SCHEMA:
            _upgrade(engine, connection, where, version, now)
        dialect.index_search(connection)  # by upgrades at the same version too: what it needs may have come


def _upgrade(engine: Engine, connection: Connection, where: URL, version: str, now: datetime) -> None:
    from console.db.migrations import upgrade  # Alembic is slow to import

    said = {READABLE: READABLE_FROM, PROGRAM: _program()}
    if dialect.is_sqlite(where):
        copy = _back_up_before(engine, dialect.sqlite_file(where), version, now)
        said[UPGRADED] = f"{version} {copy}"
    upgrade(connection)
    for key, value in said.items():
        statement = dialect.inserter(connection)(Meta).values(key=key, value=value)
        connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": value}))


def _program() -> str:
    """Which version of this program runs; empty where it is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("hotliner")
    except PackageNotFoundError:
        return ""


def _back_up(connection: Connection, target: Path) -> None:
    create_private(target)
    try:
        dialect.copy_sqlite(connection, target)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


BACKUPS_KEPT = 3


def _back_up_before(engine: Engine, path: Path, version: str, now: datetime) -> Path:
    """Copies the database beside itself before an update, and keeps the last few copies; gives this one."""
    target = path.with_name(f"{path.stem}-avant-maj-{version}-{now:%Y%m%d-%H%M%S}{path.suffix}")
    with engine.connect() as connection:
        _back_up(connection, target)
    copies = sorted(
        path.parent.glob(f"{path.stem}-avant-maj-*{path.suffix}"), key=lambda p: p.stat().st_mtime
    )
    for old in copies[:-BACKUPS_KEPT]:
        old.unlink()
    return target


def _explain_os(error: OSError) -> Failure:
    match error:
        case PermissionError():
            return Failure.FORBIDDEN
        case FileNotFoundError() | NotADirectoryError():
            return Failure.NO_FOLDER
        case _ if error.errno == 30:  # EROFS: the file system is mounted read-only
            return Failure.READ_ONLY
        case _ if error.errno in {28, 122, 27}:  # ENOSPC, EDQUOT, EFBIG
            return Failure.FULL
        case _:
            return Failure.UNREADABLE
