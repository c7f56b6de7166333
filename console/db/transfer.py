"""Moves a whole database into another one, of either kind: every row, as it is kept.

The target carries the mark of a transfer until it holds all; begun and unfinished, it goes on from the last
key that each table has there. Rows are read as text and whole numbers, alike on both kinds, so what was moved
can be held against where it came from.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from itertools import zip_longest
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Table,
    func,
    inspect,
    literal,
    literal_column,
    select,
    text,
    tuple_,
)
from sqlmodel import SQLModel

from console.base.errors import HotlinerError, RefusedInputError, system_words
from console.db import dialect
from console.db.engine import TRANSFERRING, create_private, understood
from console.db.failures import DATABASE_ERRORS, Failure, explain
from console.db.tables import SCHEMA

_BATCH = 5_000
"""Rows of one unit: a second's work at most, and a few tens of megabytes where they are long."""

Progress = Callable[[int, int], None]
"""How many rows are done, of how many: each is copied, then compared."""
Rows = Sequence[Sequence[Any]]


def transfer(source: Connection, url: str, progress: Progress) -> dict[str, int]:
    """Moves all that `source` holds to the database at `url`; how many rows of each table there are there.

    source: in a unit that nobody else writes beside (`dialect.still`). Raises RefusedInputError for a target
    that holds anything else, HotlinerError for one that does not come out the same, StorageError.
    """
    where = understood(url)
    place = dialect.place_of(where)
    if where == understood(dialect.url_of(source.engine).render_as_string(hide_password=False)):
        raise RefusedInputError(f"La cible « {place} » est la base elle-même.", "Rien n’a été changé.")
    version = source.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if version != SCHEMA:  # ahead of this program, which would leave behind what it does not know
        raise Failure.NEWER.at(dialect.place_of(dialect.url_of(source.engine)), program="")
    mark = TRANSFERRING + sha256(str(dialect.url_of(source.engine)).encode()).hexdigest()[:20]
    try:
        if dialect.is_sqlite(where) and not dialect.sqlite_file(where).exists():
            create_private(dialect.sqlite_file(where))
        engine = dialect.make_engine(where, "transfert")
        try:
            return _transfer(source, engine, mark, place, progress)
        finally:
            engine.dispose()
    except OSError as error:
        raise HotlinerError(
            f"La base « {place} » ne peut pas être créée : {system_words(error)}.",
            "La base à transférer est intacte.",
        ) from error
    except DATABASE_ERRORS as error:
        raise explain(error, place) from error


def _transfer(
    source: Connection, engine: Engine, mark: str, place: str, progress: Progress
) -> dict[str, int]:
    counts = {table.name: _count(source, table) for table in _tables()}
    total, done = sum(counts.values()), 0
    with dialect.loading(engine) as target:
        with target.begin():
            begun = _begin(target, mark, place)
        if begun and not _follows(source, target, engine):
            with target.begin():
                _empty(target)
                _make(target, mark)
        for table in _tables():
            with target.begin():
                last = _last_key(target, table)
                done += _count(target, table)
            for rows in _read(source, table, after=last):
                with target.begin():
                    dialect.pour(target, table, rows)
                done += len(rows)
                progress(done, 2 * total)
        with target.begin():
            for table in _tables():
                dialect.make_whole(target, table)
                dialect.set_last_number(target, table, dialect.last_number(source, table))
            dialect.index_search(target)
        for table in _tables():
            with dialect.reader(engine).begin() as copied:
                for ours, theirs in _beside(_read(source, table), _read(copied, table)):
                    if ours != theirs:
                        raise _differs(place, table)
                    done += len(ours)
                    progress(done, 2 * total)
        with target.begin():
            if broken := dialect.damage(target):
                raise HotlinerError(f"La base « {place} » est abîmée : {broken[0]}.", _KEPT, _AGAIN)
            dialect.settle(target)
            target.execute(text("UPDATE alembic_version SET version_num = :now"), {"now": SCHEMA})
    return counts


_KEPT = "La base à transférer est intacte."
_AGAIN = "Supprimez la cible, puis recommencez."


def _differs(place: str, table: Table) -> HotlinerError:
    return HotlinerError(
        f"La table « {table.name} » de « {place} » n’est pas la même que celle d’origine.", _KEPT, _AGAIN
    )


def _tables() -> Sequence[Table]:
    """Every table, after those that it refers to."""
    return SQLModel.metadata.sorted_tables


def _begin(target: Connection, mark: str, place: str) -> bool:
    """Makes the tables of an empty target; True for one where the same transfer had begun."""
    if dialect.has_table(target, "alembic_version"):
        version = target.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        if version == mark:
            return True
        raise RefusedInputError(
            f"La cible « {place} » "
            + (
                "est celle d’un autre transfert, commencé et pas terminé."
                if str(version).startswith(TRANSFERRING)
                else "est déjà une base de la console."
            ),
            "Rien n’a été changé.",
            "Donnez une base vide, ou un fichier qui n’existe pas.",
        )
    if inspect(target).get_table_names():
        raise RefusedInputError(
            f"La cible « {place} » n’est pas vide.",
            "Rien n’a été changé.",
            "Donnez une base vide, ou un fichier qui n’existe pas.",
        )
    target.exec_driver_sql(
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL,"
        " CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
    )
    dialect.mark_as_ours(target)
    _make(target, mark)
    return False


def _make(target: Connection, mark: str) -> None:
    for table in _tables():
        dialect.make_bare(target, table)
    target.execute(text("DELETE FROM alembic_version"))
    target.execute(text("INSERT INTO alembic_version VALUES (:mark)"), {"mark": mark})


def _empty(target: Connection) -> None:
    SQLModel.metadata.drop_all(target)


def _follows(source: Connection, target: Connection, engine: Engine) -> bool:
    """Whether the rows that are there already are still those of the source."""
    for table in _tables():
        with target.begin():
            last = _last_key(target, table)
        if last is None:
            continue
        with dialect.reader(engine).begin() as copied:
            for ours, theirs in _beside(_read(source, table, until=last), _read(copied, table)):
                if ours != theirs:
                    return False
    return True


def _beside(ours: Iterator[Rows], theirs: Iterator[Rows]) -> Iterator[tuple[Rows, Rows]]:
    return zip_longest(ours, theirs, fillvalue=())


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _keys(connection: Connection, table: Table) -> list[ColumnElement[Any]]:
    return [dialect.exact(connection, column) for column in table.primary_key.columns]


def _last_key(connection: Connection, table: Table) -> Sequence[Any] | None:
    keys = _keys(connection, table)
    last = select(*table.primary_key.columns).order_by(*(key.desc() for key in keys)).limit(1)
    return connection.execute(last).first()


def _read(
    connection: Connection,
    table: Table,
    *,
    after: Sequence[Any] | None = None,
    until: Sequence[Any] | None = None,
) -> Iterator[Rows]:
    """The rows of a table in the order of their keys, many at a time."""
    kind, keys = connection.dialect.name, _keys(connection, table)
    shown: list[ColumnElement[Any]] = [
        literal_column(dialect.plain(kind, column, table.name)) for column in table.columns
    ]
    query = select(*shown).select_from(table).order_by(*keys)
    for values, compare in ((after, ColumnElement.__gt__), (until, ColumnElement.__le__)):
        if values is not None:
            bound = zip(values, table.primary_key.columns, strict=True)
            query = query.where(compare(tuple_(*keys), tuple_(*(literal(one, c.type) for one, c in bound))))
    found = connection.execute(query, execution_options={"stream_results": True})
    for rows in found.partitions(_BATCH):
        yield [tuple(row) for row in rows]
