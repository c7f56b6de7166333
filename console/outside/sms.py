"""SMS by HTTP: one POST a message, JSON or a form, which follows a template of the settings."""

import json
import ssl
from base64 import b64encode
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from console.base.paths import value_at
from console.outside.gate import (
    ANSWER_SECONDS,
    SEND_SECONDS,
    Outgoing,
    PostponedError,
    RejectedError,
    UncertainError,
    UnreachableError,
)
from console.outside.servers import SmsService
from console.outside.watch import limited

_ANSWER_BYTES = 10_000
_LATER = frozenset({408, 425, 429})
_NOT_OURS = frozenset({401, 402, 403, 404, 405, 407})
"""Answers about the account or the address of the service, never about the message."""


class SmsGateway:
    """One connection a message: redirections are not followed, so the token goes nowhere else."""

    def __init__(
        self, service: SmsService, *, answer: float = ANSWER_SECONDS, send: float = SEND_SECONDS
    ) -> None:
        """answer, send: seconds that one answer, one message may take."""
        self._service = service
        self._answer = answer
        self._send = send
        self._connection: HTTPConnection | None = None
        self._place = urlsplit(service.url).netloc.rpartition("@")[2]

    def open(self) -> None:
        """Connect."""
        self.close()
        where = urlsplit(self._service.url)
        host = where.hostname or ""
        try:
            if where.scheme == "https":
                trusted = ssl.create_default_context()
                if self._service.authorities:
                    trusted.load_verify_locations(self._service.authorities)
                self._connection = HTTPSConnection(host, where.port, timeout=self._answer, context=trusted)
            else:
                self._connection = HTTPConnection(host, where.port, timeout=self._answer)
            self._connection.connect()
        except (OSError, HTTPException):
            self.close()
            raise UnreachableError(f"Le service de SMS {self._place} ne répond pas") from None

    def send(self, message: Outgoing, hand_over: Callable[[], None]) -> str:
        """Hand over one SMS; gives the status and the beginning of the answer."""
        where = urlsplit(self._service.url)
        path = (where.path or "/") + (f"?{where.query}" if where.query else "")
        filled = _fill(json.loads(self._service.template), values := self._values(message))
        body = (urlencode(filled) if self._service.form else json.dumps(filled)).encode()
        headers = self._headers(values)
        connection = self._connection
        if connection is None:
            raise PostponedError("Le service de SMS n’est pas joint")
        hand_over()
        try:
            with limited(self._send, lambda: connection.sock):
                try:
                    connection.request("POST", path, body, headers)
                    answer = connection.getresponse()
                    code, said = answer.status, answer.read(_ANSWER_BYTES).decode("utf-8", "replace")
                except (OSError, HTTPException):
                    raise UncertainError("Le service de SMS n’a pas répondu") from None
        finally:
            self.close()
        self._judge(code, said)
        return f"{code} {said}"

    def close(self) -> None:
        """Leave."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _values(self, message: Outgoing) -> dict[str, str]:
        return {
            "{to}": message.recipient,
            "{digits}": message.recipient.removeprefix("+"),
            "{from}": self._service.sender,
            "{text}": message.text,
            "{id}": message.message_id.strip("<>"),
            "{token}": self._service.token,
        }

    def _headers(self, values: dict[str, str]) -> dict[str, str]:
        service = self._service
        kind = "application/x-www-form-urlencoded" if service.form else "application/json"
        headers = {"Content-Type": kind, "Idempotency-Key": values["{id}"]}
        headers |= {name: _replaced(value, values) for name, value in service.headers.items()}
        if service.user:
            both = b64encode(f"{service.user}:{service.password}".encode()).decode()
            headers["Authorization"] = f"Basic {both}"
        elif service.token and not service.headers:
            headers["Authorization"] = f"Bearer {service.token}"
        return headers

    def _judge(self, code: int, said: str) -> None:
        answer = f"{code} {said}"
        if 200 <= code <= 299:
            self._judge_words(said, answer)
            return
        if code in (502, 504):  # an intermediary does not know what became of it
            raise UncertainError("Le service de SMS n’a pas confirmé", answer)
        if code in _NOT_OURS or code < 400:
            raise UnreachableError(f"Le service de SMS {self._place} refuse l’accès", answer)
        if code >= 500 or code in _LATER:
            raise PostponedError("Le service de SMS refuse pour le moment", answer)
        raise RejectedError("Le service de SMS refuse le message", answer)

    def _judge_words(self, said: str, answer: str) -> None:
        """Some services answer 200 to what they refuse, and say so in the JSON."""
        path, _, taken = self._service.success.partition("=")
        if not path:
            return
        found = _value(said, path)
        if found in taken.split("|"):
            return
        if not found:
            raise UncertainError("Le service de SMS n’a pas confirmé", answer)
        if found in self._service.later.split("|"):
            raise PostponedError("Le service de SMS refuse pour le moment", answer)
        raise RejectedError("Le service de SMS refuse le message", answer)


def _value(said: str, path: str) -> str:
    """What stands at a path of a JSON text; empty where there is nothing."""
    try:
        return value_at(json.loads(said), path.strip())
    except (ValueError, RecursionError):
        return ""


def _fill(template: Any, values: dict[str, str]) -> Any:
    """The template with its names replaced, inside texts only: a value can never change the JSON's shape."""
    match template:
        case str():
            return values.get(template) or _replaced(template, values)
        case list():
            return [_fill(one, values) for one in template]
        case dict():
            return {key: _fill(one, values) for key, one in template.items()}
    return template


def _replaced(template: str, values: dict[str, str]) -> str:
    """Each name once, from the template only: a text that names another is left as it is."""
    found = ""
    while template:
        at = min(((template.find(name), name) for name in values if name in template), default=None)
        if at is None:
            return found + template
        where, name = at
        found += template[:where] + values[name]
        template = template[where + len(name) :]
    return found
