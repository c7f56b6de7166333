"""Each way a database can fail gives its own French sentence, and keeps what was there."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

import psycopg
import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from console.base.errors import ConflictError, HotlinerError, RefusedInputError, StorageError
from console.db import dialect
from console.db.engine import Database, open_database
from console.db.failures import Failure, classify_words
from console.db.tables import Meta
from console.db.wire import Line
from tests.databases import CLOCK
from tests.servers import Server, postgresql_programs, postgresql_server
from tests.world import plain


def write(database: Database, key: str, value: str = "") -> None:
    with database.writing() as session:
        session.add(Meta(key=key, value=value))


def keys(database: Database) -> list[str]:
    with database.reading() as session:
        return sorted(session.exec(select(Meta.key)).all())


def said(error: pytest.ExceptionInfo[HotlinerError]) -> str:
    """What the person reads; every failure says what happened and what to do, and shows no English."""
    assert error.value.happened
    assert error.value.todo
    words = plain(str(error.value))
    assert "Error" not in words
    assert "sqlite3" not in words
    return words


@pytest.fixture
def base(tmp_path: Path) -> Path:
    path = tmp_path / "base.db"
    open_database(f"sqlite:///{path}", clock=CLOCK).close()
    return path


def opening(path: Path) -> str:
    with pytest.raises(StorageError) as error:
        open_database(f"sqlite:///{path}", clock=CLOCK)
    return said(error)


def test_empty_file(tmp_path: Path) -> None:
    (tmp_path / "base.db").touch()
    assert "fichier vide" in opening(tmp_path / "base.db")


def test_any_other_file(tmp_path: Path) -> None:
    (tmp_path / "base.db").write_text("nom;expire_le\nDupuis;31/12/2025\n" * 100)
    assert "n’est pas une base de données de la console" in opening(tmp_path / "base.db")


def test_database_of_another_program(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "base.db")
    other.execute("CREATE TABLE client (id INTEGER)")
    other.close()
    assert "n’est pas une base de données de la console" in opening(tmp_path / "base.db")


def test_missing_folder(tmp_path: Path) -> None:
    assert "dossier" in opening(tmp_path / "absent" / "base.db")
    assert not (tmp_path / "absent").exists()


def test_folder_in_place_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "base.db").mkdir()
    assert "n’est pas une base de données" in opening(tmp_path / "base.db")


@contextmanager
def without_privileges() -> Iterator[None]:
    """Root may open everything: meanwhile, somebody who owns nothing."""
    root = os.geteuid() == 0
    if root:
        try:
            os.seteuid(65_534)
        except OSError:
            pytest.skip("root may open everything, and can be nobody else here")
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_forbidden_file(base: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:  # the tests' own folders are closed to others
        Path(folder).chmod(0o755)
        file = Path(shutil.copy(base, folder))
        file.chmod(0)
        with without_privileges():
            if not os.access(folder, os.X_OK, effective_ids=True):
                pytest.skip("the folder of temporary files is closed to others")
            assert "pas le droit d’ouvrir" in opening(file)


def test_truncated_file(base: Path) -> None:
    whole = base.read_bytes()
    base.write_bytes(whole[: len(whole) // 2])
    assert "abîmée" in opening(base)


def test_corrupt_page_met_while_working(base: Path) -> None:
    database = open_database(f"sqlite:///{base}", clock=CLOCK)
    with base.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (base.stat().st_size - 4096))
    with pytest.raises(StorageError) as error:
        write(database, "a")
    assert "abîmée" in said(error)
    database.close()


def test_read_only_database_can_be_read(base: Path) -> None:
    database = open_database(f"sqlite:///file:{base}?mode=ro&uri=true", clock=CLOCK)
    assert keys(database) == []
    with pytest.raises(StorageError) as error:
        write(database, "a")
    assert "lecture seule" in said(error)
    database.close()


def test_full_disk_keeps_what_was_there(base: Path) -> None:
    database = open_database(f"sqlite:///{base}", clock=CLOCK)
    write(database, "a")
    with database.reading() as session:
        pages = session.execute(text("PRAGMA page_count")).scalar()
        session.execute(text(f"PRAGMA max_page_count={pages}"))
    with pytest.raises(StorageError) as error:
        write(database, "b", "x" * 100_000)
    assert "plus de place" in said(error)
    assert keys(database) == ["a"]
    write(database, "c")
    database.close()


def test_file_size_limit(base: Path) -> None:
    """The system refuses to let the file grow, as with a quota."""
    program = """
        import resource, signal, sys
        from console.base.errors import StorageError
        from console.db.engine import open_database
        from console.db.tables import Meta
        from tests.databases import CLOCK
        database = open_database(sys.argv[1], clock=CLOCK)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        size = int(sys.argv[2])
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        try:
            with database.writing() as session:
                session.add(Meta(key="b", value="x" * 3_000_000))
        except StorageError as error:
            print(error)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), f"sqlite:///{base}", str(base.stat().st_size)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "place" in done.stdout
    database = open_database(f"sqlite:///{base}", clock=CLOCK)
    assert keys(database) == []
    database.close()


