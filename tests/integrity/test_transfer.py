"""A base moved into one of the other kind: whole, as often as it is cut short, and never over anything."""

import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlmodel import SQLModel, col

from console.base.errors import ForbiddenError, RefusedInputError, StorageError
from console.base.roles import Role
from console.db import dialect, transfer
from console.db.engine import Database, open_database
from console.db.meta import read_meta
from console.db.query import ReadBatch
from console.db.tables import Call, Callback, Event
from console.integrity.transfer import Moved, lines, move
from console.ledger.sealer import SealService
from console.ledger.seals import Given
from console.messages.held import is_held
from console.messages.outbox import OutboxService
from tests.databases import Filled
from tests.integrity.test_seals import NOW, company, found
from tests.servers import Server
from tests.world import DIAL, REFUSAL, World, plain


class CutError(Exception):
    """What kills a transfer in the middle."""


@pytest.fixture
def world(filled: Filled) -> World:
    return filled(company, NOW)


@pytest.fixture
def target(world: World, postgresql_url: Server, tmp_path: Path) -> str:
    """A database of the other kind, still to be made."""
    return f"sqlite:///{tmp_path / 'target.db'}" if world.url else postgresql_url.new()


def moved(world: World, target: str, progress: Callable[[int, int], None] = lambda *_: None) -> Moved:
    here = world.url or f"sqlite:///{world.path}"
    world.database.close()
    return move(world.context, here, target, "la cible", progress, lambda *_: None)


def poured(world: World, target: str, progress: Callable[[int, int], None] = lambda *_: None) -> None:
    """The rows alone, without what is compared afterwards."""
    with world.database.writing() as session:
        dialect.still(session.connection())
        transfer.transfer(session.connection(), target, progress)


