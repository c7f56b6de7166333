"""Links in messages: a signed token says what a client's click means, and until when it holds.

A token is made of letters, digits, « - », « . » and « ~ » only. It reads
« purpose.code.expiry.until.offer.signature »: the portal, which knows the secret, needs nothing else. As a
message leaves, its addresses are made short: twelve characters that say nothing, and whose digest the base
keeps (`ShortLink`).
"""

import hmac
import re
from base64 import b32encode
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from string import ascii_letters, digits

_SHORT = 12
_SHORT_SIGNS = ascii_letters + digits
"""What a short address ends with, 68 bits of a signature at least: many mail programs leave a last « - » or
« _ » out of what they make clickable."""
_SIGNED_BYTES = 10
"""80 bits of the signature are kept: it can only be guessed by asking, and each guess is one request."""
_LIMIT = 200
_SIGNED = r"[a-z]\.[A-Za-z0-9~-]+\.\d{8}\.\d{8}\.[A-Za-z0-9-]+\.[a-z2-7]{16}"
_FIT = re.compile("[A-Za-z0-9~-]*")
_UNFIT = re.compile("[ ._/~]")
"""What a code may have besides: « ~2f » stands for « / »."""
_NONE = "-"


class Purpose(StrEnum):
    """What a click does; the value is what the token carries."""

    RENEW = "r"
    REACTIVATE = "a"
    CONFIRM = "c"  # the written acceptance of what was agreed on the phone
    CHANGE = "m"  # modify or cancel what was agreed
    UPGRADE = "u"
    UNSUBSCRIBE = "d"
    RATE = "n"  # the exchange that was just had


class RefusedLinkError(ValueError):
    """A token that is not ours, was changed, or is over."""


@dataclass(frozen=True, slots=True)
class Link:
    """What a click means.

    code is the client's, expires_on the term's expiry, until the last day in Paris on which it holds.
    offer is a code of the catalogue, empty when the link carries none.
    """

    purpose: Purpose
    code: str
    expires_on: date
    until: date
    offer: str = ""


def digest_of(short: str) -> str:
    """What is kept of a short token: whoever reads the base cannot follow it."""
    return sha256(short.encode(errors="replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class Links:
    """Signs links with the secret, under a base address."""

    secret: bytes
    base: str
    former: tuple[bytes, ...] = ()
    """Keys that signed before: what they signed is still read."""

    @lru_cache(512)  # noqa: B019  a value, and few of them: the texts of each step of a call carry the same
    def url(self, link: Link) -> str:
        """The address that a client clicks."""
        return self.address(self.token(link))

    def address(self, token: str) -> str:
        """Where a token is looked at."""
        return f"{self.base.rstrip('/')}/{token}"

    def token(self, link: Link) -> str:
        """The signed token. ValueError for a code that a token cannot carry."""
        fields = (
            link.purpose,
            _UNFIT.sub(lambda one: f"~{ord(one[0]):02x}", link.code),
            link.expires_on.isoformat().replace("-", ""),
            link.until.isoformat().replace("-", ""),
            link.offer or _NONE,
        )
        if not _FIT.fullmatch("".join(fields)):
            raise ValueError(f"not fit for a link: {link}")
        said = ".".join(fields)
        return f"{said}.{_signature(self.secret, said)}"

    def open(self, token: str) -> Link:
        """What a token says, over or not. Raises RefusedLinkError when it is not ours or was changed."""
        said, _, signature = token[:_LIMIT].rpartition(".")
        given = signature.encode(errors="replace")
        keys = (self.secret, *self.former)
        if not any(hmac.compare_digest(given, _signature(key, said).encode()) for key in keys):
            raise RefusedLinkError("signature")
        purpose, code, expires_on, until, offer = said.split(".")
        days = date.fromisoformat(expires_on), date.fromisoformat(until)
        code = re.sub("~([0-9a-f]{2})", lambda one: chr(int(one[1], 16)), code)
        return Link(Purpose(purpose), code, *days, "" if offer == _NONE else offer)

    def shortened(self, text: str) -> tuple[str, dict[str, Link]]:
        """The text with each of its addresses short, and what each short token stands for.

        The same address gives the same token at every try; one that is not ours stays as it is.
        """
        found: dict[str, Link] = {}

        def short(address: re.Match[str]) -> str:
            try:
                link = self.open(address[1])
            except ValueError:
                return address[0]
            digest = hmac.digest(self.secret, f"short:{address[1]}".encode(), sha256)
            token = "".join(_SHORT_SIGNS[byte % len(_SHORT_SIGNS)] for byte in digest[:_SHORT])
            found[token] = link
            return self.address(token)

        return re.sub(rf"{re.escape(self.address(''))}({_SIGNED})", short, text), found


def _signature(key: bytes, said: str) -> str:
    # errors="replace": what is read may be anything, and only ASCII was ever signed.
    digest = hmac.digest(key, said.encode(errors="replace"), sha256)
    return b32encode(digest[:_SIGNED_BYTES]).decode().lower()
