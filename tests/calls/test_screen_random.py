"""Random keys in bursts on an open call: the console lives, the database stays whole, no record twice."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from textual.events import Key, Paste
from textual.worker import WorkerCancelled

from console.base.vocabulary import Direction
from console.db.tables import Call
from screens.app import HotlinerApp
from screens.kit.screen import OpenCall
from tests.calls.desk import desk, settle

KEYS = [
    *"123456789&é(è_ç1111", "quotation_mark", "apostrophe", "minus", *"nNpxhbdairt", "slash",
    *["enter"] * 6, *["escape"] * 3, "backspace", "left", "up", "down", "tab", "shift+tab", "pageup",
    "pagedown", "f1", "f2", "ctrl+s", "ctrl+enter", "ctrl+p", "ctrl+u", "space", "delete", "home", "end",
    "question_mark", "l", "u", "n", "1", "4", "h",
]  # fmt: skip


@pytest.mark.parametrize("seed", range(2))
async def test_random_keys_leave_the_call_whole(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    with desk(tmp_path) as one:
        app: Any = HotlinerApp(one.services)
        pressed: list[str] = []
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            for _ in range(70):
                if not any(screen.holds_call for screen in app.screen_stack):
                    one.world.wait(days=70)  # so that the limits on attempts never end the test early
                    app.post_message(OpenCall(one.client_id, Direction.INBOUND))
                    await pilot.pause()
                burst = rng.choices(KEYS, k=rng.choice((1, 1, 1, 8, 25)))
                pressed += burst
                for name in burst:
                    app._driver.process_message(
                        Key(name, name if len(name) == 1 else {"space": " "}.get(name))
                    )
                if rng.random() < 0.1:
                    app._driver.process_message(Paste("[/] \x1b[2J\u202e" * 3))
                one.world.wait(seconds=5)
                await pilot.pause()
                if rng.random() < 0.5:
                    with suppress(WorkerCancelled):  # what read for a screen that was left
                        await app.workers.wait_for_complete()
                assert app._exception is None, pressed[-80:]
                assert app.is_running, pressed[-80:]
            await settle(pilot)
        assert len(pressed) > 300
        with one.world.database.reading() as session:
            assert session.connection().execute(text("PRAGMA integrity_check")).scalar() == "ok"
            assert not session.connection().execute(text("PRAGMA foreign_key_check")).all()
        calls = one.world.all(Call)
        assert one.steps()
        assert sum(call.ended_at is None for call in calls) <= 1
        assert len(one.records()) <= sum(call.outcome == "refused" for call in calls)
