"""The analysis of reasons by keys: each way of counting as chart and table, and what a figure opens."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from console.base.roles import Role
from console.cases.views import Campaign
from console.records.counting import Topic
from console.records.reasons import Crossing
from console.services import build
from screens.clients.file import ClientFileScreen
from screens.reasons.chart import Bar, lying, upright
from screens.reasons.crossing import CrossingView
from screens.reasons.grid import share, words
from screens.reasons.proposals import ProposalsScreen
from screens.reasons.screen import ReasonsScreen
from screens.records.journal import RefusalsScreen
from tests.calls.leaving import leave
from tests.screens.desk import Desk, at_desk
from tests.world import World, paris, plain

NOW = paris("2025-12-20T14:00")
DECEMBER = Campaign(date(2025, 12, 1), date(2025, 12, 31))
HOSTILE = "[red]Jo\x1b]0;x\x07\x1b[31m [/] 日本語のとても長い名前"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    one = World(tmp_path_factory.mktemp("reasons") / "base.db", NOW)
    leave(one, 45)
    one.now = NOW
    one.services = one.as_agent("Ana")
    yield one
    one.database.close()


def view(desk: Desk) -> CrossingView:
    shown: CrossingView = desk.app.screen.query_one(CrossingView)
    return shown


def shown(desk: Desk) -> Crossing:
    crossing = view(desk).crossing
    assert crossing is not None
    return crossing


def expected(world: World, topic: Topic, period: Campaign = DECEMBER) -> Crossing:
    service = world.services.reasons
    return service.crossing(topic, period) if topic is not Topic.WORDS else [*service.words(period)][-1]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_each_way_of_counting_is_read_as_a_chart_and_as_a_table(
    world: World, size: tuple[int, int]
) -> None:
    async with at_desk(size, over=world.services) as desk:
        await desk.press("4", "m")
        for number, topic in enumerate(Topic, 1):
            await desk.press(str(number))
            found = expected(world, topic)
            assert shown(desk) == found
            assert len(found.rows) > 1
            for row in found.rows[:10]:
                assert plain(row.label if topic is not Topic.WEEKS else row.label[:5]) in desk.text
                value = words(found, 0, row.cells[0])
                if topic is not Topic.WEEKS:
                    value = f"{value} · {share(row.cells[0])}"
                assert plain(value) in desk.text
            assert "█" in desk.text
            await desk.press("g")
            assert "█" not in desk.text.split("\n", 3)[3]
            lines = desk.text.split("\n")[2:-4]
            for row in found.rows[:10]:
                told = [plain(_cell(found, cell)) for cell in row.cells]
                (line,) = [one for one in lines if one[1:].startswith(f"{plain(row.label)} ")]
                figures = [part for part in line[1 + len(row.label) :].split() if part != "%"]
                assert figures[0] == told[0]
                assert figures[-len(told) + 1 :] == told[1:] or len(told) == 1
            await desk.press("g")


def _cell(found: Crossing, cell: Any) -> str:
    if found.topic is not Topic.PROPOSALS:
        return str(cell.n)
    return f"{cell.n}/{cell.of}" if cell.of else "–"


async def test_every_figure_opens_what_it_counts(world: World) -> None:
    async with at_desk((120, 40), over=world.services) as desk:
        await desk.press("m")
        for number, topic in enumerate(Topic, 1):
            found = expected(world, topic)
            await desk.press(str(number), "g")
            for at, row in enumerate(found.rows[:4]):
                for column, cell in list(enumerate(row.cells))[:3]:
                    view(desk).go(at, column)
                    await desk.press("enter")
                    screen = desk.app.screen
                    if topic is Topic.PROPOSALS:
                        assert isinstance(screen, ProposalsScreen)
                        assert screen.rows.total == (cell.n or cell.of)
                        await desk.press("t")
                        assert screen.rows.total == (cell.of if cell.n else 0)
                    else:
                        assert isinstance(screen, RefusalsScreen)
                        assert screen.count == screen.rows.total == cell.n
                    await desk.press("escape")
                    assert (view(desk).row, view(desk).column) == (at, column)
        await desk.press("4", "enter", "enter")
        assert isinstance(desk.app.screen, ClientFileScreen)


async def test_keys_go_along_bars_reasons_and_periods(world: World) -> None:
    async with at_desk((80, 24), over=world.services) as desk:
        await desk.press("m", "é")
        assert view(desk).row == len(shown(desk).rows) - 1
        await desk.press("home", "right", "down")
        assert (view(desk).row, view(desk).column) == (1, 1)
        assert "La semaine d’avant : " in desk.text
        assert "les autres motifs" in desk.text
        await desk.press("g", "down", "right", "home")
        assert (view(desk).row, view(desk).column) == (0, 2)
        await desk.press("comma")
        assert "refus de novembre 2025" in desk.text
        await desk.press("comma")
        assert "Aucun refus sur cette période." in desk.text
        await desk.press("semicolon", "semicolon", "f4", *["backspace"] * 24)
        await desk.type("20/11/2025 05/12/2025")
        await desk.press("enter")
        assert "refus du 20/11/2025 au 05/12/2025" in desk.text
        assert shown(desk) == expected(world, Topic.WEEKS, Campaign(date(2025, 11, 20), date(2025, 12, 5)))
        await desk.press("r")
        assert "Refus" in desk.text
        assert "20/11/2025 – 05/12/2025" in desk.text
        await desk.press("m")  # one comes from there
        assert isinstance(desk.app.screen, RefusalsScreen)
        await desk.press("escape", "escape", "r", "t", "m")
        assert isinstance(desk.app.screen, ReasonsScreen)
        await desk.press("escape", "escape", "ctrl+p")
        await desk.type("partent")
        await desk.press("enter")
        assert isinstance(desk.app.screen, ReasonsScreen)


async def test_the_mouse_chooses_a_bar_then_opens_it(world: World) -> None:
    async with at_desk((80, 24), over=world.services) as desk:
        await desk.press("m")
        below = view(desk)._spots.index(1)
        await desk.pilot.click(CrossingView, offset=(10, below + 1))
        await desk.settle()
        assert view(desk).row == 1
        await desk.pilot.click(CrossingView, offset=(10, below + 1))
        await desk.settle()
        assert isinstance(desk.app.screen, RefusalsScreen)


async def test_counting_words_stops_when_one_looks_elsewhere(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.records.reasons.VERBATIMS_READ", 2)
    async with at_desk((80, 24), over=world.services) as desk:
        await desk.press("m")
        screen = desk.app.screen
        assert isinstance(screen, ReasonsScreen)
        counted: list[int] = []
        count = screen._counted

        def leave_after_two(found: Crossing | None) -> None:
            counted.append(found.read if found else 0)
            if len(counted) == 2:
                screen.action_topic("agents")
            count(found)

        monkeypatch.setattr(screen, "_counted", leave_after_two)
        await desk.press("8")
        assert counted == [2, 4]
        assert shown(desk).topic is Topic.AGENTS
        monkeypatch.setattr(screen, "_counted", count)
        await desk.press("8")
        assert shown(desk) == expected(world, Topic.WORDS)
        assert "verbatims lus…" not in desk.text


async def test_without_its_library_the_table_remains(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "plotext", None)
    async with at_desk((80, 24), over=world.services) as desk:
        await desk.press("m", "3")
        assert "ne se dessinent pas" in desk.text
        assert "Tableau" not in desk.lines[-1]
        await desk.press("g")
        assert view(desk).table


async def test_a_hotliner_has_no_key_for_it(world: World) -> None:
    jean = build(replace(world.context, role=Role.HOTLINER))
    async with at_desk((80, 24), over=jean) as desk:
        await desk.press("m")
        assert len(desk.app.screen_stack) == 1
        await desk.press("4", "m")
        assert len(desk.app.screen_stack) == 1


async def test_nothing_yet(world: World, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    empty = World(tmp_path / "base.db", NOW)
    empty.add()
    async with at_desk((80, 24), over=empty.services) as desk:
        await desk.press("m")
        for number in range(1, 9):
            await desk.press(str(number), "g", "enter", "down", "right", "end", "g")
            assert "sur cette période." in desk.text
    empty.database.close()


@pytest.mark.parametrize("size", [(20, 4), (80, 18), (200, 50)])
def test_charts_keep_to_their_room_and_let_nothing_out(size: tuple[int, int]) -> None:
    width, height = size
    for many in (1, 2, 7, 60, 400):
        bars = [Bar(HOSTILE if n % 2 else "x", f"{n}", n, n * 3) for n in range(many)]
        for draw in (lying, upright):
            for chosen in (0, many // 2, many - 1):
                drawing = draw(bars, chosen, width, height)
                lines = drawing.content.split("\n")
                assert all(line.cell_length <= width for line in lines) or width < 40
                assert len(lines) <= height or height < 8
                assert chosen in drawing.spots
                assert drawing.content.plain.replace("\n", "").isprintable()
                assert ("▌" if draw is lying else "▲") in drawing.content.plain
