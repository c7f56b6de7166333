"""The quiz: one key an answer, explained at once; the score is kept at the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from screens.common.choose import Answer
from screens.keys import DIGIT_ROW, digit, key
from screens.kit.choices import Choices, Clicked
from screens.kit.keybar import KeyBar
from screens.kit.screen import BACK, COMMON, Page, shown

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.base.errors import HotlinerError
    from console.services import Services
    from console.training.quiz import Question, QuizRun


class QuizScreen(Page[None], inherit_bindings=False):
    """A question at a time. Left before its end, a quiz is not counted."""

    PURPOSE = (
        "Une situation, quelques réponses ; celle que vous prenez est expliquée aussitôt.\n"
        "Le chiffre d’une réponse : la prendre · {retour} : quitter le quiz, qui n’est alors pas compté."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *(digit(f"quiz.{n}", n, f"pick({n})", f"Réponse {n}") for n in range(1, len(DIGIT_ROW) + 1)),
        key("quiz.suite", "enter", "confirm", "Répondre", "La réponse en évidence, puis la suite"),
        key("liste.quiz.haut", "up", "move(-1)", "Réponse précédente", show=False),
        key("liste.quiz.bas", "down", "move(1)", "Réponse suivante", show=False),
        *COMMON,
        BACK,
    ]
    DEFAULT_CSS = """
    QuizScreen {
        #head { height: 1; padding: 0 1; background: $panel; }
        #body { height: 1fr; }
        #situation { padding: 1 1 0 1; max-width: 74; text-style: bold; }
        Choices { margin: 1 0; }
        #why { padding: 0 1; max-width: 74; }
    }
    """

    def __init__(self, services: Services, questions: Sequence[Question]) -> None:
        super().__init__(services)
        self.questions = tuple(questions)
        self.answers: list[int] = []
        self.explained = False
        self.keeping = False
        self.run: QuizRun | None = None
        self.choices = Choices([Answer("", choice) for choice in self.questions[0].choices])

    def compose(self) -> ComposeResult:
        yield Static(id="head", markup=False)
        with VerticalScroll(id="body", can_focus=False):
            yield Static(id="situation", markup=False)
            yield self.choices
            yield Static(id="why", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        self.choices.focus()
        self._ask()

    @property
    def question(self) -> Question:
        """The one on screen."""
        return self.questions[len(self.answers) - self.explained]

    def _put(self, id: str, text: str) -> None:
        self.query_one(f"#{id}", Static).update(Content(text))

    def _menu(self, labels: Sequence[str], highlighted: int) -> None:
        self.choices.menu.show([Answer("", label) for label in labels], highlighted)
        self.choices.refresh(layout=True)
        self.choices.repaint()

    def _ask(self) -> None:
        self.explained = False
        self._put("head", f"Quiz · question {len(self.answers) + 1} sur {len(self.questions)}")
        self._put("situation", shown(self.question.situation))
        self._put("why", "")
        self._menu(self.question.choices, 0)

    def on_clicked(self, event: Clicked) -> None:
        """The mouse answers too."""
        self.action_pick(event.index + 1)

    def action_move(self, by: int) -> None:
        """Highlight another answer."""
        if not self.explained:
            self.choices.menu.move(by)
            self.choices.repaint()

    def action_pick(self, number: int) -> None:
        """Answer, once; the explanation follows at once."""
        question = self.question
        if self.explained or number > len(question.choices):
            return
        answer = number - 1
        self.answers.append(answer)
        self.explained = True
        self._menu(
            [_marked(question, n, answer, choice) for n, choice in enumerate(question.choices)], answer
        )
        verdict = "✓ Oui." if question.scores(answer) else "✗ Non."
        last = len(self.answers) == len(self.questions)
        after = "Entrée : votre score" if last else "Entrée : la question suivante"
        self._put("why", f"{verdict} {shown(question.why)}\n\n{after}")

    def action_confirm(self) -> None:
        """The highlighted answer; then the next question, the score, and back."""
        if self.run is not None:
            self.dismiss()
        elif not self.explained:
            self.action_pick(self.choices.menu.highlighted + 1)
        elif len(self.answers) < len(self.questions):
            self._ask()
        elif not self.keeping:
            self.keeping = True
            answers = tuple(self.answers)
            self.serve(
                lambda: self.services.training.keep(self.questions, answers),
                self._end,
                failed=self._not_kept,
            )

    def _not_kept(self, error: HotlinerError) -> None:
        self.keeping = False
        self.show_error(error)

    def _end(self, run: QuizRun) -> None:
        self.run = run
        self.choices.display = False
        self._put("head", "Quiz · terminé")
        self._put("situation", f"{run.score} sur {run.total}")
        told = "Le quiz est réussi." if run.passed else "Il est réussi quand tout est juste : il se repasse."
        self._put("why", f"{told} Votre score est gardé.\n\nEntrée : revenir à la formation")


def _marked(question: Question, n: int, answer: int, choice: str) -> str:
    """A choice with what it was: a word stands beside the sign."""
    if n == question.right:
        return f"{choice} — ✓ la bonne réponse"
    if n in question.accepted:
        return f"{choice} — ✓ admise aussi"
    return f"{choice} — ✗ votre réponse" if n == answer else choice
