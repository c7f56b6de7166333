"""E-mail by SMTP, in steps that tell what was certainly not taken from what may have been."""

import re
import smtplib
import socket
import ssl
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

from console.base.french import THIN
from console.base.refusals import Blame, blame
from console.outside.gate import (
    ANSWER_SECONDS,
    OPEN_SECONDS,
    SEND_SECONDS,
    MisconfiguredError,
    Outgoing,
    PostponedError,
    RejectedError,
    UncertainError,
    UnreachableError,
)
from console.outside.mime import Sender, compose
from console.outside.servers import PORTS, Security, SmtpServer
from console.outside.watch import limited

_LOST = (OSError, smtplib.SMTPServerDisconnected)
_IDLE_SECONDS = 5.0
"""A connection that was not used for so long is tried before a message is given to it."""


class SmtpGateway:
    """One connection, kept from one message to the next."""

    def __init__(
        self,
        server: SmtpServer,
        sender: Sender,
        *,
        answer: float = ANSWER_SECONDS,
        send: float = SEND_SECONDS,
    ) -> None:
        """answer, send: seconds that one answer, one message may take."""
        self._server = server
        self._sender = sender
        self._answer = answer
        self._send = send
        self._smtp: smtplib.SMTP | None = None
        self._used = 0.0

    def open(self) -> None:
        """Connect, encrypt and log in, unless the connection still stands."""
        if self._smtp is not None and not self._stands():
            self.close()
        if self._smtp is None:
            self._connect()

    def send(self, message: Outgoing, hand_over: Callable[[], None]) -> str:
        """Hand over one e-mail; gives the server's last answer."""
        mail = compose(message, self._sender)
        body = re.sub(rb"(?m)^\.", b"..", mail.as_bytes())
        with limited(self._send, self._socket):
            try:
                smtp = self._announce(message.recipient, mail["To"].addresses[0].addr_spec)
                answer = self._hand_over(smtp, body, hand_over)
            except _LOST:
                self.close()
                raise PostponedError("La connexion au serveur de messagerie s’est coupée") from None
        self._used = monotonic()
        return answer

    def close(self) -> None:
        """Say goodbye and leave."""
        if self._smtp is not None:
            with suppress(OSError, smtplib.SMTPException), limited(1, self._socket):
                if monotonic() - self._used < _IDLE_SECONDS:
                    self._smtp.quit()
            self._drop()

    def _drop(self) -> None:
        """Leave without a word."""
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None

    def _socket(self) -> socket.socket | None:
        return self._smtp.sock if self._smtp else None

    # -- connection --------------------------------------------------------------------------------

    def _stands(self) -> bool:
        if self._smtp is None or self._smtp.sock is None:
            return False
        if monotonic() - self._used < _IDLE_SECONDS:
            return True
        try:
            return self._smtp.noop()[0] == 250
        except (OSError, smtplib.SMTPException):
            return False

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        place = f"{server.host}:{server.port or PORTS[server.security]}"
        trusted = self._trusted()
        if server.security is Security.TLS:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(timeout=self._answer, context=trusted)
        else:
            smtp = smtplib.SMTP(timeout=self._answer)
        try:
            with limited(OPEN_SECONDS, lambda: smtp.sock):
                # smtplib checks the certificate's name against this one, which only its constructor sets.
                smtp._host = server.host  # type: ignore[attr-defined]
                code, said = smtp.connect(server.host, server.port or PORTS[server.security])
                if smtp.sock is not None:
                    # Without it the last line waits until the message is acknowledged: 40 ms each time.
                    smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if code != 220:
                    raise smtplib.SMTPConnectError(code, said)
                smtp.ehlo_or_helo_if_needed()
                if server.security is Security.STARTTLS:
                    smtp.starttls(context=trusted)
                    smtp.ehlo()
                if server.user:
                    _log_in(smtp, server.user, server.password)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            smtp.close()
            raise _unreachable(error, place) from None
        self._smtp = smtp
        self._used = monotonic()
        return smtp

    def _trusted(self) -> ssl.SSLContext:
        try:
            trusted = ssl.create_default_context()
            if self._server.authorities:
                trusted.load_verify_locations(self._server.authorities)
        except (OSError, ssl.SSLError):
            raise UnreachableError(
                f"Le fichier de certificats «\u00a0{self._server.authorities}\u00a0» est illisible"
            ) from None
        return trusted

    # -- one message -------------------------------------------------------------------------------

    def _announce(self, recipient: str, spelt: str) -> smtplib.SMTP:
        """MAIL and RCPT. A kept connection that the server has left in the meantime is made anew, once."""
        for kept in (True, False):
            smtp = self._smtp or self._connect()
            options = [] if spelt.isascii() else ["SMTPUTF8"]
            if options and not smtp.has_extn("smtputf8"):
                raise RejectedError("Le serveur n’accepte pas les adresses accentuées")
            try:
                code, said = smtp.mail(self._sender.address, options)
            except _LOST:
                if not kept:
                    raise
                code, said = 421, b""
            if code == 421 and kept:
                self.close()
                continue
            self._expect(250, code, said, "Le serveur refuse l’expéditeur", sender=True)
            code, said = smtp.rcpt(spelt)
            self._expect(250, code, said, f"Le serveur refuse l’adresse {recipient}", recipient=True)
            return smtp
        raise PostponedError("Le serveur ferme la connexion")

    def _hand_over(self, smtp: smtplib.SMTP, body: bytes, hand_over: Callable[[], None]) -> str:
        """Until the last line is sent the server cannot have taken the message; after it, it may have."""
        self._expect(354, *smtp.docmd("DATA"), "Le serveur refuse le message")
        smtp.send(body)
        try:
            hand_over()
        except Exception:  # a message that was begun is given up with its connection only
            self._drop()
            raise
        try:
            smtp.send(b".\r\n" if body.endswith(b"\r\n") else b"\r\n.\r\n")
            code, said = smtp.getreply()
        except (*_LOST, smtplib.SMTPResponseException):
            self.close()
            raise UncertainError("Le serveur n’a pas dit s’il acceptait le message") from None
        if not 200 <= code <= 599:
            self.close()
            raise UncertainError("Le serveur n’a pas dit s’il acceptait le message", _said(said))
        self._expect(250, code, said, "Le serveur refuse le message")
        return f"{code} {_said(said)}"

    def _reset(self) -> None:
        """Leave this message, and the connection ready for the next."""
        try:
            if self._smtp is not None and self._smtp.rset()[0] != 250:
                self.close()
        except (*_LOST, smtplib.SMTPException):
            self.close()

    def _expect(
        self,
        wanted: int,
        code: int,
        said: bytes,
        words: str,
        *,
        recipient: bool = False,
        sender: bool = False,
    ) -> None:
        """Go on, or end this message and leave the connection ready for the next."""
        if code == wanted or (wanted == 250 and code == 251):
            return
        answer = f"{code} {_said(said)}"
        if code == 421:
            self.close()
        else:
            self._reset()
        about = Blame.US if sender else blame(answer, self._sender.address)
        if 500 <= code <= 599 and about is Blame.US:
            raise MisconfiguredError(
                f"Le serveur de messagerie refuse l’expéditeur {self._sender.address}, aucun client n’est en"
                f" cause{THIN}; vérifiez le réglage « mail_from », vos droits et votre quota sur ce serveur",
                answer,
            )
        if 500 <= code <= 599:
            raise RejectedError(words, answer, address=recipient and about is Blame.ADDRESS)
        raise PostponedError(words, answer)


