"""Typing to find a client faster than clients are found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from console.clients.service import ClientService
from screens.clients.file import ClientFileScreen
from screens.kit.rows import RowList
from tests.calls.desk import FRIDAY
from tests.screens.desk import at_desk
from tests.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    one = World(tmp_path / "base.db", FRIDAY)
    one.add("CLT-00001", last_name="Martel", search="martel")
    one.add("CLT-00002", last_name="Martin", search="martin")
    yield one
    one.database.close()


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> Event:
    """No search ends before it is set."""
    go_on, real = Event(), ClientService.search

    def search(self: ClientService, text: str) -> Any:
        found = real(self, text)
        assert go_on.wait(10)
        return found

    monkeypatch.setattr(ClientService, "search", search)
    return go_on


async def test_enter_takes_what_answers_to_all_that_was_typed(world: World, late: Event) -> None:
    async with at_desk(over=world.services) as desk:
        late.set()
        await desk.press("slash", *"mart")
        assert "Martel" in desk.text
        late.clear()
        await desk.pilot.press(*"in", "enter")
        await desk.pilot.pause()
        late.set()
        await desk.settle()
        assert isinstance(desk.app.screen, ClientFileScreen)
        assert "Martin" in desk.text


async def test_what_is_found_after_the_field_was_emptied_is_not_shown(world: World, late: Event) -> None:
    async with at_desk(over=world.services) as desk:
        await desk.press("slash")
        await desk.pilot.press("m", "backspace")
        late.set()
        await desk.settle()
        assert desk.app.screen.query_one(RowList).total == 0
