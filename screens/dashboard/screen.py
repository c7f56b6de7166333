"""The dashboard: who to call and why, what is done, who left. It keeps itself up to date."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.containers import Container

from console.base import french
from console.base.roles import Role
from console.base.vocabulary import Direction, Figure
from screens.common.case_lines import CaseCard, CaseLine, RefusalLine
from screens.common.client_actions import REASONS, CasePage
from screens.dashboard.figures import Figures, headline, lapsed, parts, share, split
from screens.dashboard.refresh import POLL_SECONDS, DashboardRefresh
from screens.keys import digit, key, letter
from screens.kit.banner import Banner
from screens.kit.keybar import KeyBar
from screens.kit.lines import heading
from screens.kit.rows import RowList
from screens.kit.screen import (
    SUPERVISORS_ONLY,
    Filled,
    OpenCall,
    OpenClient,
    OpenFloor,
    OpenPresence,
    OpenRefusals,
    OpenRows,
    OpenTodo,
)

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.css.query import DOMQuery

    from console.base.errors import HotlinerError
    from console.cases.views import Campaign, CaseRow, RowsPage
    from console.dashboard.views import DashboardView, NextCall
    from console.services import Services
    from console.supervision.views import TodoCounts

_PANES = {
    "urgent": (Figure.URGENT, "À contacter aujourd’hui (urgent)"),
    "week": (Figure.WEEK, "À relancer cette semaine"),
    "retained": (Figure.RETAINED, "Déjà renouvelés"),
    "refused": (Figure.REFUSED, "Refus de renouvellement"),
}


ALL = letter("tout", "t", "screen.show_all", "Tous", "Afficher tous les clients du volet")


class Pane(RowList[Any]):
    """A pane; the footer says first what it is for."""

    BINDINGS: ClassVar[list[BindingType]] = [ALL]


class RefusedPane(Pane):
    """Who left; why they do is a key away."""

    BINDINGS: ClassVar[list[BindingType]] = [replace(REASONS, show=True)]


class DashboardScreen(CasePage):
    """The screen of the start, and the one that every other goes back to."""

    PURPOSE = (
        "Qui appeler, et pourquoi : les urgents sont en haut.\n"
        "{appel} : appeler le client en évidence · {details} : pourquoi il est là."
    )
    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS: ClassVar = [(0, "-narrow"), (112, "-wide")]  # type: ignore[misc]
    VERTICAL_BREAKPOINTS: ClassVar = [(0, "-short"), (30, "-tall")]  # type: ignore[misc]
    BINDINGS: ClassVar[list[BindingType]] = [
        digit("volet.urgent", 1, "pane('urgent')", "Urgents", "Volet : à contacter aujourd’hui"),
        digit("volet.semaine", 2, "pane('week')", "Semaine", "Volet : à relancer cette semaine"),
        digit("volet.renouveles", 3, "pane('retained')", "Renouvelés", "Volet : déjà renouvelés"),
        digit("volet.refus", 4, "pane('refused')", "Refus", "Volet : refus de renouvellement"),
        ALL,
        key(
            "campagne.avant", "comma", "campaign(-1)", "Échéances préc.", "Échéances précédentes", show=False
        ),
        key(
            "campagne.apres", "semicolon", "campaign(1)", "Échéances suiv.", "Échéances suivantes", show=False
        ),
        REASONS,
        letter("reprendre", "u", "todo", "À reprendre", "Tout ce qui attend : promis, en retard, à répondre"),
        letter(
            "presence", "w", "presence", "Présence", "Dire que l’on est disponible, ou en pause", show=False
        ),
        letter("en_ligne", "g", "floor", "En ligne", "Qui est là, à quoi, depuis quand", show=False),
        key(
            "campagne.periode",
            "f4",
            "period",
            "Période",
            "Choisir les échéances, d’un jour à un autre",
            show=False,
        ),
    ]

    def __init__(self, services: Services, *, waits: bool = False) -> None:
        """waits: nothing is read before `begin`."""
        super().__init__(services)
        self._waits = waits
        self.updates = DashboardRefresh(self, services, reload=self.reload, failed=self.failed)
        self.campaign: Campaign | None = None
        self._questions: frozenset[int] = frozenset()

    def compose(self) -> ComposeResult:
        yield Banner()
        yield Figures(id="figures")
        with Container(id="panes"):
            yield Pane(CaseCard(), id="urgent", empty="Personne à contacter d’urgence.", classes="-open")
            yield Pane(CaseLine(), id="week", empty="Personne d’autre à relancer cette semaine.")
            yield Pane(CaseLine(), id="retained", empty="Aucun renouvellement pour l’instant.")
            yield RefusedPane(RefusalLine(), id="refused", empty="Aucun refus.")
        yield KeyBar()

    def on_mount(self) -> None:
        for number, (name, (_, title)) in enumerate(_PANES.items(), 1):
            self.pane(name).border_title = heading(number, title, "…")
        self.pane("urgent").focus()
        self.call_after_refresh(self._open)
        self.set_interval(POLL_SECONDS, self.updates.poll)

    def on_screen_resume(self) -> None:
        if self.view is not None:
            self.reload()

    @property
    def view(self) -> DashboardView | None:
        """What is shown."""
        return self.updates.view

    def pane(self, name: str) -> RowList[Any]:
        return self.query_one(f"#{name}", RowList)

    @property
    def panes(self) -> DOMQuery[RowList[Any]]:
        return self.query(RowList)

    # What is shown

    def _open(self) -> None:
        if not (self._waits or self.services.closed):
            self.begin()

    def forget(self) -> None:
        """Whoever was there has left: nothing is told nor read again for them."""
        self.updates.forget()
        self.campaign = None
        self._questions = frozenset()
        self.query_one(Banner).show_todo(None)
        self.query_one(Banner).show_presence("")
        for pane in self.panes:
            pane.reset()

    def begin(self) -> None:
        """Read and show, for who is there now."""
        self.serve(self.services.first_view, self._show, failed=self.failed, group="view")

    def reload(self) -> None:
        self.serve(
            lambda: self.services.dashboard.view(self.campaign), self._show, failed=self.failed, group="view"
        )

    def _show(self, view: DashboardView) -> None:
        first = self.updates.read(view)
        counts = view.counts
        self.query_one(Banner).show(view)
        self.query_one(Figures).show(headline(view), parts(counts))
        whole = counts[Figure.TO_CONTACT]
        later = counts[Figure.LATER]
        for number, (name, count, more) in enumerate(
            (
                ("urgent", str(counts[Figure.URGENT]), ""),
                ("week", str(counts[Figure.WEEK]), f"{later} plus tard"),
                ("retained", share(counts[Figure.RETAINED], whole), split(counts)),
                ("refused", str(counts[Figure.REFUSED]), lapsed(counts)),
            ),
            1,
        ):
            self.pane(name).border_title = heading(number, _PANES[name][1], count, more)
        self.pane("urgent").fill(counts[Figure.URGENT], view.urgent)
        self.pane("week").fill(counts[Figure.WEEK], view.week)
        self.pane("retained").fill(counts[Figure.RETAINED], view.retained)
        self.pane("refused").fill(counts[Figure.REFUSED], view.refused)
        if first:
            if not view.urgent and view.week:
                self.pane("week").focus()
            self.post_message(Filled(empty=view.empty))
        self.call_after_refresh(self._count_todo)

    def _count_todo(self) -> None:
        def read() -> TodoCounts:
            return self.services.todo.counts()  # imported in the thread, once the dashboard is there

        self.serve(read, self._counted, failed=lambda _: None, group="todo")

    def _counted(self, todo: TodoCounts) -> None:
        """Show what is to be taken up again; say once that a supervisor asks something."""
        self.query_one(Banner).show_todo(todo)
        if todo.questions - self._questions:
            many = french.plural(len(todo.questions), "question")
            self.tell(f"{many} d’un superviseur : touche u pour lire et répondre.", warning=True)
        self._questions = todo.questions

    def action_todo(self) -> None:
        self.post_message(OpenTodo())

    def show_presence(self, words: str) -> None:
        """What the agent is at; nothing while they are available."""
        self.query_one(Banner).show_presence(words)

    def action_presence(self) -> None:
        self.post_message(OpenPresence())

    def action_floor(self) -> None:
        self.post_message(OpenFloor())

    def failed(self, error: HotlinerError) -> None:
        """In the banner; in a box too as long as nothing is shown."""
        self.query_one(Banner).warn(str(error))
        if self.updates.not_read() and self.view is None:
            self.show_error(error)

    @on(RowList.Needed)
    def _page(self, event: RowList.Needed) -> None:
        rows, offset = event.rows, event.offset
        figure, view = _PANES[rows.id or ""][0], self.view
        if view is None:
            return

        def read() -> RowsPage[Any]:  # the services are imported in the thread too
            if figure is Figure.REFUSED:
                return self.services.refusals.page(view.campaign, offset, event.limit)
            return self.services.dashboard.rows(view.campaign, figure, offset, event.limit)

        self.serve(
            read,
            lambda page: rows.supply(offset, page.rows, page.total) if view is self.view else None,
        )

    # What can be done

    @property
    def open_pane(self) -> RowList[Any]:
        """The pane that has the focus, or had it last."""
        return self.query_one("#panes .-open", RowList)

    @property
    def selected(self) -> CaseRow | None:
        row = self.open_pane.current
        return None if self.open_pane.id == "refused" else row

    def action_call(self) -> None:
        """On the first of the urgent ones, where colleagues see the same: that one, or whoever comes next."""
        row = self.selected
        at_first = self.open_pane.id == "urgent" and not self.open_pane.cursor
        if row is None or not (self.services.far and at_first and (row.callable_now or row.with_agent)):
            super().action_call()
            return
        first = row.client_id

        def call(found: NextCall) -> None:
            if found.client_id not in (None, first):
                self.tell("Un collègue a déjà ce client\u202f: voici le suivant.")
            self.post_message(OpenCall(found.client_id or first, Direction.OUTBOUND))

        self.serve(lambda: self.services.dashboard.next_call(0, first), call, opens=True)

    def on_descendant_focus(self) -> None:
        if isinstance(self.focused, RowList):
            for pane in self.panes:
                pane.set_class(pane is self.focused, "-open")
            settled = self.focused.id in {"retained", "refused"}
            self.query_one("#panes").set_class(settled, "-settled")

    def why_closed(self, action: str, parameters: tuple[object, ...]) -> str | None:
        """There is no screen to go back to; whoever works alone has no team."""
        if action == "back" or (action in {"presence", "floor"} and not self.services.in_team):
            return ""
        if action == "floor" and not self.services.may(Role.SUPERVISOR):
            return SUPERVISORS_ONLY
        return super().why_closed(action, parameters)

    def action_pane(self, name: str) -> None:
        self.pane(name).focus()

    def action_show_all(self) -> None:
        self._open_rows(_PANES[self.open_pane.id or ""][0])

    def action_campaign(self, step: int) -> None:
        if self.view is not None:
            shown = self.view.campaign
            self.serve(lambda: self.services.dashboard.neighbour(shown, step), self._go_to, group="campaign")

    def action_reasons(self) -> None:
        from screens.reasons.screen import ReasonsScreen

        self.open(ReasonsScreen(self.services, self.view.campaign if self.view else None))

    def action_period(self) -> None:
        from screens.common.period import PeriodModal

        if self.view is not None:
            self.open(PeriodModal(self.view.campaign), self._go_to)

    def _go_to(self, campaign: Campaign | None) -> None:
        if campaign is not None:
            self.campaign = campaign
            for pane in self.panes:
                pane.reset()
            self.reload()

    @on(Figures.Chosen)
    def _open_figure(self, event: Figures.Chosen) -> None:
        self._open_rows(event.figure)

    def _open_rows(self, figure: Figure) -> None:
        if self.view is None:
            return
        if figure is Figure.REFUSED and not self.services.may(Role.SUPERVISOR):
            self.tell("La liste des refus est celle des superviseurs ; Entrée ouvre une fiche.")
        elif figure is Figure.REFUSED:
            self.post_message(OpenRefusals(self.view.campaign))
        else:
            self.post_message(OpenRows(figure, self.view.campaign))

    @on(RowList.Chosen)
    def _open_row(self, event: RowList.Chosen) -> None:
        if event.rows.id == "refused":
            campaign = self.view.campaign if self.view else None
            self.post_message(OpenRefusals(campaign, event.row.record_id))
        else:
            self.post_message(OpenClient(event.row.client_id))
