"""A widget made of lines, of which only those that change are painted: what a fast screen is drawn with."""

from __future__ import annotations

from functools import lru_cache
from itertools import zip_longest
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from screens.kit.lines import Line, drawn
from screens.kit.screen import shown

if TYPE_CHECKING:
    from textual.events import Resize

SPEECH_WIDTH = 72
"""Cells that a line of speech takes at most: longer lines are hard to read aloud."""
_HELD = str.maketrans(
    "\u00a0\u202f", "\ue000\ue001"
)  # private characters, which `shown` lets through nowhere
_RELEASED = str.maketrans("\ue000\ue001", "\u00a0\u202f")


class Canvas(Widget):
    """Shows `lines()`. Call `repaint` when they may have changed."""

    ALLOW_SELECT = False
    auto_links = False
    DEFAULT_CSS = """
    Canvas { padding: 0 1; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[Line] = []
        self._strips: dict[int, Strip] = {}

    def lines(self) -> list[Line]:
        """What there is to show at the present size."""
        raise NotImplementedError

    def repaint(self) -> None:
        """Show what has changed."""
        before, self._lines = self._lines, self.lines()
        pairs = enumerate(zip_longest(before, self._lines))
        changed = [y for y, (old, new) in pairs if old != new]
        for y in changed:
            self._strips.pop(y, None)
        if changed:
            width = self.size.width
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def on_resize(self, _event: Resize) -> None:
        """Everything is to be laid out again."""
        self._strips.clear()
        self.repaint()

    def notify_style_update(self) -> None:
        """The theme has changed."""
        self._strips.clear()
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        """One line, kept until it changes."""
        if y not in self._strips:
            width = self.size.width
            line = self._lines[y] if y < len(self._lines) else []
            self._strips[y] = drawn(line, width, self.visual_style)
        return self._strips[y]


@lru_cache(1024)
def folded(text: str, width: int) -> tuple[str, ...]:
    """Text from outside in lines of `width` cells, one at least; never cut at a no-break space."""
    text = shown(text)
    if cell_len(text) <= width:
        return (text,)
    lines = Content(text.translate(_HELD)).wrap(max(8, width))
    return tuple(line.plain.translate(_RELEASED) for line in lines)


def hanging(text: str, mark: str, width: int, roles: str) -> list[Line]:
    """A text folded after its mark, the next lines under the first."""
    indent = " " * cell_len(mark)
    first, *more = folded(text, width - len(indent))
    return [[(mark + first, roles)], *([(indent + line, roles)] for line in more)]
