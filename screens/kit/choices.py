"""Numbered choices: the keys' numbers, one highlighted, the closed ones with why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from rich.cells import cell_len
from textual.message import Message

from screens.kit.canvas import Canvas, folded
from screens.kit.screen import shown

if TYPE_CHECKING:
    from textual.events import Click
    from textual.geometry import Size

    from screens.kit.lines import Line

WIDTH = 76
"""Cells that a choice takes at most."""


class Choosable(Protocol):
    """What is shown of a choice; `why_not` is said beside a closed one."""

    @property
    def label(self) -> str: ...
    @property
    def enabled(self) -> bool: ...
    @property
    def why_not(self) -> str: ...


class Clicked(Message):
    """A choice was clicked; `index` is its 0-based place."""

    def __init__(self, index: int) -> None:
        super().__init__()
        self.index = index


class Menu:
    """Choices and the highlighted one, as lines. It decides nothing: the keys are the screen's."""

    def __init__(self, items: Sequence[Choosable] = ()) -> None:
        self.show(items, next((n for n, item in enumerate(items) if item.enabled), 0))

    def show(self, items: Sequence[Choosable], highlighted: int) -> None:
        """Take other choices; a notice about the former ones goes."""
        self.items = tuple(items)
        self.highlighted = highlighted
        self.notice = ""

    def move(self, by: int) -> None:
        """Highlight the next choice that is open, upwards or downwards."""
        ahead = [n for n, item in enumerate(self.items) if item.enabled and (n - self.highlighted) * by > 0]
        if ahead:
            self.highlighted = min(ahead) if by > 0 else max(ahead)

    def lines(self, width: int, *, focused: bool) -> list[tuple[int, Line]]:
        """Each line with the index of its choice; the notice, which is no choice's, comes last."""
        room = min(WIDTH, width)
        lines = [
            (n, line) for n, item in enumerate(self.items) for line in self._item(n, item, room, focused)
        ]
        if self.notice:
            lines += [(-1, [(line, "warning")]) for line in folded(f"▲ {self.notice}", room)]
        return lines

    def window(self, width: int, height: int, *, focused: bool) -> list[tuple[int, Line]]:
        """Those of the lines that fit in `height`, the highlighted choice among them."""
        lines = self.lines(width, focused=focused)
        last = max((n for n, (index, _) in enumerate(lines) if index == self.highlighted), default=0)
        top = max(0, min(last + 1 - height, len(lines) - height))
        return lines[top : top + height]

    def _item(self, n: int, item: Choosable, room: int, focused: bool) -> list[Line]:
        words, number, chosen = shown(item.label), str(n + 1), n == self.highlighted
        if not item.enabled:
            words, number = words + (f" ({shown(item.why_not)})" if item.why_not else ""), "–"
        first, *more = folded(words, room - 5)
        if not chosen:
            dim = "" if item.enabled else "muted"
            head: Line = [("  ", ""), (number, dim or "strong-accent"), (f"  {first}", dim)]
            return [head, *([(f"     {line}", dim)] for line in more)]
        role = "cursor" if focused else "cursor-blurred"
        whole = [f"❯ {number}  {first}", *(f"     {line}" for line in more)]
        return [[(line + " " * (room - cell_len(line)), role)] for line in whole]


class Choices(Canvas, can_focus=True):
    """A menu by itself, in a question."""

    DEFAULT_CSS = """
    Choices { height: auto; }
    """

    def __init__(self, items: Sequence[Choosable]) -> None:
        super().__init__()
        self.menu = Menu(items)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """One line a choice, more when it is long."""
        return len(self.menu.lines(width, focused=True))

    def lines(self) -> list[Line]:
        """The menu."""
        return [line for _, line in self.menu.window(self.size.width, self.size.height, focused=True)]

    def on_click(self, event: Click) -> None:
        """A click on an answer takes it."""
        lines = self.menu.window(self.size.width, self.size.height, focused=True)
        offset = event.get_content_offset(self)
        if offset is not None and offset.y < len(lines) and lines[offset.y][0] >= 0:
            self.post_message(Clicked(lines[offset.y][0]))
