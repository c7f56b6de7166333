"""The platform's terminal driver, made to survive what a terminal really does.

A paste is text whatever it holds, nobody waits for a terminal that does not read, and a terminal that is
gone ends the console. Textual makes its parser, decoder and writer by names of the driver's module, so those
are what is replaced here; `tests/screens/test_driver.py` names each of them.
"""

from __future__ import annotations

import logging
import os
import select
import sys
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable
from contextlib import suppress
from queue import Empty, Full
from time import monotonic, sleep
from typing import IO, TYPE_CHECKING, Any

from textual._parser import Parser
from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.drivers._writer_thread import WriterThread
from textual.events import Key

if TYPE_CHECKING:
    from textual.driver import Driver
    from textual.message import Message

PASTE_SECONDS = 1.0
"""After so long without anything more, a paste that was never closed has ended."""
READING_SECONDS = 0.5
"""A terminal that has not read for so long does not read."""
LOOK_SECONDS = 0.05
"""How often a line that has no room is looked at again."""
_ESC = "\x1b"

_log = logging.getLogger("hotliner.screens")


class EndOfInputError(Exception):
    """The terminal is gone: there is nothing to read any more, and there never will be."""


class PasteParser(XTermParser):
    """Keeps what is pasted from being read as keys: an escape inside a paste ended it in Textual's parser.

    All between the two marks is one paste, its escapes dropped. A closing mark inside the pasted text does
    not end it when the last one has come with it: what a hostile text holds is never typed.
    """

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._last = ""  # the last characters read, which may begin a mark
        self._pasted: list[str] | None = None
        self._read_at = 0.0

    def read_keys(self, data: str) -> Iterable[Message]:
        """What the platform's parser reads; one that stumbles begins anew, without what it stumbled on."""
        try:
            yield from super().feed(data)
        except (ArithmeticError, ValueError, RuntimeError):
            _log.exception("input that cannot be read")
            Parser.__init__(self)

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[Key]:
        """The keys of a sequence: an escape and a character are « Échap » and a key, in one write or two.

        Textual makes them one key with Alt, or the move by a word for which some terminals send them: Échap
        would be lost, and often the key too. Only « [ » and « O » begin longer sequences.
        """
        if len(sequence) == 2 and sequence[0] == _ESC and sequence[1] not in "[O":
            alt, sequence = True, sequence[1]
        if alt:
            yield Key("escape", _ESC)
        yield from super()._sequence_to_key_events(sequence)

    def parse_mouse_code(self, code: str) -> Message | None:
        """A click or a move; counted in cells by a terminal that does not know its pixels."""
        if self.terminal_pixel_size is not None and not all(self.terminal_pixel_size):
            self.terminal_pixel_size = None
        return super().parse_mouse_code(code)

    def feed(self, data: str) -> Iterable[Message]:
        """The keys, pastes and other events in what was read. Raises ParseError after the end."""
        if not data:
            yield from super().feed(data)
        while data:
            if self._pasted is None:
                found = (self._last + data).find(BRACKETED_PASTE_START)
                cut = len(data) if found < 0 else found + len(BRACKETED_PASTE_START) - len(self._last)
                yield from self.read_keys(data[:cut])
                self._pasted = None if found < 0 else []
                self._last = self._end_of(data[:cut])
                data = data[cut:]
            else:
                self._pasted.append(data)
                self._read_at = monotonic()
                closed = BRACKETED_PASTE_END in self._last + data
                self._last, data = self._end_of(data), ""
                if closed:
                    text = "".join(self._pasted)
                    opened = text.find(BRACKETED_PASTE_START)
                    end = text.rfind(BRACKETED_PASTE_END, 0, opened if opened > 0 else None)
                    if end >= 0:
                        data = text[end + len(BRACKETED_PASTE_END) :]
                        yield from self._end_paste(text[:end])

    def tick(self) -> Iterable[Message]:
        """What time alone brings: an escape that nothing followed, the end of a paste never closed."""
        if self._pasted is not None and monotonic() - self._read_at >= PASTE_SECONDS:
            yield from self._end_paste("".join(self._pasted))
        yield from super().tick()

    def _end_of(self, read: str) -> str:
        return (self._last + read)[1 - len(BRACKETED_PASTE_START) :]

    def _end_paste(self, text: str) -> Iterable[Message]:
        self._pasted, self._last = None, ""
        plain = text.replace(BRACKETED_PASTE_START, "").replace(BRACKETED_PASTE_END, "").replace(_ESC, "")
        yield from self.read_keys(plain + BRACKETED_PASTE_END)


