"""Envois: what waits, what left, what failed, what was given up; each message as the client reads it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.content import Content
from textual.widgets import Static

from console.base.french import plural
from console.base.roles import Role
from console.base.vocabulary import MessageStatus
from screens.common.choose import Answer, ChooseModal
from screens.common.message_lines import MessageLine
from screens.common.preview import stored
from screens.keys import digit, letter
from screens.kit.lists import Ranked
from screens.kit.rows import RowList
from screens.kit.screen import BACK, COMMON, SUPERVISORS_ONLY, Page
from screens.kit.tabs import tabs

if TYPE_CHECKING:
    from textual.binding import BindingType

    from console.cases.views import RowsPage
    from console.messages.views import MessageRow, WaysView
    from console.services import Services

    Counts = dict[MessageStatus, int]

POLL_SECONDS = 2.0
PANES = {
    MessageStatus.QUEUED: "En attente",
    MessageStatus.SENT: "Envoyés",
    MessageStatus.FAILED: "Échecs",
    MessageStatus.UNSURE: "À vérifier",
    MessageStatus.CANCELLED: "Annulés",
}
_STATES = tuple(PANES)
_CALLING = {MessageStatus.FAILED: "bold $text-error", MessageStatus.UNSURE: "bold $text-warning"}
"""States that wait for somebody."""


class OutboxScreen(Ranked, Page[None], inherit_bindings=False):
    """One list, of the messages in one state; it keeps itself up to date."""

    PURPOSE = (
        "Les messages aux clients : ce qui attend, ce qui est parti, ce qui a échoué.\n"
        "{envois.3} : les échecs · {envois.renvoyer} : renvoyer celui qui est en évidence."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            digit(f"envois.{number}", number, f"pane({number})", title, f"Messages : {title.lower()}")
            for number, title in enumerate(PANES.values(), 1)
        ),
        letter(
            "envois.renvoyer", "l", "retry", "Relancer l’envoi", "Remettre dans la file un message en échec"
        ),
        letter(
            "envois.tout_renvoyer",
            "t",
            "retry_all",
            "Tout relancer",
            "Remettre dans la file tous les messages en échec",
        ),
        letter("envois.laisser", "z", "let_be", "Laisser ainsi", "Ne pas renvoyer ce qui a pu être reçu"),
        letter("envois.liberer", "g", "release", "Laisser partir", "Envoyer ce qui est retenu", show=False),
        letter("envois.fiche", "d", "client", "Client", "Voir la fiche du client"),
        *COMMON,
        BACK,
    ]
    HEADER = "panes"
    DEFAULT_CSS = """
    OutboxScreen {
        #panes { height: 1; background: $surface; }
    }
    """

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.state = MessageStatus.QUEUED
        self.rows: RowList[Any] = RowList(
            MessageLine(), id="messages", empty="Aucun message ici.", titled=True
        )
        self._token = ""
        self.held = False

    def on_mount(self) -> None:
        self.set_interval(POLL_SECONDS, self._poll)

    def why_closed(self, action: str, parameters: tuple[object, ...]) -> str | None:
        """Only what failed, or may have been received, is sent again."""
        stopped, empty = {MessageStatus.FAILED, MessageStatus.UNSURE}, self.rows.current is None
        why: str | None = None
        match action:
            case "retry" if self.state not in stopped:
                why = "Seul un message en échec, ou peut-être reçu, se relance."
            case "retry_all" if self.state is not MessageStatus.FAILED:
                why = "Les messages en échec se relancent tous, de leur liste."
            case "let_be" if self.state is not MessageStatus.UNSURE:
                why = "Seul un message peut-être reçu se laisse ainsi."
            case "release" if not self.held:
                why = "Rien n’est retenu."
            case "release" if not self.services.may(Role.SUPERVISOR):
                why = SUPERVISORS_ONLY
            case "retry" | "retry_all" | "let_be" | "client" if empty:
                why = "Aucun message dans la liste."
        return why

    def reload(self) -> None:
        """Read again the counts and the part of the list in view."""
        self.serve(self.services.outbox.counts, self._count, group="counts")
        self.serve(self.services.outbox.ways, self._show_ways, group="ways")
        super().reload()

    def _show_ways(self, ways: WaysView) -> None:
        self.held = ways.held
        words = "retenus (base restaurée ou transférée) · g : laisser partir" if ways.held else ways.words
        self.rows.border_subtitle = f" {words} " if words else ""
        self.refresh_bindings()

    def _poll(self) -> None:
        def look(token: str) -> None:
            before, self._token = self._token, token
            if before and before != token:
                self.reload()

        if self.is_current:
            self.serve(self.services.token, look, failed=lambda _: None, group="token")

    def _count(self, counts: Counts) -> None:
        titles = [
            (f"{title} {counts[state]}", _CALLING.get(state, "") if counts[state] else "")
            for state, title in PANES.items()
        ]
        self.query_one("#panes", Static).update(tabs(titles, _STATES.index(self.state) + 1))

    def listed(self) -> Callable[[int, int], RowsPage[MessageRow]]:
        """The messages in one state."""
        return partial(self.services.outbox.page, self.state)

    def show_page(self, page: RowsPage[MessageRow]) -> None:
        """Which state that is."""
        self.rows.border_title = Content.assemble((f" Envois · {PANES[self.state].lower()} ", "bold"))

    def open_row(self, row: MessageRow) -> None:
        """The message, as the client reads it."""
        outbox = self.services.outbox
        self.serve(
            lambda: outbox.file(row.id), lambda file: self.open(stored(file)), group="message", opens=True
        )

    def action_pane(self, number: int) -> None:
        """The messages in another state."""
        self.state = _STATES[number - 1]
        self.list_anew()

    def action_release(self) -> None:
        """Let leave what a restoration held back."""
        self.act(self.services.outbox.release, "Les messages en attente partent.")

    def action_retry(self) -> None:
        """Put the message back in the queue."""
        if (row := self.rows.current) is not None:
            retry = partial(self.services.outbox.retry, row.id)
            self.act(retry, f"Le message pour {row.name} repart dans la file.")

    def action_retry_all(self) -> None:
        """Once what made them fail is mended: all of them, asked about first."""

        def sure(said: str | None) -> None:
            if said:
                self.serve(self.services.outbox.retry_all, self._all_again)

        sentence = "Chaque message en échec repart dans la file, si ce n’est pas trop tard pour lui."
        answers = [Answer("all", "Tout relancer")]
        self.open(
            ChooseModal(
                "Relancer tous les envois en échec\u202f?", sentence, answers, stay="ne rien relancer"
            ),
            sure,
        )

    def _all_again(self, count: int) -> None:
        self.tell(f"{plural(count, 'message remis', 'messages remis')} dans la file.")
        self.reload()

    def action_let_be(self) -> None:
        """What may have been received is not sent again."""
        if (row := self.rows.current) is not None:
            let_be = partial(self.services.outbox.let_be, row.id)
            self.act(let_be, f"Le message pour {row.name} n’est pas renvoyé.")
