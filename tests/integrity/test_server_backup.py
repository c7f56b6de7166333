"""A team's base on PostgreSQL: copied, put back and brought up to date by whoever owns it."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from alembic import command
from sqlalchemy import make_url, text
from sqlmodel import col, select

from console.base.errors import HotlinerError, RefusedInputError, StorageError
from console.base.vocabulary import Channel
from console.context import Context
from console.db import dialect
from console.db.engine import open_database
from console.db.meta import READABLE, UPGRADED, read_meta
from console.db.migrations import config
from console.db.query import ReadBatch
from console.db.server_tools import dump
from console.db.tables import READABLE_FROM, SCHEMA, Client, Event
from console.integrity import backup
from console.integrity.database import faults
from console.ledger.rights import statements
from console.messages.held import is_held
from tests.databases import CLOCK, NOW
from tests.servers import Server
from tests.world import CONTENT, World, plain


@pytest.fixture
def world(postgresql_url: Server, tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "unused.db", NOW, url=postgresql_url.new(postgresql_url.tables))
    world.add("CLT-00001")
    world.add("CLT-00002", email="deux@example.org")
    yield world
    world.database.close()


@pytest.fixture
def role(postgresql_url: Server) -> Iterator[str]:
    """A role that owns nothing, and of which nothing stays."""
    with psycopg.connect(f"{postgresql_url}postgres", autocommit=True) as owner:
        owner.execute("CREATE ROLE agents LOGIN")
    yield "agents"
    with psycopg.connect(f"{postgresql_url}postgres", autocommit=True) as owner:
        for (name,) in owner.execute("SELECT datname FROM pg_database WHERE datallowconn").fetchall():
            with psycopg.connect(f"{postgresql_url}{name}", autocommit=True) as one:
                one.execute("DROP OWNED BY agents CASCADE")
        owner.execute("DROP ROLE agents")


def let_in(url: str, role: str) -> None:
    with psycopg.connect(url, autocommit=True) as owner:
        for statement in statements(role):
            owner.execute(statement)


def codes(world: World) -> list[str]:
    with world.database.reading() as session:
        return sorted(session.scalars(select(Client.code)))


def audits(world: World) -> list[str]:
    with world.database.reading() as session:
        found = session.scalars(select(Event.text).where(col(Event.kind) == "audit").order_by(col(Event.id)))
        return list(found)


def put_back(world: World, copy: Path) -> Path | None:
    world.database.close()
    return backup.restore_on_server(world.url, copy, world.clock)


def test_a_copy_comes_back_and_nothing_said_since_is_unlearnt(
    world: World, tmp_path: Path, role: str
) -> None:
    let_in(world.url, role)
    copy = tmp_path / "copie.dump"
    seal = backup.back_up(world.context, copy)
    assert seal is not None
    assert copy.stat().st_mode & 0o777 == 0o600
    assert audits(world)[-1] == "base.copied"
    world.wait(hours=1)
    world.add("CLT-00003")
    world.services.clients.oppose(2, Channel.EMAIL)
    former = put_back(world, copy)
    assert former is not None
    assert former.stat().st_mode & 0o777 == 0o600
    told = backup.tell_restored(world.context, copy, former)
    assert any("1 client opposé" in plain(line) for line in told)
    assert codes(world) == ["CLT-00001", "CLT-00002"]
    with world.database.reading() as session:
        assert session.get_one(Client, 2).opposed_email
        assert is_held(ReadBatch(session))()
    assert not faults(world.url)
    assert seal.number
    kept = World(former, world.now)
    assert codes(kept) == ["CLT-00001", "CLT-00002", "CLT-00003"]
    kept.database.close()
    theirs = World(tmp_path / "unused.db", world.now, url=world.url.replace("numi@", f"{role}@"))
    theirs.services.clients.add_note(1, "Les consoles ont gardé leurs droits.")
    theirs.database.close()


def test_a_copy_comes_back_on_another_server_in_an_empty_base(
    world: World, postgresql_url: Server, tmp_path: Path
) -> None:
    backup.back_up(world.context, tmp_path / "copie.dump")
    url = postgresql_url.new()
    assert backup.restore_on_server(url, tmp_path / "copie.dump", world.clock) is None
    other = World(tmp_path / "unused.db", world.now, url=url)
    assert codes(other) == codes(world)
    other.add("CLT-00009")
    other.database.close()


@pytest.fixture
def kept_by_role(postgresql_url: Server, role: str) -> Iterator[Callable[[], str]]:
    """Makes empty databases of that role's, in which it may set up no extension."""
    made: list[str] = []

    def make() -> str:
        name = postgresql_url.new().removeprefix(postgresql_url)
        made.append(name)
        with psycopg.connect(f"{postgresql_url}postgres", autocommit=True) as server:
            server.execute(f"ALTER DATABASE {name} OWNER TO {role}")
            server.execute(f"REVOKE CREATE ON DATABASE {name} FROM {role}")
        return f"{postgresql_url}{name}".replace("numi@", f"{role}@")

    yield make
    with psycopg.connect(f"{postgresql_url}postgres", autocommit=True) as server:
        for name in made:
            server.execute(f"ALTER DATABASE {name} OWNER TO numi")


