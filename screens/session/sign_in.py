"""Who is there: asked at the start where there are accounts, and again after the keys were left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from console.base.french import THIN
from screens.kit.screen import MOVES, Field, Page, shown

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.base.errors import HotlinerError
    from console.services import Services


class SignInScreen(Page[bool], inherit_bindings=False):
    """A name and a password; leaves with True. `locked` is the only one who may come back to what is below.

    Nothing of the console can be reached from here but its end.
    """

    PURPOSE = "Dites qui vous êtes pour ouvrir la console, ou pour la retrouver comme vous l’avez laissée."
    AUTO_FOCUS = "#password"
    BINDINGS: ClassVar[list[BindingType]] = [*MOVES]
    DEFAULT_CSS = """
    SignInScreen {
        align: center middle;
        & > #box {
            width: 64;
            max-width: 100%;
            height: auto;
            padding: 1 3;
            border: round $primary;
            border-title-color: $text-primary;
            border-title-style: bold;
        }
        & #box > Static { height: auto; }
        & Field { padding: 0 1; margin-bottom: 1; background: $panel; }
        & Field:focus { background: $surface-active; text-style: bold; }
        & #said { color: $text-error; }
        & #keys { color: $text-muted; }
    }
    """

    def __init__(self, services: Services, *, locked: str = "", calling: bool = False) -> None:
        super().__init__(services)
        self._locked = locked
        self._calling = calling
        self._trying = False

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title = "Console verrouillée" if self._locked else "Connexion"
            if self._locked:
                kept = f"L’appel en cours est gardé{THIN}: vous le retrouverez. " if self._calling else ""
                yield Static(Content(f"{kept}{shown(self._locked)}, donnez votre mot de passe.\n"))
            else:
                yield Static("Nom", markup=False)
                yield Field(self.services.agent, id="name", compact=True)
            yield Static("Mot de passe", markup=False)
            yield Field(password=True, id="password", compact=True)
            yield Static("", id="said", markup=False)
            yield Static(f"Entrée{THIN}: ouvrir · Ctrl+Q{THIN}: quitter", id="keys", markup=False)

    @on(Input.Submitted)
    def _try(self) -> None:
        if self._trying:
            return
        field = self.query_one("#password", Field)
        name = self._locked or self.query_one("#name", Field).value
        password = field.value
        self.set_focus(field)  # at once: what is typed next is a password, and the name is read by all
        if not password:
            return
        field.clear()
        self._trying = True
        self._say("Vérification…")
        services = self.services
        self.serve(
            lambda: services.sign_in(name, password), lambda _: self.dismiss(True), failed=self._refused
        )

    def _refused(self, error: HotlinerError) -> None:
        self._trying = False
        self._say(f"{error.happened} {error.todo}")

    def _say(self, text: str) -> None:
        self.query_one("#said", Static).update(Content(shown(text)))