def test_locked(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialect, "BUSY_SECONDS", 0.2)
    database = open_database(f"sqlite:///{base}", clock=CLOCK)
    other = sqlite3.connect(base, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StorageError) as error:
        write(database, "a")
    assert "occupée" in said(error)
    other.execute("ROLLBACK")
    write(database, "a")
    assert keys(database) == ["a"]
    other.close()
    database.close()


def test_moved_while_open(base: Path) -> None:
    database = open_database(f"sqlite:///{base}", clock=CLOCK)
    write(database, "a")
    shutil.move(base, base.with_name("ailleurs.db"))
    with pytest.raises(StorageError) as error:
        write(database, "b")
    said(error)
    database.close()


@pytest.mark.parametrize(
    "url", ["", "base.db", "mysql://h/b", "sqlite://", "sqlite:///:memory:", "http://x", "sqlite:"]
)
def test_addresses_that_name_no_database(url: str) -> None:
    with pytest.raises(RefusedInputError) as error:
        open_database(url, clock=CLOCK)
    assert "adresse" in said(error)


def test_the_same_fact_written_twice(url: str) -> None:
    database = open_database(url, clock=CLOCK)
    write(database, "a")
    with pytest.raises(ConflictError) as error:
        write(database, "a")
    assert "modifiée ailleurs" in said(error)
    database.close()


