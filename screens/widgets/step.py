"""One step of the call script, drawn by one widget: what to say, hints, numbered choices.

A step change is a repaint of this widget: no child is added or removed. When the pane is too low, the choices
stay in view at its bottom and the speech scrolls above them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from screens.base import shown

if TYPE_CHECKING:
    from textual.events import Click
    from textual.geometry import Size

    from console.services.views import CallView, ChoiceView

SPEECH_WIDTH = 72
"""Cells that a line of speech takes at most: longer lines are hard to read aloud."""
LEAST_SPEECH = 4
"""Lines of speech kept in view when there are more choices than room."""


class StepPane(Widget, can_focus=True):
    """Shows a step and keeps the highlighted choice. It decides nothing: keys belong to the screen."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    StepPane {
        height: auto;
        padding: 0 1;
        text-wrap: nowrap;
        text-overflow: clip;
    }
    """

    class Clicked(Message):
        """A choice was clicked; `index` is its 0-based place in the step."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self) -> None:
        super().__init__()
        self.view: CallView | None = None
        self.highlighted = 0
        self.notice = ""
        self.scrolled = 0
        self.reserved = 0
        self.hints = True
        self._spots: dict[int, int] = {}
        self._hidden = 0

    def show(self, view: CallView, *, hints: bool, reserved: int = 0) -> None:
        """Paint `view`. `reserved`: lines of the column that another widget needs."""
        same = self.view is not None and (self.view.call_id, self.view.step) == (view.call_id, view.step)
        if not same:
            self.scrolled = 0
        if self.view is None or self.view.seq != view.seq:
            self.highlighted = view.highlighted
        self.view, self.hints, self.reserved, self.notice = view, hints, reserved, ""
        self.refresh(layout=True)

    def say(self, notice: str) -> None:
        """A word to the agent above the choices, until the next step."""
        self.notice = notice
        self.refresh(layout=True)

    def move(self, by: int) -> None:
        """Highlight the next choice that can be taken, `by` is -1 or +1."""
        if self.view is None:
            return
        open_ones = [choice.index for choice in self.view.choices if choice.enabled]
        if not open_ones:
            return
        ahead = [n for n in open_ones if (n - self.highlighted) * by > 0]
        self.highlight((min(ahead) if by > 0 else max(ahead)) if ahead else self.highlighted)

    def highlight(self, index: int) -> None:
        """Highlight a choice."""
        self.highlighted = index
        self.refresh()

    def turn(self, pages: int) -> None:
        """Scroll the speech by most of what is in view."""
        step = max(1, self.size.height // 3)
        self.scrolled = max(0, min(self.scrolled + pages * step, self._hidden))
        self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As high as the step needs, within what the column has."""
        speech, choices = self._speech(width), self._choices(width)
        needed = len(speech) + len(choices) + bool(choices)
        return max(1, min(needed, container.height - self.reserved))

    def render(self) -> Content:
        """The lines in view."""
        width, height = self.size
        speech, choices = self._speech(width), self._choices(width)
        gap = 1 if choices else 0
        self._hidden = max(0, len(speech) + gap + len(choices) - height)
        below = [line for _, line in choices]
        first = 0
        if self._hidden:
            room = max(LEAST_SPEECH, height - gap - len(choices))
            self._hidden = max(0, len(speech) - room)
            self.scrolled = min(self.scrolled, self._hidden)
            speech = speech[self.scrolled : self.scrolled + room]
            first = self._first_choice_line(choices, height - gap - len(speech))
            below = below[first : first + height - gap - len(speech)]
        else:
            self.scrolled = 0
        top = len(speech) + gap
        self._spots = {
            top + line: index for line, (index, _) in enumerate(choices[first : first + len(below)])
        }
        return Content("\n").join([*speech, *([self._rule(width)] if gap else []), *below])

    def on_click(self, event: Click) -> None:
        """A click on a choice takes it."""
        if (index := self._spots.get(event.y, -1)) >= 0:
            self.post_message(self.Clicked(index))

    def _first_choice_line(self, choices: list[tuple[int, Content]], room: int) -> int:
        mine = [line for line, (index, _) in enumerate(choices) if index == self.highlighted]
        last = mine[-1] if mine else 0
        return max(0, min(last + 1 - room, len(choices) - room)) if room > 0 else 0

    def _rule(self, width: int) -> Content:
        """The line between speech and choices: a notice, or what is scrolled away."""
        if self.notice:
            return Content.styled(shown(self.notice), "bold $text-warning").truncate(width, ellipsis=True)
        above, below = self.scrolled, self._hidden - self.scrolled
        if below > 0:
            return Content.styled(f"  ▼ suite (encore {below} l.) : Page suiv.", "$text-warning")
        if above > 0:
            return Content.styled("  ▲ début : Page préc.", "$text-muted")
        return Content("")

    def _speech(self, width: int) -> list[Content]:
        """Title, what to say, hints."""
        view = self.view
        if view is None or width <= 4:
            return []
        room = min(SPEECH_WIDTH, width - 2)
        title = Content.assemble(
            (shown(view.phase), "$text-muted"), "  ", (shown(view.title), "bold $text-primary")
        )
        lines = [title.truncate(width, ellipsis=True), Content("")]
        bar = Content.styled("▌ ", "$primary")
        for paragraph in view.said.split("\n"):
            text = Content.styled(shown(paragraph), "bold")
            lines += [bar + line for line in text.wrap(room)] if text else [bar]
        if not view.said:
            lines.pop()
        if view.hints and self.hints:
            lines.append(Content(""))
            for hint in view.hints:
                text = Content.styled(shown(hint), "italic $text-muted")
                lead = Content.styled("  › ", "$text-muted")
                for line in text.wrap(room - 2):
                    lines.append(lead + line)
                    lead = Content("    ")
        return lines

    def _choices(self, width: int) -> list[tuple[int, Content]]:
        """Each line of the choices with the choice it belongs to."""
        if self.view is None or width <= 8:
            return []
        return [(choice.index, line) for choice in self.view.choices for line in self._choice(choice, width)]

    def _choice(self, choice: ChoiceView, width: int) -> list[Content]:
        chosen = choice.index == self.highlighted
        room = min(SPEECH_WIDTH + 4, width)
        words = Content(shown(choice.label))
        if not choice.enabled:
            words = Content.styled(f"{shown(choice.label)} — {shown(choice.why_not)}", "$text-muted")
        lead = Content.assemble(
            "❯ " if chosen else "  ",
            (f"{choice.index + 1}", "bold" if chosen else "bold $text-accent")
            if choice.enabled
            else ("–", "$text-muted"),
            "  ",
        )
        lines = []
        for text in words.wrap(room - 6):
            line = (lead + text).pad_right(max(0, room - lead.cell_length - text.cell_length))
            if chosen:
                focused = self.has_focus
                style = (
                    "bold $block-cursor-foreground on $block-cursor-background"
                    if focused
                    else "$block-cursor-blurred-foreground on $block-cursor-blurred-background"
                )
                line = line.stylize(style)
            lines.append(line)
            lead = Content("     ")
        return lines
