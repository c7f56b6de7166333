"""The promised callbacks: late ones first. Each is kept by a call, or cancelled in the client's words."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.content import Content
from textual.widgets import Static

from console.base.roles import Role
from console.base.text import clean
from console.base.vocabulary import DraftField
from console.rules.waiting import Due
from console.supervision.views import Promises
from screens.common.case_lines import deadline
from screens.common.choose import Answer, ChooseModal
from screens.common.client_actions import CasePage
from screens.common.note import write_about
from screens.keys import digit, letter
from screens.kit.lines import Line, crop, joined, spread
from screens.kit.lists import Ranked
from screens.kit.rows import RowList
from screens.kit.screen import SUPERVISORS_ONLY, OpenClient, shown
from screens.kit.tabs import tabs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.binding import BindingType

    from console.cases.views import CaseRow
    from console.services import Services
    from console.supervision.views import CallbackRow, CallbacksPage, Colleague

TABS = {Promises.ALL: "Tous", Promises.MINE: "Les miens", Promises.UNASSIGNED: "Sans agent"}
_ROLES = {Due.LATE: "error", Due.NOW: "warning", Due.TODAY: "primary", Due.LATER: ""}
_NAMES_OFFERED = 9
HINT = "m prendre · d déplacer · u annuler · j absences"


class CallbackLine:
    """Two lines: when and who, then whose it is and what was noted."""

    def height(self, width: int) -> int:
        return 2

    def key(self, row: CallbackRow) -> int:
        return row.id

    def paint(self, row: CallbackRow, index: int, width: int) -> Sequence[Line]:
        case = row.case
        when = joined([(f"{row.when[:1].upper()}{row.when[1:]}", _ROLES[row.due]), (case.name, "strong")])
        first = [*when, (f" {case.code}", "muted")]
        asked = "à la demande du client" if row.asked_by_client else "créneau choisi par nous"
        second = joined(
            [
                ("sans agent" if row.unassigned else "", "error"),
                (self._owner(row), "accent" if row.mine else ""),
                (asked, "muted"),
                (clean(row.note or case.note), "primary"),
            ]
        )
        right: Line = [(deadline(case), ""), (" ", "")]
        return [spread(first, right, width), crop([("   ", ""), *second], width)]

    def _owner(self, row: CallbackRow) -> str:
        if row.unassigned:
            return f"{row.owner} n’est pas là" if row.owner else ""
        return "à vous" if row.mine else row.owner


class CallbacksScreen(Ranked, CasePage):
    """The list, and what can be done with a promise."""

    PURPOSE = (
        "Les rappels promis, en retard d’abord : une promesse se tient.\n"
        "{appel} : rappeler le client en évidence · {rappels.prendre} : le prendre, s’il est sans agent."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            digit(f"rappels.{which}", number, f"only('{which}')", title, f"Rappels : {title.lower()}")
            for number, (which, title) in enumerate(TABS.items(), 1)
        ),
        letter("rappels.prendre", "m", "take", "Je prends", "Prendre ce rappel : en retard, ou sans agent"),
        letter("rappels.confier", "g", "assign", "Confier", "Confier ce rappel à quelqu’un (superviseur)"),
        letter("rappels.deplacer", "d", "move_to", "Déplacer", "Convenir d’un autre moment"),
        letter("rappels.annuler", "u", "cancel", "Annuler", "Ne veut plus de rappel"),
        letter("rappels.absent", "j", "away", "Absences", "Dire qui est absent, ou de retour"),
    ]
    HEADER = "scopes"
    DEFAULT_CSS = """
    CallbacksScreen {
        #scopes { height: 2; padding: 0 1; background: $panel; }
    }
    """

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.which = Promises.ALL
        self.rows = RowList(CallbackLine(), id="callbacks", empty="Aucun rappel promis.")

    @property
    def current(self) -> CallbackRow | None:
        return self.rows.current

    @property
    def selected(self) -> CaseRow | None:
        return self.current.case if self.current else None

    def why_closed(self, action: str, parameters: tuple[object, ...]) -> str | None:
        """What is done with a promise needs one."""
        if action == "assign" and not self.services.may(Role.SUPERVISOR):
            return SUPERVISORS_ONLY
        if action in {"take", "assign", "cancel", "move_to"} and self.current is None:
            return "Aucun rappel dans la liste."
        return super().why_closed(action, parameters)

    # What is shown

    def listed(self) -> Callable[[int, int], CallbacksPage]:
        """The promises of the tab."""
        return partial(self.services.callbacks.page, self.which)

    def show_page(self, page: CallbacksPage) -> None:
        """What is due, and how many promises each tab has."""
        titles = [(f"{title} ({page.counts[which]})", "") for which, title in TABS.items()]
        due = f"{page.due} à appeler" if page.due else "aucun à appeler"
        self.query_one("#scopes", Static).update(
            Content.assemble(
                ("Rappels promis", "bold"),
                "  ",
                (due, "bold $text-warning" if page.due else "$text-muted"),
                "  ",
                ("Absence notée : j", "bold $text-error") if page.away else (HINT, "$text-muted"),
                "\n",
                tabs(titles, [*TABS].index(self.which) + 1),
            )
        )

    def open_row(self, row: CallbackRow) -> None:
        """The client's file."""
        self.post_message(OpenClient(row.case.client_id))

    def action_only(self, which: str) -> None:
        self.which = Promises(which)
        self.list_anew()

    # What can be done

    def action_take(self) -> None:
        if row := self.current:
            self.act(partial(self.services.callbacks.take, row.id), "Ce rappel est à vous.")

    def action_move_to(self) -> None:
        """On the client's clock where they asked for the call."""
        if row := self.current:
            write_about(
                self,
                self.services,
                row.case.client_id,
                row.case.name,
                DraftField.MOVED,
                row.id,
                partial(self.services.callbacks.move, row.id),
                self._moved_to,
                title="Déplacer le rappel : jour et heure (« demain 14h », « 22/12 15:00 »)",
            )

    def _moved_to(self, words: object) -> None:
        self.tell(f"Rappel déplacé : {words}.")
        self.reload()

    def action_cancel(self) -> None:
        """Only in the client's own words."""
        if row := self.current:
            write_about(
                self,
                self.services,
                row.case.client_id,
                row.case.name,
                DraftField.CANCELLATION,
                row.id,
                partial(self.services.callbacks.cancel, row.id),
                self._cancelled,
                title="Rappel annulé à la demande du client : ce qu’il a dit",
                advise=self.services.clients.note_advice,
            )

    def _cancelled(self, _: object) -> None:
        self.tell("Rappel annulé, et noté dans l’historique du client.")
        self.reload()

    def action_assign(self) -> None:
        if row := self.current:
            self.serve(
                self.services.callbacks.colleagues, partial(self._assign, row), group="names", opens=True
            )

    def _assign(self, row: CallbackRow, colleagues: tuple[Colleague, ...]) -> None:
        answers = [
            Answer(one.agent, f"{one.agent}{' (vous)' if one.me else ''}", not one.away, "absent")
            for one in colleagues[:_NAMES_OFFERED]
        ]

        def chosen(agent: str | None) -> None:
            if agent is not None:
                act = partial(self.services.callbacks.assign, row.id, agent)
                self.act(act, f"Ce rappel est confié à {shown(agent)}.")

        sentence = f"Qui rappelle {shown(row.case.name)} ?"
        self.open(ChooseModal("Confier le rappel", sentence, answers, stay="le laisser"), chosen)

    def action_away(self) -> None:
        self.serve(self.services.callbacks.colleagues, self._away, group="names", opens=True)

    def _away(self, colleagues: tuple[Colleague, ...]) -> None:
        by_name = {one.agent: one for one in colleagues[:_NAMES_OFFERED]}
        answers = [
            Answer(
                one.agent,
                f"{one.agent} : {'absent, le dire de retour' if one.away else 'le dire absent'}",
                one.me or self.services.may(Role.SUPERVISOR),
                "au superviseur de le dire",
            )
            for one in by_name.values()
        ]

        def chosen(agent: str | None) -> None:
            if agent is not None:
                away = not by_name[agent].away
                act = partial(self.services.callbacks.set_away, agent, away=away)
                word = "absence notée, ses rappels sont à prendre" if away else "retour noté"
                self.act(act, f"{agent} : {word}.")

        sentence = "Les rappels de qui est absent deviennent « sans agent » : chacun peut les prendre."
        self.open(ChooseModal("Absences", sentence, answers, stay="ne rien changer"), chosen)
