"""Pictures of the screens, few and meaningful; `make snapshots` takes them again on purpose."""

from __future__ import annotations

from typing import Any

import pytest

from screens.app import HotlinerApp
from screens.themes import DAY, NIGHT
from tests.calls.desk import settle
from tests.screens.shown import shown

PICTURES = {
    "dashboard_80x24": ((80, 24), NIGHT, []),
    "dashboard_120x40": ((120, 40), DAY, []),
    "reasons_120x40": ((120, 40), NIGHT, ["m", "3", "right"]),
    "file_80x24": ((80, 24), NIGHT, ["enter"]),
}


@pytest.mark.parametrize("name", PICTURES)
def test_snapshot(name: str, snap_compare: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
    size, theme, keys = PICTURES[name]
    app = HotlinerApp(shown(), theme=theme)

    async def ready(pilot: Any) -> None:
        await settle(pilot)
        for key in keys:
            await pilot.press(key)
            await settle(pilot)

    assert snap_compare(app, terminal_size=size, run_before=ready)
