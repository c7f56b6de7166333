"""A call read again as it was spoken: a save, a hang-up, a refusal alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.widgets import Static

from screens.kit.screen import Modal, plain
from screens.kit.sheet import spoken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from console.base.history import HistoryEntry

_EMPTY = "Aucune étape n’est gardée pour cet appel."


class ReplayModal(Modal[None]):
    """One page that scrolls."""

    PURPOSE = "Un appel tel qu’il s’est dit, étape par étape.\n{boite.fermer} : revenir à la fiche."
    DEFAULT_CSS = """
    ReplayModal > #box { width: 78; max-height: 90%; padding: 0 2; }
    """

    def __init__(self, title: str, steps: Sequence[HistoryEntry]) -> None:
        super().__init__()
        self._title = title
        self._steps = steps

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="box") as box:
            box.border_title = plain(self._title)
            box.border_subtitle = "Échap : fermer"
            yield Static(id="call", markup=False)

    def on_mount(self) -> None:
        self.query_one("#box").focus()
        width = min(74, self.app.size.width - 8)
        self.query_one("#call", Static).update(spoken(self._steps, width, empty=_EMPTY))
