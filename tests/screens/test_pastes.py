"""A paste is text on every screen, whatever it holds: no key acts, no fact is written."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest
from sqlalchemy import text

from screens.kit.driver import PasteParser
from tests.screens.desk import Desk, at_desk
from tests.screens.hands import PASTES
from tests.screens.shown import shown
from tests.screens.test_driver import SHAPES
from tests.screens.test_keys import CONTEXTS, no_call

ESC = "\x1b"
HOSTILE = [
    *(one for one in (*PASTES, *SHAPES) if ESC in one and len(one) < 1_000),
    *(f"{ESC}{key}" for key in ("1", "&", "a", "q", "\r", "h", "\x11", "\x13", " ")),
    *(f"mots {ESC}[{code}" for code in ("13u", "27u", "49;5u", "113;5u", "1;5C", "<0;40;12M", "<0;40;12m")),
]
"""What is pasted on each screen, one after the other."""
TOGETHER = 8
WRITTEN_AS_ONE_LIKES = {("call", "drafts")}
"""What is typed is kept: that is no fact."""
KEPT = {"draft", "claim", "meta"}
"""Tables of what is typed, whose a client is for two minutes, and of settings."""


def facts(desk: Desk) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, but for drafts."""
    found = {}
    with desk.services.ctx.database.reading() as session:
        connection = session.connection()
        for (table,) in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).all():
            if table in KEPT or "fts" in table:
                continue
            names = [row[1] for row in connection.execute(text(f'PRAGMA table_info("{table}")'))]
            kept = ", ".join(f'"{name}"' for name in names if (table, name) not in WRITTEN_AS_ONE_LIKES)
            found[table] = [tuple(row) for row in connection.execute(text(f'SELECT {kept} FROM "{table}"'))]
    return found


def test_there_are_shapes_enough() -> None:
    assert len(set(HOSTILE)) >= 30


@pytest.mark.parametrize("name", CONTEXTS)
async def test_no_paste_acts(name: str) -> None:
    over, parser = shown(), PasteParser()
    with no_call(over) if name == "error" else nullcontext():
        async with at_desk(over=over) as desk:
            await desk.press(*CONTEXTS[name])
            screen, before = desk.app.screen, facts(desk)
            for first in range(0, len(HOSTILE), TOGETHER):
                for shape in HOSTILE[first : first + TOGETHER]:
                    for event in parser.feed(f"{ESC}[200~{shape}{ESC}[201~"):
                        desk.app._driver.process_message(event)
                await desk.pilot.pause()
                assert desk.app.screen is screen, f"{shape!r} or one before opened {desk.app.screen}"
                assert desk.app.is_running
            await desk.settle()
            assert facts(desk) == before
