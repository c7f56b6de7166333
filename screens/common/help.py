"""Help: what the screen below is for, every key of it, and how to type."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from screens.keys import all_keys, is_move, key, with_keys
from screens.kit.canvas import folded
from screens.kit.keybar import live_bindings
from screens.kit.screen import MOVES, Acts, Modal, plain

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType


_TYPING = (
    "Dans un champ, les lettres s’écrivent : Entrée valide, Échap quitte.\n"
    "Dans une note, Ctrl+S enregistre. Aucune touche n’efface ce qui est écrit."
)


_FRAME = 5
"""Cells that the border, the padding and the scrollbar take."""


class HelpModal(Modal[None], inherit_bindings=False):
    """The purpose of `screen`, and its keys as they stand, remapped or not."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVES,
        key("boite.fermer", "escape", "back", "Fermer", "Fermer l’aide"),
        key("aide.fermer", "question_mark,f1,enter,backspace", "back", "Fermer", "Fermer l’aide", show=False),
    ]
    DEFAULT_CSS = """
    HelpModal > #box { width: 78; scrollbar-size: 1 1; }
    """

    def __init__(self, screen: Acts) -> None:
        super().__init__()
        self._purpose = with_keys(screen, screen.PURPOSE)
        # Read now: once this modal is on top, the screen below has no focus of its own.
        self._rows = [
            (all_keys(screen, binding), binding.tooltip or binding.description)
            for binding in sorted(live_bindings(screen), key=is_move)
        ]

    def compose(self) -> ComposeResult:
        room = min(78, self.app.size.width) - _FRAME
        width = max((len(keys) for keys, _ in self._rows), default=0) + 2
        what, _, now = self._purpose.partition("\n")
        lines = [*(plain(line, "bold") for line in folded(what, room)), *map(Content, folded(now, room))]
        lines.append(Content(""))
        for keys, sentence in self._rows:
            first, *more = folded(sentence, room - width)
            lines.append(Content.assemble((keys.ljust(width), "bold $text-primary"), first))
            lines += [Content(" " * width + line) for line in more]
        with VerticalScroll(id="box") as box:
            box.border_title = "À quoi sert cet écran, et ses touches"
            box.border_subtitle = "↑ ↓ : la suite · Échap : fermer"
            yield Static(
                Content("\n").join([*lines, Content(""), plain(_TYPING, "$text-muted")]), markup=False
            )
