"""The refusals, newest first, fetched as they come into view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.content import Content

from screens.base import BACK, COMMON, OpenClient, Page
from screens.keys import letter
from screens.refusal_file import RefusalFileScreen
from screens.widgets.banner import campaign_name
from screens.widgets.cases import RefusalLine
from screens.widgets.keybar import KeyBar
from screens.widgets.pages import PAGE
from screens.widgets.rows import RowList

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.services.context import Services
    from console.services.views import Campaign, RefusalRow

    Rows = tuple[int, tuple[RefusalRow, ...]]


class RefusalsScreen(Page[None], inherit_bindings=False):
    """The refusals of a campaign, or all; `record_id` opens that record at once."""

    BINDINGS: ClassVar[list[BindingType]] = [
        letter("refus.tous", "t", "all", "Tous", "Tous les refus, ou ceux de la campagne"),
        letter("refus.fiche", "d", "client", "Client", "Voir la fiche du client"),
        *COMMON,
        BACK,
    ]
    DEFAULT_CSS = """
    RefusalsScreen {
        RowList { border-top: heavy $border; border-title-color: $foreground; }
    }
    """

    def __init__(
        self, services: Services, campaign: Campaign | None = None, record_id: int | None = None
    ) -> None:
        super().__init__(services)
        self.campaign = campaign
        self.shown_campaign = campaign
        self.record_id = record_id
        self.rows: RowList[Any] = RowList(RefusalLine(), id="refusals", empty="Aucun refus. Tant mieux.")

    def compose(self) -> ComposeResult:
        yield self.rows
        yield KeyBar()

    def on_mount(self) -> None:
        self.rows.focus()
        self._ask(0)
        if self.record_id is not None:
            self.call_after_refresh(self._open_record, self.record_id)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """« Tous » needs a campaign to come back to, the client's file a refusal."""
        if action == "all":
            return self.campaign is not None
        return action != "client" or self.rows.current is not None

    def _ask(self, offset: int) -> None:
        campaign, refusals = self.shown_campaign, self.services.refusals
        self.serve(
            lambda: refusals.page(campaign, offset, PAGE),
            lambda page: self._show(offset, page) if campaign is self.shown_campaign else None,
            group=f"rows {offset}",
        )

    def _show(self, offset: int, page: Rows) -> None:
        total, rows = page
        self.rows.supply(offset, rows, total)
        scope = campaign_name(self.shown_campaign) if self.shown_campaign else "toutes les échéances"
        self.rows.border_title = Content.assemble(
            (" Refus ", "bold"), (f"{total} ", "bold $text-primary"), (f"· {scope} ", "$text-muted")
        )
        self.refresh_bindings()

    @on(RowList.Needed)
    def _needed(self, event: RowList.Needed) -> None:
        self._ask(event.offset)

    @on(RowList.Chosen)
    def _chosen(self, event: RowList.Chosen) -> None:
        self._open_record(event.row.record_id)

    def _open_record(self, record_id: int) -> None:
        self.open(RefusalFileScreen(self.services, record_id))

    def action_client(self) -> None:
        """The client's file."""
        if (row := self.rows.current) is not None:
            self.post_message(OpenClient(row.client_id))

    def action_all(self) -> None:
        """Every refusal, or those of the campaign."""
        self.shown_campaign = None if self.shown_campaign else self.campaign
        self.rows.fill(0, ())
        self._ask(0)
