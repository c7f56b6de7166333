"""What was done or typed and the base has not taken yet, kept on this machine: one small SQLite file.

It is not a database of ours: no migration, nothing in it for long. A row is an act of a call, or what is
being typed outside one, in the order in which they were done, until it has been written or told. `place` and
`agent` say whose it is.
"""

import json
import logging
import os
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from threading import Lock
from time import time_ns
from typing import Any

_log = logging.getLogger("hotliner.calls")

_TABLE = """CREATE TABLE IF NOT EXISTS act (
    id INTEGER PRIMARY KEY AUTOINCREMENT, place TEXT NOT NULL, agent TEXT NOT NULL,
    call_id TEXT NOT NULL, client_id INTEGER NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL,
    at TEXT NOT NULL, told TEXT NOT NULL)"""
_PUT = "INSERT INTO act (place, agent, call_id, client_id, seq, kind, at, told) VALUES (?,?,?,?,?,?,?,?)"
_BEFORE = """DELETE FROM act WHERE agent = ? AND place = ? AND call_id = ? AND kind = ?
    AND json_extract(told, '$.field') = ?"""
_OF = "SELECT id, place, call_id, client_id, seq, kind, at, told FROM act WHERE agent = ? ORDER BY id"
_LEFT = """SELECT agent, place, sum(kind <> 'words'), sum(kind = 'words'), min(at) FROM act
    GROUP BY agent, place ORDER BY min(at)"""
_ASIDE = "-abime-"
_BUSY_SECONDS = 2
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class KeptKind(StrEnum):
    """What an act did: an entry of the journal, a text being typed, a note, a word on the script; words typed
    outside a call."""

    STEP = "step"
    DRAFT = "draft"
    NOTE = "note"
    REMARK = "remark"
    WORDS = "words"


OUTSIDE = "-"
"""The `call_id` of what is typed outside a call."""
_ALWAYS: Mapping[KeptKind, Sequence[str]] = {
    KeptKind.STEP: ("code", "act", "step", "said", "choice", "label", "captured", "outcome", "done"),
    KeptKind.DRAFT: ("code", "field", "text"),
    KeptKind.NOTE: ("code", "text", "mark", "without"),
    KeptKind.REMARK: ("code", "text", "mark", "step", "title"),
    KeptKind.WORDS: ("code", "field", "text", "draft", "about"),
}
"""What an act of each kind always tells."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An act of a call: `told` is what it says, `number` that of its row.

    `seq` is that of the entry it writes in the journal, else that of the step on the screen.
    """

    call_id: str
    client_id: int
    seq: int
    kind: KeptKind
    at: datetime
    told: Mapping[str, Any] = field(default_factory=dict)
    place: str = ""
    number: int = 0


def _read(row: tuple[Any, ...]) -> Kept | None:
    """The act of a row; None for one of another version, which stays in the file for that one."""
    number, place, call, client, seq, kind, at, told = row
    try:
        kept = Kept(
            call, client, seq, KeptKind(kind), datetime.fromisoformat(at), json.loads(told), place, number
        )
        _ = [kept.told[name] for name in _ALWAYS[kept.kind]]
    except (ValueError, TypeError, KeyError):
        _log.exception("an act of another version is left where it is kept")
        return None
    return kept


@dataclass(frozen=True, slots=True)
class Left:
    """How many acts of an agent's calls, and texts typed outside one, wait for a base, and since when."""

    agent: str
    place: str
    acts: int
    texts: int
    since: datetime


def left_in(file: Path) -> list[Left]:
    """What waits in a file, which is only read; the oldest first. Raises OSError, sqlite3.Error."""
    if not file.exists():
        return []
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        rows = connection.execute(_LEFT).fetchall()
    return [
        Left(agent, place, acts, texts, datetime.fromisoformat(at)) for agent, place, acts, texts, at in rows
    ]


def damaged(file: Path) -> list[Path]:
    """Those that were put aside in the place of this one."""
    return sorted(file.parent.glob(f"{file.stem}{_ASIDE}*{file.suffix}"))


class Spool:
    """The file, made when it is first written to and for its owner's eyes only; without one, in memory.

    May be used from any thread, and by several programs at once; a damaged one is put aside. Raises OSError,
    sqlite3.Error.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None

    def put(self, agent: str, kept: Kept) -> Kept:
        """Keeps an act, durably; gives it with its number. A text takes the place of the one before it."""
        with self._lock, self._opened() as connection:
            if "field" in kept.told:
                connection.execute(_BEFORE, (agent, kept.place, kept.call_id, kept.kind, kept.told["field"]))
            row = (kept.place, agent, kept.call_id, kept.client_id, kept.seq, kept.kind)
            told = json.dumps(dict(kept.told), ensure_ascii=False)
            number = connection.execute(_PUT, (*row, kept.at.isoformat(), told)).lastrowid
        return replace(kept, number=number or 0)

    def of(self, agent: str) -> list[Kept]:
        """What is kept of an agent's, in order."""
        if self._connection is None and (self._file is None or not self._file.exists()):
            return []
        with self._lock, self._opened() as connection:
            rows = connection.execute(_OF, (agent,)).fetchall()
        return [kept for row in rows if (kept := _read(row)) is not None]

    def drop(self, done: Sequence[Kept]) -> None:
        """Forgets acts that were written or told."""
        with self._lock, self._opened() as connection:
            connection.executemany("DELETE FROM act WHERE id = ?", [(one.number,) for one in done])

    def _opened(self) -> sqlite3.Connection:
        """The connection; as a context it commits, or rolls back."""
        if self._connection is None:
            try:
                self._connection = self._open()
            except sqlite3.DatabaseError as error:
                damaged = getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED
                if self._file is None or not damaged:
                    raise
                aside = self._file.with_name(f"{self._file.stem}{_ASIDE}{time_ns()}{self._file.suffix}")
                self._file.rename(aside)
                _log.exception("what is kept on this machine is damaged, and put aside: %s", aside)
                self._connection = self._open()
        return self._connection

    def _open(self) -> sqlite3.Connection:
        if self._file is not None and not self._file.exists():
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(self._file, os.O_CREAT | os.O_WRONLY, 0o600))
        connection = sqlite3.connect(self._file or ":memory:", timeout=_BUSY_SECONDS, check_same_thread=False)
        try:
            for pragma in ("trusted_schema=OFF", "secure_delete=ON", "synchronous=FULL"):
                connection.execute(f"PRAGMA {pragma}")
            with connection:
                connection.execute(_TABLE)
            connection.execute("SELECT told FROM act").fetchall()  # damage is met now, and not in a call
        except sqlite3.Error:
            connection.close()
            raise
        return connection
