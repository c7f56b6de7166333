"""The key figures of a period, and the cases behind each."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.widgets import Static

from console.base.french import day, number, plural
from console.figures.views import KpiView
from screens.common.case_lines import CaseLine
from screens.common.client_actions import CasePage
from screens.common.exporting import EXPORT, export
from screens.common.period import PeriodModal, choose_campaign
from screens.figures.definition import DefinitionModal
from screens.figures.measures import MeasureLine
from screens.keys import key, letter
from screens.kit.banner import campaign_name
from screens.kit.lines import list_title
from screens.kit.lists import ListScreen, Paged
from screens.kit.rows import RowList
from screens.kit.screen import BACK, COMMON, OpenRefusals, Page

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.binding import BindingType

    from console.cases.views import Campaign, CaseRow
    from console.figures.rules import Measure
    from console.figures.views import Counting
    from console.services import Services


class KpiScreen(ListScreen, Page[None], inherit_bindings=False):
    """The figures against their targets; Entrée opens the cases that one counts."""

    PURPOSE = (
        "Où en est la campagne, face à ses cibles.\n"
        "Entrée : les clients comptés · {indicateurs.definition} : ce que l’indicateur compte."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("indicateurs.avant", "comma", "month(-1)", "Préc.", "Échéances précédentes"),
        key("indicateurs.apres", "semicolon", "month(1)", "Suiv.", "Échéances suivantes"),
        key("indicateurs.periode", "f4", "period", "Période", "Choisir les échéances, d’un jour à un autre"),
        key("indicateurs.definition", "space", "details", "Définition", "Ce que l’indicateur compte"),
        letter("indicateurs.campagne", "c", "campaign", "Campagne", "Une campagne, ou toutes", show=False),
        letter("indicateurs.refus", "r", "refusals", "Refus", "Les refus de la période"),
        EXPORT,
        *COMMON,
        BACK,
    ]

    HEADER = "reserves"
    DEFAULT_CSS = "#reserves { padding: 0 1; color: $text-muted; display: none; }"

    def __init__(self, services: Services, period: Campaign | None = None) -> None:
        super().__init__(services)
        self.period = period
        self.view: KpiView | None = None
        self._counting = False
        self.rows: RowList[Measure] = RowList(MeasureLine(), id="measures", empty="…", titled=True)

    def on_mount(self) -> None:
        self.reload()

    def on_screen_resume(self) -> None:
        if self.view is not None:
            self.reload()

    def reload(self) -> None:
        """Count again; what is shown stays until then, as long as it is of the same period."""
        period, self._counting = self.period, True
        if self.view is None:
            self._title(period, "comptage…")
        self.serve_each(lambda: self.services.kpis.counting(period), self._counted, group="view")

    def _counted(self, found: Counting | KpiView | None) -> None:
        if found is None:
            if self._counting:
                self._title(self.period, "comptage interrompu")
            return
        self.period = found.period
        if isinstance(found, KpiView):
            self._show(found)
            return
        if self.view is not None and self.view.period != found.period:
            self.view = None
            self.rows.reset()
        self._title(found.period, f"comptage\u00a0: {number(found.done)} sur {number(found.of)}…")

    def _show(self, view: KpiView) -> None:
        self.view, self._counting = view, False
        self.rows.fill(len(view.measures), view.measures)
        reserves = self.query_one("#reserves", Static)
        reserves.update(view.reserves)
        reserves.display = bool(view.reserves)
        if view.running or view.provisional_until is None:
            words = f"{plural(view.cohort, 'échéance')}, {'en cours' if view.running else 'campagne close'}"
        else:
            words = f"{number(view.cohort)}, provisoire jusqu’au {day(view.provisional_until)}"
        self._title(view.period, words)

    def _title(self, period: Campaign | None, words: str) -> None:
        name = f" · {self.view.name}" if self.view is not None and self.view.name else ""
        self.rows.border_title = list_title(
            "Indicateurs", f"{campaign_name(period)}{name}" if period else "", f"· {words}"
        )

    def open_row(self, row: Measure) -> None:
        """The cases that the figure counts."""
        if self.view is not None:
            self.open(KpiCasesScreen(self.services, self.view.period, row))

    def action_details(self) -> None:
        """What the figure in evidence counts, from what, and from when it can be judged."""
        if row := self.rows.current:
            self.open(DefinitionModal(row))

    def action_month(self, step: int) -> None:
        """The months before and after in which terms end."""
        if (period := self.period) is not None:
            self.serve(lambda: self.services.dashboard.neighbour(period, step), self._go_to, group="month")

    def action_period(self) -> None:
        """Any other period."""
        if self.period is not None:
            self.open(PeriodModal(self.period), self._go_to)

    def _go_to(self, period: Campaign | None) -> None:
        if period is not None:
            named = self.period.named if self.period else ""
            self.period = replace(period, named=period.named or named)
            self.reload()

    def why_closed(self, action: str, parameters: tuple[object, ...]) -> str | None:
        """Where no campaign has a name there is none to choose."""
        if action == "campaign" and not (self.view and self.view.campaigns):
            return ""
        return super().why_closed(action, parameters)

    def action_campaign(self) -> None:
        """One of the named campaigns, or all."""
        if (view := self.view) is None:
            return

        def chosen(period: Campaign) -> None:
            self.period, self.view = period, None
            self.rows.reset()
            self.reload()

        choose_campaign(self, view.period, view.campaigns, chosen)

    def action_export(self) -> None:
        """These figures, or what they are made from, in a file."""
        if self.period is not None:
            export(self, self.services, self.period)

    def action_refusals(self) -> None:
        """The refusals of the period."""
        self.post_message(OpenRefusals(self.period))


class KpiCasesScreen(Paged, CasePage):
    """The cases that a figure counts, or those that it is a share of."""

    PURPOSE = (
        "Les clients que compte un indicateur.\n"
        "Entrée : la fiche de celui qui est en évidence · {indicateurs.tous} : toute la base de calcul."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        letter("indicateurs.tous", "t", "whole", "Tous", "Les cas comptés, ou toute la base de calcul"),
    ]

    def __init__(self, services: Services, period: Campaign, measure: Measure) -> None:
        super().__init__(services)
        self.period = period
        self.measure = measure
        self.whole = False
        self.rows: RowList[CaseRow] = RowList(
            CaseLine(), id="cases", empty="Aucun client n’est compté ici.", titled=True
        )

    @property
    def selected(self) -> CaseRow | None:
        return self.rows.current

    def listed(self) -> tuple[Callable[[Any, int], Any], Callable[[], int]]:
        """The cases counted, or all that they are a share of."""
        of, kpis = (self.period, self.measure.kpi), self.services.kpis
        return partial(kpis.rows, *of, whole=self.whole), partial(kpis.count, *of, whole=self.whole)

    def show_title(self) -> None:
        """The figure, and how many cases stand behind it."""
        what = "base de calcul" if self.whole else "comptés"
        self.rows.border_title = list_title(
            self.measure.title,
            "…" if self.count is None else number(self.count),
            f"{what} · {campaign_name(self.period)}",
        )

    def action_whole(self) -> None:
        """Those counted, or all that they are a share of."""
        self.whole = not self.whole
        self.list_anew()
