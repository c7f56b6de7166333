"""What follows a call: back to the dashboard, or straight on to the next client, with one key between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.base.vocabulary import Direction
from console.calls.views import ChoiceView
from screens.kit.screen import Acts, OpenCall

if TYPE_CHECKING:
    from console.calls.views import CallView
    from console.dashboard.views import NextCall
    from console.services import Services
    from screens.call.step import StepPane

BACK_HOME = ChoiceView(0, "Retour au tableau de bord")
"""The first choice once the call is closed."""


class AfterCall(Acts):
    """For the screen of a call: the next client is proposed once it is over. Nobody is called unasked."""

    services: Services
    view: CallView
    pane: StepPane
    note_text: str
    home: ChoiceView = BACK_HOME
    next_call: NextCall | None = None

    def propose(self) -> None:
        """Look for the next client; without an answer there is only the way back."""
        but = self.view.client_id
        self.serve(
            lambda: self.services.dashboard.next_call(but),
            self._proposed,
            failed=lambda _: None,
            group="next call",
        )

    def _proposed(self, found: NextCall) -> None:
        if found.client_id is not None:
            self.next_call = found
            self.pane.menu.show([self.home, ChoiceView(1, found.words)], 0)
        self.pane.say("" if found.client_id is not None else found.words)
        self.refresh_bindings()

    @property
    def closed_choices(self) -> list[int]:
        """The numbers that can be pressed once the call is closed."""
        return [1, 2] if self.next_call else [1]

    def leave_closed(self, number: int) -> None:
        """Take a choice of the closed call."""
        following = self.next_call if number == 2 else None
        app = self.app
        self.dismiss(self.view.client_id)
        if following is not None and following.client_id is not None:
            app.post_message(OpenCall(following.client_id, Direction.OUTBOUND))

    def abandon(self) -> None:
        """Leave the preparation; a note begun there is kept for the client. To be run in a thread."""
        if self.note_text.strip():
            self.services.clients.save_note_draft(self.view.client_id, self.note_text)
        self.services.calls.abandon(self.view.call_id)
