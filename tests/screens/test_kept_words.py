"""« Garder pour plus tard » keeps: what was typed in a box is there again after the console was closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from console.base.roles import Role
from console.db.tables import Callback
from console.services import Services
from screens.common.note import NoteModal
from screens.kit.screen import Page
from screens.records.file import RefusalFileScreen
from screens.supervision.callbacks import CallbacksScreen
from tests.calls.desk import FRIDAY, CallApp, press, settle, text_of, write
from tests.records.test_review import acting
from tests.world import REFUSAL, World, plain

Opening = Callable[[Services], Page[None]]


def record(services: Services) -> Page[None]:
    """The one churn record."""
    return RefusalFileScreen(services, 1)


BOXES: dict[str, tuple[Opening, str, Role]] = {
    "comment": (record, "n", Role.SUPERVISOR),
    "question": (record, "u", Role.SUPERVISOR),
    "cancelled callback": (CallbacksScreen, "u", Role.HOTLINER),
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    one = World(tmp_path / "base.db", FRIDAY)
    one.walk(one.begin(one.add("CLT-00001")), *REFUSAL)
    client = one.add("CLT-00002")
    with one.database.writing() as session:
        callback = Callback(client_id=client, subscription_id=client, agent="Jean")
        callback.promised_at = callback.created_at = one.now
        session.add(callback)
    yield one
    one.database.close()


@pytest.mark.parametrize("box", BOXES)
async def test_what_was_typed_is_there_after_a_restart_until_it_is_saved(world: World, box: str) -> None:
    opening, letter, role = BOXES[box]
    services = acting(world, "Jean", role)
    for typed in ("Il hésite", " encore"):
        app = CallApp(services, partial(opening, services))
        async with app.run_test(size=(100, 30)) as pilot:
            await settle(pilot)
            await press(pilot, letter)
            await write(pilot, typed)
            await press(pilot, "escape")
        services = acting(world, "Jean", role)
    app = CallApp(services, partial(opening, services))
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await press(pilot, letter)
        modal = app.screen
        assert isinstance(modal, NoteModal)
        assert modal.text == "Il hésite encore"
        await write(pilot, ".")
        await press(pilot, "ctrl+s")
        await settle(pilot)
        assert not isinstance(app.screen, NoteModal)
        await press(pilot, letter)
        if isinstance(app.screen, NoteModal):
            assert app.screen.text == ""


async def test_what_is_too_long_says_by_how_much_and_stays(world: World) -> None:
    services = acting(world, "Anne", Role.SUPERVISOR)
    app = CallApp(services, lambda: record(services))
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await press(pilot, "n")
        modal = app.screen
        assert isinstance(modal, NoteModal)
        modal.query_one("#pad").insert("y" * 4_003)  # type: ignore[attr-defined]
        await settle(pilot)
        assert "4 000 caractères au plus : 3 de trop." in plain(text_of(app))
        await press(pilot, "ctrl+s")
        assert app.screen is modal
        await press(pilot, "backspace", "backspace", "backspace", "ctrl+s")
        await settle(pilot)
        assert app.screen is not modal
