"""The date is asked where the clock is doubted, before anything is read or written."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from screens.keys import digit
from screens.kit.screen import HELP, MOVES, Modal, shown

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

PAUSE_SECONDS = 1.0
"""How long a question that came by itself takes no answer: a key may have been meant for what it covers."""
_ANSWERS = "1  Continuer à cette date\n2  Quitter"


class DateModal(Modal[bool], inherit_bindings=False):
    """Leaves with whether to go on at this date. Neither Entrée nor Échap answers: both may be held down."""

    PURPOSE = (
        "L’horloge surprend\u202f: ce qui s’écrirait à une fausse date resterait.\n"
        "{date.continuer}\u202f: la date est la bonne · {date.quitter}\u202f: quitter sans rien écrire."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVES,
        HELP,
        digit("date.continuer", 1, "answer(True)", "Continuer à cette date", "La date est la bonne"),
        digit("date.quitter", 2, "answer(False)", "Quitter", "Quitter sans rien écrire"),
    ]
    DEFAULT_CSS = """
    DateModal {
        & > #box { border: round $warning; border-title-color: $text-warning; padding: 1 2; }
        & #box > Static { height: auto; }
        & #answers { margin-top: 1; }
        & #why { margin-top: 1; color: $text-muted; }
    }
    """

    def __init__(self, doubt: str, *, by_itself: bool = False) -> None:
        """doubt: the sentence that says why the clock is doubted. by_itself: it comes over something else."""
        super().__init__()
        self._doubt = doubt
        self._from = monotonic() + PAUSE_SECONDS if by_itself else 0.0

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title = "Est-ce la bonne date\u202f?"
            yield Static(Content(shown(self._doubt)))
            yield Static(_ANSWERS, id="answers", markup=False)
            yield Static("Rien n’est écrit avant votre réponse.", id="why", markup=False)

    def action_answer(self, goes_on: bool) -> None:
        """Leave with the answer."""
        if monotonic() >= self._from:
            self.dismiss(goes_on)
