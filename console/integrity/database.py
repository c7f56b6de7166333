"""Whether a database is whole: its pages, its references, and the figures kept beside the rows they count."""

import logging
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import URL, Column, Connection, func, select
from sqlmodel import SQLModel, col

from console.base.clock import Clock
from console.base.french import day
from console.base.vocabulary import Figure, Pane, SubscriptionStatus
from console.cases.queue import IN_QUEUE, QUEUED
from console.cases.versions import published_in
from console.content import Content
from console.db import dialect
from console.db.engine import TRANSFERRING
from console.db.failures import DATABASE_ERRORS, Failure, classify, explain
from console.db.tables import SCHEMA, CampaignCount, Subscription
from console.integrity import helpers
from console.ledger import check as ledger
from console.ledger.seals import Given
from console.records import chain
from console.rules.outcomes import figure_of

_log = logging.getLogger("hotliner.integrity")

_SHOWN = 20


def exists(url: str) -> bool:
    """Whether there is a database to check; a server's is taken to be there."""
    where = dialect.read_url(url)
    return not dialect.is_sqlite(where) or dialect.sqlite_file(where).exists()


def published(url: str) -> Content | None:
    """The content that somebody published in the database at this URL; None where nobody did, or where it
    cannot be read: `faults` says so. Nothing is changed."""
    if not exists(url):
        return None
    engine = dialect.make_engine(dialect.read_url(url))
    try:
        with dialect.reader(engine).connect() as connection:
            if not dialect.is_ours(connection) or not dialect.has_table(connection, "content_version"):
                return None
            return published_in(connection)
    except DATABASE_ERRORS:
        return None
    finally:
        engine.dispose()


@dataclass(frozen=True, slots=True)
class Checked:
    """What the derived is recomputed by, and the seal that the base is to continue, if one was given."""

    content: Content
    clock: Clock
    seal: Given | None = None
    progress: Callable[[int, int], None] | None = None


def faults(url: str, checked: Checked | None = None) -> list[str]:
    """What is wrong with the database at this URL, in French; nothing is changed, not even its version.

    checked: by which content and clock what is derived is recomputed; without it, it is not.
    Raises a StorageError when it cannot be read at all for another reason than its own state.
    """
    where = dialect.read_url(url)
    place = dialect.place_of(where)
    if dialect.is_sqlite(where) and dialect.sqlite_file(where).stat().st_size == 0:
        return [Failure.EMPTY.at(place).happened]
    try:
        with _reading(where) as (connection, opened):
            return _faults(connection, checked, opened)
    except DATABASE_ERRORS as error:
        failure = classify(error)
        if failure in (Failure.CORRUPT, Failure.NOT_A_DATABASE, Failure.UNEXPECTED_SCHEMA):
            return [failure.at(place).happened]
        raise explain(error, place) from error


@contextmanager
def _reading(where: URL) -> Iterator[tuple[Connection, Callable[[], None]]]:
    """A unit that reads for as long as it likes, while others write; and what to call once whoever reads
    has opened the base.

    A SQLite file without WAL is copied for it: nothing can be written to one that is being read.
    """
    with TemporaryDirectory(prefix=".verifier-", dir=_beside(where), ignore_cleanup_errors=True) as folder:
        copy = _copied(where, Path(folder) / "copie.db")
        engine = dialect.make_engine(where.set(database=str(copy)) if copy else where)

        def opened() -> None:
            if copy and os.name == "posix":
                copy.unlink()  # a check that is killed leaves nothing of it

        try:
            with dialect.reader(engine).connect() as connection:
                dialect.read_at_leisure(connection)
                yield connection, opened
        finally:
            engine.dispose()


def _beside(where: URL) -> Path | None:
    """Where the copy goes: on the disk of the file, if one may write there."""
    folder = dialect.sqlite_file(where).absolute().parent if dialect.is_sqlite(where) else None
    return folder if folder is not None and os.access(folder, os.W_OK) else None


