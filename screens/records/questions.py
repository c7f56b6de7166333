"""The questions that supervisors put to the agent about refusals, the oldest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on

from console.base import french
from screens.kit.keybar import KeyBar
from screens.kit.lines import Line, crop, fit
from screens.kit.rows import RowList
from screens.kit.screen import BACK, COMMON, Page, shown
from screens.records.file import RefusalFileScreen

if TYPE_CHECKING:
    from textual.app import ComposeResult
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


class QuestionsScreen(Page[None], inherit_bindings=False):
    """Entrée opens the record, where the answer is given."""

    PURPOSE = (
        "Ce qu’un superviseur vous demande sur vos refus.\n"
        "Entrée : la fiche, où l’on répond · {retour} : revenir."
    )
    BINDINGS: ClassVar[list[BindingType]] = [*COMMON, BACK]
    DEFAULT_CSS = """
    QuestionsScreen {
        RowList { border-top: heavy $border; border-title-color: $foreground; }
    }
    """

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.rows: RowList[Any] = RowList(
            QuestionLine(), id="questions", empty="Aucune question n’attend votre réponse."
        )

    def compose(self) -> ComposeResult:
        yield self.rows
        yield KeyBar()

    def on_mount(self) -> None:
        self.rows.border_title = " Questions du superviseur "
        self.rows.focus()
        self._reload()

    def on_screen_resume(self) -> None:
        self._reload()

    def _reload(self) -> None:
        self.serve(
            self.services.review.questions, lambda rows: self.rows.fill(len(rows), rows), group="questions"
        )

    @on(RowList.Chosen)
    def _chosen(self, event: RowList.Chosen) -> None:
        self.open(RefusalFileScreen(self.services, event.row.record_id))
