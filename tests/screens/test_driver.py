"""What a terminal really does: pastes that hold escapes, reads cut anywhere, a line that stalls, an end."""

import os
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.drivers import linux_driver
from textual.events import Key, MouseDown, Paste
from textual.message import Message

from screens.kit import driver
from screens.kit.driver import EndOfInputError, LastingWriter, PasteParser, lasting

OPEN, CLOSE = "\x1b[200~", "\x1b[201~"
SHAPES = (
    *("1", "\x1b", "\x1b 1", "\x1b[<0;10;10M1", "\x1b[A1", "\x1bOP1", "\x1b[201", "\x1b]52;c;MQ==\x07"),
    *("texte \x1b[31mrouge\x1b[0m 1 1 1", "\x1b\x1b\x1b1", "\x1b[13u1", "\r\n1\r", "é\x00ç", "\t1\x7f"),
    *(f"1{CLOSE}1", "x" * 40_000 + "\x1b1", "\x1b[48;1;1;1;1t1", "\x1b[?2026;1$y1", "\x9b31m1"),
)


def read(parser: PasteParser, *parts: str) -> list[Message]:
    return [message for part in parts for message in parser.feed(part)]


def keys(messages: Iterable[Message]) -> list[str]:
    return [one.key for one in messages if isinstance(one, Key)]


def pastes(messages: Iterable[Message]) -> list[str]:
    return [one.text for one in messages if isinstance(one, Paste)]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_paste_is_text_whatever_it_holds(shape: str) -> None:
    found = read(PasteParser(), f"a{OPEN}{shape}{CLOSE}b")
    assert keys(found) == ["a", "b"]
    (text,) = pastes(found)
    assert "\x1b" not in text
    assert not [one for one in found if isinstance(one, MouseDown)]


@given(st.text(alphabet="ab1\x1b[20~<;Mm ", max_size=40), st.lists(st.integers(0, 60), max_size=6))
def test_however_the_reads_are_cut(shape: str, cuts: list[int]) -> None:
    whole = f"k{OPEN}{shape}{CLOSE}"
    at = [0, *sorted({cut for cut in cuts if 0 < cut < len(whole)}), len(whole)]
    parser = PasteParser()
    found = read(parser, *(whole[a:b] for a, b in pairwise(at)))
    parser._read_at = -driver.PASTE_SECONDS  # one whose own text opens another is ended by time alone
    found += parser.tick()
    assert keys(found)[:1] == ["k"]
    if CLOSE not in shape:
        assert keys(found) == ["k"]
        assert len(pastes(found)) == 1


def test_escape_and_the_key_that_follows_it_at_once_are_two_keys() -> None:
    """By every key, those included whose bytes some terminals send for Alt and a key."""
    for after in {*map(chr, range(1, 128)), *"éàùç§œ€"} - {"[", "O", "\x1b"}:
        alone = keys(read(PasteParser(), after))
        assert keys(read(PasteParser(), f"\x1b{after}k")) == ["escape", *alone, "k"], after
    assert keys(read(PasteParser(), "\x1b\x1bk")) == ["escape", "escape", "k"]


@pytest.mark.parametrize(("begins", "name"), [("[", "left_square_bracket"), ("O", "O")])
def test_escape_and_what_begins_a_sequence_that_never_comes(begins: str, name: str) -> None:
    parser = PasteParser()
    assert keys(read(parser, f"\x1b{begins}")) == []
    parser._timeout_time = 0.0  # nothing more has come
    assert keys(parser.tick()) == ["escape", name]
    assert keys(read(parser, "\x1b[A", "\x1bOP", "\x1b\x1b[B")) == ["up", "f1", "escape", "down"]


def test_keys_between_two_pastes_are_keys() -> None:
    found = read(PasteParser(), f"{OPEN}un{CLOSE}k{OPEN}deux{CLOSE}l")
    assert (pastes(found), keys(found)) == (["un", "deux"], ["k", "l"])


def test_a_paste_never_closed_ends_after_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(driver, "monotonic", lambda: now[0])
    parser = PasteParser()
    assert not read(parser, f"{OPEN}1\x1b 1")
    now[0] = 0.9
    assert not list(parser.tick())
    now[0] = 1.1
    assert pastes(parser.tick()) == ["1 1"]
    assert keys(read(parser, "k")) == ["k"]


def test_no_byte_at_all_is_the_end_and_bad_ones_are_replaced() -> None:
    decode = driver._decoder("utf-8")().decode
    assert decode(b"\xff\xc3") + decode(b"\xa9") == "\ufffdé"
    with pytest.raises(EndOfInputError):
        decode(b"")
    assert decode(b"", final=True) == ""


def test_whoever_paints_never_waits_and_all_is_painted_again_once_the_terminal_reads() -> None:
    reader, writer = os.pipe()
    caught_up = threading.Event()
    thread = LastingWriter(os.fdopen(writer, "w"))
    thread.caught_up = caught_up.set
    thread.start()
    begun = time.monotonic()
    for _ in range(200):
        thread.write("x" * 4096)
    assert time.monotonic() - begun < 1
    assert not caught_up.is_set()
    while not caught_up.wait(0.001):
        os.read(reader, 65536)
    thread.stop()
    assert not thread.is_alive()


def test_leaving_a_terminal_that_does_not_read_takes_no_time() -> None:
    leader, follower = os.openpty()
    thread = LastingWriter(os.fdopen(follower, "w"))
    thread.start()
    for _ in range(200):
        thread.write("x" * 4096)
    begun = time.monotonic()
    thread.make_room()
    thread.write("fin")
    thread.stop()
    assert time.monotonic() - begun < 4
    assert not thread.is_alive()
    os.set_blocking(leader, False)
    kept = b""
    with suppress(BlockingIOError):
        while True:
            kept += os.read(leader, 65536)
    assert kept.endswith(b"fin")  # what gives the terminal back is there once it reads again


def test_every_name_that_is_replaced_is_one_of_textuals() -> None:
    for name in ("getincrementaldecoder", "WriterThread", "XTermParser"):
        assert name in vars(linux_driver)
    made = lasting(linux_driver.LinuxDriver)
    assert issubclass(made, linux_driver.LinuxDriver)
    assert vars(linux_driver)["XTermParser"] is PasteParser


def test_input_that_cannot_be_read_makes_nobody_deaf() -> None:
    parser = PasteParser()
    size = "\x1b[48;24;80;0;0t"  # a terminal that does not know its pixels
    read = [*parser.feed(f"{size}\x1b[<0;5;5M"), *parser.feed("\x1b[<0;5;5M1")]
    assert any(isinstance(one, MouseDown) for one in read)
    assert isinstance(read[-1], Key)
    parser._gen.close()  # whatever ended it
    assert list(parser.feed("1")) == []
    assert [one.key for one in parser.feed("2") if isinstance(one, Key)] == ["2"]
