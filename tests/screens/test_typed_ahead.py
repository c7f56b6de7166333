"""Keys that come while a screen is opening go to it, in order; an error forgets them."""

from __future__ import annotations

import threading
from typing import Any
from unittest.mock import patch

import pytest
from textual.events import Key

from console.base.errors import StorageError
from screens.clients.file import ClientFileScreen
from screens.common.note import NoteModal
from screens.dashboard.screen import DashboardScreen
from screens.kit import typed_ahead
from screens.kit.driver import PasteParser
from screens.kit.screen import ErrorModal
from tests.screens.desk import at_desk
from tests.screens.shown import shown


def burst(app: Any, *names: str) -> None:
    """Keys in one write of the terminal."""
    for name in names:
        app._driver.process_message(Key(name, name if len(name) == 1 else None))


@pytest.mark.parametrize("slow", [False, True])
async def test_what_is_typed_while_a_call_opens_is_for_the_call(*, slow: bool) -> None:
    services, gate = shown(), threading.Event()
    begin = services.calls.begin

    def late(*args: Any, **named: Any) -> Any:
        assert gate.wait(10)
        return begin(*args, **named)

    async with at_desk(over=services) as desk:
        with patch.object(services.calls, "begin", late if slow else begin):
            burst(desk.app, "a", "escape", "enter")
            if slow:
                await desk.pilot.pause()
                assert isinstance(desk.app.screen, DashboardScreen)
                gate.set()
            await desk.settle()
            await desk.settle()
        # Échap left the call before anything was dialled, Entrée opened the file of the client below.
        assert isinstance(desk.app.screen, ClientFileScreen)
        assert services.calls.resume() is None


async def test_what_is_typed_before_the_note_has_opened_is_in_the_note() -> None:
    async with at_desk() as desk:
        burst(desk.app, "n", *"quatre")
        await desk.settle()
        await desk.settle()
        assert isinstance(desk.app.screen, NoteModal)
        assert desk.app.screen.text == "quatre"


async def test_an_error_instead_of_a_screen_forgets_what_was_typed() -> None:
    services = shown()
    with patch.object(services.calls, "begin", side_effect=StorageError("La base est occupée.")):
        async with at_desk(over=services) as desk:
            burst(desk.app, "a", "enter", "enter")
            await desk.settle()
            await desk.settle()
            assert isinstance(desk.app.screen, ErrorModal)


async def test_keys_do_not_wait_for_ever_for_a_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typed_ahead, "OPENING_SECONDS", 0.05)
    async with at_desk() as desk:
        desk.app.typed_ahead.hold()
        burst(desk.app, "question_mark")
        await desk.pilot.pause(0.2)
        await desk.settle()
        assert type(desk.app.screen).__name__ == "HelpModal"


async def test_a_screen_asked_for_twice_at_once_leaves_the_keys_alive() -> None:
    async with at_desk() as desk:
        for _ in range(2):  # the first is given up before it began
            desk.app.screen.action_details()
        await desk.settle()
        assert type(desk.app.screen).__name__ == "DetailsModal"
        assert not desk.app.typed_ahead.opening


async def test_escape_followed_at_once_by_a_key_loses_neither() -> None:
    async with at_desk() as desk:
        await desk.press("question_mark")
        assert len(desk.app.screen_stack) == 2
        for one in PasteParser().feed("\x1bk"):
            desk.app._driver.process_message(one)
        await desk.settle()
        assert "Indicateurs" in desk.text
