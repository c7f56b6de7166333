"""The servers and services that reach the outside, as the settings describe them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


def is_here(host: str) -> bool:
    """Whether a host is this machine."""
    return host.lower() in {"localhost", "127.0.0.1", "::1"}


class Security(StrEnum):
    """How a connection is kept private."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


PORTS = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where e-mails are handed over; port 0 is the usual one.

    authorities is a file of certificates to trust besides the system's.
    """

    host: str
    port: int = 0
    security: Security = Security.STARTTLS
    user: str = ""
    password: str = ""
    authorities: Path | None = None


@dataclass(frozen=True, slots=True)
class ImapServer:
    """Where reports and answers arrive. port 0 is the usual one; by TLS, but on this machine."""

    host: str
    user: str
    password: str
    port: int = 0
    folder: str = "INBOX"
    authorities: Path | None = None


SMS_TEMPLATE = '{"to": "{to}", "from": "{from}", "text": "{text}", "id": "{id}"}'


@dataclass(frozen=True, slots=True)
class SmsService:
    """Where SMS are handed over.

    template is JSON whose texts name « {to} », « {digits} » (the same number without its +), « {from} »,
    « {text} », « {id} » (the same at every try) and « {token} »; where it is a `form`, its fields are sent as
    a browser would. headers may name the same. Without any, the token goes as « Authorization: Bearer »; a
    user and a password, by basic authentication.
    success is « path=value|value »: where the JSON of a good answer says whether the message was taken
    (« messages.0.status=0 »); later, the values there for which it may be tried again. Without it the HTTP
    status says it.
    """

    url: str
    token: str = ""
    template: str = SMS_TEMPLATE
    sender: str = ""
    authorities: Path | None = None
    form: bool = False
    user: str = ""
    password: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    success: str = ""
    later: str = ""


NUMBER = "{number}"
"""What stands for the number in a command that dials."""


@dataclass(frozen=True, slots=True)
class Asterisk:
    """Where calls are asked for: `channel` is the agent's telephone, `context` dials the number."""

    host: str
    port: int = 5038
    user: str = ""
    secret: str = ""
    channel: str = ""
    context: str = ""
