"""The list drawn by lines: the cursor, the pages fetched on demand, the cost that does not grow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.screen import Screen

from screens.kit.lines import Line, crop, fit, measure, spread, wrapped
from screens.kit.pages import KEPT, PAGE, Pages
from screens.kit.rows import RowList
from screens.themes import NIGHT, THEMES


class Numbers:
    """Rows that are numbers."""

    def __init__(self, height: int = 1) -> None:
        self._height = height

    def height(self, width: int) -> int:
        return self._height

    def key(self, row: int) -> int:
        return row

    def paint(self, row: int, index: int, width: int) -> Sequence[Line]:
        return [[(f"row {row}", "")]]


class Owner(Screen[None]):
    """One list, what it asked for and what was chosen."""

    def __init__(self, total: int, height: int) -> None:
        super().__init__()
        self.total = total
        self.list: RowList[Any] = RowList(Numbers(height), id="rows")
        self.asked: list[int] = []
        self.chosen: list[int] = []

    def compose(self) -> ComposeResult:
        yield self.list

    def on_mount(self) -> None:
        self.list.fill(self.total, range(min(20, self.total)))
        self.list.focus()

    def on_row_list_needed(self, event: RowList.Needed) -> None:
        self.asked.append(event.offset)
        event.rows.supply(event.offset, range(event.offset, min(event.offset + event.limit, self.total)))

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        self.chosen.append(event.row)


class Bare(App[None]):
    """An app with nothing but a list."""

    def __init__(self, total: int, height: int = 1) -> None:
        super().__init__()
        self.owner = Owner(total, height)
        self.list = self.owner.list
        self.asked, self.chosen = self.owner.asked, self.owner.chosen
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = NIGHT

    def get_default_screen(self) -> Screen[None]:
        return self.owner

    def first_line(self) -> str:
        return self.list.render_line(0).text.strip()


async def test_a_million_rows_cost_their_pages_in_view() -> None:
    app = Bare(1_000_000)
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("end")
        await pilot.pause()
        assert app.list.current == 999_999
        assert app.first_line() == "row 999990"
        await pilot.press("home", "pagedown", "pagedown", "pagedown")
        await pilot.pause()
        assert app.list.cursor == 27
        assert len(app.asked) <= 2
        assert all(offset % PAGE == 0 for offset in app.asked)


async def test_the_cursor_stays_on_its_row_when_others_come_or_go() -> None:
    app = Bare(20)
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press(*["down"] * 5)
        app.list.fill(22, [100, 101, *range(20)])
        assert app.list.current == 5
        app.list.fill(4, [5, 6, 7, 8])
        assert app.list.current == 5
        app.list.fill(3, [7, 8, 9])
        assert app.list.current == 7
        app.list.fill(0, [])
        assert app.list.current is None
        await pilot.press("up", "down", "end", "enter", "pageup")
        app.list.fill(2, [1, 2])
        assert app.list.current == 1


async def test_rows_further_than_the_first_stay_in_view_while_they_are_read_again() -> None:
    app = Bare(100)
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("end")
        await pilot.pause()
        app.asked.clear()
        app.list.fill(100, range(20))
        assert app.list.current == 99
        assert "…" not in app.first_line()
        await pilot.pause()
        assert app.asked == [50]


@pytest.mark.parametrize("height", [1, 5])
async def test_rows_of_several_lines_scroll_whole(height: int) -> None:
    app = Bare(30, height)
    async with app.run_test(size=(40, 12)) as pilot:
        for _ in range(29):
            await pilot.press("down")
            top = app.list.scroll_offset.y
            assert top <= app.list.cursor * height
            assert (app.list.cursor + 1) * height <= top + 12
        await pilot.press("enter")
        await pilot.pause()
        assert app.chosen == [29]


async def test_the_mouse_chooses_too() -> None:
    app = Bare(30)
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.click(offset=(3, 4))
        assert app.list.cursor == 4
        assert app.chosen == []
        await pilot.click(offset=(3, 4))
        assert app.chosen == [4]


@pytest.mark.parametrize("text", ["abc", "日本語テキスト", "é" * 30, "", "a 🐈 b 🐈 c"])
@pytest.mark.parametrize("width", [0, 1, 5, 11, 40])
def test_a_fitted_text_takes_its_cells_exactly(text: str, width: int) -> None:
    assert measure([(fit(text, width), "")]) == width
    assert measure(crop([(text, ""), (text, "strong")], width)) <= width


def test_spread_gives_the_right_side_its_room() -> None:
    line = spread([("a long name that goes on", "")], [("J-11", "")], 20)
    assert measure(line) == 20
    assert line[-1] == ("J-11", "")
    assert wrapped("un deux trois quatre cinq six", 10, 2)[1].endswith("…")


def test_rows_far_away_are_let_go_and_asked_for_again() -> None:
    pages: Pages[int] = Pages(lambda row: row)
    for offset in range(0, 5_000, PAGE):
        assert pages.wanted(offset) == offset
        assert pages.wanted(offset + 1) is None
        pages.give(offset, range(offset, offset + PAGE), 5_000)
    assert sum(pages.get(index) is not None for index in range(5_000)) <= 2 * KEPT
    assert pages.get(4_999) == 4_999
    assert pages.get(0) is None
    assert pages.wanted(0) == 0


def test_more_rows_than_announced_are_no_trouble() -> None:
    pages: Pages[int] = Pages(lambda row: row)
    pages.give(0, range(10), 3)
    assert pages.get(2) == 2
    assert pages.get(3) is None
    assert pages.find(7, 0, 10) is None
