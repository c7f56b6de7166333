"""The questions that supervisors put to the agent about refusals, the oldest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from console.base import french
from screens.kit.lines import Line, crop, fit
from screens.kit.lists import ListScreen
from screens.kit.rows import RowList
from screens.kit.screen import BACK, COMMON, Page, shown
from screens.records.file import RefusalFileScreen

if TYPE_CHECKING:
    from textual.binding import BindingType

    from console.records.views import QuestionRow
    from console.services import Services


class QuestionLine:
    """Who asks, about whom, what."""

    def height(self, width: int) -> int:
        return 1

    def key(self, row: QuestionRow) -> int:
        return row.question_id

    def paint(self, row: QuestionRow, index: int, width: int) -> Sequence[Line]:
        line: Line = [
            (f"{french.moment(row.at)}  ", "muted"),
            (fit(shown(row.author), 12), ""),
            (" ", ""),
            (fit(shown(row.name), 18), "strong"),
            (f" {shown(row.text)}", ""),
        ]
        return [crop(line, width)]


class QuestionsScreen(ListScreen, Page[None], inherit_bindings=False):
    """Entrée opens the record, where the answer is given."""

    PURPOSE = (
        "Ce qu’un superviseur vous demande sur vos refus.\n"
        "Entrée : la fiche, où l’on répond · {retour} : revenir."
    )
    BINDINGS: ClassVar[list[BindingType]] = [*COMMON, BACK]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.rows: RowList[Any] = RowList(
            QuestionLine(), id="questions", empty="Aucune question n’attend votre réponse.", titled=True
        )

    def on_mount(self) -> None:
        self.rows.border_title = " Questions du superviseur "

    def on_screen_resume(self) -> None:
        self.reload()

    def reload(self) -> None:
        self.serve(
            self.services.review.questions, lambda rows: self.rows.fill(len(rows), rows), group="questions"
        )

    def open_row(self, row: QuestionRow) -> None:
        """The record asked about."""
        self.open(RefusalFileScreen(self.services, row.record_id))