def rows_of(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row, but for what the transfer itself wrote, as the program reads it."""
    with database.reading() as session:
        found = {
            table.name: sorted(map(tuple, session.execute(select(table)).all()), key=repr)
            for table in SQLModel.metadata.sorted_tables
        }
    found["event"] = [row for row in found["event"] if "base.transferred" not in row]
    found["meta"] = [row for row in found["meta"] if row[0] != "messages_held"]
    return found


def last_numbers(database: Database) -> dict[str, int]:
    with database.reading() as session:
        connection = session.connection()
        return {
            table.name: dialect.last_number(connection, table)
            for table in SQLModel.metadata.sorted_tables
            if table.name != "event"
        }


def test_all_comes_over_and_work_goes_on_there(world: World, target: str, tmp_path: Path) -> None:
    with world.database.writing() as session:  # numbers given to rows that are gone
        links: dict[str, Any] = {"client_id": 1, "subscription_id": 1, "agent": "Zoé"}
        session.add(gone := Callback(**links, promised_at=NOW, created_at=NOW))
        session.flush()
        session.delete(gone)
        session.execute(text("UPDATE draft SET text = :odd"), {"odd": "\\N\t« é »\r\n\\."})
    given = last_numbers(world.database)
    seal = SealService(world.context).latest()
    assert seal is not None
    before = rows_of(world.database)
    done = moved(world, target)
    assert sum(done.rows.values()) == sum(map(len, before.values()))
    there = World(tmp_path / "target.db", world.now, url=target)
    assert rows_of(there.database) == before
    assert {name: n for name, n in last_numbers(there.database).items() if n != given[name]} == {}
    assert found(there, Given(seal.fingerprint)) == found(world)
    with there.database.reading() as session:
        assert read_meta(session, "links.keys") == dict(before["meta"]).get("links.keys", "")
        assert not is_held(ReadBatch(session))()
        assert session.scalars(select(Event).where(col(Event.text) == "base.transferred")).one()
    told = " ".join(lines(done))
    assert "Indicateurs de chaque mois\u202f: les mêmes" in told
    assert "aucun défaut, d’un côté ni de l’autre" in told
    assert OutboxService(world.context).ways().held, "no message leaves the former base"
    assert not done.held
    there.walk(there.begin(7), *REFUSAL)
    there.add("CLT-00099")
    there.database.close()


def test_cut_short_at_any_moment_it_goes_on(
    world: World, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "_BATCH", 40)
    before, furthest, cuts = rows_of(world.database), 0, 0

    def cut(done: int, total: int) -> None:
        nonlocal furthest
        if done > furthest + total // 4:
            furthest = done
            raise CutError

    while True:
        try:
            poured(world, target, cut)
            break
        except CutError:
            cuts += 1
            with pytest.raises(StorageError, match="transfert qui n’est pas terminé"):
                open_database(target, clock=world.clock)
    assert cuts >= 3
    there = open_database(target, clock=world.clock)
    assert rows_of(there) == before
    there.close()


def test_it_begins_again_where_the_source_has_changed_since(
    world: World, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "_BATCH", 40)

    def cut(done: int, total: int) -> None:
        if done > total // 3:
            raise CutError

    with pytest.raises(CutError):
        poured(world, target, cut)
    with world.database.writing() as session:
        session.execute(text("UPDATE client SET last_name = 'Autre' WHERE id = 1"))
        session.execute(text("DELETE FROM absence"))
    before = rows_of(world.database)
    poured(world, target)
    there = open_database(target, clock=world.clock)
    assert rows_of(there) == before
    there.close()


def test_it_goes_over_nothing_else(world: World, target: str, tmp_path: Path) -> None:
    open_database(target, clock=world.clock).close()
    with pytest.raises(RefusedInputError, match="est déjà une base de la console"):
        moved(world, target)
    (tmp_path / "text.db").write_text("précieux" * 500)
    with pytest.raises(StorageError, match="n’est pas une base de données"):
        moved(world, f"sqlite:///{tmp_path / 'text.db'}")
    assert (tmp_path / "text.db").read_text() == "précieux" * 500
    sqlite3.connect(tmp_path / "other.db").execute("CREATE TABLE t (x)").connection.close()
    with pytest.raises(RefusedInputError, match="n’est pas vide"):
        moved(world, f"sqlite:///{tmp_path / 'other.db'}")
    with pytest.raises(RefusedInputError, match="est la base elle-même"):
        moved(world, world.url or f"sqlite:///{world.path}")


def test_another_base_does_not_go_on_with_what_one_had_begun(
    file_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = f"sqlite:///{tmp_path / 'target.db'}"

    def cut(done: int, total: int) -> None:
        raise CutError

    with pytest.raises(CutError):
        moved(file_world, target, cut)
    shutil.copy(file_world.path, tmp_path / "copy.db")
    with pytest.raises(RefusedInputError, match="celle d’un autre transfert"):
        moved(World(tmp_path / "copy.db", file_world.now), target)


@pytest.fixture
def file_world(tmp_path: Path) -> World:
    world = World(tmp_path / "base.db", NOW)
    world.add()
    return world


def test_nobody_is_at_work_meanwhile(file_world: World, tmp_path: Path) -> None:
    target = f"sqlite:///{tmp_path / 'target.db'}"
    view = file_world.walk(file_world.begin(1), *DIAL)
    with pytest.raises(RefusedInputError) as refused:
        moved(file_world, target)
    assert "Un appel est ouvert : Jean, avec CLT-00245" in plain(str(refused.value))
    assert not (tmp_path / "target.db").exists()
    file_world.services.calls.interrupt(view.call_id)
    with file_world.database.writing() as session:
        assert not session.scalars(select(Call).where(col(Call.ended_at).is_(None))).all()
    file_world.mail(1, "J-7", None, lease_until=file_world.now + timedelta(minutes=3))
    with pytest.raises(RefusedInputError, match="messages sont en train de partir"):
        moved(file_world, target)
    with file_world.database.writing() as session:
        session.execute(text("UPDATE message SET lease_until = NULL"))
    supervisor = replace(file_world.context, role=Role.SUPERVISOR)
    with pytest.raises(ForbiddenError):
        move(supervisor, "", target, "", lambda *_: None, lambda *_: None)
    assert moved(file_world, target).same


def test_who_else_has_a_servers_base_open_is_named(postgresql_url: Server, tmp_path: Path) -> None:
    world = World(tmp_path / "base.db", NOW, url=postgresql_url.new(postgresql_url.tables))
    other = open_database(world.url, clock=world.clock, who="Anne, poste-3")
    with other.reading():
        pass
    with pytest.raises(RefusedInputError, match="ouverte ailleurs\u202f: Anne, poste-3"):
        moved(world, f"sqlite:///{tmp_path / 'target.db'}")
    other.close()
    assert moved(world, f"sqlite:///{tmp_path / 'target.db'}").same
