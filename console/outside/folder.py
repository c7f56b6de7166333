"""Messages written to a folder: what a new user sees without any server, and all that a demo ever does."""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from console.base.errors import system_words
from console.base.vocabulary import Channel
from console.outside.gate import Outgoing, UnreachableError
from console.outside.mime import Sender, compose


class FolderGateway:
    """One private file a message (0600): .eml for an e-mail, .txt for an SMS. A repeat writes it again."""

    def __init__(self, folder: Path, sender: Sender) -> None:
        self._folder = folder
        self._sender = sender

    def open(self) -> None:
        """Make the folder."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise UnreachableError(
                f"Le dossier des messages «\u00a0{self._folder}\u00a0» ne peut pas être créé",
                system_words(error),
            ) from None

    def send(self, message: Outgoing, hand_over: Callable[[], None]) -> str:
        """Write it whole, under its name at the end only; twice makes one file, so nothing is uncertain.

        Gives the file's name.
        """
        if message.channel is Channel.EMAIL:
            content, ending = compose(message, self._sender).as_bytes(), "eml"
        else:
            content, ending = f"{message.recipient}\n\n{message.text}\n".encode(), "txt"
        draft = self._folder / f".{uuid4().hex}"
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                written = draft.replace(self._folder / f"{_name(message)}.{ending}")
            finally:
                draft.unlink(missing_ok=True)
            self._settle()
        except OSError as error:
            raise UnreachableError(
                f"Le dossier des messages «\u00a0{self._folder}\u00a0» est inutilisable",
                system_words(error),
            ) from None
        return str(written)

    def close(self) -> None:
        """Nothing stays open."""

    def _settle(self) -> None:
        """The file's name is as durable as its content; not every system lets a folder be opened for that."""
        with suppress(OSError):
            descriptor = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _name(message: Outgoing) -> str:
    """« 20251217-0800-J-14-1f3a… »: the same for each try of a message, and for no other message."""
    kind = re.sub(r"[^A-Za-z0-9+-]+", "-", message.kind)[:40]
    mark = sha256(f"{message.message_id} {message.recipient}".encode()).hexdigest()[:16]
    return f"{message.created_at:%Y%m%d-%H%M}-{kind}-{mark}"
