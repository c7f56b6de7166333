"""The client's number while it rings: dialled for the agent, or large and copied, to be dialled by hand."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.widgets import Digits, Static

from screens.kit.screen import Acts, shown

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from console.calls.dialling import Dialled
    from console.calls.views import CallView
    from console.services import Services


class NumberBox(Vertical):
    """The number in large digits, and what was done with it in a line; not there but while it rings."""

    DEFAULT_CSS = """
    NumberBox {
        dock: top;
        height: auto;
        padding: 0 1;
        display: none;
        &.-ringing { display: block; }
        & > Digits { width: auto; color: $text-primary; display: none; }
        &.-by-hand > Digits { display: block; }
        & > Static { height: auto; max-width: 76; color: $text-muted; }
        &.-failed > Static { color: $text-warning; text-style: bold; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._digits = Digits("")
        self._words = Static(markup=False)

    def compose(self) -> ComposeResult:
        yield self._digits
        yield self._words

    def show(self, dialled: Dialled) -> None:
        """Tell it; large digits are for those who dial themselves."""
        self.set_class(not dialled.done and bool(dialled.national), "-by-hand")
        self.set_class(dialled.failed, "-failed")
        self._digits.update(shown(dialled.national))
        copied = " Le numéro est dans le presse-papiers." if not dialled.done and dialled.number else ""
        number = f"{shown(dialled.national)} : " if dialled.done else ""
        self._words.update(f"{number}{shown(dialled.sentence)}{copied}")
        self.add_class("-ringing")


class Dialling(Acts):
    """For the screen of a call: dials once the choice that does is written. The call never waits for it."""

    services: Services
    view: CallView
    number_box: NumberBox

    def dial(self) -> None:
        """Dial, and say on the step that rings what became of it."""
        call_id, seq = self.view.call_id, self.view.seq
        self.serve(lambda: self.services.dialling.dial(call_id), partial(self._dialled, seq))

    def hang_up(self) -> None:
        """The step that rings is over."""
        self.number_box.remove_class("-ringing")

    def _dialled(self, seq: int, dialled: Dialled) -> None:
        if self.view.seq == seq and self.view.outcome is None:
            if dialled.number and not dialled.done:
                self.app.copy_to_clipboard(dialled.number)
            self.number_box.show(dialled)
        elif dialled.failed:
            self.tell(dialled.sentence, warning=True)
