"""Connections that are slow on purpose, over real sockets: cut short, and in nobody's way."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from time import monotonic
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from console.portal import connections, web
from console.portal.web import Portal
from console.rules.links import Link, Purpose
from tests.portal.served import free_port, served
from tests.world import World, paris

SHORT = 0.4
"""Seconds that the limits are made to last here."""
PAGE = "GET /r/x HTTP/1.1\r\nHost: numi\r\n"


class Unread:
    """An answer that waits for ever, as one does whose client does not read it."""

    async def __call__(self, *_: object) -> None:
        await asyncio.sleep(4 * SHORT)


@pytest.fixture
def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, str]]:
    """The port of a portal whose patience is short, and the path of a client's link."""
    for module, name in ((connections, "HEAD_SECONDS"), (web, "BODY_SECONDS")):
        monkeypatch.setattr(module, name, SHORT)
    monkeypatch.setattr(connections, "ANSWER_SECONDS", 2 * SHORT)
    world = World(tmp_path / "base.db", paris("2025-12-22T14:00"))
    world.add()
    links, day, port = world.context.links, date(2025, 12, 31), free_port()
    with served(Portal(world.context), port):
        yield port, f"/r/{links.token(Link(Purpose.RENEW, 'CLT-00245', day, day))}"
    world.database.close()


def told(line: socket.socket) -> bytes:
    """All that comes until the other side hangs up; fails if it does not."""
    line.settimeout(10 * SHORT)
    found = bytearray()
    try:
        while part := line.recv(4096):
            found += part
    except ConnectionResetError:
        pass
    return bytes(found)


def test_two_hundred_slow_connections_keep_nobody_out_and_are_cut_short(door: tuple[int, str]) -> None:
    port, path = door
    with ExitStack() as kept:
        slow = [kept.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(200)]
        for index, line in enumerate(slow):
            line.sendall((PAGE + "X-Slow: ")[: 1 + index % 40].encode())
        began = monotonic()
        for _ in range(20):
            assert urlopen(f"http://127.0.0.1:{port}{path}", timeout=10).status == 200
        assert monotonic() - began < 10 * SHORT
        assert {told(line) for line in slow} == {b""}


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (b"", b""),
        (f"{PAGE}X: 1\r\n".encode(), b""),
        (f"{PAGE}\r\nGET".encode(), b"404"),  # the next request of the same connection
        (b"POST /r/x HTTP/1.1\r\nHost: numi\r\nContent-Length: 9\r\n\r\nacte", b"408"),
        (b"POST /evenements HTTP/1.1\r\nHost: numi\r\nContent-Length: 9\r\n\r\n[", b"408"),
        (b"POST /robots.txt HTTP/1.1\r\nHost: numi\r\nContent-Length: 9\r\n\r\n[", b"404"),  # never read
        (b"POST /r/x HTTP/1.1\r\nHost: numi\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nac", b"408"),
    ],
)
def test_what_stays_unfinished_is_ended(door: tuple[int, str], asked: bytes, answer: bytes) -> None:
    with socket.create_connection(("127.0.0.1", door[0])) as line:
        line.sendall(asked)
        said = told(line)
    assert answer in said.partition(b"\r\n")[0]
    assert said.count(b"HTTP/1.1 ") == bool(answer)


@pytest.mark.parametrize("part", [b"x", b"X-More: yes\r\n"])
def test_a_head_that_comes_in_drops_is_ended_too(door: tuple[int, str], part: bytes) -> None:
    with socket.create_connection(("127.0.0.1", door[0])) as line:
        line.sendall(PAGE.encode())
        line.settimeout(SHORT / 10)
        began, ended = monotonic(), False
        while not ended:
            assert monotonic() - began < 10 * SHORT
            try:
                line.sendall(part)
                ended = not line.recv(1)
            except TimeoutError:
                continue
            except (ConnectionResetError, BrokenPipeError):
                ended = True


def test_an_answer_that_does_not_leave_is_given_up(
    door: tuple[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "PlainTextResponse", lambda _: Unread())
    with socket.create_connection(("127.0.0.1", door[0])) as line:
        line.sendall(b"GET /robots.txt HTTP/1.1\r\nHost: numi\r\n\r\n")
        began = monotonic()
        assert told(line) == b""
    assert monotonic() - began > 2 * SHORT  # longer than a head may take


def test_an_honest_connection_may_ask_again(door: tuple[int, str]) -> None:
    port, path = door
    with socket.create_connection(("127.0.0.1", port)) as line:
        for _ in range(3):
            line.sendall(f"GET {path} HTTP/1.1\r\nHost: numi\r\n\r\n".encode())
            head, _, rest = line.recv(65_536).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            (length,) = (
                int(one.split(b":")[1]) for one in head.split(b"\r\n") if one.lower().startswith(b"content-l")
            )
            while len(rest) < length:
                rest += line.recv(65_536)
    with pytest.raises(HTTPError, match="404"):
        urlopen(f"http://127.0.0.1:{port}/r/x", timeout=10)