def indexed(url: str) -> bool:
    """Whether a search has its index there."""
    with psycopg.connect(url) as base:
        return bool(base.execute("SELECT to_regclass('ix_client_search') IS NOT NULL").fetchall()[0][0])


def test_a_search_has_its_index_where_the_server_and_the_role_allow_it(
    world: World, kept_by_role: Callable[[], str], tmp_path: Path
) -> None:
    first, second, copy = kept_by_role(), kept_by_role(), tmp_path / "copie.dump"
    assert indexed(world.url)
    backup.back_up(world.context, copy)
    assert backup.restore_on_server(first, copy, CLOCK) is None
    assert not indexed(first)
    with psycopg.connect(first.replace("agents@", "numi@"), autocommit=True) as server:
        server.execute("CREATE SCHEMA aside; CREATE EXTENSION pg_trgm SCHEMA aside")  # which it may not use
        assert backup.upgrade(first, tmp_path, CLOCK) is None
        assert not indexed(first)
        server.execute("DROP SCHEMA aside CASCADE; CREATE EXTENSION pg_trgm")
    assert backup.upgrade(first, tmp_path, CLOCK) is None
    assert indexed(first)
    assert backup.restore_on_server(first, copy, CLOCK)  # over an extension that is not the role's
    assert indexed(first)
    theirs = World(tmp_path / "unused.db", NOW, url=first)
    backup.back_up(theirs.context, tmp_path / "leur.dump")
    assert [row.code for row in theirs.services.clients.search("clt-00002")] == ["CLT-00002"]
    theirs.database.close()
    assert backup.restore_on_server(second, tmp_path / "leur.dump", CLOCK) is None
    assert not indexed(second)


