"""A message as the client reads it: before it is sent by hand, or as it waits, left or failed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from console.base import french
from console.base.errors import JustSpokenError
from console.base.french import THIN
from console.base.text import clean
from console.base.vocabulary import CHANNEL_LABELS, Channel
from screens.common.choose import Answer, ChooseModal
from screens.common.message_lines import kind_words, state
from screens.keys import key
from screens.kit.screen import Modal, plain, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.base.errors import HotlinerError
    from console.base.sms_size import SmsSize
    from console.messages.by_hand import ByHandService
    from console.messages.views import MessageFile, ProposedMessage
    from screens.kit.screen import Acts


def size_words(size: SmsSize) -> str:
    """« 2 SMS (243 caractères, alphabet GSM-7) »."""
    alphabet = "GSM-7" if size.gsm else "UCS-2, à cause d’un caractère rare"
    return f"{size.segments} SMS ({size.units} caractères, alphabet {alphabet})"


class MessageModal(Modal[bool]):
    """Shows a message; where it can be sent, Entrée answers yes."""

    PURPOSE = (
        "Le message tel que le client le lit.\n"
        "{message.envoyer} : l’envoyer, s’il n’attend que vous · {boite.fermer} : fermer."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "message.envoyer",
            "enter",
            "accept",
            "Envoyer",
            "Envoyer ce message, ou fermer un message déjà prêt",
        ),
        key("message.fermer", "backspace", "back", "Fermer", "Fermer sans rien changer", show=False),
    ]
    DEFAULT_CSS = """
    MessageModal > #box {
        width: 78;
        & > Static { height: auto; }
    }
    """

    def __init__(self, title: str, facts: list[tuple[str, str]], text: str, answer: str = "") -> None:
        super().__init__()
        self.heading = title
        self.facts = facts
        self.text = text
        self.answer = answer

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="box") as box:
            box.border_title = plain(shown(self.heading))
            box.border_subtitle = (
                f"Entrée : {self.answer} · Échap : fermer" if self.answer else "Échap : fermer"
            )
            head = [
                Content.assemble((f"{label:<9}", "$text-muted"), shown(value))
                for label, value in self.facts
                if value
            ]
            body = clean(self.text, newlines=True, limit=20_000)
            yield Static(Content("\n").join([*head, Content(""), Content(body)]), markup=False)

    def action_accept(self) -> None:
        """Yes, or done reading."""
        self.dismiss(bool(self.answer))


def stored(file: MessageFile) -> MessageModal:
    """A message of the outbox."""
    row = file.row
    facts = [
        ("À", f"{row.name}, {row.recipient}"),
        ("Objet", row.subject),
        ("Taille", size_words(file.size) if file.size else ""),
        ("État", "".join(text for text, _ in state(row))),
    ]
    return MessageModal(f"{CHANNEL_LABELS[row.channel]} · {kind_words(row.kind)}", facts, file.text)


def propose(
    host: Acts, service: ByHandService, client_id: int, channel: Channel, then: Callable[[], object]
) -> None:
    """Show the message that makes sense now, above `host`; Entrée queues it, and `then` follows.

    While a colleague is with the client, also one who began since, it is asked about first.
    """

    def show(seen: ProposedMessage) -> None:
        leaves = (
            f"{french.moment(seen.leaves_at)}, première heure permise" if seen.leaves_at else "tout de suite"
        )
        facts = [
            ("À", f"{seen.name}, {seen.recipient}"),
            ("Objet", seen.subject),
            ("Pourquoi", seen.why),
            ("Départ", leaves),
            ("Taille", size_words(seen.size) if seen.size else ""),
        ]
        modal = MessageModal(
            f"{CHANNEL_LABELS[channel]} · {kind_words(seen.kind)}", facts, seen.text, "envoyer"
        )
        host.open(modal, lambda yes: send(seen) if yes else None)

    def send(seen: ProposedMessage, *, sure: bool = False) -> None:
        host.serve(
            lambda: service.send(seen, sure=sure), lambda _: sent(seen), failed=partial(ask, seen), opens=True
        )

    def ask(seen: ProposedMessage, error: HotlinerError) -> None:
        if not isinstance(error, JustSpokenError):
            host.show_error(error)
            return
        answers = [Answer("", "Ne pas l’envoyer"), Answer("send", "L’envoyer quand même")]
        what = "ce SMS" if channel is Channel.SMS else "cet e-mail"
        question = ChooseModal(f"Envoyer {what}{THIN}?", error.happened, answers, stay="ne pas l’envoyer")
        host.open(question, lambda said: send(seen, sure=True) if said else host.tell(error.kept))

    def sent(seen: ProposedMessage) -> None:
        when = f" Il partira {french.moment(seen.leaves_at)}." if seen.leaves_at else ""
        host.tell(f"{CHANNEL_LABELS[channel]} prêt à partir pour {seen.name}.{when}")
        then()

    host.serve(lambda: service.propose(client_id, channel), show, group="proposal", opens=True)
