"""The one list of the console, drawn line by line: it costs the same with ten rows or a million."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style

from screens.keys import key
from screens.widgets.lines import Line, drawn

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.events import Click, Resize

Row = TypeVar("Row")
Row_contra = TypeVar("Row_contra", contravariant=True)
_CURSOR = "$block-cursor-foreground on $block-cursor-background"
_CURSOR_AWAY = "on $block-cursor-blurred-background"
PAGE = 50
"""Rows asked for at once, beyond those given first."""


class Painter(Protocol[Row_contra]):
    """How a list shows its rows."""

    def height(self, width: int) -> int:
        """Lines a row takes in `width` cells, the same for every row."""

    def paint(self, row: Row_contra, index: int, width: int) -> Sequence[Line]:
        """The row's lines."""

    def key(self, row: Row_contra) -> Hashable:
        """What tells the row from others, for the cursor to stay on it."""


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
    }
    """

    class Chosen(Message):
        """Entrée, or a click on the row under the cursor."""

        def __init__(self, rows: RowList[Any], row: Any) -> None:
            super().__init__()
            self.rows = rows
            self.row = row

        @property
        def control(self) -> RowList[Any]:
            return self.rows

    class Needed(Message):
        """Rows that must be shown and were not given yet."""

        def __init__(self, rows: RowList[Any], offset: int, limit: int) -> None:
            super().__init__()
            self.rows = rows
            self.offset = offset
            self.limit = limit

        @property
        def control(self) -> RowList[Any]:
            return self.rows

    def __init__(
        self,
        painter: Painter[Row],
        *,
        id: str,
        empty: str = "Rien ici.",
        focusable: bool = True,
        classes: str = "",
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.painter = painter
        self.empty = empty
        self.can_focus = focusable
        self.total = 0
        self.cursor = 0
        self._given = False
        self._rows: dict[int, Row] = {}
        self._asked: set[int] = set()
        self._old: set[int] = set()
        self._strips: dict[int, list[Strip]] = {}

    @property
    def current(self) -> Row | None:
        """The row under the cursor, if it is there and loaded."""
        return self._rows.get(self.cursor)

    def fill(self, total: int, rows: Sequence[Row]) -> None:
        """Replace all: `rows` are the first of `total`. The cursor stays on its row, or at its rank.

        Rows given earlier that lie further are shown until they are given again.
        """
        self._asked.clear()
        self._old = set(self._rows)
        self.supply(0, rows, max(total, len(rows)))

    def supply(self, offset: int, rows: Sequence[Row], total: int | None = None) -> None:
        """Give rows that were needed."""
        current = self.current
        self._given = True
        self._rows.update(enumerate(rows, offset))
        self._old.difference_update(range(offset, offset + len(rows)))
        if total is not None:
            self.total = total
        for index in [index for index in self._rows if index >= self.total]:
            del self._rows[index]
        self._follow(current, offset, len(rows))
        self._lay_out()

    def forget(self) -> None:
        """What is shown may be out of date: show it until it is given again."""
        self._old = set(self._rows)
        self._asked.clear()

    def reset(self) -> None:
        """Empty the list, for another one to be shown in its place."""
        self._rows.clear()
        self._asked.clear()
        self._given = False
        self.cursor = 0

    def _follow(self, row: Row | None, offset: int, count: int) -> None:
        """Put the cursor back on `row` if it is among the `count` rows just given from `offset` on."""
        if row is not None:
            wanted = self.painter.key(row)
            for index in range(offset, offset + count):
                if self.painter.key(self._rows[index]) == wanted:
                    self.cursor = index
                    break
        self.cursor = max(0, min(self.cursor, self.total - 1))

    def _lay_out(self) -> None:
        self._strips.clear()
        width = self.scrollable_content_region.width
        self.virtual_size = Size(width, max(1, self.total) * self.painter.height(width))
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
        height = self.painter.height(self.scrollable_content_region.width)
        room = self.scrollable_content_region.height
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
        height = self.painter.height(self.scrollable_content_region.width)
        for changed in (self.cursor, index):
            self._strips.pop(changed, None)
            self.refresh_lines(changed * height, height)
        self.cursor = index
        self._show_cursor()

    def action_move(self, step: int) -> None:
        self.go(self.cursor + step)

    def action_page(self, step: int) -> None:
        size = self.scrollable_content_region
        self.go(self.cursor + step * max(1, size.height // self.painter.height(size.width) - 1))

    def action_jump(self, index: int) -> None:
        self.go(index if index >= 0 else self.total - 1)

    def action_choose(self) -> None:
        if self.current is not None:
            self.post_message(self.Chosen(self, self.current))

    def on_click(self, event: Click) -> None:
        height = self.painter.height(self.scrollable_content_region.width)
        offset = event.get_content_offset(self)
        if offset is None:
            return
        index = (offset.y + self.scroll_offset.y) // height
        if index == self.cursor:
            self.action_choose()
        else:
            self.go(index)

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        height = self.painter.height(width)
        index, part = divmod(y + self.scroll_offset.y, height)
        if index >= self.total:
            empty = self.empty if self._given else "…"
            words: Line = [(empty, "muted")] if not self.total and y == 0 else []
            return self._strip([(" ", ""), *words], width, cursor=False)
        strips = self._strips.get(index)
        if strips is None:
            strips = self._draw(index, width, height)
        return strips[part]

    def _draw(self, index: int, width: int, height: int) -> list[Strip]:
        row = self._rows.get(index)
        cursor = index == self.cursor
        if row is None or index in self._old:
            self._ask(index)
        if row is None:
            return [self._strip([(" …", "muted")], width, cursor=cursor)] * height
        lines = list(self.painter.paint(row, index, width - 1))[:height]
        lines += [[]] * (height - len(lines))
        mark = "▌" if cursor else " "
        strips = [self._strip([(mark, "accent"), *line], width, cursor=cursor) for line in lines]
        self._strips[index] = strips
        return strips

    def _ask(self, index: int) -> None:
        offset = index - index % PAGE
        if offset not in self._asked:
            self._asked.add(offset)
            self.post_message(self.Needed(self, offset, PAGE))

    def _strip(self, line: Line, width: int, *, cursor: bool) -> Strip:
        base = self.visual_style
        if not cursor:
            return drawn(line, width, base)
        if self.has_focus:
            # The cursor's own colour wins over the roles', so that all of it can be read.
            return drawn(line, width, base, Style.parse(_CURSOR))
        return drawn(line, width, base + Style.parse(_CURSOR_AWAY))

    def on_focus(self) -> None:
        self._strips.pop(self.cursor, None)

    def on_blur(self) -> None:
        self._strips.pop(self.cursor, None)


def heading(number: int, title: str, count: str, more: str = "") -> Content:
    """A pane's title: its key, its name, its count and what goes with it."""
    parts: list[Any] = [
        (f" {number} ", "bold $text-accent"),
        (f"{title} ", "bold"),
        (count, "bold $text-primary"),
    ]
    if more:
        parts.append((f" · {more}", "$text-muted"))
    return Content.assemble(*parts, " ")
