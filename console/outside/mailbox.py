"""The mails of a mailbox: a file, an mbox, a Maildir, a folder of files, or an IMAP server."""

import imaplib
import mailbox
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from console.base.errors import HotlinerError, RefusedInputError, system_words
from console.base.french import THIN
from console.outside.servers import ImapServer, is_here

_LONGEST = 30_000_000
"""Bytes of a mail that is read; a longer one is no report, and nobody writes as much."""
_SECONDS = 60.0
_PLAIN_PORT, _TLS_PORT = 143, 993


Seen = Callable[[], None]
"""Says that a mail was taken in: it is not given again."""


def mails_of(path: Path) -> Iterator[tuple[bytes, Seen]]:
    """The mails at a place, each with what marks it as seen. A file or an mbox is left as it is.

    Raises RefusedInputError when there is nothing to read there, HotlinerError when reading fails.
    """
    try:
        if path.is_dir() and (path / "new").is_dir() and (path / "cur").is_dir():
            yield from _maildir(path)
        elif path.is_dir():
            for file in sorted(path.iterdir()):
                if file.is_file() and file.stat().st_size <= _LONGEST:
                    yield file.read_bytes(), lambda: None
        elif path.is_file():
            yield from _file(path)
        else:
            raise RefusedInputError(f"Il n’y a pas de courrier à «\u00a0{path}\u00a0».", "Rien n’a été lu.")
    except (OSError, mailbox.Error) as error:
        why = system_words(error) if isinstance(error, OSError) else str(error)
        raise HotlinerError(f"Le courrier de «\u00a0{path}\u00a0» est illisible{THIN}: {why}.") from None


def _file(path: Path) -> Iterator[tuple[bytes, Seen]]:
    with path.open("rb") as file:
        several = file.read(5) == b"From "
    if not several:
        if path.stat().st_size <= _LONGEST:
            yield path.read_bytes(), lambda: None
        return
    box = mailbox.mbox(path, create=False)
    try:
        for key in box.iterkeys():
            yield box.get_bytes(key), lambda: None
    finally:
        box.close()


def _maildir(path: Path) -> Iterator[tuple[bytes, Seen]]:
    """Those without the mark « S »; a program that delivers meanwhile is not in the way."""
    box = mailbox.Maildir(path, create=False)
    for key in sorted(box.keys()):
        with suppress(KeyError):  # another program took it
            mail = box.get_message(key)
            if "S" in mail.get_flags():
                continue

            def seen(key: str = key, mail: mailbox.MaildirMessage = mail) -> None:
                with suppress(KeyError):
                    mail.add_flag("S")
                    mail.set_subdir("cur")
                    box[key] = mail

            yield box.get_bytes(key), seen


@contextmanager
def imap_mails(server: ImapServer, seconds: float = _SECONDS) -> Iterator[Iterator[tuple[bytes, Seen]]]:
    """The mails of an IMAP folder that nobody has read. Raises HotlinerError when it cannot be reached.

    seconds: how long one answer may be waited for.
    """
    try:
        client = _connected(server, seconds)
    except (OSError, imaplib.IMAP4.error) as error:
        raise _unreachable(server, error) from None
    try:
        yield _unseen(client, server)
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            client.logout()


def _connected(server: ImapServer, seconds: float) -> imaplib.IMAP4:
    if is_here(server.host):
        client = imaplib.IMAP4(server.host, server.port or _PLAIN_PORT, timeout=seconds)
    else:
        trusted = ssl.create_default_context()
        if server.authorities:
            trusted.load_verify_locations(server.authorities)
        port = server.port or _TLS_PORT
        client = imaplib.IMAP4_SSL(server.host, port, ssl_context=trusted, timeout=seconds)
    client.login(server.user, server.password)
    return client


def _unseen(client: imaplib.IMAP4, server: ImapServer) -> Iterator[tuple[bytes, Seen]]:
    try:
        folder = server.folder.replace("\\", "\\\\").replace('"', '\\"')
        if client.select(f'"{folder}"')[0] != "OK":
            raise HotlinerError(f"Le dossier «\u00a0{server.folder}\u00a0» n’existe pas sur {server.host}.")
        for number in client.uid("SEARCH", "UNSEEN")[1][0].split():
            answer = client.uid("FETCH", number, "(BODY.PEEK[])")[1]
            raw = next((one[1] for one in answer if isinstance(one, tuple)), None)
            if isinstance(raw, bytes) and len(raw) <= _LONGEST:
                yield raw, lambda number=number: _mark(client, number)  # type: ignore[misc]
    except (OSError, imaplib.IMAP4.error) as error:
        raise _unreachable(server, error) from None


def _mark(client: imaplib.IMAP4, number: bytes) -> None:
    client.uid("STORE", number.decode(), "+FLAGS", "(\\Seen)")


def _unreachable(server: ImapServer, error: Exception) -> HotlinerError:
    why = system_words(error) if isinstance(error, OSError) else f"le serveur répond « {error} »"
    return HotlinerError(
        f"La boîte {server.user} sur {server.host} n’est pas joignable{THIN}: {why}.",
        "Ce qui a été lu avant est pris en compte.",
        "Vérifiez imap_host, imap_user et imap_password.",
    )
