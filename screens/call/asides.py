"""Beside the script of a call: a note, an opposition, the client's file and account."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from screens.common.account import show_account
from screens.common.note import NoteModal
from screens.common.oppose import oppose
from screens.kit.screen import Acts, OpenClient

if TYPE_CHECKING:
    from console.calls.views import CallView
    from console.services import Services
    from screens.common.drafts import DraftWriter

NOTE = "note"
"""Name under which the draft of a note is kept, beside those of the captures."""


class Asides(Acts):
    """For the screen of a call, which they leave at its step."""

    services: Services
    view: CallView
    drafts: DraftWriter
    note_text: str
    why_lifted = ""
    """What a supervisor was writing about the hours."""

    def show_call(self, view: CallView) -> None:
        """Take the call as it stands after an act."""
        raise NotImplementedError

    def action_file(self) -> None:
        """The client's file, above the call."""
        self.post_message(OpenClient(self.view.client_id))

    def action_account(self) -> None:
        """The account as the client sees it, above the call."""
        show_account(self, self.services, self.view.client_id)

    def action_note(self) -> None:
        """Write a note, from what was typed so far."""
        call_id = self.view.call_id
        self.open(
            NoteModal(
                self.view.name,
                self.note_text,
                save=partial(self.services.calls.note, call_id),
                draft=self._keep_note,
                advise=self.services.clients.note_advice,
            ),
            self._noted,
        )

    def action_lift(self) -> None:
        """A supervisor writes why this call may be made outside the hours."""
        lift = partial(self.services.calls.lift_hours, self.view.call_id)
        title = "Pourquoi appeler hors des heures ? C’est écrit au journal"
        keep = partial(setattr, self, "why_lifted")
        self.open(
            NoteModal(
                self.view.name, self.why_lifted, save=lift, draft=keep, advise=lambda _: "", title=title
            ),
            lambda view: self.show_call(cast("CallView", view)) if view is not None else None,
        )

    def _keep_note(self, text: str) -> None:
        self.note_text = text
        self.drafts.put(NOTE, text)

    def _noted(self, answer: object) -> None:
        if answer is not None:
            self.note_text = ""
            self.show_call(cast("CallView", answer))

    def action_oppose(self) -> None:
        """Record that the client wants no more calls, e-mails or SMS."""
        resume = self.services.calls.resume
        seen = partial(self.serve, resume, lambda view: self.show_call(view) if view else None)
        oppose(self, self.services.clients, self.view.client_id, self.view.call_id, then=seen)
