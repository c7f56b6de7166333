"""Every screen and box, opened once: its keys, what it is for, Échap, and a paste.

No two actions on one key, AZERTY included, and none that a French hand cannot reach; one Échap comes back to
the dashboard; a paste is text, whatever it holds: no key acts, no fact is written.
"""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from textual.screen import Screen

from screens.keys import DIGIT_ROW
from screens.kit.driver import PasteParser
from tests.screens.desk import Desk
from tests.screens.hands import PASTES
from tests.screens.test_driver import SHAPES
from tests.screens.test_help import the_help_fits
from tests.screens.test_keys import CONTEXTS, at_context, own_bindings

ALTGR = {
    "tilde", "number_sign", "left_curly_bracket", "left_square_bracket", "vertical_line", "grave_accent",
    "backslash", "at", "right_square_bracket", "right_curly_bracket", "circumflex_accent", "diaeresis",
    "euro_sign",
}  # fmt: skip
SHARED_ON_PURPOSE = {"screen.copy_text", "hint_quit"}
"""Ctrl+C copies what is selected, and with nothing selected says how to quit."""

SEVERAL_ESCAPES = {
    *(name for name, keys in CONTEXTS.items() if keys[:2] in (["r", "c"], ["f", "3"])),
    *("views kept", "quiz", "proposals"),
}
"""Where one Échap leaves a box that another one had opened."""
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


def bound(screen: Screen[Any]) -> dict[str, set[str]]:
    """What each key does, over the whole chain from the focus to the app."""
    keys: dict[str, set[str]] = {}
    chain = [node for node, _ in screen._modal_binding_chain]
    for node in chain:
        for binding in own_bindings(node):
            if binding.id:
                keys.setdefault(binding.key, set()).add(binding.action)
    return keys


def one_action_a_key(keys: dict[str, set[str]]) -> None:
    shared = {pressed: acts for pressed, acts in keys.items() if len(acts) > 1 and acts != SHARED_ON_PURPOSE}
    assert not shared


def no_key_needs_altgr_or_a_dead_key(keys: dict[str, set[str]]) -> None:
    for pressed in keys:
        assert pressed not in ALTGR
        assert not pressed.startswith("alt+")


def letters_and_digits_answer_with_caps_lock_and_without_maj(keys: dict[str, set[str]]) -> None:
    rows = [row.split(",") for row in DIGIT_ROW]
    for pressed, ids in keys.items():
        if len(pressed) == 1 and pressed.isalpha() and pressed.isascii():
            assert keys.get(pressed.swapcase()) == ids, pressed
        if pressed.isdigit():
            for twin in next(row for row in rows if row[0] == pressed):
                assert keys.get(twin) == ids, twin


async def one_escape_comes_back_to_the_dashboard(desk: Desk) -> None:
    assert len(desk.app.screen_stack) == 2
    await desk.press("escape")
    assert len(desk.app.screen_stack) == 1


async def no_paste_acts(desk: Desk) -> None:
    parser, screen, before = PasteParser(), desk.app.screen, facts(desk)
    for first in range(0, len(HOSTILE), TOGETHER):
        for shape in HOSTILE[first : first + TOGETHER]:
            for event in parser.feed(f"{ESC}[200~{shape}{ESC}[201~"):
                desk.app._driver.process_message(event)
        await desk.pilot.pause()
        assert desk.app.screen is screen, f"{shape!r} or one before opened {desk.app.screen}"
        assert desk.app.is_running
    await desk.settle()
    assert facts(desk) == before


@pytest.mark.parametrize("name", CONTEXTS)
async def test_every_screen_and_box(name: str) -> None:
    async with at_context(name) as desk:
        keys = bound(desk.app.screen)
        one_action_a_key(keys)
        no_key_needs_altgr_or_a_dead_key(keys)
        letters_and_digits_answer_with_caps_lock_and_without_maj(keys)
        if name != "help":
            await the_help_fits(desk)
        if not name.startswith("dashboard") and name not in SEVERAL_ESCAPES:
            await one_escape_comes_back_to_the_dashboard(desk)
            await desk.press(*CONTEXTS[name])
        await no_paste_acts(desk)
