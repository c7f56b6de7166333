"""The key figures by keys: from the dashboard to the cases that a figure counts, and back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlmodel import Session

from console.base.errors import StorageError
from console.db import dialect
from console.db.tables import Subscription
from console.figures import store as storage
from console.figures.rules import Counts
from screens.kit.rows import RowList
from screens.kit.screen import Acts
from tests.db.test_stop import ENDLESS
from tests.figures.test_service import lived
from tests.screens.desk import Desk, at_desk
from tests.world import World, paris, plain


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    one = World(tmp_path / "base.db", paris("2025-12-20T14:00"))
    lived(one, 60)
    one.add("CLT-90000", last_name="Dupont [/] x", expires_on=date(2025, 12, 31))
    yield one
    one.database.close()


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_every_figure_is_read_whole_and_opens_its_cases(world: World, size: tuple[int, int]) -> None:
    async with at_desk(size, over=world.services) as desk:
        await desk.press("k")
        view = world.services.kpis.view()
        for one in view.measures:
            for text in (one.title, one.words, one.verdict, one.target_words, one.detail):
                assert text.replace("\u202f", " ").replace("\xa0", " ") in desk.text, text
        assert "décembre 2025" in desk.text
        await desk.press("enter")
        assert desk.app.screen.query_one(RowList).total == view.measures[0].numerator
        await desk.press("t")
        assert desk.app.screen.query_one(RowList).total == view.measures[0].denominator
        assert "Dupont [/] x" in desk.text
        await desk.press("escape", "comma")
        assert "novembre 2025" in desk.text
        await desk.press("f4", *["backspace"] * 24)
        await desk.type("01/01/2025 31/12/2025")
        await desk.press("enter")
        assert "61 échéances" in desk.text
        await desk.press("escape")
        assert len(desk.app.screen_stack) == 1


async def test_each_term_of_a_client_is_a_row_of_its_own(world: World) -> None:
    client = world.add("CLT-90001-LONGUE", last_name="Mensuel", expires_on=date(2026, 2, 10))
    with world.database.writing() as session:
        term: dict[str, Any] = {"plan": "basic", "billing": "monthly", "starts_on": date(2026, 2, 10)}
        session.add(Subscription(client_id=client, expires_on=date(2026, 3, 10), **term))
    async with at_desk((120, 40), over=world.services) as desk:
        await desk.press("k", "f4", *["backspace"] * 24)
        await desk.type("01/02/2026 31/03/2026")
        await desk.press("enter", "enter", "t", "down")
        rows = desk.app.screen.query_one(RowList)
        assert (rows.total, rows.cursor) == (2, 1)
        assert "CLT-90001-… " in desk.text
        await desk.press("question_mark", "escape")
        assert rows.cursor == 1


async def test_a_long_count_says_how_far_it_has_come_and_is_left_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.figures.store.TERMS_AT_ONCE", 2)
    counted, go_on, real = list[date](), Event(), storage.counts

    def wait(session: Session, cohort: storage.Cohort, days: dict[date, int]) -> Counts:
        counted.extend(days)
        assert len(counted) < 4 or go_on.wait(10)
        return real(session, cohort, days)

    monkeypatch.setattr("console.figures.store.counts", wait)
    async with at_desk((80, 24), over=world.services) as desk:
        await desk.pilot.press("k")
        while len(counted) < 4:
            await desk.pilot.pause(0.01)
        assert re.search(r"comptage : 3 sur \d+…", desk.text)
        await desk.pilot.press("question_mark")
        await desk.pilot.pause()
        assert "Où en est la campagne" in desk.text
        await desk.pilot.press("escape", "escape")
        await desk.pilot.pause()
        assert len(desk.app.screen_stack) == 1
        go_on.set()
        await desk.settle()
        assert len(counted) < 6
        await desk.press("k")
        assert "comptage" not in desk.text
        assert "décembre 2025" in desk.text
        assert "Churn" in desk.text
        counted.clear()
        go_on.clear()
        await desk.pilot.press("comma")
        while len(counted) < 4:
            await desk.pilot.pause(0.01)
        assert "novembre 2025" in desk.text
        assert "Churn" not in desk.text
        go_on.set()
        await desk.settle()
        assert "Churn" in desk.text


async def test_a_count_that_fails_does_not_seem_to_go_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.figures.store.TERMS_AT_ONCE", 2)
    counted, real = list[date](), storage.counts

    def fail(session: Session, cohort: storage.Cohort, days: dict[date, int]) -> Counts:
        counted.extend(days)
        if len(counted) > 4:
            raise StorageError("La base ne répond plus.")
        return real(session, cohort, days)

    monkeypatch.setattr("console.figures.store.counts", fail)
    async with at_desk((80, 24), over=world.services) as desk:
        await desk.press("k")
        assert "La base ne répond plus." in desk.text
        await desk.press("enter")
        assert "décembre 2025 · comptage interrompu" in desk.text


async def reading_without_end(desk: Desk, world: World) -> Event:
    """The indicators wait for a query that never ends by itself; gives what its end sets."""
    begun, ended = Event(), Event()

    def endless() -> None:
        with suppress(StorageError), world.database.reading() as session:
            begun.set()
            session.connection().execute(ENDLESS)
        ended.set()

    await desk.press("k")
    screen = desk.app.screen
    assert isinstance(screen, Acts)
    screen.serve(endless, group="view")
    await asyncio.to_thread(begun.wait, 10)
    await asyncio.sleep(0.1)  # the query itself begins after that
    return ended


async def test_a_query_ends_with_the_screen_that_waits_for_it(world: World) -> None:
    async with at_desk((80, 24), over=world.services) as desk:
        ended = await reading_without_end(desk, world)
        await desk.pilot.press("escape")
        assert await asyncio.to_thread(ended.wait, 10)


async def test_a_server_that_is_slow_to_end_a_query_holds_up_no_key(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, go_on, real = Event(), Event(), dialect.interrupt
    in_time = list[bool]()

    def slow(connection: Connection) -> None:
        told.set()
        in_time.append(go_on.wait(3))
        real(connection)

    monkeypatch.setattr(dialect, "interrupt", slow)
    async with at_desk((80, 24), over=world.services) as desk:
        ended = await reading_without_end(desk, world)
        await desk.pilot.press("escape")
        assert await asyncio.to_thread(told.wait, 10)
        assert len(desk.app.screen_stack) == 1
        go_on.set()
        assert await asyncio.to_thread(ended.wait, 10)
    assert in_time == [True]


async def test_figures_go_to_a_file_whose_place_is_shown(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DOCUMENTS_DIR", str(tmp_path))
    async with at_desk((120, 40), over=world.services) as desk:
        await desk.press("k", "ctrl+e", "2")
        (told,) = desk.app._notifications
        assert plain(told.message) == f"Écrit : {tmp_path / 'hotliner-indicateurs-2025-12-01-2025-12-31.csv'}"
        await desk.press("ctrl+e", "3")
    assert {one.suffix for one in tmp_path.glob("hotliner-*")} == {".csv", ".xlsx"}