class LastingWriter(WriterThread):
    """Writes what it can: whoever paints never waits, for a terminal that stalls nor for one that is gone.

    What a stalled terminal has no room for is dropped; once it reads again `caught_up` is called, for all to
    be painted anew. It writes by a line of its own, which never blocks, where the file is a terminal.
    """

    caught_up: Callable[[], object] | None = None

    def __init__(self, file: IO[str]) -> None:
        super().__init__(file)
        self._line = _open_line(file)
        self._behind = self._writing = self._dropping = False

    def write(self, text: str) -> None:
        """Write soon, or drop it."""
        try:
            self._queue.put_nowait(text)
        except Full:
            self._behind = True

    def run(self) -> None:
        """Write until told to stop."""
        try:
            while (text := self._queue.get()) is not None:
                self._writing = True
                self._send(text)
                self._writing = not self._queue.empty()
                if self._behind and not self._writing and self.caught_up is not None:
                    self._behind = False
                    self.caught_up()
        except (OSError, ValueError):
            self._writing = False
            while self._queue.get() is not None:
                pass
        finally:
            if self._line is not None:
                os.close(self._line)

    def _send(self, text: str) -> None:
        if self._line is None:
            self._file.write(text)
            self._file.flush()
            return
        left = memoryview(text.encode("utf-8", "replace"))
        while left and not self._dropping:
            try:
                left = left[os.write(self._line, left) :]
            except BlockingIOError:
                select.select([], [self._line], [], LOOK_SECONDS)

    def make_room(self) -> None:
        """Before the terminal is given back: what it has not read for a while is forgotten.

        What gives it back then fits in, and is there when it reads again.
        """
        until = monotonic() + READING_SECONDS
        while (self._writing or not self._queue.empty()) and monotonic() < until:
            sleep(0.01)
        if self._line is None or not (self._writing or not self._queue.empty()):
            return
        self._dropping = True
        with suppress(Empty):
            while True:
                self._queue.get_nowait()
        sleep(2 * LOOK_SECONDS)
        if sys.platform != "win32":
            import termios

            with suppress(OSError, termios.error):
                termios.tcflush(self._line, termios.TCOFLUSH)
        self._dropping = False

    def stop(self) -> None:
        """End, waiting no longer than for a terminal that reads."""
        with suppress(Full):
            self._queue.put(None, timeout=READING_SECONDS)
        self.join(READING_SECONDS)
        self._dropping = True
        if self.is_alive() and self._line is not None:
            self.join(READING_SECONDS)


def _open_line(file: IO[str]) -> int | None:
    """A descriptor of the terminal behind a file, which never blocks; None where there is no terminal.

    Another one than the file's is opened: a shell shares that one, and would not block any more either.
    """
    if sys.platform == "win32":
        return None
    try:
        return os.open(os.ttyname(file.fileno()), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except (AttributeError, OSError, ValueError):
        return None


def _decoder(_encoding: str) -> Callable[[], Any]:
    """Decodes input: bytes that are no UTF-8 are replaced, and no byte at all is the end of the input."""
    inner = getincrementaldecoder("utf-8")(errors="replace")

    class Decoder:
        def decode(self, read: bytes, final: bool = False) -> str:
            if not read and not final:
                raise EndOfInputError
            return inner.decode(read, final)

    return Decoder


def lasting(driver: type[Driver]) -> type[Driver]:
    """The driver, with a parser, a decoder and a writer that last."""
    module: Any = sys.modules[driver.__module__]
    for name, ours in (
        ("getincrementaldecoder", _decoder),
        ("WriterThread", LastingWriter),
        ("XTermParser", PasteParser),
    ):
        if hasattr(module, name):
            setattr(module, name, ours)

    class LastingDriver(driver):  # type: ignore[misc, valid-type]
        """Tells the application when the terminal is gone or reads again, and leaves without waiting."""

        def start_application_mode(self) -> None:
            """Take the terminal over."""
            super().start_application_mode()
            if isinstance(self._writer_thread, LastingWriter):
                self._writer_thread.caught_up = lambda: self._app.call_later(self._app.repaint)

        def _run_input_thread(self) -> None:
            try:
                self.run_input_thread()
            except (EndOfInputError, OSError):
                self._app.call_later(self._app.terminal_gone)
            except Exception:  # nobody would listen any more: better to leave than to be deaf
                _log.exception("nothing is read any more")
                self._app.call_later(self._app.terminal_gone)

        def stop_application_mode(self) -> None:
            """Give the terminal back."""
            if isinstance(self._writer_thread, LastingWriter):
                self._writer_thread.make_room()
            super().stop_application_mode()

    return LastingDriver
