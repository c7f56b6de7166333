"""While the agent talks, what each choice leads to is worded and folded, so that it comes at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screens.kit.screen import Acts

if TYPE_CHECKING:
    from console.calls.views import CallView
    from console.services import Services
    from screens.call.step import StepPane


class LookAhead(Acts):
    """For the screen of a call."""

    services: Services
    view: CallView
    pane: StepPane

    def rest(self) -> None:
        """No key waits: the agent talks."""

        def look_ahead() -> None:
            for view in self.services.calls.look_ahead():
                self.pane.foresee(view)

        if self.view.outcome is None:
            self.serve(look_ahead, failed=lambda _: None, group="ahead")
