"""Numbered choices, drawn by one widget: the keys' numbers, one highlighted, the closed ones with why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from screens.base import shown

if TYPE_CHECKING:
    from textual.events import Click
    from textual.geometry import Size

WIDTH = 76
"""Cells that a choice takes at most."""


class Choosable(Protocol):
    """What the list shows; `why_not` is said beside a closed one."""

    @property
    def label(self) -> str: ...
    @property
    def enabled(self) -> bool: ...
    @property
    def why_not(self) -> str: ...


class Choices(Widget, can_focus=True):
    """Shows choices and keeps the highlighted one. It decides nothing: the keys are the screen's."""

    ALLOW_SELECT = False
    auto_links = False
    DEFAULT_CSS = """
    Choices {
        height: auto;
        padding: 0 1;
        text-wrap: nowrap;
        text-overflow: clip;
    }
    """

    class Clicked(Message):
        """A choice was clicked; `index` is its 0-based place."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, items: Sequence[Choosable] = ()) -> None:
        super().__init__()
        self.items = tuple(items)
        self.highlighted = next((n for n, item in enumerate(self.items) if item.enabled), 0)
        self.notice = ""
        self.above = 0
        self._spots: list[int] = []

    def leave(self, above: int) -> None:
        """Leave that many lines of the column to what is above, when there are more choices than room."""
        self.above = above

    def show(self, items: Sequence[Choosable], highlighted: int) -> None:
        """Show these choices; a notice about the former ones goes."""
        self.items = tuple(items)
        self.highlighted = highlighted
        self.notice = ""
        self.refresh(layout=True)

    def say(self, notice: str) -> None:
        """A word to the agent under the choices, until the next ones."""
        self.notice = notice
        self.refresh(layout=True)

    def move(self, by: int) -> None:
        """Highlight the next choice that is open, upwards or downwards."""
        ahead = [n for n, item in enumerate(self.items) if item.enabled and (n - self.highlighted) * by > 0]
        if ahead:
            self.highlight(min(ahead) if by > 0 else max(ahead))

    def highlight(self, index: int) -> None:
        """Highlight a choice."""
        self.highlighted = index
        self.refresh()

    def height_in(self, width: int) -> int:
        """Lines that the choices take in `width` cells, padding included."""
        return len(self._lines(width - 2)) + bool(self.notice)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """One line a choice, more when it is long, within what the column has."""
        return max(1, min(len(self._lines(width)) + bool(self.notice), container.height - self.above))

    def render(self) -> Content:
        """The lines in view, the highlighted choice among them."""
        width, height = self.size
        numbered = self._lines(width)
        room = max(1, height - bool(self.notice))
        last = max((n for n, (index, _) in enumerate(numbered) if index == self.highlighted), default=0)
        top = max(0, min(last + 1 - room, len(numbered) - room))
        numbered = numbered[top : top + room]
        self._spots = [index for index, _ in numbered]
        lines = [line for _, line in numbered]
        if self.notice:
            notice = Content.styled(f"▲ {shown(self.notice)}", "bold $text-warning")
            lines.append(notice.truncate(width, ellipsis=True))
        return Content("\n").join(lines)

    def on_click(self, event: Click) -> None:
        """A click on a choice takes it."""
        if 0 <= event.y < len(self._spots):
            self.post_message(self.Clicked(self._spots[event.y]))

    def _lines(self, width: int) -> list[tuple[int, Content]]:
        """Each line with the index of its choice."""
        if width < 12:
            return []
        room = min(WIDTH, width)
        return [(n, line) for n, item in enumerate(self.items) for line in self._item(n, item, room)]

    def _item(self, n: int, item: Choosable, room: int) -> list[Content]:
        chosen = n == self.highlighted
        if item.enabled:
            number, words = (f"{n + 1}", "bold $text-accent"), Content(shown(item.label))
        else:
            why = f" ({shown(item.why_not)})" if item.why_not else ""
            number, words = ("–", "$text-muted"), Content.styled(f"{shown(item.label)}{why}", "$text-muted")
        lead = Content.assemble("❯ " if chosen else "  ", number if not chosen else number[0], "  ")
        lines = []
        for text in words.wrap(room - lead.cell_length):
            line = lead + text
            if chosen:
                mood = "" if self.has_focus else "blurred-"
                style = f"$block-cursor-{mood}foreground on $block-cursor-{mood}background"
                line = line.pad_right(max(0, room - line.cell_length)).stylize(
                    style if mood else f"bold {style}"
                )
            lines.append(line)
            lead = Content("     ")
        return lines
