"""Services that tell events over HTTP, as `data/sources/` describes them: their proof, fields and words."""

import hmac
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any

from console.base.paths import value_at

TOLERANCE_S = 300
"""How far a request's own instant may be from ours: an old one may be a copy."""
SECRET_PREFIX = "whsec_"  # noqa: S105  what Standard Webhooks writes before a secret in base64


class Authentication(StrEnum):
    """How a request proves where it comes from."""

    WEBHOOK = "webhook"  # Standard Webhooks: three headers, the signature of id, instant and body
    HMAC = "hmac"  # a signature of the body in a header
    DATED = "horodate"  # « t=…,v1=… » in a header: the signature of instant and body
    HEADER = "jeton"  # a header that holds the secret
    BASIC = "basique"  # basic authentication; the secret is « name:password »


@dataclass(frozen=True, slots=True)
class EventSource:
    """A service. `paths`: where each field stands, several for the id; `types`: their word to ours."""

    name: str
    proof: Authentication = Authentication.WEBHOOK
    header: str = ""
    encoding: str = "hex"
    form: bool = False
    listed: str = ""
    paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)

    def is_proved(self, headers: Mapping[str, str], body: bytes, secret: str, now: float) -> bool:
        """Whether a request comes from this service; headers in lower case, now in seconds since 1970."""
        given = headers.get(self.header.lower(), "")
        match self.proof:
            case Authentication.WEBHOOK:
                return _webhook(headers, body, secret, now)
            case Authentication.HMAC:
                wanted = hmac.digest(secret.encode(), body, sha256)
                spelt = wanted.hex() if self.encoding == "hex" else b64encode(wanted).decode()
                return _same(given.removeprefix("sha256="), spelt)
            case Authentication.DATED:
                parts = [part.partition("=") for part in given.split(",")]
                at = next((value for name, _, value in parts if name.strip() == "t"), "")
                wanted = hmac.digest(secret.encode(), f"{at}.".encode() + body, sha256)
                fresh = _is_fresh(at, now)
                return fresh and any(_same(v, wanted.hex()) for name, _, v in parts if name.strip() == "v1")
            case Authentication.HEADER:
                return _same(given.removeprefix("Bearer "), secret)
            case Authentication.BASIC:
                return _same(given, f"Basic {b64encode(secret.encode()).decode()}")

    def read(self, event: Any) -> dict[str, str]:
        """The fields of one event as texts, empty where there is nothing."""
        found = {
            name: ":".join(value_at(event, path) for path in paths) for name, paths in self.paths.items()
        }
        return found if any(part for part in found.get("id", "").split(":")) else {**found, "id": ""}


def _webhook(headers: Mapping[str, str], body: bytes, secret: str, now: float) -> bool:
    """The Standard Webhooks scheme: « v1,… » signs « id.instant.body »; several may stand side by side."""
    number, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    try:
        key = b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (Error, ValueError):
        key = secret.encode()
    wanted = b64encode(hmac.digest(key, f"{number}.{at}.".encode() + body, sha256)).decode()
    given = headers.get("webhook-signature", "").split(" ")
    return bool(number) and _is_fresh(at, now) and any(_same(one, f"v1,{wanted}") for one in given)


def _is_fresh(at: str, now: float) -> bool:
    return at.isascii() and at.isdigit() and len(at) < 12 and abs(int(at) - now) <= TOLERANCE_S


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), wanted.encode())
