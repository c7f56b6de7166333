"""« À reprendre »: all that waits for somebody of ours, the most pressing first, and what closes each row."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.widgets import Static

from console.base.french import plural
from console.base.roles import Role
from console.rules.waiting import Due
from console.supervision.views import TodoKind
from screens.common.case_lines import deadline
from screens.common.client_actions import CasePage
from screens.keys import key, letter
from screens.kit.lines import Line, crop, joined, list_title, spread, wrapped
from screens.kit.lists import Ranked
from screens.kit.rows import RowList
from screens.kit.screen import OpenClient, OpenRefusals, shown
from screens.supervision.escalation_file import EscalationFileScreen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.binding import BindingType

    from console.cases.views import CaseRow
    from console.services import Services
    from console.supervision.views import TodoPage, TodoRow

LABELS = {
    TodoKind.CALLBACK: "rappel promis",
    TodoKind.COMMITMENT: "engagement",
    TodoKind.ESCALATION: "escalade",
    TodoKind.AGREEMENT: "accord écrit attendu",
    TodoKind.PAUSE: "pause qui finit",
    TodoKind.FOLLOW_UP: "suivi à 3 mois",
    TodoKind.QUESTION: "question",
    TodoKind.ANSWER: "réponse à lire",
    TodoKind.REMARK: "script",
    TodoKind.KEPT: "gardé d’un appel",
}
TITLES = {
    None: "À reprendre",
    TodoKind.CALLBACK: "À reprendre : les rappels promis",
    TodoKind.COMMITMENT: "À reprendre : ce que nous devons",
    TodoKind.ESCALATION: "À reprendre : les escalades",
    TodoKind.AGREEMENT: "À reprendre : les accords sans écrit",
    TodoKind.PAUSE: "À reprendre : les pauses qui finissent",
    TodoKind.FOLLOW_UP: "À reprendre : les suivis à 3 mois",
    TodoKind.QUESTION: "À reprendre : les questions sur un refus",
    TodoKind.ANSWER: "À reprendre : les réponses à lire",
    TodoKind.REMARK: "À reprendre : ce qui ne va pas dans le script",
    TodoKind.KEPT: "À reprendre : gardé d’un appel, pas enregistré",
}
ORDER = tuple(TITLES)
HINT = "· z c’est fait · y accord reçu · ← → par sorte"
_WIDE = 110
"""Cells from which the reason of a row is on one line."""
_CLOSED_BY = {"done": {TodoKind.COMMITMENT, TodoKind.REMARK, TodoKind.KEPT}, "received": {TodoKind.AGREEMENT}}
"""The acts of this screen, and the rows that each closes."""
_ROLES = {Due.LATE: "error", Due.NOW: "warning", Due.TODAY: "primary", Due.LATER: ""}


class TodoLine:
    """When and who; why it is there, on two lines where they are short; what closes it, and whose it is."""

    def height(self, width: int) -> int:
        return 4 if width < _WIDE else 3

    def key(self, row: TodoRow) -> tuple[str, int]:
        return row.kind, row.id

    def paint(self, row: TodoRow, index: int, width: int) -> Sequence[Line]:
        case, when = row.case, f"{row.when[:1].upper()}{row.when[1:]}"
        first = joined([(when, _ROLES[row.due]), (case.name, "strong"), (LABELS[row.kind], "accent")])
        right: Line = [(deadline(case), "muted"), (" ", "")]
        owner = "à vous" if row.mine else row.owner or "au superviseur"
        third = joined([(f"Se clôt par {row.closes}", "muted"), (owner, "accent" if row.mine else "muted")])
        lines, room = self.height(width) - 2, width - 3
        why = wrapped(shown(row.why), room, lines)
        return [
            spread(first, right, width),
            *(crop([("   ", ""), (one, "")], width) for one in why),
            crop([("   ", ""), *third], width),
            *[[] for _ in range(lines - len(why))],
        ]


class TodoScreen(Ranked, CasePage):
    """One list, of which the arrows left and right keep one kind of rows; above it, the jobs that stopped."""

    PURPOSE = (
        "Ce que l’on doit reprendre\u202f: chaque ligne dit ce qui la clôt. Les événements mis de côté\u202f:"
        " «\u00a0hotliner evenements --mis-de-cote\u00a0».\n"
        "Entrée : ouvrir · {appel} : appeler le client · {reprendre.fait} : un engagement est tenu."
    )
    HEADER = "stopped"
    DEFAULT_CSS = "#stopped { padding: 0 1; color: $text-error; display: none; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        letter("reprendre.fait", "z", "done", "C’est fait", "Marquer un engagement tenu"),
        letter("reprendre.accord", "y", "received", "Accord reçu", "L’acceptation écrite est reçue"),
        key("liste.avant", "left", "kind(-1)", "Liste préc.", "N’en voir qu’une sorte : la précédente"),
        key("liste.apres", "right", "kind(1)", "Liste suiv.", "N’en voir qu’une sorte : la suivante"),
    ]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.kind: TodoKind | None = None
        self.rows = RowList(TodoLine(), id="todo", empty="Rien à reprendre.", titled=True)
        self._counts: dict[TodoKind, int] = {}

    @property
    def current(self) -> TodoRow | None:
        return self.rows.current

    @property
    def selected(self) -> CaseRow | None:
        return self.current.case if self.current else None

    def why_closed(self, action: str, parameters: tuple[object, ...]) -> str | None:
        """A commitment is marked done, an agreement received: the others close by what they wait for."""
        if kinds := _CLOSED_BY.get(action):
            row = self.current
            if row is None:
                return "Rien à reprendre dans cette liste."
            if row.kind not in kinds:
                return f"Cette ligne se clôt par {row.closes}."
            if not (row.mine or self.services.may(Role.SUPERVISOR)):
                return "Cette ligne n’est pas la vôtre."
        return super().why_closed(action, parameters)

    # What is shown

    def listed(self) -> Callable[[int, int], TodoPage]:
        """What waits, of the kind shown."""
        return partial(self.services.todo.page, self.kind)

    def show_page(self, page: TodoPage) -> None:
        """How much of it there is, and how much is late."""
        self._counts = page.counts
        jobs = self.query_one("#stopped", Static)
        jobs.update("\n".join(f"{one.words} {one.todo}" for one in page.every.stopped))
        jobs.display = bool(page.every.stopped)
        late = f"· {page.every.late} en retard " if page.every.late and self.kind is None else ""
        aside = page.every.set_aside
        events = f"· {plural(aside, 'événement mis', 'événements mis')} de côté " if aside else ""
        self.rows.border_title = list_title(TITLES[self.kind], str(page.total), late + events + HINT)

    def open_row(self, row: TodoRow) -> None:
        """Where the row is closed: the record, the escalation, else the client's file."""
        if row.record_id is not None:
            self.post_message(OpenRefusals(record_id=row.record_id))
        elif row.kind is TodoKind.ESCALATION and self.services.may(Role.SUPERVISOR):
            self.open(EscalationFileScreen(self.services, row.id))
        else:
            self.post_message(OpenClient(row.case.client_id))

    def action_client(self) -> None:
        if row := self.current:
            self.post_message(OpenClient(row.case.client_id))

    def action_kind(self, step: int) -> None:
        """The next kind that has rows; all of them between the last and the first."""
        place = ORDER.index(self.kind)
        for _ in ORDER:
            place = (place + step) % len(ORDER)
            kind = ORDER[place]
            if kind is None or self._counts.get(kind):
                self.kind = kind
                break
        self.list_anew()

    # What can be done

    def action_done(self) -> None:
        row, todo = self.current, self.services.todo
        read = {TodoKind.REMARK: todo.read_remark, TodoKind.KEPT: todo.read_kept}
        if row is not None and row.kind in read:
            self.act(partial(read[row.kind], row.id), "Lu : la ligne s’en va.")
        elif row is not None:
            self.act(partial(todo.done, row.id), "Engagement tenu : c’est noté sur sa fiche.")

    def action_received(self) -> None:
        if (row := self.current) is not None:
            act = partial(self.services.agreements.received, row.id)
            self.act(act, "Acceptation écrite reçue.")
