"""Units of work: durable, isolated, one writer at a time, from several threads and processes."""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import InvalidRequestError
from sqlmodel import Session, select

from console.db import dialect
from console.db.engine import Database, open_database
from console.db.tables import Meta
from console.integrity import database as integrity
from tests.databases import CLOCK


def program(code: str, *arguments: str) -> subprocess.Popen[str]:
    """A Python process of its own, with a database opened at the URL given first."""
    head = """
        import sys
        from console.base.clock import system_clock
        from console.db.engine import open_database
        from console.db.tables import Meta
        database = open_database(sys.argv[1], clock=system_clock())
    """
    source = textwrap.dedent(head) + textwrap.dedent(code)
    return subprocess.Popen([sys.executable, "-c", source, *arguments], stdout=subprocess.PIPE, text=True)


def set_value(session: Session, key: str, value: str) -> None:
    row = session.get(Meta, key)
    if row is None:
        session.add(Meta(key=key, value=value))
    else:
        row.value = value


def value(database: Database, key: str) -> str:
    with database.reading() as session:
        return session.exec(select(Meta.value).where(Meta.key == key)).one()


def test_settings_of_every_connection(sqlite: str) -> None:
    database = open_database(sqlite, clock=CLOCK)
    journal = "wal" if dialect.wal_is_safe(sqlite3.sqlite_version_info) else "truncate"
    expected = {
        "journal_mode": journal,
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "trusted_schema": 0,
        "busy_timeout": 5000,
        "application_id": dialect.APPLICATION_ID,
    }
    with database.reading() as first, database.reading() as second:
        for session in (first, second):
            found = {name: session.execute(text(f"PRAGMA {name}")).scalar() for name in expected}
            assert found == expected
    database.close()


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 0), False),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
    ],
)
def test_wal_only_where_it_does_not_corrupt(version: tuple[int, ...], safe: bool) -> None:
    assert dialect.wal_is_safe(version) is safe


def test_the_file_is_private_and_alone(sqlite: str, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        database = open_database(sqlite, clock=CLOCK)
        with database.writing() as session:
            set_value(session, "a", "1")
    finally:
        os.umask(before)
    assert {path.name for path in tmp_path.iterdir()} <= {
        "base.db",
        "base.db-journal",
        "base.db-wal",
        "base.db-shm",
    }
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    database.close()


def test_opening_imports_no_migration_tool(sqlite: str) -> None:
    done = program("print('alembic' in sys.modules)", sqlite)
    assert done.communicate()[0].strip() == "False"
    done = program("print('alembic' in sys.modules)", sqlite)
    assert done.communicate()[0].strip() == "False"


def test_several_consoles_make_the_same_new_database(sqlite: str, tmp_path: Path) -> None:
    code = """
        with database.writing() as session:
            session.add(Meta(key=sys.argv[2], value=""))
    """
    running = [program(code, sqlite, str(number)) for number in range(4)]
    assert [process.wait() for process in running] == [0, 0, 0, 0]
    database = open_database(sqlite, clock=CLOCK)
    with database.reading() as session:
        assert sorted(session.exec(select(Meta.key)).all()) == ["0", "1", "2", "3"]
    database.close()
    assert not list(tmp_path.glob(".*"))


def test_a_failed_unit_leaves_nothing(url: str) -> None:
    database = open_database(url, clock=CLOCK)

    def half(session: Session) -> None:
        set_value(session, "a", "1")
        session.flush()
        raise RuntimeError("interrupted")

    with pytest.raises(RuntimeError), database.writing() as session:
        half(session)
    with database.reading() as session:
        assert session.get(Meta, "a") is None
    database.close()


def test_nothing_is_asked_of_a_unit_that_is_over(sqlite: str) -> None:
    """It would begin another, which nothing ends and writers wait for."""
    database = open_database(sqlite, clock=CLOCK)
    for unit in (database.reading, database.writing, database.sharing_session, lambda: database.working(())):
        with unit() as session:
            assert session.get(Meta, "a") is None
        with pytest.raises(InvalidRequestError):
            session.get(Meta, "a")
    database.close()


def test_a_reader_sees_one_instant(postgresql: str) -> None:
    """On SQLite a reader keeps writers from committing, or in WAL mode sees its own snapshot."""
    database = open_database(postgresql, clock=CLOCK)
    with database.writing() as session:
        set_value(session, "a", "1")
    with database.reading() as reader:
        before = reader.execute(select(Meta.value)).scalar()
        with database.writing() as session:
            set_value(session, "a", "2")
        assert reader.execute(select(Meta.value)).scalar() == before == "1"
    assert value(database, "a") == "2"
    database.close()


ADD = """
    for _ in range(int(sys.argv[2])):
        with database.writing() as session:
            row = session.get(Meta, "n")
            row.value = str(int(row.value) + 1)
"""


def test_two_processes_and_threads_lose_no_update(url: str) -> None:
    """What a unit reads still holds when it commits: read, add one, write, many at once."""
    database = open_database(url, clock=CLOCK)
    with database.writing() as session:
        set_value(session, "n", "0")
    others = [program(ADD, url, "40") for _ in range(2)]

    def add(_: int) -> None:
        with database.writing() as session:
            row = session.get(Meta, "n")
            assert row is not None
            row.value = str(int(row.value) + 1)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(add, range(40)))
    assert [process.wait() for process in others] == [0, 0]
    assert value(database, "n") == "120"
    database.close()


