"""A question with a few numbered answers, above a screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from screens.keys import DIGIT_ROW, digit, key
from screens.kit.choices import Choices, Clicked
from screens.kit.screen import Modal, shown

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: what is said, what is given back; `why_not` tells why it is closed."""

    value: str
    label: str
    enabled: bool = True
    why_not: str = ""


class ChooseModal(Modal[str]):
    """Gives back the value of the answer taken, or None when the agent leaves things as they are."""

    PURPOSE = (
        "Une question, et quelques réponses.\n"
        "Le chiffre d’une réponse : la prendre · {boite.fermer} : laisser tout comme c’était."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *(digit(f"question.{n}", n, f"pick({n})", f"Réponse {n}") for n in range(1, len(DIGIT_ROW) + 1)),
        key("question.prendre", "enter", "confirm", "Choisir", "Prendre la réponse en évidence"),
        key("question.haut", "up", "move(-1)", "Réponse précédente", show=False),
        key("question.bas", "down", "move(1)", "Réponse suivante", show=False),
        key("question.rester", "backspace", "back", "Rester", "Fermer sans rien changer", show=False),
    ]
    DEFAULT_CSS = """
    ChooseModal #box > Static { margin: 0 1 1 1; height: auto; }
    ChooseModal #box > #stay { margin: 1 1 0 1; color: $text-muted; }
    """

    def __init__(self, title: str, sentence: str, answers: Sequence[Answer], *, stay: str) -> None:
        super().__init__()
        self.heading = title
        self.sentence = sentence
        self.answers = tuple(answers)
        self.choices = Choices(self.answers)  # here, as a key may come before the modal is composed
        self.stay = stay

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title = Content(shown(self.heading))
            yield Static(shown(self.sentence), markup=False)
            yield self.choices
            yield Static(f"Échap : {shown(self.stay)}", id="stay", markup=False)

    def on_clicked(self, event: Clicked) -> None:
        """The mouse answers too."""
        self.action_pick(event.index + 1)

    def action_move(self, by: int) -> None:
        """Highlight another answer."""
        self.choices.menu.move(by)
        self.choices.repaint()

    def action_pick(self, number: int) -> None:
        """Take answer `number`, counted from 1, if it is open."""
        if 0 < number <= len(self.answers) and self.answers[number - 1].enabled:
            self.dismiss(self.answers[number - 1].value)

    def action_confirm(self) -> None:
        """Take the highlighted answer."""
        self.action_pick(self.choices.menu.highlighted + 1)