def test_what_is_refused_changes_nothing_and_is_not_told_as_done(
    world: World, postgresql_url: Server, tmp_path: Path
) -> None:
    copy, cut, text_file = tmp_path / "copie.dump", tmp_path / "coupée.dump", tmp_path / "texte"
    backup.back_up(world.context, copy)
    before = audits(world)
    with pytest.raises(RefusedInputError, match="existe déjà"):
        backup.back_up(world.context, copy)
    with pytest.raises(RefusedInputError, match="postgresql-client"):
        backup.back_up(world.context, tmp_path / "autre.dump", tools=tmp_path)
    assert not (tmp_path / "autre.dump").exists()
    assert audits(world) == before
    whole = copy.read_bytes()
    cut.write_bytes(whole[: len(whole) * 2 // 3])
    text_file.write_text("x" * 900)
    other = tmp_path / "ailleurs.dump"
    with psycopg.connect(postgresql_url.new(), autocommit=True) as foreign:
        foreign.execute("CREATE TABLE alembic_version (version_num text)")
        foreign.execute("INSERT INTO alembic_version VALUES (%s)", (SCHEMA,))
        dump(make_url(f"{postgresql_url}{foreign.info.dbname}"), other, None)
    for wrong in (other, cut, text_file, tmp_path / "absente", tmp_path):
        with pytest.raises(HotlinerError):
            put_back(world, wrong)
    assert codes(world) == ["CLT-00001", "CLT-00002"]
    assert audits(world) == before
    with pytest.raises(RefusedInputError, match="sauvegarde d’une base PostgreSQL"):
        backup.restore(copy, tmp_path / "base.db", world.clock)
    anne = open_database(world.url, clock=CLOCK, who="Anne, poste-3")
    with anne.reading(), pytest.raises(RefusedInputError, match="ouverte ailleurs\u202f: Anne, poste-3"):
        put_back(world, copy)
    anne.close()


SPY = """#!/bin/sh
echo "$@" > "$0.words"
env > "$0.environment"
echo 'pg_dump: error: connection to server failed: FATAL:  password authentication failed for user "x"' >&2
exit 1
"""


def test_a_password_stands_on_no_command_line(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINER_SMTP_PASSWORD", "of another service")
    spy = tmp_path / "pg_dump"
    spy.write_text(SPY)
    spy.chmod(0o755)
    url = world.url.replace("numi@", "numi:s%40cret@") + "?sslmode=prefer&pooler=transaction"
    with closing(open_database(url, clock=world.clock)) as database:
        ctx = replace(world.context, database=database)
        with pytest.raises(StorageError, match="identifiant ou le mot de passe") as refused:
            backup.back_up(ctx, tmp_path / "copie.dump", tools=tmp_path)
    assert "cret" not in str(refused.value)
    words = (tmp_path / "pg_dump.words").read_text()
    assert "--format=custom" in words
    assert "sslmode=prefer" in words
    assert "cret" not in words
    assert "pooler" not in words
    given = (tmp_path / "pg_dump.environment").read_text()
    assert "PGPASSWORD=s@cret" in given
    assert "HOTLINER_" not in given
    assert "PGPASSWORD" not in os.environ
    assert not (tmp_path / "copie.dump").exists()


@pytest.fixture
def older(postgresql_url: Server) -> str:
    """A team's base, as the version before left it."""
    url = postgresql_url.new()
    engine = dialect.make_engine(make_url(url.replace("postgresql:", "postgresql+psycopg:")))
    with dialect.writer(engine).begin() as connection:
        command.upgrade(config(connection), "0036")
        connection.execute(text("INSERT INTO meta VALUES ('trial', '1')"))
    engine.dispose()
    return url


def test_a_teams_base_is_brought_up_to_date_by_who_owns_it_once_it_is_copied(
    older: str, postgresql_url: Server, tmp_path: Path, role: str
) -> None:
    with pytest.raises(StorageError) as told:
        open_database(older, clock=CLOCK)
    assert "La mise à jour de la base" in str(told.value)
    assert "(« numi »)" in plain(str(told.value))
    assert "hotliner migrer" in str(told.value)
    assert "« hotliner migrer », sous le rôle « numi »" in plain(*faults(older))
    assert "la base est vide" in plain(*faults(postgresql_url.new()))
    with psycopg.connect(older, autocommit=True) as owner:  # as it was let in by the version before
        owner.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    with pytest.raises(RefusedInputError, match=r"au rôle «.numi.»"):
        backup.upgrade(older.replace("numi@", f"{role}@"), tmp_path, CLOCK)
    with pytest.raises(RefusedInputError, match="postgresql-client"):
        backup.upgrade(older, tmp_path, CLOCK, tmp_path)
    with pytest.raises(StorageError):
        open_database(older, clock=CLOCK)
    assert backup.upgrade(older, tmp_path, CLOCK) == "0036"
    (kept,) = tmp_path.glob(f"*-avant-{SCHEMA}.dump")
    assert backup.upgrade(older, tmp_path, CLOCK) is None
    database = open_database(older, clock=CLOCK)
    with database.reading() as session:
        assert read_meta(session, READABLE) == READABLE_FROM
        assert read_meta(session, UPGRADED) == f"0036 {kept}"
    backup.back_up(Context(database, CLOCK, CONTENT, "Ada"), tmp_path / "neuve.dump")
    database.close()
    with pytest.raises(RefusedInputError, match="plus ancienne"):
        backup.restore_on_server(older, kept, CLOCK)
    empty = postgresql_url.new()
    assert backup.restore_on_server(empty, kept, CLOCK) is None
    open_database(empty, clock=CLOCK).close()


def test_an_older_program_goes_on_where_the_base_says_that_it_may(world: World) -> None:
    with psycopg.connect(world.url, autocommit=True) as base:
        base.execute("UPDATE alembic_version SET version_num = '0099'")
        base.execute("INSERT INTO meta VALUES ('schema.readable_from', '0098'), ('schema.program', '9.1.0')")
    with pytest.raises(StorageError) as told:
        open_database(world.url, clock=CLOCK)
    assert "plus récente de la console (9.1.0)" in plain(str(told.value))
    assert "sauvegarde" not in str(told.value)
    with psycopg.connect(world.url, autocommit=True) as base:
        base.execute("UPDATE meta SET value = %s WHERE key = 'schema.readable_from'", (SCHEMA,))
    again = World(world.path, world.now + timedelta(hours=1), url=world.url)
    again.add("CLT-00004")
    again.database.close()
