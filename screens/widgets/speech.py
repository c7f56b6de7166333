"""What a script step gives to say, with its hints, drawn by one widget: a new step is a repaint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget

from screens.base import shown

if TYPE_CHECKING:
    from textual.geometry import Size

    from console.services.views import CallView

SPEECH_WIDTH = 72
"""Cells that a line of speech takes at most: longer lines are hard to read aloud."""
LEAST_LINES = 4
"""Lines of speech kept in view when there are more choices than room."""


class Speech(Widget):
    """Phase, title, the words to say, the hints. What does not fit is a page away, and says so."""

    ALLOW_SELECT = False
    auto_links = False
    DEFAULT_CSS = """
    Speech {
        height: auto;
        padding: 0 1;
        margin-bottom: 1;
        text-wrap: nowrap;
        text-overflow: clip;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.view: CallView | None = None
        self.hints = True
        self.below = 0
        self._top = 0
        self._hint_lines = 0
        self._lines: tuple[int, list[Content]] = (0, [])

    def show(self, view: CallView, *, hints: bool, below: int) -> None:
        """Paint a step. `below`: lines of the column that the widgets under this one need."""
        if self.view is None or self.view.seq != view.seq:
            self._top = 0
        self.view, self.hints, self.below = view, hints, below
        self._lines = (0, [])
        self.refresh(layout=True)

    def turn(self, pages: int) -> None:
        """Scroll by most of what is in view."""
        self._top = max(0, min(self._top + pages * max(1, self.size.height - 2), self._last_top))
        self.refresh()

    @property
    def _last_top(self) -> int:
        return max(0, len(self.lines(self.size.width)) - self.size.height + 1)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As high as the words need, within what the column has left."""
        room = max(LEAST_LINES, container.height - self.below)
        return max(1, min(len(self.lines(width)), room))

    def render(self) -> Content:
        """The lines in view; the last one tells what is out of view."""
        width, height = self.size
        lines = self.lines(width)
        if len(lines) > height:
            lines = [*lines[self._top : self._top + height - 1], self._more(len(lines), height)]
        return Content("\n").join(lines)

    def _more(self, total: int, height: int) -> Content:
        hidden = total - self._top - height + 1
        if hidden > self._hint_lines:
            return Content.styled("▼ Page suiv. : la suite", "bold $text-warning")
        if hidden > 0:
            return Content.styled("▼ Page suiv. : les conseils", "$text-muted")
        return Content.styled("▲ Page préc. : le début", "$text-muted")

    def lines(self, width: int) -> list[Content]:
        """Everything there is to show, wrapped."""
        if self.view is None or width < 8:
            return []
        if self._lines[0] != width:
            self._lines = (width, self._wrapped(self.view, width))
        return self._lines[1]

    def _wrapped(self, view: CallView, width: int) -> list[Content]:
        room = min(SPEECH_WIDTH, width - 2)
        title = "Appel terminé" if view.outcome else shown(view.title)
        head = Content.assemble((f"{shown(view.phase)}  ", "$text-muted"), (title, "bold $text-primary"))
        lines = [head.truncate(width, ellipsis=True)]
        if view.outcome is not None:
            return [*lines, Content(""), *hanging(view.summary, "✓ ", room, "")]
        if view.said:
            lines.append(Content(""))
            for paragraph in view.said.split("\n"):
                for line in Content.styled(shown(paragraph), "bold").wrap(room):
                    lines.append(Content.styled("▌ ", "$primary") + line)
        hints = hanging(view.hints, "› ", room, "italic $text-muted") if self.hints else []
        self._hint_lines = len(hints) + bool(hints)
        return [*lines, Content(""), *hints] if hints else lines


def hanging(texts: tuple[str, ...] | list[str], mark: str, width: int, style: str) -> list[Content]:
    """Each text wrapped after its mark, the next lines under the first."""
    lines: list[Content] = []
    for text in texts:
        lead = Content.styled(mark, style)
        for line in Content.styled(shown(text), style).wrap(max(8, width - len(mark))):
            lines.append(lead + line)
            lead = Content(" " * len(mark))
    return lines
