import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from console.cli.log import start_log


@pytest.fixture(autouse=True)
def root_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = [*root.handlers], root.level
    yield
    logging.captureWarnings(False)
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


def log_of(error: Exception, path: Path) -> str:
    start_log(path)
    try:
        raise error
    except Exception:
        logging.getLogger("hotliner").exception("failed")
    return path.read_text(encoding="utf-8")


def test_it_tells_where_but_never_whom(tmp_path: Path) -> None:
    text = log_of(KeyError("Marie Dupuis, 06 12 34 56 78"), tmp_path / "state" / "x.log")
    assert "KeyError" in text
    assert "test_log.py" in text
    assert "Marie" not in text
    assert "06 12" not in text


def test_what_the_system_and_the_engine_say_is_kept(tmp_path: Path) -> None:
    assert "No space left" in log_of(OSError(28, "No space left on device", "/x"), tmp_path / "a.log")
    assert "database is locked" in log_of(sqlite3.OperationalError("database is locked"), tmp_path / "b.log")


def test_a_servers_words_are_kept_with_their_code_unless_they_quote_a_row(tmp_path: Path) -> None:
    lost = log_of(psycopg.errors.AdminShutdown("terminating connection"), tmp_path / "a.log")
    assert "AdminShutdown: 57P01 terminating connection" in lost
    assert "connection failed" in log_of(psycopg.OperationalError("connection failed"), tmp_path / "b.log")
    quoted = log_of(psycopg.errors.UniqueViolation("Key (email)=(marie@example.org)"), tmp_path / "c.log")
    assert "UniqueViolation: 23505" in quoted
    assert "marie" not in quoted


def test_it_is_private_and_follows_no_link(tmp_path: Path) -> None:
    start_log(tmp_path / "x.log")
    assert (tmp_path / "x.log").stat().st_mode & 0o777 == 0o600
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "link.log").symlink_to("victim")
    start_log(tmp_path / "link.log")
    logging.getLogger("hotliner").error("x")
    assert (tmp_path / "victim").read_text() == "precious"


def test_what_is_said_while_it_starts_again_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, make = tmp_path / "x.log", Path.mkdir
    start_log(path)

    def said(*arguments: Any, **options: Any) -> None:
        logging.getLogger("hotliner").error("said by another thread")
        make(*arguments, **options)

    monkeypatch.setattr(Path, "mkdir", said)
    start_log(path)
    assert path.read_text(encoding="utf-8").count("said by another thread") == 1


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    start_log(tmp_path / "file" / "x.log")
    logging.getLogger("hotliner").error("x")
