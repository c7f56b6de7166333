"""The demo as a hotliner sees it: the real services, the figures known in advance, thousands of keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import replace as with_
from datetime import datetime

import pytest

from console.base.clock import Clock
from console.base.dates import PARIS
from console.base.vocabulary import Figure
from console.content import Content, default_root
from console.services import Services, build
from screens.clients.file import ClientFileScreen
from screens.dashboard.case_list import TITLES, CaseListScreen
from screens.dashboard.screen import DashboardScreen
from tests.screens.desk import Desk, at_desk
from tests.screens.shown import shown

CONTENT = Content(default_root())


@dataclass
class Demo:
    """The demo's services, and the hand of their clock."""

    services: Services
    now: datetime


@pytest.fixture
def demo() -> Iterator[Demo]:
    ctx = shown().ctx
    one = Demo(build(ctx), datetime(2025, 12, 20, 14, 0, tzinfo=PARIS))
    ctx = with_(ctx, clock=Clock(lambda: one.now))
    one.services = build(ctx)
    yield one
    ctx.database.close()


async def until_read(desk: Desk) -> None:
    for _ in range(3):
        await desk.settle()


async def test_the_figures_known_in_advance_are_on_the_screen(demo: Demo) -> None:
    async with at_desk((120, 40), over=demo.services) as desk:
        for words in (
            "47", "23 (49 %)", "24 (51 %)", "8 (17 %)", "31/12/2025",
            "3 urgents · 13 cette semaine · 8 plus tard", "18 ateliers offerts", "3 refus · 0 sans réponse",
            "23 sur 50 renouvelés (46 %) pour 45 % attendus : en avance",
            "sam. 20/12/2025 · mis à jour à 14:00",
        ):  # fmt: skip
            assert words in desk.text, words
        names = (
            "1 Marie Dupuis · CLT-00245 · VIP",
            "2 Paul Martin · CLT-00156",
            "3 Sophie Bernard · CLT-00089",
        )
        places = [desk.text.index(name) for name in names]
        assert places == sorted(places)


async def test_each_figure_has_the_rows_it_counts(demo: Demo) -> None:
    async with at_desk((120, 60), over=demo.services) as desk:
        counts = desk.app.screen.view.counts
        await desk.press("t")
        for _ in TITLES:
            screen = desk.app.screen
            assert isinstance(screen, CaseListScreen)
            expected = counts[screen.figure]
            if screen.figure is not Figure.WORKSHOPS:
                assert screen.rows.total == expected, screen.figure
            await desk.press("right")


async def test_midnight_comes_while_the_console_is_open(demo: Demo) -> None:
    async with at_desk((120, 40), over=demo.services) as desk:
        dashboard = desk.app.screen
        assert isinstance(dashboard, DashboardScreen)
        before = dashboard.view
        demo.now = datetime(2025, 12, 21, 0, 0, 5, tzinfo=PARIS)
        dashboard.updates._read_at -= 10 * 3600 + 5
        dashboard.updates.poll()
        await until_read(desk)
        after = dashboard.view
        assert before is not None
        assert after is not None
        assert after is not before
        assert "dim. 21/12/2025 · mis à jour à 00:00" in desk.text
        counts = after.counts
        panes = (Figure.URGENT, Figure.WEEK, Figure.LATER, Figure.RETAINED)
        assert sum(counts[figure] for figure in panes) == counts[Figure.TO_CONTACT] == 47
        assert all(row.days_left == 10 for row in after.urgent if row.expires_on == after.deadline)


async def test_search_finds_without_accents_and_opens_the_file(demo: Demo) -> None:
    async with at_desk(over=demo.services) as desk:
        await desk.press("slash")
        await desk.type("00245")
        assert "Marie Dupuis" in desk.lines[4]
        await desk.press(*["backspace"] * 5)
        await desk.type("MAELYS")
        await desk.press("enter")
        assert isinstance(desk.app.screen, ClientFileScreen)
        assert "Maëlys Saint-Aubin" in desk.text
        for tab in "234":
            await desk.press(tab)
        assert "Historique" in desk.text


async def test_those_who_are_given_time_wait_for_the_step_that_is_told(demo: Demo) -> None:
    async with at_desk((160, 30), over=demo.services) as desk:
        await desk.press("t", "right", "right")
        assert "Plus tard 8" in desk.text
        assert desk.text.count("Attendre J-3 (28/12)") == 8


async def test_an_opposition_is_seen_at_once(demo: Demo) -> None:
    async with at_desk((120, 40), over=demo.services) as desk:
        await desk.press("down", "down", "b", "1", "enter")
        await until_read(desk)
        assert isinstance(desk.app.screen, ClientFileScreen)
        assert "Ne plus contacter : appels" in desk.text