def _log_in(smtp: smtplib.SMTP, user: str, password: str) -> None:
    if f"{user}{password}".isascii():
        smtp.login(user, password)
        return
    # smtplib spells credentials in ASCII only; AUTH PLAIN is defined on UTF-8 (RFC 4616).
    given = b64encode(f"\0{user}\0{password}".encode()).decode()
    code, said = smtp.docmd("AUTH", f"PLAIN {given}")
    if code not in (235, 503):
        raise smtplib.SMTPAuthenticationError(code, said)


def _said(said: bytes) -> str:
    return said.decode("utf-8", "replace")


def _unreachable(error: Exception, place: str) -> UnreachableError:
    """Why nothing can be sent, in words that help whoever sets it up."""
    match error:
        case smtplib.SMTPAuthenticationError():
            words = "Le serveur de messagerie {} refuse l’identifiant ou le mot de passe"
        case smtplib.SMTPNotSupportedError():
            words = "Le serveur de messagerie {} ne propose pas le chiffrement ou l’identification voulus"
        case ssl.SSLError():
            words = "La connexion chiffrée au serveur de messagerie {} a échoué (certificat ou protocole)"
        case smtplib.SMTPResponseException():
            said = error.smtp_error if isinstance(error.smtp_error, bytes) else str(error.smtp_error).encode()
            return UnreachableError(
                f"Le serveur de messagerie {place} refuse la connexion", f"{error.smtp_code} {_said(said)}"
            )
        case _:
            words = "Le serveur de messagerie {} ne répond pas"
    return UnreachableError(words.format(place))
