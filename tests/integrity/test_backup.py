"""Backups, and the way back."""

import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlmodel import func, select

from console.base.clock import frozen_at
from console.base.errors import HotlinerError, RefusedInputError
from console.context import Context
from console.db.engine import Database, open_database
from console.db.tables import CampaignCount, Client
from console.integrity import backup
from console.integrity import database as integrity
from console.integrity.backup import restore
from tests.world import CONTENT

NOW = datetime(2025, 12, 20, 13, tzinfo=UTC)
CLOCK = frozen_at(NOW)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "base.db"


@pytest.fixture
def database(path: Path) -> Database:
    return open_database(f"sqlite:///{path}", clock=CLOCK)


def back_up(database: Database, target: Path) -> None:
    backup.back_up(Context(database, CLOCK, CONTENT, "Jean"), target)


def add(database: Database, code: str) -> None:
    with database.writing() as session:
        session.add(
            Client(code=code, last_name="X", client_since=date(2024, 1, 1), created_at=NOW, updated_at=NOW)
        )


def count(database: Database) -> int:
    with database.reading() as session:
        return session.exec(select(func.count()).select_from(Client)).one()


def test_a_copy_is_whole_private_and_comes_back(database: Database, path: Path, tmp_path: Path) -> None:
    add(database, "CLT-00001")
    back_up(database, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    add(database, "CLT-00002")
    kept = restore(tmp_path / "copy.db", path, CLOCK)
    assert count(database) == 1, "an open console goes on with what was restored"
    assert kept is not None
    assert kept.stat().st_mode & 0o777 == 0o600
    assert count(open_database(f"sqlite:///{kept}", clock=CLOCK)) == 2
    assert not integrity.faults(f"sqlite:///{path}")


def test_a_copy_never_takes_the_place_of_a_file(database: Database, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("precious")
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("there", "link"):
        with pytest.raises(RefusedInputError, match="existe déjà"):
            back_up(database, tmp_path / name)
    assert (tmp_path / "there").read_text() == "precious"
    with pytest.raises(HotlinerError):
        back_up(database, tmp_path / "no" / "folder" / "x.db")


def test_what_is_no_whole_backup_is_refused_and_nothing_changes(
    database: Database, path: Path, tmp_path: Path
) -> None:
    add(database, "CLT-00001")
    back_up(database, tmp_path / "newer.db")
    with sqlite3.connect(tmp_path / "newer.db") as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    (tmp_path / "text").write_text("x" * 9000)
    (tmp_path / "empty").write_text("")
    sqlite3.connect(tmp_path / "other.db").execute("CREATE TABLE t (x)").connection.close()
    whole = (tmp_path / "newer.db").read_bytes()
    (tmp_path / "cut.db").write_bytes(whole[: len(whole) // 2])
    before = path.read_bytes()
    for name in ("newer.db", "text", "empty", "other.db", "cut.db", "absent", "base.db"):
        with pytest.raises(RefusedInputError):
            restore(tmp_path / name, path, CLOCK)
    assert path.read_bytes() == before
    assert not list(tmp_path.glob("*avant-restauration*"))


def test_a_broken_database_is_set_aside_and_replaced(database: Database, path: Path, tmp_path: Path) -> None:
    add(database, "CLT-00001")
    back_up(database, tmp_path / "copy.db")
    database.close()
    path.write_bytes(b"garbage" * 2000)
    kept = restore(tmp_path / "copy.db", path, CLOCK)
    assert kept is not None
    assert kept.read_bytes().startswith(b"garbage")
    assert path.stat().st_mode & 0o777 == 0o600
    assert count(open_database(f"sqlite:///{path}", clock=CLOCK)) == 1


def test_a_lost_database_comes_back(database: Database, path: Path, tmp_path: Path) -> None:
    add(database, "CLT-00001")
    back_up(database, tmp_path / "copy.db")
    database.close()
    path.unlink()
    assert restore(tmp_path / "copy.db", path, CLOCK) is None
    assert count(open_database(f"sqlite:///{path}", clock=CLOCK)) == 1


def test_integrity_names_what_is_broken(database: Database, path: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{path}"
    assert integrity.faults(url) == []
    with database.writing() as session:
        session.add(CampaignCount(expires_on=date(2025, 12, 31), figure="urgent", n=3))
    (fault,) = integrity.faults(url)
    assert "« urgent » du 31/12/2025" in fault.replace("\u00a0", " ")
    database.close()
    with sqlite3.connect(path) as base:
        base.execute("DELETE FROM campaign_count")
        base.execute(
            "INSERT INTO event (at, kind, client_id, agent, text, data) VALUES (0, 'note', 99, '', '', '{}')"
        )
    assert any("event" in one for one in integrity.faults(url))
    path.write_bytes(b"")
    assert integrity.faults(url)
    path.write_bytes(b"x" * 9000)
    assert integrity.faults(url)


def test_the_last_backups_of_a_folder_are_kept_and_nothing_else_goes(tmp_path: Path) -> None:
    days = [backup.named_in(tmp_path, NOW.replace(day=day)) for day in (9, 10, 11, 12)]
    others = [
        tmp_path / "hotliner-avant.db",
        tmp_path / "numi.db",
        tmp_path / "hotliner-20251201-080000.db.gz",
    ]
    for path in (*days, *others):
        path.touch()
    assert days[0].name == "hotliner-20251209-140000.db"
    assert backup.prune(tmp_path, 2) == days[:2]
    assert sorted(tmp_path.iterdir()) == sorted((*days[2:], *others))
    assert backup.prune(tmp_path, 2) == []


def test_a_backup_that_may_not_be_read_is_refused(
    database: Database, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(database, tmp_path / "copy.db")
    monkeypatch.setattr("console.db.restore.os.access", lambda *_: False)
    with pytest.raises(RefusedInputError, match="vous n’en avez pas le droit"):
        restore(tmp_path / "copy.db", path, CLOCK)
