"""A supervisor's desk: escalations, and clients whom nobody can reach."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.content import Content
from textual.widgets import Static

from console.base.text import clean
from console.supervision.views import Desk, Wait
from screens.common.case_lines import deadline
from screens.common.client_actions import CasePage
from screens.keys import digit, letter
from screens.kit.lines import Line, crop, joined, spread
from screens.kit.lists import Ranked
from screens.kit.rows import RowList
from screens.kit.screen import OpenClient
from screens.kit.tabs import tabs
from screens.supervision.answer import ANSWERED, NOT_ANSWERED, open_answer
from screens.supervision.escalation_file import EscalationFileScreen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.binding import BindingType

    from console.cases.views import CaseRow
    from console.services import Services
    from console.supervision.views import DeskPage, DeskRow, EscalationFile

TABS = {Desk.ESCALATIONS: "Escalades", Desk.TO_SEE: "À voir"}
_EMPTY = "Rien n’attend ici."
_ROLES = {Wait.TOO_LONG: "error", Wait.LONG: "warning", Wait.CALM: "primary"}
_HINTS = {
    Desk.ESCALATIONS: "Entrée l’appel · m prendre · l répondre · z clore",
    Desk.TO_SEE: "Aucun moyen de les joindre · m s’en charger",
}


class DeskLine:
    """Two lines: how long it has waited and who, then where it stands and what is asked."""

    def height(self, width: int) -> int:
        return 2

    def key(self, row: DeskRow) -> tuple[str, int]:
        return row.desk, row.id

    def paint(self, row: DeskRow, index: int, width: int) -> Sequence[Line]:
        age = f"{row.age[:1].upper()}{row.age[1:]}"
        first = joined([(age, _ROLES[row.wait]), (row.case.name, "strong")])
        second = joined([(row.state, "accent"), (clean(row.detail), "")])
        right: Line = [(deadline(row.case), "")]
        first.append((f" {row.case.code}", "muted"))
        return [spread(first, right, width), crop([("   ", ""), *second], width)]


class EscalationsScreen(Ranked, CasePage):
    """Two lists, one at a time."""

    PURPOSE = (
        "Ce que les agents ont passé au superviseur, et les clients injoignables.\n"
        "Entrée : l’appel comme il s’est dit · {escalades.repondre} : répondre à l’agent."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            digit(f"escalades.{desk}", number, f"desk('{desk}')", title, title)
            for number, (desk, title) in enumerate(TABS.items(), 1)
        ),
        letter("escalades.prendre", "m", "take", "Je prends", "Prendre ce dossier"),
        letter("escalades.repondre", "l", "answer", "Répondre", "Répondre à l’agent"),
        letter("escalades.clore", "z", "close", "Clore", "Clore une escalade traitée"),
    ]
    HEADER = "scopes"
    DEFAULT_CSS = """
    EscalationsScreen {
        #scopes { height: 2; padding: 0 1; background: $panel; }
    }
    """

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.desk = Desk.ESCALATIONS
        self.rows = RowList(DeskLine(), id="desk", empty=_EMPTY)

    @property
    def current(self) -> DeskRow | None:
        return self.rows.current

    @property
    def selected(self) -> CaseRow | None:
        return self.current.case if self.current else None

    def why_closed(self, action: str, parameters: tuple[object, ...]) -> str | None:
        """Each list has its acts."""
        row = self.current
        if row is None:
            acts = action in {"take", "answer", "close"}
            return "Aucun dossier dans la liste." if acts else super().why_closed(action, parameters)
        why: str | None = None
        match action:
            case "answer" if row.desk is not Desk.ESCALATIONS:
                why = "Seule une escalade attend une réponse."
            case "take" | "answer" if row.answered:
                why = ANSWERED
            case "close" if not row.answered:
                why = NOT_ANSWERED
        return why or super().why_closed(action, parameters)

    # What is shown

    def listed(self) -> Callable[[int, int], DeskPage]:
        """What waits on the tab."""
        return partial(self.services.escalations.page, self.desk)

    def show_page(self, page: DeskPage) -> None:
        """How many wait on each tab."""
        titles = [(f"{title} ({page.counts[desk]})", "") for desk, title in TABS.items()]
        head = Content.assemble(
            ("À voir par le superviseur", "bold"), "  ", (_HINTS[self.desk], "$text-muted"), "\n"
        )
        self.query_one("#scopes", Static).update(head + tabs(titles, [*TABS].index(self.desk) + 1))

    def open_row(self, row: DeskRow) -> None:
        """The escalation, else the client's file."""
        if row.desk is Desk.ESCALATIONS:
            self.open(EscalationFileScreen(self.services, row.id))
        else:
            self.post_message(OpenClient(row.case.client_id))

    def action_desk(self, desk: str) -> None:
        self.desk = Desk(desk)
        self.list_anew()

    # What can be done

    def action_take(self) -> None:
        if (row := self.current) is not None:
            escalations = self.services.escalations
            take = escalations.see_to if row.desk is Desk.TO_SEE else escalations.take
            self.act(partial(take, row.id), "Ce dossier est à vous.")

    def action_answer(self) -> None:
        if (row := self.current) is not None:
            escalations = self.services.escalations
            self.serve(lambda: escalations.file(row.id), self._answer, group="answer", opens=True)

    def _answer(self, file: EscalationFile) -> None:
        open_answer(self, self.services, file, self.reload)

    def action_close(self) -> None:
        if (row := self.current) is not None:
            self.act(partial(self.services.escalations.close, row.id), "Escalade close.")
