"""Words typed while the base is free, held or gone: whichever way one leaves, they are there again."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from itertools import cycle
from pathlib import Path
from time import sleep

import pytest

from console.calls import keeping
from console.db import dialect
from screens.common import drafts
from tests.calls.desk import FRIDAY
from tests.ready import ROOT
from tests.screens import words
from tests.screens.words import FIELDS, WAYS, WORDS
from tests.servers import Server, postgresql_server
from tests.world import World


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each wait a sixteenth of what it is: a base is given up after half a second."""
    monkeypatch.setattr(dialect, "BUSY_SECONDS", 0.3)
    monkeypatch.setattr(keeping, "PATIENCE", 0.05)
    monkeypatch.setattr(keeping, "RETRY_SECONDS", 0.05)
    monkeypatch.setattr(drafts, "RETRY_SECONDS", 0.05)


@contextmanager
def free(_: World) -> Iterator[None]:
    yield


@contextmanager
def held(world: World) -> Iterator[None]:
    with closing(sqlite3.connect(world.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


Trouble = Callable[[World], AbstractContextManager[None]]
WHILE: dict[str, Trouble] = {"free": free, "held": held}
ONE_EACH = list(zip(FIELDS, cycle(WAYS), strict=False))
"""Every field, every way out; `python -m tests.bench --seul paroles` has them all together."""


async def left(world: World, field: str, way: str, trouble: Trouble) -> str:
    async with words.typed(world, field) as (app, pilot):
        with trouble(world):
            await words.leave(app, pilot, way, 5)
    if trouble is held:  # a write given up goes on for as long: it would have died with the console
        sleep(1.5 * dialect.BUSY_SECONDS)
    return words.found(world, field)


@pytest.mark.parametrize("base", WHILE)
@pytest.mark.parametrize(("field", "way"), ONE_EACH, ids=lambda one: one)
async def test_no_word_is_lost_in_silence(tmp_path: Path, field: str, way: str, base: str) -> None:
    world = World(tmp_path / "base.db", FRIDAY)
    words.begun(world, field)
    assert WORDS in await left(world, field, way, WHILE[base])
    world.database.close()


async def test_nor_while_a_server_is_gone(tmp_path: Path) -> None:
    with postgresql_server() as server:
        world = World(tmp_path / "none.db", FRIDAY, url=server.new())

        @contextmanager
        def gone(_: World) -> Iterator[None]:
            Server.stop(server)
            yield
            Server.start(server)

        words.begun(world, "note")
        assert WORDS in await left(world, "note", "Ctrl+Q", gone)
        world.database.close()


QUESTIONS = {
    "screens/records/criteria.py": "what the journal is filtered by, and a name for it",
    "screens/training/simulator.py": "the number of a call to play again",
    "screens/common/period.py": "between which days",
    "screens/common/finder.py": "who is looked for",
    "screens/session/sign_in.py": "a name and a password",
    "screens/session/first_name.py": "the agent's own first name",
    "screens/dashboard/welcome.py": "the path of a file",
}
"""Fields that ask something of the console and hold no words of anybody's: they need not outlive it."""


def test_every_field_that_holds_words_is_tried() -> None:
    """A new one is typed by way of the editor or of the call's field, or asks the console something."""
    files = (ROOT / "screens").rglob("*.py")
    sources = {one.relative_to(ROOT).as_posix(): one.read_text(encoding="utf-8") for one in files}
    plain = {name for name, text in sources.items() if re.search(r"(?<!\w)Field\(", text)}
    assert plain - {"screens/kit/screen.py"} == QUESTIONS.keys()
    editors = {name for name, text in sources.items() if "NoteModal(" in text}
    assert editors == {"screens/common/note.py", "screens/call/screen.py"}
    assert sources["screens/call/screen.py"].count("NoteModal(") == 3
