"""The ways from screen to screen that need nothing but the message that asks for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen

    from console.services import Services
    from screens.dashboard.screen import DashboardScreen
    from screens.kit.screen import (
        Acts,
        OpenCallbacks,
        OpenClient,
        OpenEscalations,
        OpenOutbox,
        OpenRefusals,
        OpenRows,
    )

    _Host = App[str]
else:
    _Host = object


class Ways(_Host):
    """For the app: opens what a screen asks for. Each screen is imported when it is first asked for."""

    services: Services
    _beginning: bool

    @property
    def top(self) -> Acts:
        """The screen in view."""
        return cast("Acts", self.screen)

    @property
    def home(self) -> DashboardScreen:
        """The dashboard, which is never left: what it asked for is always answered."""
        return cast("DashboardScreen", self.screen_stack[0])

    def on_open_client(self, message: OpenClient) -> None:
        from screens.clients.file import ClientFileScreen

        self.top.open(ClientFileScreen(self.services, message.client_id))

    def on_open_rows(self, message: OpenRows) -> None:
        from screens.dashboard.case_list import CaseListScreen

        self.top.open(CaseListScreen(self.services, message.figure, message.campaign))

    def on_open_refusals(self, message: OpenRefusals) -> None:
        if message.record_id is not None:
            from screens.records.file import RefusalFileScreen

            self.top.open(RefusalFileScreen(self.services, message.record_id))
            return
        from screens.records.journal import RefusalsScreen

        self.top.open(RefusalsScreen(self.services, message.campaign, message.filters))

    def on_open_callbacks(self, _message: OpenCallbacks) -> None:
        from screens.supervision.callbacks import CallbacksScreen

        self.show_once(CallbacksScreen, lambda: CallbacksScreen(self.services))

    def on_open_escalations(self, _message: OpenEscalations) -> None:
        from screens.supervision.escalations import EscalationsScreen

        self.show_once(EscalationsScreen, lambda: EscalationsScreen(self.services))

    def show_once(self, kind: type[Screen[Any]], make: Callable[[], Screen[Any]]) -> None:
        """Put such a screen on top, unless one is already open somewhere."""
        if not any(isinstance(one, kind) for one in self.screen_stack):
            self.top.open(make())

    def on_open_outbox(self, _message: OpenOutbox) -> None:
        from screens.outbox.screen import OutboxScreen

        self.show_once(OutboxScreen, lambda: OutboxScreen(self.services))

    def offer_tour(self) -> None:
        """Show around whoever has not been yet, unless they are at something by then."""

        def due() -> bool:
            return self.services.training.tour_due()  # imported in the thread

        def offer(due: bool) -> None:
            if due and not self._beginning and len(self.screen_stack) == 1:
                self.show_tour()

        self.top.serve(due, offer, failed=lambda _: None)

    def show_tour(self) -> None:
        """Show around; once left, the tour does not come by itself again."""
        from screens.training.tour import TourModal

        def left(_: object) -> None:
            self.top.serve(self.services.training.tour_seen, failed=lambda _: None)

        self.top.open(TourModal(), left)
