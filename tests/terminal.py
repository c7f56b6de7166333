"""A program in a real pseudo-terminal: type keys, wait for what it shows, time keys to painted frames.

Used by the scenarios (what a user sees) and the benches (what a user feels).
"""

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

import pyte

from tests.ready import LOOKS, ROOT, Ready

KEYS = {
    "enter": "\r",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "escape": "\x1b",
    "backspace": "\x7f",
    "space": " ",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "f1": "\x1bOP",
    "f2": "\x1bOQ",
}

AGAIN_S = 0.3
"""A call takes the same key again once its step has been on the screen for a quarter of a second."""
_DECIDING = frozenset({*"123456789", *"&é\"'(-è_ç", "enter"})

# Sequences that pyte would print or misread; « synchronised update » ends mark a complete frame.
_FRAME_END = "\x1b[?2026l"
_FOREIGN = re.compile(
    r"\x1b[PX^_].*?\x1b\\|\x1b\[[<=>][0-?]*[ -/]*[@-~]|\x1b\[[0-?]*[ -/]+[@-~]|\x1b\[\?[0-9;]*[^0-9;hl]"
    r"|\x1b\[[0-9;]*[tsu]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)",
    re.DOTALL,
)
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[PX^_\]][^\x07\x1b]*\x1b?)?$")
_MODE_QUERY = re.compile(rb"\x1b\[\?2026\$p")


def sent(key: str) -> str:
    """What a terminal sends for a key."""
    return chr(ord(key[5]) & 0x1F) if key.startswith("ctrl+") else KEYS.get(key, key)


class Terminal:
    """Runs a command with a pseudo-terminal of `size` (columns, lines). A context manager; kills on exit.

    ready: the command is `hotliner(…)`, and an interpreter that has imported it may be copied.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        size: tuple[int, int] = (80, 24),
        env: Mapping[str, str] | None = None,
        cwd: Path = ROOT,
        ready: bool = False,
    ) -> None:
        self.screen = pyte.Screen(*size)
        self.stream = pyte.Stream(self.screen)
        self.raw = b""
        self.frames = 0
        self.frame_at = 0.0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._carry = ""
        self._pressed = ""
        self._undrawn: list[str] = []
        self._in_frame = False
        self._text = ""
        self._master, slave = pty.openpty()
        self._size_of(slave, *size)
        environment = {
            **{name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")},
            **LOOKS,
            "HOTLINER_TOUR": "false",
            "PYTHONPATH": str(ROOT),
            **(env or {}),
        }
        self.started_at = time.perf_counter()
        self.process: subprocess.Popen[bytes] | Ready
        if ready:
            assert command[:3] == hotliner()
            self.process = Ready(command[3:], env=environment, cwd=cwd, terminal=slave)
        else:
            self.process = subprocess.Popen(
                command,
                stdin=slave,
                stdout=slave,
                stderr=slave,
                env=environment,
                cwd=cwd,
                start_new_session=True,
                preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509  single-threaded
                close_fds=True,
            )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.hang_up()

    @property
    def descriptor(self) -> int:
        """The terminal's own end, whose modes tell how the program left it."""
        return self._master

    @staticmethod
    def _size_of(descriptor: int, columns: int, lines: int) -> None:
        fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def resize(self, columns: int, lines: int) -> None:
        """The window is given another size; what it showed is forgotten."""
        self._size_of(self._master, columns, lines)
        self._undrawn.clear()
        self.screen.resize(lines, columns)
        self.screen.reset()

    def hang_up(self) -> None:
        """The window is closed."""
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Sends a signal and, for SIGKILL, waits for the end."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        if number == signal.SIGKILL:
            self.process.wait(timeout=10)

    def pump(self, patience: float = 0.05) -> bool:
        """Reads what the program wrote; False when nothing came within `patience` seconds."""
        ready, _, _ = select.select([self._master], [], [], patience)
        if not ready:
            return False
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:
            data = b""
        if not data:
            time.sleep(min(patience, 0.02))
            return False
        self.raw += data
        if _MODE_QUERY.search(data):
            os.write(self._master, b"\x1b[?2026;2$y")
        self._draw(self._carry + self._decoder.decode(data))
        return True

    def _draw(self, text: str) -> None:
        self._carry = ""
        if unfinished := _UNFINISHED.search(text):
            self._carry, text = text[unfinished.start() :], text[: unfinished.start()]
        if ends := text.count(_FRAME_END):
            self.frames += ends
            self.frame_at = time.perf_counter()
        last_start, last_end = text.rfind("\x1b[?2026h"), text.rfind(_FRAME_END)
        if last_start != last_end:
            self._in_frame = last_start > last_end
        self._undrawn.append(text)

    @property
    def text(self) -> str:
        """What the screen shows, a line each."""
        if self._undrawn:  # drawing is slow, and frames must be read as they come
            self.stream.feed(_FOREIGN.sub("", "".join(self._undrawn)))
            self._undrawn.clear()
            self._text = "\n".join(line.rstrip() for line in self.screen.display)
        return self._text

    def wait_for(
        self, pattern: str | Callable[[str], bool], timeout: float = 20, *, absent: bool = False
    ) -> str:
        """Waits until a complete frame shows `pattern` (or no longer does); returns the screen's text."""
        end = time.monotonic() + timeout
        shows = pattern if callable(pattern) else lambda text: re.search(pattern, text) is not None
        while time.monotonic() < end:
            moved = self.pump()
            if not self._in_frame and shows(self.text) is not absent:
                return self.text
            if not moved and self.process.poll() is not None and not self.pump(0.2):
                break
        state = "ended" if self.process.poll() is not None else "running"
        raise AssertionError(f"{pattern!r} {'still' if absent else 'not'} shown ({state}):\n{self.text}")

    def send(self, data: str | bytes) -> None:
        """Writes raw text or bytes in one go."""
        os.write(self._master, data.encode() if isinstance(data, str) else data)

    def press(self, *keys: str) -> None:
        """Presses keys by name (`enter`, `down`) or by the character they give (`&`, `é`)."""
        for key in keys:
            if key == self._pressed and key in _DECIDING:
                self.settle(AGAIN_S)
            self._pressed = key
            self.send(sent(key))

    def settle(self, quiet: float = 0.15, timeout: float = 10) -> None:
        """Reads until nothing comes for `quiet` seconds."""
        end = time.monotonic() + timeout
        while time.monotonic() < end and self.pump(quiet):
            pass

    def time_key(self, key: str, timeout: float = 5) -> float:
        """Milliseconds from a key to the end of the first complete frame after it."""
        self.settle(0.08)
        before, start = self.frames, time.perf_counter()
        self.press(key)
        while self.frames == before:
            if time.perf_counter() - start > timeout:
                raise AssertionError(f"no frame after {key}:\n{self.text}")
            self.pump(0.5)
        return (self.frame_at - start) * 1000

    def wait_exit(self, timeout: float = 30) -> int:
        """Reads to the end; the exit status."""
        end = time.monotonic() + timeout
        while self.process.poll() is None and time.monotonic() < end:
            self.pump()
        self.settle(0.05)
        if (code := self.process.poll()) is None:
            raise AssertionError(f"still running after {timeout:g} s:\n{self.text}")
        return int(code)


def hotliner(*arguments: str) -> list[str]:
    """The command line of the program under test."""
    return [sys.executable, "-m", "console", *arguments]
