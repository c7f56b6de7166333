"""The training: the quiz, the call simulator, and where each agent stands with both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from console.base.dates import day_of
from console.base.french import day, plural
from console.base.roles import Role
from screens.common.choose import Answer
from screens.keys import digit, key
from screens.kit.choices import Choices, Clicked
from screens.kit.keybar import KeyBar
from screens.kit.screen import BACK, COMMON, SUPERVISORS_ONLY, Page, shown
from screens.training.quiz import QuizScreen
from screens.training.simulator import SeedModal, simulate

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.services import Services
    from console.training.quiz import Question
    from console.training.standings import Standing


class TrainingScreen(Page[None], inherit_bindings=False):
    """Three choices, and what the agent's own runs say; the second lists everybody's."""

    PURPOSE = (
        "S’entraîner, sans toucher à aucun client.\n"
        "{formation.quiz} : le quiz · {formation.simulateur} : un appel avec un client inventé."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        digit("formation.quiz", 1, "pick(1)", "Quiz", "Passer le quiz", show=True),
        digit("formation.equipe", 2, "pick(2)", "Équipe", "Où en est l’équipe (superviseur)", show=True),
        digit(
            "formation.simulateur",
            3,
            "pick(3)",
            "Simulateur",
            "Simuler un appel avec un client inventé",
            show=True,
        ),
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
        self.choices = Choices(self._offered())

    def compose(self) -> ComposeResult:
        yield Static("Formation", id="head", markup=False)
        yield self.choices
        with VerticalScroll(id="told", can_focus=False):
            yield Static("…", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        self.choices.focus()

    def _offered(self) -> tuple[Answer, ...]:
        return (
            Answer("quiz", "Passer le quiz"),
            Answer(
                "team", "Où en est l’équipe", self.services.may(Role.SUPERVISOR), "réservé au superviseur"
            ),
            Answer("simulator", "Simuler un appel"),
        )

    def why_closed(self, action: str, parameters: tuple[object, ...]) -> str | None:
        """The team's record is a supervisor's."""
        team = action == "pick" and parameters[0] == 2
        return SUPERVISORS_ONLY if team and not self.services.may(Role.SUPERVISOR) else None

    def on_screen_resume(self) -> None:
        highlighted = self.choices.menu.highlighted
        self.choices.menu.show(self._offered(), highlighted)  # another role may be there now
        self.choices.repaint()
        self.serve(self.services.training.mine, self._show_mine, group="record")

    def _show_mine(self, mine: Standing | None) -> None:
        lines = ["Vous n’avez pas encore passé le quiz.", "Vous n’avez pas encore simulé d’appel."]
        if mine is not None and mine.quiz:
            lines[0] = f"Votre quiz : {_quiz_words(mine)}"
        if mine is not None and mine.calls:
            lines[1] = f"Vos simulations : {_calls_words(mine)}"
        self._tell("\n".join(lines))

    def _show_team(self, team: Sequence[Standing]) -> None:
        if not team:
            self._tell("Personne n’a encore passé le quiz ni simulé d’appel.")
            return
        width = min(30, max(len(shown(one.agent)) for one in team))
        self._tell(
            "\n".join(
                f"{name.ljust(width)}  {words}"
                for one in team
                for name, words in (
                    (shown(one.agent)[:30], f"quiz : {_quiz_words(one)}"),
                    ("", f"simulateur : {_calls_words(one)}"),
                )
            )
        )

    def _tell(self, text: str) -> None:
        self.query_one("#told > Static", Static).update(Content(text))

    def on_clicked(self, event: Clicked) -> None:
        """The mouse chooses too."""
        self._pick(event.index + 1)

    def action_move(self, by: int) -> None:
        """Highlight the other choice."""
        self.choices.menu.move(by)
        self.choices.repaint()

    def action_confirm(self) -> None:
        """Take the highlighted choice."""
        self._pick(self.choices.menu.highlighted + 1)

    def _pick(self, number: int) -> None:
        if self.why_closed("pick", (number,)) is None:
            self.action_pick(number)

    def action_pick(self, number: int) -> None:
        """Begin the quiz, list where everybody stands, or simulate a call."""
        if number == 1:
            self.serve(self.services.training.questions, self._begin, group="quiz", opens=True)
        elif number == 2:
            self.serve(self.services.training.team, self._show_team, group="record")
        else:
            self.open(SeedModal(), self._simulate)

    def _simulate(self, seed: int | None) -> None:
        if seed is not None:
            simulate(self, self.services, seed or None)

    def _begin(self, questions: Sequence[Question]) -> None:
        self.open(QuizScreen(self.services, questions))


def _quiz_words(one: Standing) -> str:
    """« ✓ réussi le 20/12/2025 · meilleur score 5 sur 5 · 2 essais »."""
    record = one.quiz
    if record is None:
        return "– pas encore passé"
    state = f"✓ réussi le {day(day_of(record.passed_at))}" if record.passed_at else "– pas encore réussi"
    best = f"meilleur score {record.best.score} sur {record.best.total}"
    return f"{state} · {best} · {plural(record.runs, 'essai')}"


def _calls_words(one: Standing) -> str:
    """« 3 appels · au mieux 8 sur 8, rien d’oublié »."""
    calls = one.calls
    if calls is None:
        return "– pas encore essayé"
    best, missed = calls.best, plural(calls.best.missed, "point oublié", "points oubliés")
    told = f"{best.score} sur {best.total}, {missed if best.missed else 'rien d’oublié'}"
    return f"{plural(calls.runs, 'appel')} · au mieux {told}"
