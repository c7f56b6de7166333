"""What a mailbox gets back: reports of delivery (RFC 3464, RFC 6533 and the usual free forms), complaints
passed on (RFC 5965), and what clients answer.

A report names the message that it is about by the Message-ID of what it returns, else by the address. Who
answers by hand is a client with something to say; a machine that answers says nothing.
"""

import re
from base64 import b64decode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email import message_from_bytes, message_from_string
from email.header import decode_header, make_header
from email.message import Message as Mail
from email.utils import getaddresses, parseaddr, parsedate_to_datetime
from hashlib import sha256
from html import unescape

from flufl.bounce import all_failures

from console.base.refusals import Blame, blame
from console.base.text import clean, fold
from console.messages.events_file import FeedbackKind

_ID = re.compile(r"<[^<>\s@]+@[^<>\s@]+>")
_STATUS = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[\w-]{1,63}\.){1,8}\w{2,63}")
_REPORTS = ("message/delivery-status", "message/global-delivery-status")
_ACTIONS = {
    "failed": FeedbackKind.BOUNCED,
    "error": FeedbackKind.BOUNCED,  # OpenSMTPD
    "delayed": FeedbackKind.BOUNCED,
    "delivered": FeedbackKind.DELIVERED,
    "relayed": FeedbackKind.DELIVERED,
    "expanded": FeedbackKind.DELIVERED,
}
DELAYED, FULL, BLOCKED, NOBODY, ELSEWHERE = "delayed", "mailbox full", "blocked", "user unknown", "forwarded"
"""What a report means where no status code says it: words of rebonds.toml. ELSEWHERE is the address to which
the client has theirs sent on."""
_COMPLAINTS = {"abuse": FeedbackKind.COMPLAINED, "opt-out": FeedbackKind.UNSUBSCRIBED}
_STOP = re.compile(
    r"\W*(?:me |se )?(?:unsubscribe|desinscri\w*|desabonn\w*|stop)"
    r"(?:[ -]moi)?(?: s il vous plait| svp| merci)?\W*"
)
"""A whole text that asks for one thing: « stop », « désinscription », « désabonnez-moi, merci »."""
_QUOTED = re.compile(r"\s*(?:>|-{3,}|_{5,}|le .{4,80} a ecrit|on .{4,80} wrote|de ?: |from ?: )")
_NO_ANSWER = ("auto-generated", "auto-replied", "auto-notified")
_MACHINES = ("Autoreply", "Autorespond", "Auto-Response-Suppress")
_AWAY = re.compile(
    r"(?:reponse automatique|message d.absence|absence du bureau|out of (?:the )?office"
    r"|automatic reply|auto(?:matic)?[ -]?reply|auto-?reponse|vacation reply)\b"
)
"""How the answers of machines begin that say nowhere else what they are."""
_CARRIERS = re.compile(r"(?:mailer-daemon|postmaster|mail-daemon|mdaemon|bounces?)\b")
_SAID = 200
"""As many characters as an event may hold."""
_READ = 20_000
"""Characters of a text that are looked at."""


@dataclass(frozen=True, slots=True)
class Returned:
    """What a mail tells.

    `id` is its own; `messages` are those of ours that it may be about, `address` is the client's. bounce is
    the carrier's word, `said` its sentence, `against_us` whether that is about us, `failed` the address that
    did not take the message, where it is told. text is what the client wrote. kind is None for what nobody
    understands, and for what a machine answers (`silent`).
    """

    id: str
    subject: str = ""
    at: datetime | None = None
    kind: FeedbackKind | None = None
    messages: tuple[str, ...] = ()
    address: str = ""
    bounce: str = ""
    said: str = ""
    against_us: bool = False
    failed: str = ""
    text: str = ""
    silent: bool = False


def read(raw: bytes) -> Returned:
    """Understand a mail; never raises."""
    mail = message_from_bytes(raw)
    own = clean(_header(mail, "Message-ID"), limit=190) or sha256(raw).hexdigest()
    found = Returned(own, clean(_header(mail, "Subject"), limit=80), _date(mail))
    for reading in (_report, _complaint, _free_form, _plain_words, _answer):
        if (read_as := reading(mail, found)) is not None:
            return read_as
    return found


def _report(mail: Mail, found: Returned) -> Returned | None:
    """A report in the standard form: the first of its recipients that says what became of the message."""
    for fields in (
        one for part in mail.walk() if part.get_content_type() in _REPORTS for one in _blocks(part)
    ):
        action = re.match(r"[a-z]*", _header(fields, "Action").lower())
        kind = _ACTIONS.get(action[0] if action else "")
        if kind is None:
            continue
        said = _header(fields, "Diagnostic-Code").partition(";")[2] or _header(fields, "Diagnostic-Code")
        failed = _recipient(fields, "Final-Recipient")
        found = replace(
            found,
            kind=kind,
            messages=_returned_ids(mail),
            address=_recipient(fields, "Original-Recipient") or failed,
            failed=failed,
        )
        if kind is not FeedbackKind.BOUNCED:
            return found
        if action and action[0] == "delayed":
            return replace(found, bounce=DELAYED)
        return _told(found, said, _header(fields, "Status"), given_up=True)
    return None


