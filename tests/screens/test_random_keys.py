"""Thousands of keys in bursts, faster than any hand: the console stays alive and whole."""

from __future__ import annotations

import random
from typing import Any

import pytest
from textual.events import Key

from screens.app import HotlinerApp
from tests.screens.shown import shown

KEYS = [
    "1", "2", "3", "4", "&", "é", "quotation_mark", "apostrophe", "a", "i", "n", "b", "t", "r", "e", "s",
    "v", "z", "comma", "semicolon", "slash", "question_mark", "space", "enter", "escape", "backspace", "tab",
    "shift+tab", "up", "down", "left", "right", "pageup", "pagedown", "home", "end", "delete", "f1", "f2",
    "f4", "ctrl+p", "ctrl+s", "ctrl+c", "ctrl+v", "ctrl+x", "ctrl+k", "[", "]",
]  # fmt: skip


def press(app: HotlinerApp, name: str) -> None:
    character = name if len(name) == 1 else {"space": " "}.get(name)
    assert app._driver is not None
    app._driver.process_message(Key(name, character))


@pytest.mark.parametrize("seed", range(3))
async def test_bursts_of_random_keys_leave_the_console_alive(seed: int) -> None:
    rng = random.Random(seed)
    app = HotlinerApp(shown())
    async with app.run_test(size=(80, 24)) as pilot:
        await app.workers.wait_for_complete()
        pressed: list[str] = []
        for _ in range(60):
            burst = rng.choices(KEYS, k=rng.randint(5, 30))
            pressed += burst
            for name in burst:
                press(app, name)
            await pilot.pause()
            assert app._exception is None, pressed[-60:]
            assert app.is_running, pressed[-60:]
        assert len(pressed) > 800
        for _ in range(12):
            press(app, "escape")
            await pilot.pause()
        await app.workers.wait_for_complete()
        stack: list[Any] = app.screen_stack
        assert len(stack) == 1 or any(one.holds_call for one in stack), "only a call stays over the dashboard"
