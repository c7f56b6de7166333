"""Words typed on a server's base leave at most once a second, and at once when somebody waits for them."""

import asyncio

import pytest
from textual.app import App

from screens.common import drafts
from screens.common.drafts import DraftWriter, drafts_settled


class Far(App[None]):
    """An application whose base is a server's."""

    far = True


async def test_words_leave_together_and_at_once_when_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "PACE_SECONDS", 30.0)
    written: list[str] = []

    def write(_field: str, text: str) -> None:
        written.append(text)

    app = Far()
    async with app.run_test():
        writer = DraftWriter(app, write)
        writer.put("note", "J")
        await asyncio.sleep(0.1)
        for end in range(2, 7):
            writer.put("note", "Je dois"[:end])
            await asyncio.sleep(0.01)
        assert written == ["J"]
        await asyncio.wait_for(drafts_settled(app), 5)
        assert written == ["J", "Je doi"]
        writer.put("note", "Je dois")
        await asyncio.wait_for(writer.settled(), 5)
        assert written[-1] == "Je dois"
