"""Messages as the screens show them: in the outbox, whole, or proposed before they are sent."""

from dataclasses import dataclass
from datetime import datetime

from console.base.sms_size import SmsSize
from console.base.vocabulary import Channel, MessageStatus


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message in the outbox. `not_before` is when it may be tried next, `error` why it did not go yet."""

    id: int
    client_id: int
    code: str
    name: str
    channel: Channel
    kind: str
    recipient: str
    subject: str
    status: MessageStatus
    created_at: datetime
    not_before: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    opened_at: datetime | None
    clicked_at: datetime | None
    bounced_at: datetime | None
    attempts: int
    error: str


@dataclass(frozen=True, slots=True)
class MessageFile:
    """A message whole; `size` is what an SMS takes, None for an e-mail."""

    row: MessageRow
    text: str
    html: str
    message_id: str
    size: SmsSize | None


@dataclass(frozen=True, slots=True)
class ProposedMessage:
    """A message that would be sent by hand, whole, as the client would read it; nothing is written yet.

    leaves_at: None at once, else the first lawful moment.
    """

    client_id: int
    name: str
    code: str
    channel: Channel
    kind: str
    why: str
    recipient: str
    subject: str
    text: str
    size: SmsSize | None
    leaves_at: datetime | None


@dataclass(frozen=True, slots=True)
class WaysView:
    """How messages leave: whether a restoration holds them back, and by which door each channel goes."""

    held: bool
    words: str