def _complaint(mail: Mail, found: Returned) -> Returned | None:
    """What a provider passes on of who pressed « spam »; other reports of its kind are for people."""
    for part in mail.walk():
        if part.get_content_type() == "message/feedback-report":
            fields = message_from_string(_raw(part))
            told, ids = _header(fields, "Feedback-Type").lower(), _returned_ids(mail)
            address = clean(_header(fields, "Original-Rcpt-To").strip("<>"), limit=254).lower()
            return replace(found, kind=_COMPLAINTS.get(told), messages=ids, address=address)
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
    address = addresses[0].decode("ascii", "replace").lower()
    found = replace(found, kind=FeedbackKind.BOUNCED, messages=_returned_ids(mail), address=address)
    return _told(found, _before_copy(_text(mail)), "", given_up=bool(lasting))


def _plain_words(mail: Mail, found: Returned) -> Returned | None:
    """What a server writes in words of its own; it is nobody's answer, whatever it means."""
    sender = parseaddr(_header(mail, "From"))[1].lower()
    if mail.get_param("report-type") == "disposition-notification":
        return replace(found, silent=True)  # that a mail program showed it
    if not (_CARRIERS.match(sender) or mail.get_content_type() == "multipart/report"):
        return None
    text, ids = _before_copy(_text(mail)), _returned_ids(mail)
    ours = {address.lower() for _, address in getaddresses([_header(mail, "To"), _header(mail, "From")])}
    named = {one.lower() for one in _ADDRESS.findall(text)} - ours
    about = replace(found, messages=ids, address=named.pop() if len(named) == 1 else "")
    if blame(text, words=True) is Blame.OTHER or not (about.messages or about.address):
        return about
    return _told(replace(about, kind=FeedbackKind.BOUNCED), text, "", given_up=True)


def _told(found: Returned, said: str, status: str, *, given_up: bool) -> Returned:
    """With the word for what a carrier said; a sentence that denies the code beside it is believed."""
    about = blame(said, words=True)
    about = blame(status) if about is Blame.OTHER else about
    codes = [one for one in (*_STATUS.findall(said), status) if one]
    word = codes[0] if codes else ""
    if not given_up:
        word = DELAYED
    elif about is Blame.ADDRESS:
        word = next((one for one in codes if blame(one) is Blame.ADDRESS), NOBODY)
    elif about is not Blame.OTHER:
        word = FULL if about is Blame.FULL else BLOCKED
    return replace(found, bounce=word, said=clean(said, limit=_SAID), against_us=about is Blame.US)


def _answer(mail: Mail, found: Returned) -> Returned:
    """What a person wrote; a machine's « absent until Monday » says nothing."""
    automatic = _header(mail, "Auto-Submitted").lower().startswith(_NO_ANSWER)
    automatic = automatic or any(mail.get(f"X-{one}") for one in _MACHINES)
    automatic = automatic or _header(mail, "Precedence").lower() in ("bulk", "junk", "auto_reply")
    if automatic or _AWAY.match(fold(found.subject)):
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


def _blocks(part: Mail) -> Iterator[Mail]:
    """The blocks of fields of a report, that of the message first; in UTF-8 as RFC 6533 has them."""
    for block in re.split(r"\n\s*\n", _raw(part)):
        yield message_from_string(block.lstrip())


def _raw(part: Mail) -> str:
    """The text of a part that `email` takes for a mail, or for several."""
    inside = part.get_payload()
    if isinstance(inside, str):
        return _decoded(part)
    written = b"\n\n".join(one.as_bytes() for one in inside if isinstance(one, Mail))
    if _header(part, "Content-Transfer-Encoding").lower() == "base64":
        with suppress(ValueError):
            written = b64decode(written)
    return written.decode("utf-8", "replace").replace("\r\n", "\n")[:_READ]


def _recipient(fields: Mail, name: str) -> str:
    address = _header(fields, name).rpartition(";")[2].strip()
    address = re.sub(r"\\x\{([0-9A-Fa-f]{1,6})\}", lambda one: chr(int(one[1], 16) % 0x110000), address)
    return clean(address.strip("<>").encode("utf-8", "replace").decode(), limit=254).lower()


def _before_copy(text: str) -> str:
    """What a report says of itself, without the message that it gives back."""
    return re.split(
        r"(?im)^[\s>]*(?:-{3,}.*(?:copy|copie|original).*|message-id:|received:)", text, maxsplit=1
    )[0]


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