def _copied(where: URL, target: Path) -> Path | None:
    """The copy of a file that has no WAL; None where none is needed, or none can be made."""
    if not dialect.is_sqlite(where) or dialect.wal_is_safe(sqlite3.sqlite_version_info):
        return None
    try:
        with (
            closing(sqlite3.connect(dialect.sqlite_file(where), timeout=dialect.BUSY_SECONDS)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
    except (OSError, sqlite3.Error):  # a full disk, a damaged file: it is read where it is
        _log.warning("the database is checked in place, as it cannot be copied", exc_info=True)
        return None
    return target


def _faults(
    connection: Connection, checked: Checked | None, opened: Callable[[], None] = lambda: None
) -> list[str]:
    if not dialect.is_ours(connection):
        return ["ce n’est pas une base de données de la console"]
    if not dialect.has_table(connection, "alembic_version"):
        return ["la base est vide : la console n’y a encore aucune table"]
    version = str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar())
    if version != SCHEMA:
        return _damage(connection) or [_of_version(connection, version)]
    with _differences(connection, checked) as derived:
        opened()
        if found := _damage(connection):
            return found
        progress = checked.progress if checked else None
        seal = checked.seal if checked else None
        return [
            *(ledger.continues(connection, seal) if seal else ()),
            *_first(_figure_faults(connection)),
            *_first(chain.faults(connection)),
            *_first(ledger.faults(connection, progress)),
            *_first(one.words for one in derived(progress)),
        ]


def _first(found: Iterable[str]) -> Iterator[str]:
    """The first of what a check finds; what it cannot read ends it, and is a fault too."""
    try:
        yield from islice(found, _SHOWN)
    except (LookupError, ValueError) as error:
        _log.warning("a check met what it cannot read", exc_info=True)
        yield f"une valeur que la console n’écrit pas arrête un contrôle : {error}"


def _damage(connection: Connection) -> list[str]:
    found = dialect.damage(connection) or list(_unreadable(connection))
    return [f"base abîmée : {one}" for one in found[:_SHOWN]]


def _unreadable(connection: Connection) -> Iterator[str]:
    """What is not of its column's kind: SQLite keeps whatever it is given."""
    if connection.dialect.name != "sqlite":
        return
    for name, table in SQLModel.metadata.tables.items():
        tests = ", ".join(f"sum({_of_another_kind(column)})" for column in table.columns)
        counts = connection.exec_driver_sql(f'SELECT {tests} FROM "{name}"').one()  # noqa: S608
        for column, n in zip(table.columns, counts, strict=True):
            if n:
                yield f"« {name}.{column.name} » : {n} illisible{'s' if n > 1 else ''}"


def _of_another_kind(column: Column[Any]) -> str:
    """SQL that is true of a value that cannot be read as what the column holds."""
    value, kind = f'"{column.name}"', getattr(column.type, "impl", column.type)
    match type(kind).__name__:
        case "Boolean" | "Integer" | "BigInteger":
            readable = f"typeof({value}) = 'integer'"
        case "Date":
            readable = f"{value} >= '0001' AND date({value}, '+0 days') = {value}"
        case "DateTime":
            of_day, time = f"substr({value}, 1, 10)", f"substr({value}, 12, 8)"
            readable = f"{value} >= '0001' AND date({of_day}, '+0 days') = {of_day} AND time({time}) = {time}"
        case "JSON":
            readable = f"typeof({value}) = 'text' AND json_valid({value})"
        case _:
            readable = f"typeof({value}) = 'text'"
    return f"{value} IS NOT NULL AND ({readable}) IS NOT TRUE"


def _of_version(connection: Connection, version: str) -> str:
    """Why a base of another version than this program's is not checked."""
    if version.startswith(TRANSFERRING):
        return "la base est la cible d’un transfert qui n’est pas terminé : relancez « hotliner transferer »"
    if version > SCHEMA:
        return "la base vient d’une version plus récente de la console : vérifiez-la avec celle-là"
    if owner := dialect.owner(connection):
        return f"la base attend sa mise à jour : « hotliner migrer », sous le rôle « {owner} »"
    return "la base sera mise à jour à la prochaine ouverture : relancez la vérification ensuite"


@contextmanager
def _differences(connection: Connection, checked: Checked | None) -> Iterator[helpers.Differences]:
    if checked is None:
        yield lambda _: iter(())
        return
    with helpers.differences(connection, checked.content, checked.clock) as found:
        yield found


def _figure_faults(connection: Connection) -> Iterator[str]:
    """Counters against the rows: what is kept to be quick must stay true."""
    counted: Counter[tuple[date, str]] = Counter()
    query = select(
        col(Subscription.expires_on),
        col(Subscription.pane),
        col(Subscription.retention),
        col(Subscription.at_risk),
        col(Subscription.status),
        col(Subscription.deadline),
        func.count(),
        func.sum(col(Subscription.workshops_given)),
    ).group_by(
        col(Subscription.expires_on),
        col(Subscription.pane),
        col(Subscription.retention),
        col(Subscription.at_risk),
        col(Subscription.status),
        col(Subscription.deadline),
    )
    for expires_on, pane, retention, at_risk, status, deadline, n, workshops in connection.execute(query):
        if pane == Pane.VOID:
            continue
        if status == SubscriptionStatus.PAUSED and pane in IN_QUEUE:
            counted[deadline or expires_on, f"{QUEUED}_{pane}"] += n
            counted[expires_on, QUEUED] += n
            pane = Pane.RETAINED  # noqa: PLW2901  its own campaign counts it so
        counted[expires_on, pane] += n
        if at_risk:
            counted[expires_on, Figure.AT_RISK] += n
        if status == SubscriptionStatus.PAUSED and pane != Pane.RETAINED:
            counted[expires_on, Figure.PAUSE_OVER] += n
            counted[expires_on, Figure.PAUSE_REFUSED] += n * (pane == Pane.REFUSED)
        if pane == Pane.RETAINED:
            counted[expires_on, figure_of(retention)] += n
            counted[expires_on, Figure.WORKSHOPS] += workshops
    stored = Counter(
        {
            (row.expires_on, row.figure): row.n
            for row in connection.execute(
                select(col(CampaignCount.expires_on), col(CampaignCount.figure), col(CampaignCount.n))
            )
        }
    )
    yield from (
        f"compteur « {figure} » du {day(expires_on)} : {stored[expires_on, figure]} au lieu de "
        f"{counted[expires_on, figure]}"
        for expires_on, figure in sorted(counted.keys() | stored.keys())
        if counted[expires_on, figure] != stored[expires_on, figure]
    )
