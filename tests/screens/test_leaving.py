"""Words typed while the base is held: whichever way one leaves, they are written, or said to be lost."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from console.base.errors import StorageError
from console.base.vocabulary import DraftField
from console.calls.service import CallService
from console.clients.service import ClientService
from console.db.tables import Call
from screens.app import HotlinerApp
from tests.calls.desk import Desk, desk, settle

WORDS = "phrase importante"
Kept = Callable[[Desk], str]


def client_note(one: Desk) -> str:
    return one.services.clients.draft(one.client_id, DraftField.NOTE, 0)


def of_call(one: Desk) -> str:
    return "".join(repr(call.drafts) for call in one.world.all(Call))


FIELDS: dict[str, tuple[tuple[str, ...], Kept]] = {
    "note of a client": (("n",), client_note),
    "note of a call": (("a", "n"), of_call),
    "field of a call": (("a", "1", "7"), of_call),
}


async def quits(app: Any, pilot: Any) -> None:
    await pilot.press("ctrl+q")
    if app.is_running and not app._exit:
        await pilot.press("ctrl+q")


async def leaves_then_quits(app: Any, pilot: Any) -> None:
    await pilot.press("escape")
    await quits(app, pilot)


async def is_ended(app: Any, pilot: Any) -> None:
    app._stop_on(signal.SIGTERM)
    await pilot.pause()


WAYS = {"Ctrl+Q": quits, "Échap, Ctrl+Q": leaves_then_quits, "SIGTERM": is_ended}


@pytest.mark.parametrize("held", [0.0, 3.0, 9.0, 12.0], ids=lambda held: f"held {held:.0f} s")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("field", FIELDS)
async def test_no_word_is_lost_in_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, field: str, way: str, held: float
) -> None:
    keys, kept = FIELDS[field]
    until = [0.0]

    def unless_held(write: Callable[..., Any]) -> Callable[..., Any]:
        def draft(*args: Any) -> Any:
            if loop.time() < until[0]:
                raise StorageError("La base est occupée.")
            return write(*args)

        return draft

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(CallService, "draft", unless_held(CallService.draft))
    monkeypatch.setattr(ClientService, "save_draft", unless_held(ClientService.save_draft))
    with desk(tmp_path) as one:
        app: Any = HotlinerApp(one.services)
        leave, said = app.exit, list[str]()

        def told(*args: Any, message: str | None = None, **options: Any) -> None:
            said.append(message or "")
            leave(*args, message=message, **options)

        monkeypatch.setattr(app, "exit", told)
        async with app.run_test(size=(100, 36)) as pilot:
            await settle(pilot)
            for key in keys:
                await pilot.press(key)
                await settle(pilot)
            until[0] = loop.time() + held
            await pilot.press(*(("space" if char == " " else char) for char in WORDS))
            await pilot.pause()
            await WAYS[way](app, pilot)
            for _ in range(40):
                if app._exit:
                    break
                await asyncio.sleep(0.1)
            assert app._exit
        assert WORDS in kept(one) or WORDS in "".join(said)
