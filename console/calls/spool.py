"""What a call did and the base has not taken yet, kept on this machine: one small SQLite file.

It is not a database of ours: no migration, nothing in it for long. A row is an act of a call, in the order in
which they were done, until it has been written or told. `place` and `agent` say whose it is.
"""

import json
import os
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import Any

_TABLE = """CREATE TABLE IF NOT EXISTS act (
    id INTEGER PRIMARY KEY AUTOINCREMENT, place TEXT NOT NULL, agent TEXT NOT NULL,
    call_id TEXT NOT NULL, client_id INTEGER NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL,
    at TEXT NOT NULL, told TEXT NOT NULL)"""
_PUT = "INSERT INTO act (place, agent, call_id, client_id, seq, kind, at, told) VALUES (?,?,?,?,?,?,?,?)"
_OF = "SELECT id, place, call_id, client_id, seq, kind, at, told FROM act WHERE agent = ? ORDER BY id"
_BUSY_SECONDS = 2


class KeptKind(StrEnum):
    """What an act did: an entry of the journal, a text being typed, a note, a word on the script."""

    STEP = "step"
    DRAFT = "draft"
    NOTE = "note"
    REMARK = "remark"


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


class Spool:
    """The file, made when it is first written to and for its owner's eyes only; without one, in memory.

    May be used from any thread, and by several programs at once. Raises OSError, sqlite3.Error.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None

    def put(self, agent: str, kept: Kept) -> Kept:
        """Keeps an act, durably; gives it with its number. A text takes the place of the one before it."""
        with self._lock, self._opened() as connection:
            if kept.kind is KeptKind.DRAFT:
                connection.execute(
                    "DELETE FROM act WHERE call_id = ? AND kind = ? AND json_extract(told, '$.field') = ?",
                    (kept.call_id, kept.kind, kept.told["field"]),
                )
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
        return [
            Kept(
                call, client, seq, KeptKind(kind), datetime.fromisoformat(at), json.loads(told), place, number
            )
            for number, place, call, client, seq, kind, at, told in rows
        ]

    def drop(self, done: Sequence[Kept]) -> None:
        """Forgets acts that were written or told."""
        with self._lock, self._opened() as connection:
            connection.executemany("DELETE FROM act WHERE id = ?", [(one.number,) for one in done])

    def _opened(self) -> sqlite3.Connection:
        """The connection; as a context it commits, or rolls back."""
        if self._connection is None:
            if self._file is not None and not self._file.exists():
                self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                os.close(os.open(self._file, os.O_CREAT | os.O_WRONLY, 0o600))
            connection = sqlite3.connect(
                self._file or ":memory:", timeout=_BUSY_SECONDS, check_same_thread=False
            )
            for pragma in ("trusted_schema=OFF", "secure_delete=ON", "synchronous=FULL"):
                connection.execute(f"PRAGMA {pragma}")
            with connection:
                connection.execute(_TABLE)
            self._connection = connection
        return self._connection
