"""One step of the call script, drawn by one widget: the next step is a repaint, never a new layout.

From top to bottom: phase and title, what to say, hints; in a simulated call what the client says; room for
the field when something is asked; the choices. When the pane is too low, the speech alone scrolls.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from console.base.text import clean
from screens.kit.canvas import SPEECH_WIDTH, Canvas, folded, hanging
from screens.kit.choices import Clicked, Menu
from screens.kit.screen import shown

if TYPE_CHECKING:
    from textual.events import Click, Key

    from console.calls.views import CallView
    from screens.call.key_queue import KeyQueue
    from screens.kit.lines import Line

LEAST_LINES = 4
"""Lines of speech kept in view when there are more choices than room."""


class StepPane(Canvas, can_focus=True):
    """Shows a step and keeps the highlighted choice. It decides nothing: the keys are the screen's."""

    DEFAULT_CSS = """
    StepPane { height: 1fr; }
    """

    def __init__(self, queue: KeyQueue) -> None:
        super().__init__()
        self._queue = queue
        self.view: CallView | None = None
        self.menu = Menu()
        self.hints = True
        self.field_lines = 0
        self.field_top = 0
        self._top = 0
        self._last_top = 0
        self._choice_at: list[int] = []

    def show(self, view: CallView, *, hints: bool, field_lines: int) -> None:
        """Paint a step, leaving `field_lines` under what is said. `field_top` then tells where they are."""
        if self.view is None or self.view.seq != view.seq:
            self._top = 0
        self.view, self.hints, self.field_lines = view, hints, field_lines
        self.repaint()

    def say(self, notice: str) -> None:
        """A word to the agent under the choices, until the next step."""
        self.menu.notice = notice
        self.repaint()

    def move(self, by: int) -> None:
        """Highlight the next open choice, upwards or downwards."""
        self.menu.move(by)
        self.repaint()

    def turn(self, pages: int) -> None:
        """Scroll the speech by most of what is in view."""
        self._top = max(0, min(self._top + pages * max(1, self.field_top - 3), self._last_top))
        self.repaint()

    def watch_has_focus(self, has_focus: bool) -> None:
        """The highlight is calmer while the field has the focus."""
        super().watch_has_focus(has_focus)
        self.repaint()

    def on_key(self, event: Key) -> None:
        """Keys are played in order."""
        self._queue.take(event)

    def on_click(self, event: Click) -> None:
        """A click on a choice takes it."""
        offset = event.get_content_offset(self)
        if offset is not None and offset.y < len(self._choice_at) and self._choice_at[offset.y] >= 0:
            self.post_message(Clicked(self._choice_at[offset.y]))

    def lines(self) -> list[Line]:
        """The whole pane."""
        width, height = self.size
        if self.view is None or width < 12:
            return []
        head = self._said(self.view, width)
        hints = self._hints(self.view, width)
        heard = self._heard(self.view, width)
        room = height - self.field_lines - 1 - len(heard)
        menu = self.menu.window(width, max(1, room - LEAST_LINES), focused=self.has_focus)
        speech = [*self._window([*head, *hints], len(hints), max(1, room - len(menu))), *heard]
        self.field_top = len(speech) + 1
        blank: list[Line] = [[] for _ in range(self.field_lines + 1)]
        self._choice_at = [-1] * (len(speech) + len(blank)) + [index for index, _ in menu]
        return [*speech, *blank, *(line for _, line in menu)]

    def _window(self, lines: list[Line], hints: int, room: int) -> list[Line]:
        """What fits of the speech; the last line tells what is out of view."""
        self._last_top = max(0, len(lines) - room + 1) if len(lines) > room else 0
        self._top = min(self._top, self._last_top)
        if not self._last_top:
            return lines
        hidden = len(lines) - self._top - room + 1
        more: Line = [("▲ Page préc. : le début", "muted")]
        if hidden > hints:
            more = [("▼ Page suiv. : la suite", "warning")]
        elif hidden > 0:
            more = [("▼ Page suiv. : les conseils", "muted")]
        return [*lines[self._top : self._top + room - 1], more]

    def _said(self, view: CallView, width: int) -> list[Line]:
        """Title and what to say; at the end, what was written."""
        room = min(SPEECH_WIDTH, width - 2)
        title = "Appel terminé" if view.outcome else shown(view.title)
        lines: list[Line] = [[(f"{shown(view.phase)}  ", "muted"), (title, "primary")]]
        if view.outcome is not None:
            lines += [[], *(line for told in view.summary for line in hanging(told, "✓ ", room, ""))]
            missed = f"Liste de contrôle, oublié : {' ; '.join(view.missed)}."
            return lines + (hanging(missed, "▲ ", room, "hint") if view.missed else [])
        if view.news:
            lines += [[], *hanging(view.news, "● ", room, "warning")]
        if view.said:
            lines += [[], *_speech(view.said, room)]
        return lines

    def _heard(self, view: CallView, width: int) -> list[Line]:
        room = min(SPEECH_WIDTH, width - 2)
        return [[], *hanging(view.heard, "◂ ", room, "strong-accent")] if view.heard else []

    def _hints(self, view: CallView, width: int) -> list[Line]:
        room = min(SPEECH_WIDTH, width - 2)
        hints = view.hints if self.hints and view.outcome is None else ()
        lines = [line for hint in hints for line in hanging(hint, "› ", room, "hint")]
        return [[], *lines] if lines else []


@lru_cache(64)
def _speech(said: str, width: int) -> list[Line]:
    """What to say, folded."""
    paragraphs = clean(said, newlines=True, limit=5_000).split("\n")
    return [[("▌ ", "speech-mark"), (line, "strong")] for text in paragraphs for line in folded(text, width)]
