"""Four SMS services used in France, imitated as they document themselves: taken, refused, later, unknown."""

import json
import threading
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from console.base.vocabulary import Channel
from console.outside.gate import Outgoing, PostponedError, RejectedError, UncertainError, UnreachableError
from console.outside.servers import SmsService
from console.outside.sms import SmsGateway

NOW = datetime(2025, 12, 17, 9, tzinfo=UTC)
MESSAGE = Outgoing("<un@numi>", Channel.SMS, "J-14", "+33612345678", "", "Offre {to} & fin", "", NOW, NOW)
BREVO = SmsService(
    "",
    "clé",
    '{"sender": "{from}", "recipient": "{digits}", "content": "{text}", "type": "transactional"}',
    "numi",
    headers={"api-key": "{token}"},
)
OCTOPUSH = SmsService(
    "",
    "clé",
    '{"recipients": [{"phone_number": "{to}"}], "text": "{text}", "type": "sms_premium", "sender": "{from}"}',
    "numi",
    headers={"api-login": "moi@numi.example", "api-key": "{token}"},
)
TWILIO = SmsService(
    "",
    "",
    '{"To": "{to}", "From": "{from}", "Body": "{text}"}',
    "numi",
    form=True,
    user="AC1",
    password="p:ß",
)
VONAGE = SmsService(
    "",
    "secret",
    '{"api_key": "numi", "api_secret": "{token}", "to": "{digits}", "from": "{from}", "text": "{text}"}',
    "numi",
    form=True,
    headers={"Accept": "application/json"},
    success="messages.0.status=0",
    later="1|5",
)


@dataclass
class Desk:
    """One service: what it was asked, and what it answers."""

    url: str = ""
    code: int = 200
    said: str = "{}"
    asked: list[tuple[dict[str, str], Any]] = field(default_factory=list)


@pytest.fixture(scope="module")
def served() -> Iterator[Desk]:
    desk = Desk()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
            is_form = self.headers["Content-Type"] == "application/x-www-form-urlencoded"
            body = {name: one[0] for name, one in parse_qs(raw).items()} if is_form else json.loads(raw)
            desk.asked.append((dict(self.headers), body))
            self.send_response(desk.code)
            self.send_header("Content-Length", str(len(desk.said.encode())))
            self.end_headers()
            self.wfile.write(desk.said.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    desk.url = f"http://127.0.0.1:{server.server_port}/sms"
    yield desk
    server.shutdown()


def send(desk: Desk, service: SmsService, code: int, said: str) -> tuple[dict[str, str], Any]:
    desk.code, desk.said = code, said
    gateway = SmsGateway(replace(service, url=desk.url))
    gateway.open()
    gateway.send(MESSAGE, lambda: None)
    return desk.asked[-1]


def test_each_service_gets_what_it_documents(served: Desk) -> None:
    headers, body = send(served, replace(BREVO, token="cle"), 201, '{"messageId": 1}')
    assert headers["api-key"] == "cle"
    assert "Authorization" not in headers
    assert (body["recipient"], body["content"]) == ("33612345678", "Offre {to} & fin")
    headers, body = send(served, replace(OCTOPUSH, token="cle"), 201, "{}")
    assert (headers["api-login"], headers["api-key"]) == ("moi@numi.example", "cle")
    assert body["recipients"] == [{"phone_number": "+33612345678"}]
    headers, body = send(served, TWILIO, 201, '{"sid": "SM1"}')
    assert headers["Authorization"] == f"Basic {b64encode('AC1:p:ß'.encode()).decode()}"
    assert body == {"To": "+33612345678", "From": "numi", "Body": "Offre {to} & fin"}
    headers, body = send(served, VONAGE, 200, '{"messages": [{"status": "0"}]}')
    assert (headers["Accept"], body["api_secret"], body["to"]) == (
        "application/json",
        "secret",
        "33612345678",
    )


@pytest.mark.parametrize(
    ("service", "code", "said", "told"),
    [
        (BREVO, 400, '{"code": "invalid_parameter"}', RejectedError),
        (BREVO, 402, '{"code": "not_enough_credits"}', UnreachableError),
        (OCTOPUSH, 429, "", PostponedError),
        (TWILIO, 401, '{"code": 20003}', UnreachableError),
        (TWILIO, 400, '{"code": 21211}', RejectedError),
        (TWILIO, 504, "", UncertainError),
        (VONAGE, 200, '{"messages": [{"status": "1", "error-text": "Throttled"}]}', PostponedError),
        (VONAGE, 200, '{"messages": [{"status": "6"}]}', RejectedError),
        (VONAGE, 200, '{"messages": []}', UncertainError),
        (VONAGE, 200, "<html>", UncertainError),
    ],
)
def test_what_each_answers_is_told_right(
    served: Desk, service: SmsService, code: int, said: str, told: type[Exception]
) -> None:
    with pytest.raises(told) as caught:
        send(served, replace(service, headers={}), code, said)
    assert type(caught.value) is told
