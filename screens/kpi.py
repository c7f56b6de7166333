"""The key figures of a period, and the cases behind each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.content import Content

from console.domain.french import plural
from screens.acts import CasePage
from screens.base import BACK, COMMON, OpenClient, Page
from screens.exporting import EXPORT, export
from screens.keys import key, letter
from screens.widgets.banner import campaign_name
from screens.widgets.cases import CaseLine
from screens.widgets.keybar import KeyBar
from screens.widgets.measures import MeasureLine
from screens.widgets.pages import PAGE
from screens.widgets.rows import RowList

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.domain.kpi import Measure
    from console.services.context import Services
    from console.services.kpi import KpiView
    from console.services.views import Campaign, CaseRow, RowsPage


class KpiScreen(Page[None], inherit_bindings=False):
    """The figures against their targets; Entrée opens the cases that one counts."""

    PURPOSE = (
        "Où en est la campagne, face à ses cibles.\n"
        "Entrée : les clients comptés · {indicateurs.avant} {indicateurs.apres} : d’autres échéances."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("indicateurs.avant", "comma", "month(-1)", "Préc.", "Échéances précédentes"),
        key("indicateurs.apres", "semicolon", "month(1)", "Suiv.", "Échéances suivantes"),
        key("indicateurs.periode", "f4", "period", "Période", "Choisir les échéances, d’un jour à un autre"),
        letter("indicateurs.refus", "r", "refusals", "Refus", "Les refus de la période"),
        EXPORT,
        *COMMON,
        BACK,
    ]
    DEFAULT_CSS = """
    KpiScreen {
        RowList { border-top: heavy $border; border-title-color: $foreground; }
    }
    """

    def __init__(self, services: Services, period: Campaign | None = None) -> None:
        super().__init__(services)
        self.period = period
        self.view: KpiView | None = None
        self.rows: RowList[Measure] = RowList(MeasureLine(), id="measures", empty="…")

    def compose(self) -> ComposeResult:
        yield self.rows
        yield KeyBar()

    def on_mount(self) -> None:
        self.rows.focus()
        self.reload()

    def on_screen_resume(self) -> None:
        if self.view is not None:
            self.reload()

    def reload(self) -> None:
        """Count again."""
        period = self.period
        self.serve(lambda: self.services.kpis.view(period), self._show, group="view")

    def _show(self, view: KpiView) -> None:
        self.view = view
        self.period = view.period
        self.rows.fill(len(view.measures), view.measures)
        state = "en cours" if view.running else "campagne close"
        self.rows.border_title = Content.assemble(
            (" Indicateurs ", "bold"), (f"{campaign_name(view.period)} ", "bold $text-primary"),
            (f"· {plural(view.cohort, 'échéance')}, {state} ", "$text-muted"),
        )  # fmt: skip

    @on(RowList.Chosen)
    def _chosen(self, event: RowList.Chosen) -> None:
        if self.view is not None:
            self.open(KpiCasesScreen(self.services, self.view.period, event.row))

    def action_month(self, step: int) -> None:
        """The months before and after in which terms end."""
        if (period := self.period) is not None:
            self.serve(lambda: self.services.dashboard.neighbour(period, step), self._go_to, group="month")

    def action_period(self) -> None:
        """Any other period."""
        from screens.period import PeriodModal

        if self.period is not None:
            self.open(PeriodModal(self.period), self._go_to)

    def _go_to(self, period: Campaign | None) -> None:
        if period is not None:
            self.period = period
            self.reload()

    def action_export(self) -> None:
        """These figures, or what they are made from, in a file."""
        if self.period is not None:
            export(self, self.services, self.period)

    def action_refusals(self) -> None:
        """The refusals of the period."""
        from screens.base import OpenRefusals

        self.post_message(OpenRefusals(self.period))


class KpiCasesScreen(CasePage):
    """The cases that a figure counts, or those that it is a share of."""

    PURPOSE = (
        "Les clients que compte un indicateur.\n"
        "Entrée : la fiche de celui qui est en évidence · {indicateurs.tous} : toute la base de calcul."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        letter("indicateurs.tous", "t", "whole", "Tous", "Les cas comptés, ou toute la base de calcul"),
    ]
    DEFAULT_CSS = """
    KpiCasesScreen {
        RowList { border-top: heavy $border; border-title-color: $foreground; }
    }
    """

    def __init__(self, services: Services, period: Campaign, measure: Measure) -> None:
        super().__init__(services)
        self.period = period
        self.measure = measure
        self.whole = False

    def compose(self) -> ComposeResult:
        yield RowList(CaseLine(), id="cases", empty="Aucun client n’est compté ici.")
        yield KeyBar()

    def on_mount(self) -> None:
        self.rows.focus()
        self._ask(0)

    def on_screen_resume(self) -> None:
        if self.rows.total:
            self.reload()

    @property
    def rows(self) -> RowList[Any]:
        return self.query_one(RowList)

    @property
    def selected(self) -> CaseRow | None:
        return self.rows.current

    def reload(self) -> None:
        self.rows.forget()
        self._ask(self.rows.cursor - self.rows.cursor % PAGE)

    def _ask(self, offset: int) -> None:
        period, kpi, whole = self.period, self.measure.kpi, self.whole
        self.serve(
            lambda: self.services.kpis.rows(period, kpi, offset, PAGE, whole=whole),
            lambda page: self._show(offset, page) if whole is self.whole else None,
            group=f"rows {offset}",
        )

    def _show(self, offset: int, page: RowsPage) -> None:
        self.rows.supply(offset, page.rows, page.total)
        what = "base de calcul" if self.whole else "comptés"
        self.rows.border_title = Content.assemble(
            (f" {self.measure.title} ", "bold"), (f"{page.total} ", "bold $text-primary"),
            (f"{what} · {campaign_name(self.period)} ", "$text-muted"),
        )  # fmt: skip

    @on(RowList.Needed)
    def _needed(self, event: RowList.Needed) -> None:
        self._ask(event.offset)

    @on(RowList.Chosen)
    def _open(self, event: RowList.Chosen) -> None:
        self.post_message(OpenClient(event.row.client_id))

    def action_whole(self) -> None:
        """Those counted, or all that they are a share of."""
        self.whole = not self.whole
        self.rows.reset()
        self._ask(0)
