"""A post office on loopback: a real SMTP server and a real HTTP endpoint, which can be told to misbehave."""

import asyncio
import json
import socket
import ssl
import threading
from asyncio import WriteTransport
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HERE = Path(__file__).parent
CERTIFICATE = HERE / "localhost.crt"
USER, PASSWORD = "numi", "s3cret à deux"


def certified() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(HERE / "localhost.pem")
    return context


@dataclass(frozen=True)
class Letter:
    """One e-mail as the server took it."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    encrypted: bool
    user: str

    @property
    def mail(self) -> EmailMessage:
        found = message_from_bytes(self.raw, policy=default)
        assert isinstance(found, EmailMessage)
        return found

    @property
    def id(self) -> str:
        return str(self.mail["Message-ID"])

    def part(self, kind: str) -> str:
        body = self.mail.get_body((kind,))
        assert body is not None
        return str(body.get_content()).replace("\r\n", "\n")


Answer = str | None | Callable[[SMTP], Any]
"""What the server says; None for the usual, a function to do something else with the connection."""


@dataclass
class Post:
    """The SMTP server. `orders` gives the answers to come at a moment, in order: MAIL, RCPT, GO, DATA, TAKEN.

    GO is before the e-mail is asked for, DATA after its last line came, TAKEN after it was kept: what is lost
    then is the answer only. `dots`: of which e-mails the last line came, kept or not.
    """

    letters: list[Letter] = field(default_factory=list)
    dots: list[str] = field(default_factory=list)
    orders: dict[str, list[Answer]] = field(default_factory=dict)
    port: int = 0

    async def answer(self, moment: str, server: SMTP, usual: str) -> str:
        orders = self.orders.get(moment) or [None]
        order = orders.pop(0) if len(orders) > 1 else orders[0]
        if callable(order):
            done = order(server)
            if asyncio.iscoroutine(done):
                await done
            return "421 gone" if order is drop else usual
        return order or usual

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        said = await self.answer("MAIL", server, "250 OK")
        if not said.startswith("250"):
            envelope.mail_from = None
        return said

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        said = await self.answer("RCPT", server, "250 OK")
        if said.startswith("250"):
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self.dots.append(str(BytesHeaderParser(policy=default).parsebytes(content)["Message-ID"]))
        said = await self.answer("DATA", server, "250 OK")
        if not said.startswith("250"):
            return said
        assert server.transport is not None
        login = session.auth_data
        self.letters.append(
            Letter(
                envelope.mail_from or "",
                tuple(envelope.rcpt_tos),
                content,
                server.transport.get_extra_info("ssl_object") is not None,
                login.login.decode() if isinstance(login, LoginPassword) else "",
            )
        )
        return await self.answer("TAKEN", server, said)

    @property
    def ids(self) -> list[str]:
        return [letter.id for letter in self.letters]


class _Server(SMTP):
    async def smtp_DATA(self, arg: str) -> None:
        assert isinstance(self.event_handler, Post)
        said = await self.event_handler.answer("GO", self, "")
        await (self.push(said) if said else super().smtp_DATA(arg))


class _Controller(Controller):
    def factory(self) -> SMTP:
        return _Server(self.handler, **self.SMTP_kwargs)


def drop(server: SMTP) -> None:
    """The line is cut."""
    assert isinstance(server.transport, WriteTransport)
    server.transport.abort()


def wait(seconds: float) -> Callable[[SMTP], Any]:
    """The server takes its time."""

    async def order(server: SMTP) -> None:
        await asyncio.sleep(seconds)

    return order


def _login(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
) -> AuthResult:
    right = data.login == USER.encode() and data.password == PASSWORD.encode()
    return AuthResult(success=right, handled=right, auth_data=data)


@contextmanager
def post_office(*, security: str = "none", login: bool = False) -> Iterator[Post]:
    """A server on a free port: « none », « starttls » (then required) or « tls »."""
    post = Post()
    options: dict[str, Any] = {}
    if security == "starttls":
        options = {"tls_context": certified(), "require_starttls": True}
    if security == "tls":
        options = {"ssl_context": certified(), "auth_require_tls": False}
    if login:
        options |= {"authenticator": _login, "auth_required": True}
    controller = _Controller(post, hostname="127.0.0.1", port=_free_port(), **options)
    controller.start()
    post.port = controller.port
    try:
        yield post
    finally:
        controller.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def raw_server(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that says what `talk` says to each connection; its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=_one, args=(talk, connection), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        listener.close()


def _one(talk: Callable[[socket.socket], None], connection: socket.socket) -> None:
    with connection, suppress(OSError):
        talk(connection)


@dataclass(frozen=True)
class Sms:
    """One request as the endpoint got it."""

    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class SmsDesk:
    """The HTTP endpoint. `orders`: the codes to answer, in order, the last one again; 0 cuts the line."""

    taken: list[Sms] = field(default_factory=list)
    orders: list[int] = field(default_factory=lambda: [200])
    location: str = ""
    url: str = ""


@contextmanager
def sms_desk(*, secure: bool = False) -> Iterator[SmsDesk]:
    """An endpoint on a free port."""
    desk = SmsDesk()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            desk.taken.append(Sms(self.path, dict(self.headers), json.loads(self.rfile.read(length))))
            code = desk.orders.pop(0) if len(desk.orders) > 1 else desk.orders[0]
            if code == 0:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(code)
            if desk.location:
                self.send_header("Location", desk.location)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if secure:
        server.socket = certified().wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    desk.url = f"http{'s' if secure else ''}://localhost:{server.server_port}/sms?compte=numi"
    try:
        yield desk
    finally:
        server.shutdown()
        server.server_close()
