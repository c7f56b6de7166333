"""Long lists read part by part: what is read late, what has left, what came in before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from console.base.roles import Role
from console.db.tables import Callback
from console.records.filters import Filters
from console.records.journal_store import Key
from console.records.review import ReviewService
from console.services import Services, build
from console.supervision.callbacks import CallbackService
from console.supervision.views import Promises
from screens.records.journal import RefusalsScreen
from screens.supervision.callbacks import CallbacksScreen
from tests.calls.desk import FRIDAY, CallApp, press, settle, text_of
from tests.world import REFUSAL, World


def refuse(world: World, number: int) -> None:
    client = world.add(f"CLT-{number:05d}", last_name=f"Nom{number}", email=f"{number}@example.org")
    world.walk(world.begin(client), *REFUSAL)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Five refusals, two a page: numbers 105 to 101, the newest first."""
    monkeypatch.setattr("screens.kit.lists.PAGE", 2)
    monkeypatch.setattr("screens.kit.pages.PAGE", 2)
    one = World(tmp_path / "base.db", FRIDAY)
    for number in range(101, 106):
        refuse(one, number)
    yield one
    one.database.close()


@pytest.fixture
def ana(world: World) -> Services:
    return build(replace(world.context, agent="Ana", role=Role.SUPERVISOR))


def names(app: CallApp) -> list[str]:
    """The clients listed, and « … » for a row still to come."""
    lines = text_of(app).splitlines()[1:-1]
    words = [word for line in lines for word in line.split() if word.startswith("Nom") or word == "…"]
    return [word.rstrip("…") or "…" for word in words]


async def test_the_last_record_of_a_page_leaves_no_row_behind(world: World, ana: Services) -> None:
    app = CallApp(ana, lambda: RefusalsScreen(ana, filters=Filters(reviewed=False)))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await press(pilot, "end", "l")
        assert names(app) == ["Nom105", "Nom104", "Nom103", "Nom102"]


async def test_a_page_asked_for_before_the_list_was_read_again_is_not_shown(
    world: World, ana: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, late, read = ReviewService.page, Event(), list[Key | None]()

    def page(self: ReviewService, filters: Filters, after: Key | None, limit: int) -> Any:
        found = real(self, filters, after, limit)
        read.append(after)
        assert len(read) != 2 or late.wait(10)
        return found

    monkeypatch.setattr(ReviewService, "page", page)
    app = CallApp(ana, lambda: RefusalsScreen(ana, filters=Filters(reviewed=False)))
    async with app.run_test(size=(120, 40)) as pilot:
        while len(read) < 2:
            await pilot.pause(0.01)
        await pilot.press("l")
        while len(read) < 3:
            await pilot.pause(0.01)
        await pilot.pause()
        late.set()
        await settle(pilot)
        assert names(app) == ["Nom104", "Nom103", "Nom102", "Nom101"]


async def test_what_comes_in_above_hides_nothing(world: World, ana: Services) -> None:
    app = CallApp(ana, lambda: RefusalsScreen(ana))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await press(pilot, "end")
        refuse(world, 106)
        await press(pilot, "l")
        assert names(app) == ["Nom106", "Nom105", "Nom104", "Nom103", "Nom102", "Nom101"]


async def test_rows_that_come_into_view_while_the_list_is_read_again_are_read(
    world: World, ana: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, late, asked = ReviewService.page, Event(), list[Key | None]()

    def page(self: ReviewService, filters: Filters, after: Key | None, limit: int) -> Any:
        asked.append(after)
        assert len(asked) < 4 or late.wait(10)
        return real(self, filters, after, limit)

    monkeypatch.setattr(ReviewService, "page", page)
    app = CallApp(ana, lambda: RefusalsScreen(ana))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert len(asked) == 3
        await pilot.press("down", "l")
        while len(asked) < 4:
            await pilot.pause(0.01)
        await pilot.press("down", "down")
        await pilot.pause()
        late.set()
        await settle(pilot)
        assert names(app) == [f"Nom{number}" for number in range(105, 100, -1)]


async def test_a_part_asked_for_before_the_list_was_read_again_is_not_shown(
    world: World, ana: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screens.kit.lists.PAGE", 2)
    with world.database.writing() as session:
        for number in (1, 2, 3):
            session.add(
                Callback(
                    client_id=number,
                    subscription_id=number,
                    promised_at=world.now,
                    agent="Jean",
                    created_at=world.now,
                )
            )
    real, late, read = CallbackService.page, Event(), list[int]()

    def page(self: CallbackService, which: Promises, offset: int, limit: int) -> Any:
        found = real(self, which, offset, limit)
        read.append(offset)
        assert len(read) != 2 or late.wait(10)
        return found

    monkeypatch.setattr(CallbackService, "page", page)
    app = CallApp(ana, lambda: CallbacksScreen(ana))
    async with app.run_test(size=(120, 40)) as pilot:
        while len(read) < 2:
            await pilot.pause(0.01)
        assert read == [0, 2]
        ana.callbacks.cancel(1, "non")
        screen = app.screen
        assert isinstance(screen, CallbacksScreen)
        screen.reload()
        while len(read) < 3:
            await pilot.pause(0.01)
        await pilot.pause()
        late.set()
        await settle(pilot)
        assert screen.rows.total == 2
