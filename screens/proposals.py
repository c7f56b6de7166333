"""The calls behind a figure about proposals: taken, or all in which the option was proposed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.content import Content

from console.clock import PARIS
from console.domain.model import REASON_LABELS, ChurnReason
from screens.base import BACK, COMMON, OpenClient, Page, shown
from screens.keys import letter
from screens.widgets.banner import period_name
from screens.widgets.keybar import KeyBar
from screens.widgets.lines import Line, crop, fit
from screens.widgets.pages import PAGE
from screens.widgets.rows import RowList

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.domain.reasons import Row
    from console.services.context import Services
    from console.services.reasons import ProposalRow
    from console.services.views import Campaign


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


class ProposalsScreen(Page[None], inherit_bindings=False):
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
    DEFAULT_CSS = """
    ProposalsScreen {
        RowList { border-top: heavy $border; border-title-color: $foreground; }
    }
    """

    def __init__(self, services: Services, period: Campaign, row: Row, column: int, reason: str) -> None:
        """reason: a code, empty for any. Those taken are shown first, when there are some."""
        super().__init__(services)
        self.period = period
        self.row = row
        self.reason = reason
        self.whole = not row.cells[column].n
        self.rows: RowList[ProposalRow] = RowList(
            _CallLine(), id="calls", empty="Aucun appel n’est compté ici."
        )

    def compose(self) -> ComposeResult:
        yield self.rows
        yield KeyBar()

    def on_mount(self) -> None:
        self.rows.focus()
        self._ask(0)

    def _ask(self, offset: int) -> None:
        whole, option, reasons = self.whole, self.row.key, self.services.reasons
        self.serve(
            lambda: reasons.calls(self.period, option, self.reason, offset, PAGE, taken=not whole),
            lambda page: self._show(offset, *page) if whole is self.whole else None,
            group=f"rows {offset}",
        )

    def _show(self, offset: int, total: int, found: Sequence[ProposalRow]) -> None:
        self.rows.supply(offset, found, total)
        title = f"{self.row.label[0].upper()}{self.row.label[1:]}"
        why = f"{REASON_LABELS[ChurnReason(self.reason)]} · " if self.reason else ""
        what = "fois proposée" if self.whole else "fois acceptée"
        self.rows.border_title = Content.assemble(
            (f" {title} ", "bold"), (f"{total} ", "bold $text-primary"),
            (f"{what} · {why}appels {period_name(self.period)} ", "$text-muted"),
        )  # fmt: skip

    @on(RowList.Needed)
    def _needed(self, event: RowList.Needed) -> None:
        self._ask(event.offset)

    @on(RowList.Chosen)
    def _open(self, event: RowList.Chosen) -> None:
        self.post_message(OpenClient(event.row.client_id))

    def action_whole(self) -> None:
        """Those taken, or all that were made."""
        self.whole = not self.whole
        self.rows.reset()
        self._ask(0)
