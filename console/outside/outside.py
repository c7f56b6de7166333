"""How the outside is reached: what the settings say of it, the ways out, and the secret of the links.

The ways out are imported when they are asked for: opening the console needs none of them.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from console.base.errors import HotlinerError, RefusedInputError, system_words
from console.base.vocabulary import Channel
from console.outside.servers import Asterisk, SmsService, SmtpServer, is_here

if TYPE_CHECKING:
    from console.outside.dialler import Dialler
    from console.outside.gate import Gateway

SHORTEST_SECRET = 16
FOLDER = "le dossier des messages"
"""The door of a channel that has no server."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What the settings say. Without a server or a service, messages are written to `folder`.

    named: that folder was asked for by name, and is not what there is when nothing is said.
    link_base is where links lead, empty for the company's own; their secret is given, or kept in `link_key`.
    """

    folder: Path | None = None
    named: bool = False
    smtp: SmtpServer | None = None
    sms: SmsService | None = None
    mail_from: str = ""
    link_base: str = ""
    link_secret: str = ""
    link_key: Path | None = None
    dial_command: tuple[str, ...] = ()
    asterisk: Asterisk | None = None

    @property
    def dials(self) -> bool:
        """Whether there is a way to dial."""
        return bool(self.dial_command or self.asterisk)

    def kept_here(self) -> "Outside":
        """The same for a trial base: e-mails and SMS go to a server on this machine, else to the folder."""
        smtp = self.smtp if self.smtp and is_here(self.smtp.host) else None
        sms = self.sms if self.sms and is_here(urlsplit(self.sms.url).hostname or "") else None
        return replace(self, smtp=smtp, sms=sms)

    def doors(self, address: str) -> dict[Channel, str]:
        """What each channel leaves by: the server and who sends, or FOLDER."""
        sms = self.sms and f"{urlsplit(self.sms.url).hostname}, {self.sms.sender or 'sans nom'}"
        email = self.smtp and f"{self.smtp.host}, {self.mail_from or address}"
        return {Channel.EMAIL: email or FOLDER, Channel.SMS: sms or FOLDER}

    def dialler(self) -> "Dialler":
        """The way to dial, where there is one."""
        from console.outside.dialler import AsteriskDialler, CommandDialler

        return AsteriskDialler(self.asterisk) if self.asterisk else CommandDialler(self.dial_command)

    def gateways(self, name: str, address: str) -> "Mapping[Channel, Gateway]":
        """The way out of each channel, for the company's name and address."""
        from console.outside.folder import FolderGateway
        from console.outside.mail import SmtpGateway
        from console.outside.mime import Sender
        from console.outside.sms import SmsGateway

        sender = Sender(name, self.mail_from or address, address)
        if self.folder is None and not (self.smtp and self.sms):
            raise RefusedInputError("Le dossier des messages n’est pas réglé.")
        folder = self.folder or Path()
        return {
            Channel.EMAIL: SmtpGateway(self.smtp, sender) if self.smtp else FolderGateway(folder, sender),
            Channel.SMS: SmsGateway(self.sms) if self.sms else FolderGateway(folder, sender),
        }

    def secret(self) -> bytes:
        """What signs the links. Raises a HotlinerError when its file cannot be read or made."""
        if self.link_secret:
            return self.link_secret.encode()
        return _kept(self.link_key) if self.link_key else _throwaway()

    def kept_key(self) -> bytes:
        """The key that a file holds since before the base kept its own; empty where there is no file."""
        return _kept(self.link_key) if self.link_key and self.link_key.exists() else b""


@cache
def _throwaway() -> bytes:
    """For links that nobody is to follow."""
    return os.urandom(32)


@cache
def _kept(file: Path) -> bytes:
    """The secret in a private file, made once; of two programs that make it at once, both get the same."""
    try:
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _make(file)
        key = file.read_bytes().strip()
    except OSError as error:
        raise HotlinerError(
            f"La clé des liens «\u00a0{file}\u00a0» est illisible\u202f: {system_words(error)}.",
            todo="Donnez à votre compte le droit de la lire, ou réglez link_secret.",
        ) from None
    if len(key) < SHORTEST_SECRET:
        raise HotlinerError(f"La clé des liens «\u00a0{file}\u00a0» est trop courte ou vide.")
    return key


def _make(file: Path) -> None:
    draft = file.with_name(f".{file.name}.{os.urandom(8).hex()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as out:
            out.write(os.urandom(32).hex() + "\n")
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileExistsError):
            file.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)
