"""The training: where the agent stands with the quiz, and who has passed it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from console.domain.dates import day_of
from console.domain.french import day, plural
from screens.base import BACK, COMMON, Page, shown
from screens.choose import Answer
from screens.keys import digit, key
from screens.widgets.choices import Choices, Clicked
from screens.widgets.keybar import KeyBar

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.domain.quiz import Question, Record
    from console.services.context import Services

_OFFERED = (
    Answer("quiz", "Passer le quiz"),
    Answer("team", "Qui a réussi le quiz (superviseur)"),
)


class TrainingScreen(Page[None], inherit_bindings=False):
    """Two choices, and what the agent's own runs say; the second lists everybody's."""

    PURPOSE = "S’entraîner, sans toucher à aucun client.\n{formation.quiz} : le quiz, une touche par réponse."
    BINDINGS: ClassVar[list[BindingType]] = [
        digit("formation.quiz", 1, "pick(1)", "Quiz", "Passer le quiz", show=True),
        digit("formation.equipe", 2, "pick(2)", "Équipe", "Qui a réussi le quiz (superviseur)", show=True),
        key("formation.prendre", "enter", "confirm", "Choisir", "Prendre le choix en évidence"),
        key("liste.formation.haut", "up", "move(-1)", "Choix précédent", show=False),
        key("liste.formation.bas", "down", "move(1)", "Choix suivant", show=False),
        *COMMON,
        BACK,
    ]
    DEFAULT_CSS = """
    TrainingScreen {
        #head { height: 1; padding: 0 1; background: $panel; }
        Choices { margin: 1 0; }
        #told { height: 1fr; padding: 0 1; }
    }
    """

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.choices = Choices(_OFFERED)

    def compose(self) -> ComposeResult:
        yield Static("Formation", id="head", markup=False)
        yield self.choices
        with VerticalScroll(id="told", can_focus=False):
            yield Static("…", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        self.choices.focus()

    def on_screen_resume(self) -> None:
        self.serve(self.services.training.mine, self._show_mine, group="record")

    def _show_mine(self, mine: Record | None) -> None:
        if mine is None:
            self._tell("Vous n’avez pas encore passé le quiz.")
        else:
            self._tell(f"Votre quiz : {_words(mine)}")

    def _show_team(self, team: Sequence[Record]) -> None:
        if not team:
            self._tell("Personne n’a encore passé le quiz.")
            return
        width = min(30, max(len(shown(one.agent)) for one in team))
        self._tell("\n".join(f"{shown(one.agent)[:30].ljust(width)}  {_words(one)}" for one in team))

    def _tell(self, text: str) -> None:
        self.query_one("#told > Static", Static).update(Content(text))

    def on_clicked(self, event: Clicked) -> None:
        """The mouse chooses too."""
        self.action_pick(event.index + 1)

    def action_move(self, by: int) -> None:
        """Highlight the other choice."""
        self.choices.menu.move(by)
        self.choices.repaint()

    def action_confirm(self) -> None:
        """Take the highlighted choice."""
        self.action_pick(self.choices.menu.highlighted + 1)

    def action_pick(self, number: int) -> None:
        """Begin the quiz, or list who has passed."""
        if _OFFERED[number - 1].value == "quiz":
            self.serve(self.services.training.questions, self._begin, group="quiz")
        else:
            self.serve(self.services.training.team, self._show_team, group="record")

    def _begin(self, questions: Sequence[Question]) -> None:
        from screens.quiz import QuizScreen

        self.open(QuizScreen(self.services, questions))


def _words(record: Record) -> str:
    """« ✓ réussi le 20/12/2025 · meilleur score 5 sur 5 · 2 essais »."""
    state = f"✓ réussi le {day(day_of(record.passed_at))}" if record.passed_at else "– pas encore réussi"
    best = f"meilleur score {record.best.score} sur {record.best.total}"
    return f"{state} · {best} · {plural(record.runs, 'essai')}"
