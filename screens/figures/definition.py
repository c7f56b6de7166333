"""What a key figure counts, and from when it can be judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from console.base.french import THIN
from screens.keys import key
from screens.kit.canvas import folded
from screens.kit.screen import Modal

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.figures.rules import Measure

_WIDTH = 66


class DefinitionModal(Modal[None]):
    """One figure explained."""

    PURPOSE = (
        "Ce que compte l’indicateur, et à partir de quand il se juge.\n"
        "{definition.fermer} : revenir aux indicateurs."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("definition.fermer", "space,enter,backspace", "back", "Fermer", "Revenir aux indicateurs")
    ]

    def __init__(self, measure: Measure) -> None:
        super().__init__()
        self.measure = measure

    def compose(self) -> ComposeResult:
        one = self.measure
        counted = f"Ici{THIN}: {one.detail}, {one.words}. Cible{THIN}: {one.target_words}."
        lines = [*folded(one.definition, _WIDTH), "", *folded(counted, _WIDTH)]
        if one.judged_words:
            lines += ["", one.judged_words]
        with Vertical(id="box") as box:
            box.border_title = Content(one.title)
            yield Static(Content("\n".join(lines)), markup=False)
