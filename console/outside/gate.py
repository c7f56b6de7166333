"""What every way out has in common: what it is given, and the ways in which it can fail."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from console.base.text import clean
from console.base.vocabulary import Channel


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way: `message_id` is the same at every try, `at` is the instant of this one.

    unsubscribe is the address of a page, or empty. An urgent e-mail is marked important.
    """

    message_id: str
    channel: Channel
    kind: str
    recipient: str
    subject: str
    text: str
    html: str
    created_at: datetime
    at: datetime
    unsubscribe: str = ""
    urgent: bool = False


class DeliveryError(Exception):
    """A try that did not succeed; its words are French and end with a full stop."""

    def __init__(self, words: str, said: str = "") -> None:
        """`said` is what the other side answered."""
        self.said = clean(said, limit=200).rstrip(".")
        super().__init__(f"{words}\u202f: {self.said}." if self.said else f"{words}.")


class UnreachableError(DeliveryError):
    """Nothing can be sent this way for now, whatever the message."""


class MisconfiguredError(UnreachableError):
    """The other side refuses us, not a recipient: no address is at fault, a setting is to be put right."""


class PostponedError(DeliveryError):
    """This message was not taken, and may be later."""


class UncertainError(DeliveryError):
    """Nobody knows whether this message was taken: it was handed over whole, and no answer came."""


class WithdrawnError(DeliveryError):
    """This message is not ours to send any more; nothing was handed over."""

    def __init__(self) -> None:
        super().__init__("Ce message n’est plus à envoyer")


class RejectedError(DeliveryError):
    """This message will never be taken as it is; `address` when it is because of the recipient's address."""

    def __init__(self, words: str, said: str = "", *, address: bool = False) -> None:
        super().__init__(words, said)
        self.address = address


class Gateway(Protocol):
    """One way out. Used by one thread at a time: `open` before each message, `close` at the end."""

    def open(self) -> None:
        """Make sure that a message can be handed over. Raises UnreachableError."""

    def send(self, message: Outgoing, hand_over: Callable[[], None]) -> str:
        """Hand a message over; when it returns, the other side has taken it. Gives what it answered.

        `hand_over` is called just before the other side can have it; what it raises goes through.
        Raises PostponedError, UncertainError, RejectedError, or UnreachableError (nothing was handed over),
        within SEND_SECONDS and OPEN_SECONDS.
        """

    def close(self) -> None:
        """Leave; never raises."""


SEND_SECONDS = 120.0
"""How long one message may take, whatever the other side does."""
OPEN_SECONDS = 60.0
"""How long making a connection may take."""
ANSWER_SECONDS = 30.0
"""How long one answer may be waited for."""
