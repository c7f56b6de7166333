"""The account as the client sees it: the agent reads the same page and follows along."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from screens.keys import letter
from screens.kit.screen import Modal, plain, shown

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.clients.account import AccountView
    from console.services import Services
    from screens.kit.screen import Acts

LABEL_WIDTH = 24


def show_account(host: Acts, services: Services, client_id: int) -> None:
    """Read the client's account and show it above `host`."""
    host.serve(
        lambda: services.accounts.view(client_id),
        lambda view: host.open(AccountModal(view)),
        group="account",
        opens=True,
    )


class AccountModal(Modal[None]):
    """One page. Its buttons are drawn, as the client sees them: they are the client's to press."""

    PURPOSE = (
        "Le compte tel que le client le voit, pour suivre avec lui.\n{boite.fermer} : revenir où vous étiez."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        letter("compte.fermer", "v", "back", "Fermer", "Fermer la vue du client"),
    ]
    DEFAULT_CSS = """
    AccountModal > #box { width: 78; padding: 0 2; }
    AccountModal #notice { width: 1fr; height: auto; margin-bottom: 1; }
    AccountModal #notice.-soon { background: $warning-muted; color: $text-warning; text-style: bold; }
    """

    def __init__(self, view: AccountView) -> None:
        super().__init__()
        self._view = view

    def compose(self) -> ComposeResult:
        view = self._view
        with VerticalScroll(id="box") as box:
            box.border_title = plain(f"Compte de {shown(view.name)}, vu par le client")
            box.border_subtitle = "Échap : fermer"
            if view.notice:
                sign = "▲ " if view.soon else ""
                yield Static(
                    plain(f" {sign}{shown(view.notice)}"), id="notice", classes="-soon" if view.soon else ""
                )
            yield Static(page(view))


def page(view: AccountView) -> Content:
    """The page under its notice."""
    blocks = [[_pair(label, value) for label, value in view.facts]]
    if view.offer:
        title, *lines = (shown(line) for line in view.offer if line)
        blocks.append([plain(title, "bold $text-primary"), *(Content(f"  {line}") for line in lines)])
    if view.tariffs:
        blocks[0].append(_pair("Tous les tarifs", view.tariffs))
    if view.buttons or view.alternatives:
        buttons = Content("   ").join(plain(f"[ {shown(one)} ]", "bold $text-accent") for one in view.buttons)
        blocks.append([buttons, *(_pair(f"  {name}", words, 9) for name, words in view.alternatives)])
    if view.contacts:
        blocks.append([plain(" · ".join(shown(value) for _, value in view.contacts), "$text-muted")])
    return Content("\n\n").join(Content("\n").join(lines) for lines in blocks)


def _pair(label: str, value: str, width: int = LABEL_WIDTH) -> Content:
    return Content.assemble((f"{shown(label):<{width}}", "$text-muted"), shown(value))
