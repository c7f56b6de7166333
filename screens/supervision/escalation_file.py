"""One escalation: what is asked, what was answered, and the call it came from."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from screens.common.client_actions import CasePage
from screens.keys import letter
from screens.kit.keybar import KeyBar
from screens.kit.screen import NOT_READ_YET, OpenClient
from screens.kit.sheet import labelled, spoken
from screens.supervision.answer import ANSWERED, NOT_ANSWERED, open_answer

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.cases.views import CaseRow
    from console.services import Services
    from console.supervision.views import EscalationFile

_NO_CALL = "Aucun appel n’est à l’origine de cette escalade."


class EscalationFileScreen(CasePage):
    """Both on one page that scrolls."""

    PURPOSE = (
        "Ce qui est demandé au superviseur, et l’appel comme il s’est dit.\n"
        "{escalades.repondre} : répondre à l’agent · {retour} : revenir à la liste."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        letter("escalades.prendre", "m", "take", "Je prends", "Prendre ce dossier"),
        letter("escalades.repondre", "l", "answer", "Répondre", "Répondre à l’agent"),
        letter("escalades.clore", "z", "close", "Clore", "Clore une escalade traitée"),
        letter("escalades.fiche", "d", "client", "Client", "Voir la fiche du client"),
    ]
    DEFAULT_CSS = """
    EscalationFileScreen {
        #sheet { height: 1fr; padding: 1; scrollbar-size: 1 1; }
        #sheet > Static { height: auto; max-width: 96; }
        #spoken { margin-top: 1; }
    }
    """

    def __init__(self, services: Services, escalation_id: int) -> None:
        super().__init__(services)
        self.escalation_id = escalation_id
        self.file: EscalationFile | None = None

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="sheet"):
            yield Static(id="fields", markup=False)
            yield Static(id="spoken", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        self.query_one("#sheet").focus()
        self.reload()

    def on_resize(self) -> None:
        self.call_after_refresh(self._paint)

    @property
    def selected(self) -> CaseRow | None:
        return self.file.row.case if self.file else None

    def why_closed(self, action: str, parameters: tuple[object, ...]) -> str | None:
        """Taken and answered once, closed after that."""
        if action in {"take", "answer", "close"}:
            if self.file is None:
                return NOT_READ_YET
            if self.file.row.answered != (action == "close"):
                return NOT_ANSWERED if action == "close" else ANSWERED
        return super().why_closed(action, parameters)

    def reload(self) -> None:
        self.serve(lambda: self.services.escalations.file(self.escalation_id), self._show, group="file")

    def _show(self, file: EscalationFile) -> None:
        self.file = file
        self._paint()
        self.refresh_bindings()

    def _paint(self) -> None:
        if self.file is not None:
            width = max(40, min(96, self.size.width - 3))
            self.query_one("#fields", Static).update(Content("\n").join(labelled(self.file.fields, width)))
            self.query_one("#spoken", Static).update(spoken(self.file.spoken, width, empty=_NO_CALL))

    def action_take(self) -> None:
        self.act(partial(self.services.escalations.take, self.escalation_id), "Ce dossier est à vous.")

    def action_answer(self) -> None:
        escalations = self.services.escalations
        self.serve(lambda: escalations.file(self.escalation_id), self._answer, group="answer", opens=True)

    def _answer(self, file: EscalationFile) -> None:
        open_answer(self, self.services, file, self.reload)

    def action_close(self) -> None:
        self.act(partial(self.services.escalations.close, self.escalation_id), "Escalade close.")

    def action_client(self) -> None:
        if self.file is not None:
            self.post_message(OpenClient(self.file.row.case.client_id))
