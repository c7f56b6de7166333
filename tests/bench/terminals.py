"""The console and the bare apps in terminals, ready to be timed."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from tests.terminal import Terminal, hotliner
from tests.world import plain

SIZE = (120, 40)
FILLED = ("Marie Dupuis", "Paul Martin", "Sophie Bernard", "23 (49 %)", "24 (51 %)", "8 (17 %)")


class Timed(Terminal):
    """A terminal that can wait for what a key brings, and say when its frame was complete."""

    def time_until(self, key: str, shows: Callable[[str], bool], timeout: float = 10) -> float:
        """Milliseconds from a key to the end of the first complete frame on which `shows` holds."""
        self.settle(0.08)
        start = perf_counter()
        self.press(key)
        while True:
            before = self.frames
            self.pump(0.5)
            if self.frames > before and shows(plain(self.text)):
                return (self.frame_at - start) * 1000
            if perf_counter() - start > timeout:
                raise AssertionError(f"{key} did not bring what was awaited:\n{self.text}")


def filled(text: str) -> bool:
    """Whether the demo's cards and figures are all there."""
    shown = plain(text)
    return all(words in shown for words in FILLED)


def console(home: Path) -> Timed:
    """The console on the demo kept under `home`, exactly as a user opens it."""
    return Timed(hotliner("demo"), size=SIZE, env=folders(home))


def bare(name: str, home: Path) -> Timed:
    """One of the bare apps."""
    return Timed([sys.executable, "-m", "tests.bench.bare", name], size=SIZE, env=folders(home))


def folders(home: Path) -> dict[str, str]:
    """The environment of a user whose folders are all in `home`, and who keeps what Python compiles."""
    places = ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")
    return {name: str(home) for name in places} | {"PYTHONDONTWRITEBYTECODE": ""}


@contextmanager
def ready(terminal: Timed, shows: Callable[[str], bool] | str) -> Iterator[Timed]:
    """The terminal once it shows what it must, and has nothing left to paint."""
    with terminal:
        terminal.wait_for(shows)
        terminal.settle(1.0, timeout=4)
        yield terminal
