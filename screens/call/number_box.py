"""The client's number while it rings: dialled for the agent, or large and copied, to be dialled by hand."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.widgets import Digits, Static

from screens.kit.screen import shown

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from console.calls.dialling import Dialled


_BETWEEN = bool(os.environ.get("TMUX") or os.environ.get("STY"))
"""A terminal inside a terminal, which as it comes keeps what is sent to the clipboard for itself."""


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
        by_hand = not dialled.done and dialled.number and not _BETWEEN
        copied = " Si votre terminal l’accepte, il est aussi dans le presse-papiers." if by_hand else ""
        number = f"{shown(dialled.national)} : " if dialled.done else ""
        self._words.update(f"{number}{shown(dialled.sentence)}{copied}")
        self.add_class("-ringing")

    def hide(self) -> None:
        """The step that rings is over."""
        self.remove_class("-ringing")