WRITE = """
    n = 0
    while True:
        with database.writing() as session:
            session.add(Meta(key=f"{n:06d}", value="x" * 500))
            session.add(Meta(key=f"{n:06d}-pair", value="x" * 500))
        print(n, flush=True)
        n += 1
"""


def test_killed_while_writing_keeps_what_was_acknowledged(sqlite: str, tmp_path: Path) -> None:
    """kill -9 at any moment: every acknowledged unit is there, whole, and the database is sound."""
    acknowledged = -1
    for turn in range(3):
        writer = program(WRITE.replace("n = 0", f"n = {acknowledged + 2}"), sqlite)
        assert writer.stdout is not None
        for _ in range(15 + 7 * turn):
            acknowledged = int(writer.stdout.readline())
        time.sleep(0.003 * turn)
        writer.send_signal(signal.SIGKILL)
        acknowledged = max([acknowledged, *(int(line) for line in writer.stdout if line.endswith("\n"))])
        writer.wait()
        database = open_database(sqlite, clock=CLOCK)
        with database.reading() as session:
            found = set(session.exec(select(Meta.key)).all())
            assert session.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        database.close()
        units = {key for key in found if not key.endswith("-pair")}
        assert {f"{key}-pair" for key in units} == found - units
        assert f"{acknowledged:06d}" in units
        assert len(units) >= acknowledged - turn
    assert (tmp_path / "base.db").stat().st_mode & 0o777 == 0o600


def test_backup_is_whole_private_and_never_overwrites(sqlite: str, tmp_path: Path) -> None:
    database = open_database(sqlite, clock=CLOCK)
    with database.writing() as session:
        set_value(session, "a", "1")
    target = tmp_path / "copie.db"
    database.back_up(target)
    assert target.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        database.back_up(target)
    database.close()
    copy = open_database(f"sqlite:///{target}", clock=CLOCK)
    assert value(copy, "a") == "1"
    copy.close()


@pytest.mark.parametrize("name", ["a?b.db", "a%41.db", "a b é.db", "a#b.db", "a?mode=memory", "q'uote.db"])
def test_the_file_that_is_named_and_no_other(tmp_path: Path, name: str) -> None:
    for _ in range(2):
        database = open_database(f"sqlite:///{tmp_path / name}", clock=CLOCK)
        with database.writing() as session:
            set_value(session, "place", database.place)
        database.close()
    assert {path.name.removesuffix("-journal") for path in tmp_path.iterdir()} == {name}
    assert integrity.faults(f"sqlite:///{tmp_path / name}") == []
