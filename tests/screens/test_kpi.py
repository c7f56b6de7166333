"""The key figures by keys: from the dashboard to the cases that a figure counts, and back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from screens.widgets.rows import RowList
from tests.screens.desk import at_desk
from tests.storage.test_kpi import lived
from tests.world import World, paris


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


async def test_figures_go_to_a_file_whose_place_is_shown(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DOCUMENTS_DIR", str(tmp_path))
    async with at_desk((120, 40), over=world.services) as desk:
        await desk.press("k", "ctrl+e", "2")
        (told,) = desk.app._notifications
        assert told.message == f"Écrit : {tmp_path / 'hotliner-indicateurs-2025-12-01-2025-12-31.csv'}"
        await desk.press("ctrl+e", "3")
    assert {one.suffix for one in tmp_path.glob("hotliner-*")} == {".csv", ".xlsx"}
