"""An error that nobody expected, an event for what has left: the call goes on, the words stay."""

from pathlib import Path
from typing import Any

import pytest
from textual.events import Resize

from console.base.errors import StorageError
from console.base.vocabulary import Direction
from console.calls.service import CallService
from screens import recovery
from screens.call.screen import CallScreen
from screens.common import drafts
from screens.common.choose import ChooseModal
from screens.recovery import Recovery
from tests.calls.desk import desk
from tests.screens.desk import at_desk
from tests.screens.test_keys import CONTEXTS


class UnforeseenError(Exception):
    """Nobody expects it."""


async def test_a_fault_in_a_screen_does_not_end_the_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk(tmp_path) as one:
        one.services.calls.begin(one.client_id, Direction.OUTBOUND)
        async with at_desk(over=one.services, recovers=True) as console:
            assert isinstance(console.app.screen, CallScreen)
            step = console.app.screen.view.step

            def fail(*_: Any) -> None:
                raise UnforeseenError

            with monkeypatch.context() as broken:
                broken.setattr(CallScreen, "action_help", fail)
                await console.press("f1")
            assert isinstance(console.app.screen, CallScreen)
            assert console.app.screen.view.step == step
            assert "référence" in next(iter(console.app._notifications)).message
            await console.press("n")
            assert console.app.is_running


async def test_a_second_one_at_once_ends_the_console(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        async with at_desk(over=one.services, recovers=True) as console:
            once = Recovery(console.app, console.app.start_over)
            assert once.handles(UnforeseenError())
            assert not once.handles(UnforeseenError())
            await console.settle()  # the new dashboard is there before the console ends


def hold(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """What is typed cannot be written until told otherwise."""
    held, write = [True], CallService.draft

    def draft(self: CallService, *args: Any) -> None:
        if held[0]:
            raise StorageError("La base est occupée.")
        write(self, *args)

    monkeypatch.setattr(CallService, "draft", draft)
    monkeypatch.setattr(drafts, "RETRY_SECONDS", 0.01)
    return held


async def test_words_that_wait_are_written_though_the_screens_are_built_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = hold(monkeypatch)
    monkeypatch.setattr(recovery, "LEAVING_SECONDS", 0.01)
    with desk(tmp_path) as one:
        one.services.calls.begin(one.client_id, Direction.OUTBOUND)
        async with at_desk(over=one.services, recovers=True) as console:
            await console.pilot.press("n")
            await console.pilot.pause()
            await console.pilot.press(*"mot")
            await console.pilot.pause()
            await Recovery(console.app, console.app.start_over)._build_again("ABCDEF")
            await console.pilot.pause()
            assert drafts.unwritten(console.app) == ["mot"]
            held[0] = False
            await console.settle()
            assert not drafts.unwritten(console.app)
            assert one.services.calls.resume().note_draft == "mot"  # type: ignore[union-attr]


async def test_words_that_could_not_be_written_are_tried_again_until_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = hold(monkeypatch)
    with desk(tmp_path) as one:
        one.services.calls.begin(one.client_id, Direction.OUTBOUND)
        async with at_desk(over=one.services) as console:
            await console.pilot.press("n")
            await console.pilot.pause()
            await console.pilot.press(*"mot")
            await console.pilot.pause()
            assert drafts.unwritten(console.app) == ["mot"]
            await console.pilot.press("ctrl+q")
            await console.pilot.pause()
            assert console.app.is_running  # said first, and left only when asked again
            held[0] = False
            await console.settle()
            assert not drafts.unwritten(console.app)
            assert one.services.calls.resume().note_draft == "mot"  # type: ignore[union-attr]


async def test_a_screen_that_is_left_before_it_is_composed_stops_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Échap in the same moment as the key that opens, tried on every screen and box."""
    left: list[str] = []
    async with at_desk() as console:
        push = console.app.push_screen

        def push_and_leave(screen: Any, *args: Any, **options: Any) -> Any:
            pushed = push(screen, *args, **options)
            left.append(type(screen).__name__)
            screen.dismiss()
            screen.post_message(Resize(console.app.size, console.app.size))
            return pushed

        for keys in sorted({tuple(path[:n]) for path in CONTEXTS.values() for n in (1, 2) if path[:n]}):
            await console.press(*keys[:-1])
            with monkeypatch.context() as leaving:
                leaving.setattr(console.app, "push_screen", push_and_leave)
                await console.press(keys[-1])
            while len(console.app.screen_stack) > 1:
                below = console.app.screen
                await console.press("1" if isinstance(below, ChooseModal) else "escape")
                assert console.app.screen is not below
        assert console.app.is_running
    assert len(set(left)) > 15, left
