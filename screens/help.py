"""Help: every key of the screen below, and how to type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from screens.base import Modal, plain
from screens.keys import all_keys, is_move, key
from screens.widgets.keybar import live_bindings

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.screen import Screen


_TYPING = (
    "Dans un champ, les lettres s’écrivent : Entrée valide, Échap quitte.\n"
    "Dans une note, Ctrl+S enregistre. Aucune touche n’efface ce qui est écrit."
)


class HelpModal(Modal[None]):
    """The keys of `screen` as they stand, remapped or not."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("aide.fermer", "question_mark,f1,enter,backspace", "back", "Fermer", "Fermer l’aide", show=False),
    ]
    DEFAULT_CSS = """
    HelpModal > #box { width: 78; }
    """

    def __init__(self, screen: Screen[Any]) -> None:
        super().__init__()
        # Read now: once this modal is on top, the screen below has no focus of its own.
        self._rows = [
            (all_keys(screen, binding), binding.tooltip or binding.description)
            for binding in sorted(live_bindings(screen), key=is_move)
        ]

    def compose(self) -> ComposeResult:
        width = max((len(keys) for keys, _ in self._rows), default=0) + 2
        lines = [
            Content.assemble((keys.ljust(width), "bold $text-primary"), sentence)
            for keys, sentence in self._rows
        ]
        with VerticalScroll(id="box") as box:
            box.border_title = "Touches de cet écran"
            box.border_subtitle = "Échap : fermer"
            yield Static(
                Content("\n").join([*lines, Content(""), plain(_TYPING, "$text-muted")]), markup=False
            )
