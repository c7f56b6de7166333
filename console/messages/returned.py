"""What a mailbox gets back: reports of delivery (RFC 3464 and the usual free forms), and what clients answer.

A report names the message that it is about by the Message-ID of what it returns, else by the address. Who
answers by hand is a client with something to say; a machine that answers says nothing.
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message as Mail
from email.utils import parseaddr, parsedate_to_datetime
from hashlib import sha256
from html import unescape

from flufl.bounce import all_failures

from console.base.text import clean, fold
from console.messages.events_file import FeedbackKind

_ID = re.compile(r"<[^<>\s@]+@[^<>\s@]+>")
_STATUS = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
_ACTIONS = {
    "failed": FeedbackKind.BOUNCED,
    "delayed": FeedbackKind.BOUNCED,
    "delivered": FeedbackKind.DELIVERED,
    "relayed": FeedbackKind.DELIVERED,
    "expanded": FeedbackKind.DELIVERED,
}
_STOP = re.compile(
    r"\W*(?:me |se )?(?:unsubscribe|desinscri\w*|desabonn\w*|stop)"
    r"(?:[ -]moi)?(?: s il vous plait| svp| merci)?\W*"
)
"""A whole text that asks for one thing: « stop », « désinscription », « désabonnez-moi, merci »."""
_QUOTED = re.compile(r"\s*(?:>|-{3,}|_{5,}|le .{4,80} a ecrit|on .{4,80} wrote|de ?: |from ?: )")
_NO_ANSWER = frozenset({"auto-generated", "auto-replied", "auto-notified"})
_SAID = 200
"""As many characters as an event may hold."""
_READ = 20_000
"""Characters of a text that are looked at."""


@dataclass(frozen=True, slots=True)
class Returned:
    """What a mail tells.

    `id` is its own; `messages` are those of ours that it may be about, `address` is the client's.
    bounce is the carrier's word, text what the client wrote. kind is None for what nobody understands, and
    for what a machine answers (`silent`).
    """

    id: str
    subject: str = ""
    at: datetime | None = None
    kind: FeedbackKind | None = None
    messages: tuple[str, ...] = ()
    address: str = ""
    bounce: str = ""
    text: str = ""
    silent: bool = False


def read(raw: bytes) -> Returned:
    """Understand a mail; never raises."""
    mail = message_from_bytes(raw)
    own = clean(_header(mail, "Message-ID"), limit=190) or sha256(raw).hexdigest()
    found = Returned(own, clean(_header(mail, "Subject"), limit=80), _date(mail))
    return _report(mail, found) or _free_form(mail, found) or _answer(mail, found)


def _report(mail: Mail, found: Returned) -> Returned | None:
    """A report in the standard form: the first of its recipients that says what became of the message."""
    for part in mail.walk():
        recipients = part.get_payload() if part.get_content_type() == "message/delivery-status" else ()
        for fields in recipients:
            if not isinstance(fields, Mail):
                continue
            kind = _ACTIONS.get(_header(fields, "Action").lower())
            if kind is None:
                continue
            said = _header(fields, "Diagnostic-Code")
            status = _STATUS.search(said) or _STATUS.search(_header(fields, "Status"))
            delayed = _header(fields, "Action").lower() == "delayed"
            word = "delayed" if delayed or status is None else status[0]
            address = _header(fields, "Original-Recipient") or _header(fields, "Final-Recipient")
            return replace(
                found,
                kind=kind,
                messages=_returned_ids(mail),
                address=clean(address.rpartition(";")[2], limit=254).lower(),
                bounce=word if kind is FeedbackKind.BOUNCED else "",
            )
    return None


def _free_form(mail: Mail, found: Returned) -> Returned | None:
    """A report in one of the many forms that servers have invented."""
    try:
        passing, lasting = all_failures(mail)
    except Exception:  # its detectors read what strangers wrote
        return None
    addresses = sorted(lasting) or sorted(passing)
    if not addresses:
        return None
    status = _STATUS.search(_text(mail)) if lasting else None
    return replace(
        found,
        kind=FeedbackKind.BOUNCED,
        messages=_returned_ids(mail),
        address=addresses[0].decode("ascii", "replace").lower(),
        bounce=status[0] if status else "hard" if lasting else "soft",
    )


def _answer(mail: Mail, found: Returned) -> Returned:
    """What a person wrote; a machine's « absent until Monday » says nothing."""
    automatic = _header(mail, "Auto-Submitted").partition(";")[0].strip().lower() in _NO_ANSWER
    automatic = automatic or bool(mail.get("X-Autoreply") or mail.get("X-Autorespond"))
    automatic = automatic or _header(mail, "Precedence").lower() in ("bulk", "junk", "auto_reply")
    if automatic:
        return replace(found, silent=True)
    ids = _ID.findall(f"{_header(mail, 'In-Reply-To')} {_header(mail, 'References')}")
    words = clean(" ".join(_own_words(_text(mail))), limit=_SAID)
    asked = any(_STOP.fullmatch(re.sub(r"[,.'’]+ ?", " ", fold(one))) for one in (found.subject, words))
    return replace(
        found,
        kind=FeedbackKind.UNSUBSCRIBED if asked else FeedbackKind.REPLY,
        messages=tuple(dict.fromkeys(reversed(ids))),
        address=clean(parseaddr(_header(mail, "From"))[1], limit=254).lower(),
        text=words,
    )


def _returned_ids(mail: Mail) -> tuple[str, ...]:
    """The Message-IDs in what a report gives back, the report's own left out."""
    own, found = _header(mail, "Message-ID"), []
    for part in mail.walk():
        if part is not mail and part.get("Message-ID"):
            found += _ID.findall(_header(part, "Message-ID"))
        elif part.get_content_maintype() == "text":
            found += re.findall(r"(?im)^[\s>]*message-id:\s*(<[^<>\s@]+@[^<>\s@]+>)", _decoded(part))
    return tuple(dict.fromkeys(one for one in found if one != own))


def _own_words(text: str) -> list[str]:
    """The lines before what is quoted."""
    words = []
    for line in text.splitlines():
        if _QUOTED.match(fold(line)) or line.rstrip() == "--":
            break
        words += line.split()
    return words


def _text(mail: Mail) -> str:
    """The first part that is plain text, else the words of the first that is HTML."""
    parts = {part.get_content_type(): part for part in reversed(list(mail.walk()))}
    if "text/plain" in parts:
        return _decoded(parts["text/plain"])
    if "text/html" not in parts:
        return ""
    page = re.sub(r"(?is)<(style|script|blockquote)\b.*?</\1>", " ", _decoded(parts["text/html"]))
    return unescape(re.sub(r"<[^>]*>", " ", re.sub(r"(?i)<(?:br|/p|/div)[^>]*>", "\n", page)))


def _decoded(part: Mail) -> str:
    raw = part.get_payload(decode=True)
    if not isinstance(raw, bytes):
        return ""
    try:
        return raw.decode(part.get_content_charset() or "utf-8", "replace")[:_READ]
    except LookupError:
        return raw.decode("latin-1")[:_READ]


def _header(mail: Mail, name: str) -> str:
    value = str(mail.get(name) or "")
    try:
        return str(make_header(decode_header(value))).strip()
    except (LookupError, ValueError):
        return value.strip()


def _date(mail: Mail) -> datetime | None:
    try:
        at = parsedate_to_datetime(_header(mail, "Date"))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
