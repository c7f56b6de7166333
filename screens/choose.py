"""A question with a few numbered answers, above a screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.content import Content
from textual.widgets import Static

from screens.base import Modal, shown
from screens.keys import DIGIT_ROW, digit, key

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.events import Click


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: what is said, what is returned; `note` tells why it is closed or already so."""

    value: str
    label: str
    enabled: bool = True
    note: str = ""


class ChooseModal(Modal[str]):
    """Gives back the value of the answer taken, or None when the agent stays as things are."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(digit(f"question.{n}", n, f"pick({n})", f"Réponse {n}") for n in range(1, len(DIGIT_ROW) + 1)),
        key("question.prendre", "enter", "confirm", "Choisir", "Prendre la réponse en évidence"),
        key("question.haut", "up", "move(-1)", "Réponse précédente", show=False),
        key("question.bas", "down", "move(1)", "Réponse suivante", show=False),
        key("question.rester", "backspace", "back", "Rester", "Fermer sans rien changer", show=False),
    ]

    def __init__(self, title: str, sentence: str, answers: Sequence[Answer], *, stay: str) -> None:
        super().__init__()
        self.heading = title
        self.sentence = sentence
        self.answers = tuple(answers)
        self.stay = stay
        self.at = next((n for n, answer in enumerate(self.answers) if answer.enabled), -1)
        self._first_line = 0

    def compose(self) -> ComposeResult:
        box = Static(id="box", markup=False)
        box.border_title = shown(self.heading)
        yield box

    def on_mount(self) -> None:
        self._paint()

    def on_resize(self) -> None:
        self._paint()

    def _paint(self) -> None:
        width = min(68, max(20, self.size.width - 4))
        lines = [*Content(shown(self.sentence)).wrap(width), Content("")] if self.sentence else []
        self._first_line = len(lines) + 1
        for n, answer in enumerate(self.answers):
            words = shown(answer.label) + (f" — {shown(answer.note)}" if answer.note else "")
            line = Content.assemble(
                "❯ " if n == self.at else "  ",
                (f"{n + 1}  ", "bold") if answer.enabled else "–  ",
                words,
            ).truncate(width, ellipsis=True)
            if n == self.at:
                line = line.pad_right(width - line.cell_length)
                line = line.stylize("bold $block-cursor-foreground on $block-cursor-background")
            elif not answer.enabled:
                line = line.stylize("$text-muted")
            lines.append(line)
        stay = Content.styled(f"Échap : {shown(self.stay)}", "$text-muted")
        self.query_one("#box", Static).update(Content("\n").join([*lines, Content(""), stay]))

    def on_click(self, event: Click) -> None:
        """A click on an answer takes it."""
        box = self.query_one("#box", Static)
        self.action_pick(event.screen_y - box.region.y - self._first_line + 1)

    def action_move(self, by: int) -> None:
        """Highlight the next answer that can be taken."""
        ahead = [n for n, answer in enumerate(self.answers) if answer.enabled and (n - self.at) * by > 0]
        if ahead:
            self.at = min(ahead) if by > 0 else max(ahead)
            self._paint()

    def action_pick(self, number: int) -> None:
        """Take answer `number`, counted from 1."""
        if 0 < number <= len(self.answers) and self.answers[number - 1].enabled:
            self.dismiss(self.answers[number - 1].value)

    def action_confirm(self) -> None:
        """Take the highlighted answer."""
        self.action_pick(self.at + 1)
