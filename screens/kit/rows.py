"""The one list of the console, drawn line by line: it costs the same with ten rows or a million."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style

from screens.keys import key
from screens.kit.lines import CURSOR, Line, Painter, drawn
from screens.kit.pages import PAGE, Pages

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.events import Click, Resize

Row = TypeVar("Row")
_CURSOR_AWAY = "on $block-cursor-blurred-background"


class RowList(ScrollView, Generic[Row], can_focus=True, inherit_bindings=False):
    """A list with a cursor. Its owner fills it, and answers `Needed` with `supply`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("liste.haut", "up", "move(-1)", "Précédent", "Ligne précédente", show=False),
        key("liste.bas", "down", "move(1)", "Suivant", "Ligne suivante", show=False),
        key("liste.page.haut", "pageup", "page(-1)", "Page préc.", "Page précédente", show=False),
        key("liste.page.bas", "pagedown", "page(1)", "Page suiv.", "Page suivante", show=False),
        key("liste.debut", "home", "jump(0)", "Début", "Première ligne", show=False),
        key("liste.fin", "end", "jump(-1)", "Fin", "Dernière ligne", show=False),
        key("liste.ouvrir", "enter", "choose", "Ouvrir", "Ouvrir la ligne"),
    ]
    ALLOW_SELECT = False
    DEFAULT_CSS = """
    RowList {
        height: 1fr;
        background: $background;
        color: $foreground;
        scrollbar-size: 1 1;
        overflow-x: hidden;
        &.titled { border-top: heavy $border; border-title-color: $foreground; }
    }
    """

    @dataclass
    class Chosen(Message):
        """Entrée, or a click on the row under the cursor."""

        rows: RowList[Any]
        row: Any

    @dataclass
    class Needed(Message):
        """Rows that must be shown and were not given yet."""

        rows: RowList[Any]
        offset: int
        limit: int

    def __init__(
        self,
        painter: Painter[Row],
        *,
        id: str,
        empty: str = "Rien ici.",
        focusable: bool = True,
        titled: bool = False,
        classes: str = "",
    ) -> None:
        """titled: a line above the rows carries the title, `border_title`."""
        super().__init__(id=id, classes=f"{classes} titled" if titled else classes)
        self.painter = painter
        self.empty = empty
        self.can_focus = focusable
        self.cursor = 0
        self._height = 1  # lines that a row takes at the present width
        self._pages: Pages[Row] = Pages(painter.key)
        self._strips: dict[int, list[Strip]] = {}

    @property
    def total(self) -> int:
        """How many rows there are, given or not."""
        return self._pages.total

    @property
    def current(self) -> Row | None:
        """The row under the cursor, if it is there and loaded."""
        return self._pages.get(self.cursor)

    def near(self, by: int) -> Row | None:
        """The row so many lines below the cursor, if it has been read."""
        return self._pages.get(self.cursor + by)

    def fill(self, total: int, rows: Sequence[Row]) -> None:
        """Replace all: `rows` are the first of `total`. The cursor stays on its row, or at its rank.

        Rows given earlier that lie further are shown until they are given again.
        """
        self._pages.age()
        self.supply(0, rows, max(total, len(rows)))

    def supply(self, offset: int, rows: Sequence[Row], total: int | None = None) -> None:
        """Give rows that were needed."""
        current = self.current
        self._pages.give(offset, rows, self.total if total is None else total)
        if current is not None and (found := self._pages.find(current, offset, len(rows))) is not None:
            self.cursor = found
        self.cursor = max(0, min(self.cursor, self.total - 1))
        self._lay_out()

    def forget(self) -> None:
        """What is shown may be out of date: show it until it is given again."""
        self._pages.age()

    def reset(self) -> None:
        """Empty the list, for another one to be shown in its place."""
        self._pages.clear()
        self.cursor = 0
        self._lay_out()

    def _lay_out(self) -> None:
        self._strips.clear()
        width = self.scrollable_content_region.width
        self._height = self.painter.height(width)
        self.virtual_size = Size(width, max(1, self.total) * self._height)
        self._show_cursor()
        self.refresh()
        if self.has_focus:
            self.screen.refresh_bindings()

    def on_resize(self, _event: Resize) -> None:
        self._lay_out()

    def notify_style_update(self) -> None:
        self._strips.clear()
        super().notify_style_update()

    def _show_cursor(self) -> None:
        height, room = self._height, self.scrollable_content_region.height
        top, bottom = self.cursor * height, (self.cursor + 1) * height
        if top < self.scroll_offset.y or height > room:
            self.scroll_to(y=top, animate=False, force=True)
        elif bottom > self.scroll_offset.y + room:
            self.scroll_to(y=bottom - room, animate=False, force=True)

    def go(self, index: int) -> None:
        """Put the cursor on row `index`, or on the nearest there is."""
        index = max(0, min(index, self.total - 1))
        if index == self.cursor or not self.total:
            return
        for changed in (self.cursor, index):
            self._strips.pop(changed, None)
            self.refresh_lines(changed * self._height, self._height)
        self.cursor = index
        self._show_cursor()

    def action_move(self, step: int) -> None:
        self.go(self.cursor + step)

    def action_page(self, step: int) -> None:
        self.go(self.cursor + step * max(1, self.scrollable_content_region.height // self._height - 1))

    def action_jump(self, index: int) -> None:
        self.go(index if index >= 0 else self.total - 1)

    def action_choose(self) -> None:
        if self.current is not None:
            self.post_message(self.Chosen(self, self.current))

    def on_click(self, event: Click) -> None:
        if (offset := event.get_content_offset(self)) is None:
            return
        index = (offset.y + self.scroll_offset.y) // self._height
        if index == self.cursor:
            self.action_choose()
        else:
            self.go(index)

    def render_line(self, y: int) -> Strip:
        width, height = self.scrollable_content_region.width, self._height
        index, part = divmod(y + self.scroll_offset.y, height)
        if index >= self.total:
            empty = self.empty if self._pages.given else "…"
            words: Line = [(empty, "muted")] if not self.total and y == 0 else []
            return self._strip([(" ", ""), *words], width, cursor=False)
        strips = self._strips.get(index)
        if strips is None:
            strips = self._draw(index, width, height)
        return strips[part]

    def _draw(self, index: int, width: int, height: int) -> list[Strip]:
        row = self._pages.get(index)
        cursor = index == self.cursor
        if (page := self._pages.wanted(index)) is not None:
            self.post_message(self.Needed(self, page, PAGE))
        if row is None:
            return [self._strip([(" …", "muted")], width, cursor=cursor)] * height
        lines = list(self.painter.paint(row, index, width - 1))[:height]
        lines += [[]] * (height - len(lines))
        mark = "▌" if cursor else " "
        strips = [self._strip([(mark, "accent"), *line], width, cursor=cursor) for line in lines]
        if len(self._strips) > PAGE * 4:
            self._strips.clear()
        self._strips[index] = strips
        return strips

    def _strip(self, line: Line, width: int, *, cursor: bool) -> Strip:
        base = self.visual_style
        if not cursor:
            return drawn(line, width, base)
        if self.has_focus:
            # The cursor's own colour wins over the roles', so that all of it can be read.
            return drawn(line, width, base, Style.parse(CURSOR))
        return drawn(line, width, base + Style.parse(_CURSOR_AWAY))

    def on_focus(self) -> None:
        self._strips.pop(self.cursor, None)

    def on_blur(self) -> None:
        self._strips.pop(self.cursor, None)
