"""Where returned mails are read: files, mbox, Maildir, and an IMAP server on this machine."""

import mailbox
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from console.base.errors import HotlinerError, RefusedInputError
from console.outside.mailbox import imap_mails, mails_of
from console.outside.servers import ImapServer

ONE, TWO = b"Subject: un\n\nBonjour\n", b"Subject: deux\n\nBonsoir\n"


def subjects(path: Path, *, mark: bool = False) -> list[bytes]:
    found = []
    for raw, seen in mails_of(path):
        found.append(raw.splitlines()[0])
        if mark:
            seen()
    return found


def test_files_an_mbox_and_a_folder(tmp_path: Path) -> None:
    (tmp_path / "one.eml").write_bytes(ONE)
    (tmp_path / "two.eml").write_bytes(TWO)
    assert subjects(tmp_path / "one.eml") == [b"Subject: un"]
    assert subjects(tmp_path) == [b"Subject: un", b"Subject: deux"]
    box = mailbox.mbox(tmp_path / "box")
    box.add(ONE)
    box.add(TWO)
    box.close()
    before = (tmp_path / "box").read_bytes()
    assert subjects(tmp_path / "box", mark=True) == [b"Subject: un", b"Subject: deux"]
    assert (tmp_path / "box").read_bytes() == before


def test_a_maildir_gives_each_mail_until_it_is_marked(tmp_path: Path) -> None:
    box = mailbox.Maildir(tmp_path / "box")
    box.add(ONE)
    box.add(TWO)
    assert sorted(subjects(tmp_path / "box")) == [b"Subject: deux", b"Subject: un"]
    assert len(subjects(tmp_path / "box", mark=True)) == 2
    assert subjects(tmp_path / "box") == []
    assert len(box) == 2


def test_nothing_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(RefusedInputError, match="Il n’y a pas de courrier"):
        list(mails_of(tmp_path / "none"))


@contextmanager
def imap() -> Iterator[tuple[int, list[str]]]:
    """As much of an IMAP server as is asked of one: two mails not read yet. Gives its port and its orders."""
    orders: list[str] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"* OK ready\r\n")
            for line in self.rfile:
                tag, _, order = line.decode().strip().partition(" ")
                orders.append(order)
                said, word = b"", order.split()[0].upper()
                if word == "CAPABILITY":
                    said = b"* CAPABILITY IMAP4rev1\r\n"
                elif word == "LOGIN" and "wrong" in order:
                    self.wfile.write(f"{tag} NO no\r\n".encode())
                    continue
                elif order.startswith("UID SEARCH"):
                    said = b"* SEARCH 4 7\r\n"
                elif order.startswith("UID FETCH"):
                    raw = ONE if " 4 " in order else TWO
                    said = b"* 1 FETCH (UID 4 BODY[] {%d}\r\n%s)\r\n" % (len(raw), raw)
                elif word == "LOGOUT":
                    said = b"* BYE\r\n"
                self.wfile.write(said + f"{tag} OK done\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_address[1], orders
        finally:
            server.shutdown()


def test_an_imap_folder_is_read_and_only_what_was_taken_in_is_marked() -> None:
    with imap() as (port, orders):
        with imap_mails(ImapServer("127.0.0.1", "numi", "secret", port)) as mails:
            raw, _ = next(mails)
            assert raw == ONE
            raw, seen = next(mails)
            assert raw == TWO
            seen()
        assert [one for one in orders if "STORE" in one] == ["UID STORE 7 +FLAGS (\\Seen)"]
        assert not [one for one in orders if "BODY[]" in one and "PEEK" not in one]
        assert orders[-1] == "LOGOUT"
        with (
            pytest.raises(HotlinerError, match="n’est pas joignable"),
            imap_mails(ImapServer("127.0.0.1", "numi", "wrong", port)),
        ):
            pass
    with pytest.raises(HotlinerError), imap_mails(ImapServer("127.0.0.1", "numi", "secret", 1)):
        pass
