"""Asks an agent's first name, as clients will hear it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.containers import Vertical
from textual.widgets import Input, Static

from screens.kit.screen import Field, Modal, plain

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from console.base.errors import HotlinerError
    from console.services import Services


class FirstNameModal(Modal[str]):
    """Leaves with the name once it is kept, with None when it is left for later."""

    PURPOSE = (
        "Le prénom que vous direz aux clients : le script le fait dire à l’ouverture de chaque appel.\n"
        "Entrée : le garder · {boite.fermer} : plus tard, par la palette."
    )

    def __init__(self, services: Services, known: str) -> None:
        super().__init__()
        self.services = services
        self.known = known

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title = "Votre prénom"
            box.border_subtitle = "Entrée : garder · Échap : plus tard"
            yield Static(plain("Votre prénom, tel que les clients l’entendront."))
            yield Field(self.known, placeholder="Camille", compact=True, max_length=30)
            yield Static(plain("La palette (Ctrl+P) le change à tout moment.", "$text-muted"), id="answer")

    @on(Input.Submitted)
    def _keep(self, event: Input.Submitted) -> None:
        event.stop()
        typed = event.value
        self.serve(lambda: self.services.first_names.tell(typed), self.dismiss, failed=self._refused)

    def _refused(self, error: HotlinerError) -> None:
        self.query_one("#answer", Static).update(plain(str(error), "$text-error"))
