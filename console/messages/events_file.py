"""What came back from mail, SMS and payment: one line of JSON, understood or refused with its reason."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from console.base.dates import PARIS
from console.base.text import clean
from console.base.vocabulary import Channel

LONGEST = 100_000
"""Characters of a line; no event is as long."""
_ID_LIMIT = 200
_NUMBERS = frozenset({"id", "client"})
"""What some write as a number."""
LONGEST_LINK = 2_000
_LONGEST_SAID = 2_000
"""Characters of what a client wrote or said."""
_ELEMENT = re.compile(r"[^\[\],\s]")
_DOCUMENT = re.compile(r"""\s*(?:\[\s*(?:\{|\]\s*\Z)|\{[^\n]*\n\s*")""")
_ENVELOPE = re.compile(r"\s*\{[^\[{]*\[\s*\{")
_WRAPPED = "une enveloppe autour d’événements\u202f: donnez-en la liste seule, ou un événement par ligne"
_SOURCE = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")


class FeedbackKind(StrEnum):
    """What happened."""

    SENT = "sent"
    DELIVERED = "delivered"
    OPENED = "opened"
    CLICKED = "clicked"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    RENEWED = "renewed"
    PAID = "paid"
    REFUNDED = "refunded"
    CHARGEBACK = "chargeback"
    CANCELLED = "cancelled"
    CONFIRMED = "confirmed"
    CONSENTED = "consented"
    TRACKING_CONSENTED = "tracking_consented"
    TRACKING_WITHDRAWN = "tracking_withdrawn"
    REPLY = "reply"
    PROMISE = "promise"
    PRICE_REQUEST = "price_request"
    COMPLAINT = "complaint"


WORDS = frozenset(
    {FeedbackKind.REPLY, FeedbackKind.PROMISE, FeedbackKind.PRICE_REQUEST, FeedbackKind.COMPLAINT}
)
"""What a client wrote or said elsewhere: it changes the case, and no message."""


_KINDS = frozenset(kind.value for kind in FeedbackKind)


@dataclass(frozen=True, slots=True)
class Feedback:
    """One event. `message` is a Message-ID, with its angle brackets, or empty.

    source is who numbers it, empty when nobody says: the same id of two sources is two events. bounce is
    the carrier's word for what came back. amount_cents is what was paid, in cents; text is what the client
    said, for the history; link is the address that was followed, for a click; shown is the text that the
    client accepted in writing and term the row that it is about, which no file gives.
    """

    id: str
    kind: FeedbackKind
    code: str
    at: datetime
    message: str = ""
    channel: Channel = Channel.EMAIL
    offer: str = ""
    amount_cents: int | None = None
    bounce: str = ""
    text: str = ""
    source: str = ""
    link: str = ""
    shown: str = ""
    term: int = 0

    @property
    def key(self) -> str:
        """What tells this event from every other: its id, and whose id it is."""
        return f"retour@{self.source}:{self.id}" if self.source else f"retour:{self.id}"


def read_source(name: str) -> str:
    """The name of who sends events, in lower case. ValueError says in French how it is written."""
    folded = name.strip().lower()
    if folded and not _SOURCE.fullmatch(folded):
        raise ValueError(
            "« source » est un nom court\u202f: lettres sans accent, chiffres, « . », « - » et « _ »"
        )
    return folded


def is_document(head: str) -> bool:
    """Whether a text, by how it begins, is lists of events or an event over several lines, and not one event
    a line."""
    return bool(_DOCUMENT.match(head))


def elements(text: str) -> Iterator[tuple[int, str]]:
    """Each object of a text in JSON, in lists or not, with the line on which it begins; where one breaks off,
    all the rest."""
    decoder, line, counted, at = json.JSONDecoder(), 1, 0, 0
    while begun := _ELEMENT.search(text, at):
        at = begun.start()
        line, counted = line + text.count("\n", counted, at), at
        try:
            end = decoder.raw_decode(text, at)[1]
        except (ValueError, RecursionError):
            end = len(text)
        yield line, text[at:end]
        at = end


def read_line(line: str, source: str = "") -> Feedback:
    """Understand a line of that source, unless the line names its own.

    ValueError says in French what is wrong with it; fields not known are left aside.
    """
    if len(line) > LONGEST:
        raise ValueError(_WRAPPED if _ENVELOPE.match(line) else "la ligne est démesurément longue")
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("ce n’est pas du JSON") from None
    if not isinstance(found, dict):
        raise ValueError("un objet JSON est attendu")
    if "type" not in found and any(isinstance(value, list) for value in found.values()):
        raise ValueError(_WRAPPED)
    kind = _text(found, "type", required=True)
    if kind not in _KINDS:
        raise ValueError(f"le type « {clean(kind, limit=40)} » n’est pas connu")
    message = _text(found, "message").strip("<>")
    return Feedback(
        id=_text(found, "id", required=True),
        kind=FeedbackKind(kind),
        code=_text(found, "client", required=True),
        at=_instant(_text(found, "at", required=True)),
        message=f"<{message}>" if message else "",
        channel=_channel(_text(found, "channel")),
        offer=_text(found, "offer"),
        amount_cents=_amount(found.get("amount_cents")),
        bounce=_text(found, "bounce"),
        text=_said(found.get("text")),
        link=_text(found, "link", limit=LONGEST_LINK),
        source=read_source(_text(found, "source")) or source,
    )


def _text(found: dict[str, Any], name: str, *, required: bool = False, limit: int = _ID_LIMIT) -> str:
    value = found.get(name)
    if value is None:
        value = ""
    if isinstance(value, int) and not isinstance(value, bool) and name in _NUMBERS:
        value = str(value)
    if not isinstance(value, str):
        raise ValueError(f"« {name} » doit être un texte")
    if "\ufffd" in value or len(value) > limit or clean(value, limit=limit) != value.strip():
        raise ValueError(f"« {name} » n’est pas une valeur acceptable")
    if required and not value.strip():
        raise ValueError(f"« {name} » manque")
    return value.strip()


def _said(value: object) -> str:
    """What a client wrote, on one line."""
    if value is not None and not isinstance(value, str):
        raise ValueError("« text » doit être un texte")
    text = clean(value or "", limit=_LONGEST_SAID + 1)
    if len(text) > _LONGEST_SAID:
        raise ValueError(f"« text » dépasse {_LONGEST_SAID} caractères")
    return text


def _instant(text: str) -> datetime:
    """Aware and in UTC; an instant without a zone is one in Paris."""
    try:
        instant = datetime.fromisoformat(text)
        return (instant if instant.tzinfo else instant.replace(tzinfo=PARIS)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("« at » n’est pas un instant (2025-12-18T09:12:00+01:00)") from None


def _channel(text: str) -> Channel:
    if text in ("", Channel.EMAIL):
        return Channel.EMAIL
    if text == Channel.SMS:
        return Channel.SMS
    raise ValueError("« channel » est « email » ou « sms »")


def _amount(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10**9:
        raise ValueError("« amount_cents » est un nombre entier de centimes")
    return value