def test_an_error_that_comes_before_the_end_of_what_was_sent(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server tells it at once, and answers the end apart: both are read, and the line goes on."""
    database = open_database(url, clock=CLOCK)
    write(database, "a")
    hear = Line.hear

    def late(line: Line) -> None:
        sleep(0.05)
        hear(line)

    monkeypatch.setattr(Line, "hear", late)
    with pytest.raises(ConflictError) as error:
        write(database, "a")
    assert "modifiée ailleurs" in said(error)
    write(database, "b")
    assert {"a", "b"} <= set(keys(database))
    database.close()


def test_a_mistake_of_ours_is_not_blamed_on_the_database(sqlite: str) -> None:
    database = open_database(sqlite, clock=CLOCK)

    def mistaken(session: Session) -> None:
        session.add(Meta(key="a", value="b"))
        raise KeyError("ours")

    with pytest.raises(KeyError), database.writing() as session:
        mistaken(session)
    assert keys(database) == []
    database.close()


def test_missing_table(sqlite: str, tmp_path: Path) -> None:
    open_database(sqlite, clock=CLOCK).close()
    other = sqlite3.connect(tmp_path / "base.db")
    other.execute("DROP TABLE meta")
    other.close()
    database = open_database(sqlite, clock=CLOCK)
    with pytest.raises(StorageError) as error:
        keys(database)
    assert "tables attendues" in said(error)
    database.close()


# PostgreSQL


def test_no_server() -> None:
    with pytest.raises(StorageError) as error:
        open_database("postgresql://numi:secret@127.0.0.1:1/base", clock=CLOCK)
    words = said(error)
    assert "ne répond pas" in words
    assert "base (127.0.0.1:1)" in words
    assert "secret" not in words


def test_no_such_database(postgresql_url: str) -> None:
    with pytest.raises(StorageError) as error:
        open_database(f"{postgresql_url}absente", clock=CLOCK)
    assert "ne connaît pas" in said(error)


def test_read_only_server(postgresql: str) -> None:
    database = open_database(postgresql, clock=CLOCK)

    def write_while_reading() -> None:
        with database.reading() as session:
            session.add(Meta(key="a", value=""))
            session.flush()

    with pytest.raises(StorageError) as error:
        write_while_reading()
    assert "lecture seule" in said(error)
    database.close()


def test_locked_server(postgresql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialect, "BUSY_SECONDS", 1)
    database = open_database(postgresql, clock=CLOCK, who="Zoé, poste-3")
    taken, release = threading.Event(), threading.Event()

    def hold() -> None:
        with database.writing() as session:
            session.exec(select(Meta)).all()  # a unit begins with what it first says
            taken.set()
            release.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    assert taken.wait(10)
    with pytest.raises(StorageError) as error:
        write(database, "a")
    release.set()
    thread.join()
    assert "occupée : Zoe, poste-3 écrit depuis" in said(error)
    write(database, "a")
    database.close()


def test_a_writer_that_stalls_lets_the_others_work(postgresql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine asleep in the middle of a write held everybody up for as long as it slept."""
    monkeypatch.setattr(dialect, "IDLE_SECONDS", 1)
    asleep, others = (open_database(postgresql, clock=CLOCK) for _ in range(2))

    def sleep_in_a_write() -> None:
        with asleep.writing() as session:
            session.add(Meta(key="a", value=""))
            session.flush()
            write(others, "b")  # waits until the server has ended the one asleep

    with pytest.raises(StorageError) as error:
        sleep_in_a_write()
    assert "laissé travailler les autres" in said(error)
    assert keys(others) == ["b"]
    write(asleep, "c")
    asleep.close()
    others.close()


def refused(url: str) -> str:
    with pytest.raises(StorageError) as error:
        open_database(url, clock=CLOCK)
    return said(error)


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_base_that_cannot_hold_every_name_is_refused(postgresql_url: Server, encoding: str) -> None:
    with psycopg.connect(f"{postgresql_url}postgres", autocommit=True) as server:
        server.execute(f"CREATE DATABASE {encoding} TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'")
    assert f"pas en UTF-8 ({encoding})" in refused(f"{postgresql_url}{encoding.lower()}")


def test_each_refusal_of_a_real_server_has_its_own_words(postgresql_url: Server) -> None:
    url = postgresql_url.new(postgresql_url.tables)
    with psycopg.connect(url, autocommit=True) as server:
        server.execute("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0")
        server.execute("CREATE ROLE reader LOGIN")
        server.execute("GRANT SELECT ON alembic_version TO reader")
    try:
        assert "pas une connexion de plus" in refused(url.replace("numi@", "crowded@"))
        assert "chiffrée" in refused(f"{url}?sslmode=require")
        assert "refusé l’identifiant" in refused(url.replace("numi@", "personne@"))
        assert "Le nom du serveur de la base de données base (serveur.invalid)" in refused(
            "postgresql://numi@serveur.invalid/base"
        )
        theirs = open_database(url.replace("numi@", "reader@"), clock=CLOCK)
        with pytest.raises(StorageError) as error:
            keys(theirs)
        assert "Ce qui lui manque : la table « meta »" in said(error)
        assert "hotliner droits" in said(error)
        theirs.close()
        empty = postgresql_url.new()
        assert "Ce qui lui manque : le schéma « public »" in refused(empty.replace("numi@", "reader@"))
    finally:
        with psycopg.connect(url, autocommit=True) as server:
            server.execute("DROP OWNED BY reader")
            server.execute("DROP ROLE reader")
            server.execute("DROP ROLE crowded")


@pytest.mark.parametrize(
    ("words", "failure"),
    [
        ('FATAL:  password authentication failed for user "x"', Failure.REFUSED_LOGIN),
        ("fe_sendauth: no password supplied", Failure.NO_PASSWORD),
        ('FATAL:  no pg_hba.conf entry for host "::1", user "x", no encryption', Failure.NOT_ADMITTED),
        ("FATAL:  sorry, too many clients already", Failure.TOO_MANY),
        ("FATAL:  remaining connection slots are reserved for roles with SUPERUSER", Failure.TOO_MANY),
        ("FATAL:  no more connections allowed (max_client_conn)", Failure.TOO_MANY),
        ("SSL error: certificate verify failed", Failure.CERTIFICATE),
        ('server certificate for "a" does not match host name "b"', Failure.CERTIFICATE),
        ("connection timeout expired", Failure.TIMEOUT),
        ("received invalid response to SSL negotiation: H", Failure.OTHER_SERVER),
        ("FATAL:  unsupported startup parameter: options", Failure.POOLER),
        ('connection to server at "::1", port 1 failed: Connection refused', Failure.SERVER_GONE),
        ('FATAL:  database "x" does not exist', Failure.NO_SUCH_DATABASE),
        ("n’importe quoi", None),
    ],
)
def test_words_without_a_code_are_understood(words: str, failure: Failure | None) -> None:
    assert classify_words(words) is failure


def test_prepared_statements_lost_by_a_pooler_name_it(postgresql: str) -> None:
    database = open_database(postgresql, clock=CLOCK)
    with pytest.raises(StorageError) as error, database.reading() as session:
        session.execute(text("EXECUTE lost"))
    assert "intermédiaire" in said(error)
    assert "?pooler=transaction" in said(error)
    database.close()


def test_behind_a_pooler_each_transaction_sets_its_own_limits(postgresql: str) -> None:
    plain_one, lent = (
        open_database(f"{postgresql}{end}", clock=CLOCK) for end in ("", "?pooler=transaction")
    )
    shown = [
        text(f"SHOW {name}") for name in ("timezone", "lock_timeout", "idle_in_transaction_session_timeout")
    ]
    found = []
    for database in (plain_one, lent):
        for unit in (database.reading, database.writing):
            with unit() as session:
                found.append([session.scalar(one) for one in shown])
        database.close()
    assert found == [["UTC", "5s", "10s"]] * 4


@pytest.mark.skipif(postgresql_programs() is None, reason="PostgreSQL’s programs are not installed")
def test_server_restarted_between_two_acts() -> None:
    with postgresql_server() as server:
        database = open_database(f"{server}postgres", clock=CLOCK)
        write(database, "a")
        server.stop()
        with pytest.raises(StorageError) as error:
            write(database, "b")
        assert "ne répond pas" in said(error)
        server.start()
        write(database, "c")
        assert keys(database) == ["a", "c"]
        database.close()
