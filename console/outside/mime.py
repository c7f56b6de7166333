"""E-mails as they travel: text and HTML in one message, headers that client data cannot break."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from functools import lru_cache
from typing import Any

from console.base.text import clean
from console.outside.gate import Outgoing, RejectedError

_WORD = r"""[^\x00-\x20\x7f-\xa0()<>\[\]:;@\\,."]+"""
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_LOCAL = re.compile(rf"{_WORD}(?:\.{_WORD})*")
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who our messages are from, and where answers go."""

    name: str
    address: str
    reply_to: str


class _Policy(EmailPolicy):
    """As servers want it, with a subject and names that read back as they were written.

    Python 3.11's own folding loses the space between two encoded words (bpo-92081).
    """

    def fold(self, name: str, value: Any) -> str:
        addresses: Sequence[Address] = getattr(value, "addresses", ())
        one = addresses[0] if len(addresses) == 1 else None
        text = str(value) if one is None else one.display_name
        if text.isascii() or (one is None and name.lower() != "subject"):
            folded: str = super().fold(name, value)
            return folded
        words = Header(text, "utf-8", header_name=name).encode(linesep=self.linesep)
        address = "" if one is None else f"{self.linesep} <{one.addr_spec}>"
        return f"{name}: {words}{address}{self.linesep}"

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        return (name, _same(name, str(value))) if name in _SAME else super().header_store_parse(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        folded = _folded(name, value) if name in _SAME else self.fold(name, value)
        return folded.encode("ascii", "surrogateescape")


_SMTP = _Policy(linesep="\r\n")
_SAME = frozenset({
    "From", "Reply-To", "Auto-Submitted", "List-Unsubscribe-Post", "MIME-Version", "Content-Type",
    "Content-Transfer-Encoding",
})  # fmt: skip
"""Headers that say the same in one message after another, understood and folded once: that was a quarter of
what a message takes to be written."""


@lru_cache(maxsize=64)
def _same(name: str, value: str) -> Any:
    return _SMTP.header_factory(name, value)


@lru_cache(maxsize=64)
def _folded(name: str, value: Any) -> str:
    return _SMTP.fold(name, value)


def compose(message: Outgoing, sender: Sender) -> EmailMessage:
    """The e-mail, ready to be sent. Raises RejectedError when the recipient's address is none."""
    mail = EmailMessage(policy=_SMTP)
    mail["From"] = Address(sender.name, addr_spec=sender.address)
    mail["To"] = _address(message.recipient)
    mail["Reply-To"] = Address(sender.name, addr_spec=sender.reply_to)
    mail["Subject"] = clean(message.subject)
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = message.message_id
    ways = [f"<mailto:{sender.reply_to}?subject=desinscription>"]
    if message.unsubscribe.startswith("https://"):
        ways.append(f"<{message.unsubscribe}>")
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    mail["List-Unsubscribe"] = ", ".join(ways)
    if message.urgent:
        mail["Importance"] = "high"  # RFC 4021; what every mail program reads
    mail["Auto-Submitted"] = "auto-generated"
    # Quoted-printable goes through every server: lines stay short, and nothing in them reads as a command.
    mail.set_content(message.text, cte="quoted-printable")
    if message.html:
        mail.add_alternative(message.html, subtype="html", cte="quoted-printable")
    return mail


def _address(text: str) -> Address:
    """One address and nothing else. The domain is spelt in ASCII, as servers want it."""
    local, _, domain = text.rpartition("@")
    try:
        spelt = domain.encode("idna").decode()
    except UnicodeError:
        spelt = ""
    if not (text.isprintable() and _LOCAL.fullmatch(local) and _DOMAIN.fullmatch(spelt)):
        raise RejectedError("L’adresse e-mail n’est pas valable", address=True)
    return Address(username=local, domain=spelt)
