"""The calls behind a figure about proposals: taken, or all in which the option was proposed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from console.base.dates import PARIS
from screens.keys import letter
from screens.kit.banner import period_name
from screens.kit.lines import Line, crop, fit, list_title
from screens.kit.lists import Ranked
from screens.kit.rows import RowList
from screens.kit.screen import BACK, COMMON, Page, shown

if TYPE_CHECKING:
    from textual.binding import BindingType

    from console.cases.views import Campaign, RowsPage
    from console.records.counting import Row
    from console.records.reasons import ProposalRow
    from console.rules.reasons import Reason
    from console.services import Services


class _CallLine:
    """A call on one line; a wider list says more."""

    def height(self, width: int) -> int:
        return 1

    def key(self, row: ProposalRow) -> str:
        return row.call_id

    def paint(self, row: ProposalRow, index: int, width: int) -> Sequence[Line]:
        wide = width >= 110
        line: Line = [
            (f"{row.at.astimezone(PARIS):%d/%m/%y} ", "muted"),
            (fit(shown(row.name), 26 if wide else 18), "strong"),
            (f" {fit(row.answer, 13)}", "success" if row.answer == "acceptée" else ""),
            (f" {fit(row.reason, 22 if wide else 17)}", "primary"),
            (f" {fit(row.outcome, 24 if wide else 14)} ", ""),
            (shown(row.agent), "muted"),
        ]
        return [crop(line, width)]


class ProposalsScreen(Ranked, Page[None], inherit_bindings=False):
    """The calls, the latest first."""

    PURPOSE = (
        "Les appels où cette solution a été proposée.\n"
        "Entrée : la fiche du client · {propositions.toutes} : les acceptées seulement, ou toutes."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        letter("propositions.toutes", "t", "whole", "Toutes", "Les propositions acceptées, ou toutes"),
        *COMMON,
        BACK,
    ]

    def __init__(
        self, services: Services, period: Campaign, row: Row, column: int, reason: Reason | None
    ) -> None:
        """reason: None for any. Those taken are shown first, when there are some."""
        super().__init__(services)
        self.period = period
        self.row = row
        self.reason = reason
        self.whole = not row.cells[column].n
        self.rows: RowList[ProposalRow] = RowList(
            _CallLine(), id="calls", empty="Aucun appel n’est compté ici.", titled=True
        )

    def listed(self) -> Callable[[int, int], RowsPage[ProposalRow]]:
        """The calls counted, or all that made the proposal."""
        of = (self.period, self.row.key, self.reason.code if self.reason else "")
        return partial(self.services.reasons.calls, *of, taken=not self.whole)

    def show_page(self, page: RowsPage[ProposalRow]) -> None:
        """What is counted, and how many there are."""
        title = f"{self.row.label[0].upper()}{self.row.label[1:]}"
        why = f"{self.reason.label} · " if self.reason else ""
        what = "fois proposée" if self.whole else "fois acceptée"
        self.rows.border_title = list_title(
            title, str(page.total), f"{what} · {why}appels {period_name(self.period)}"
        )

    def action_whole(self) -> None:
        """Those taken, or all that were made."""
        self.whole = not self.whole
        self.list_anew()
