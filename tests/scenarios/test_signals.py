"""The console told to stop by the system: the terminal is given back, nothing is lost, the code says so."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal import Terminal, hotliner

GIVEN_BACK = b"\x1b[?1049l"  # the alternate screen is left
SHOWN_AGAIN = b"\x1b[?25h"  # the cursor too


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Terminal]:
    env = {f"XDG_{name}_HOME": str(tmp_path / name) for name in ("DATA", "STATE", "CONFIG")}
    with Terminal(hotliner("demo"), env=env, size=(100, 30)) as terminal:
        terminal.wait_for("Marie Dupuis", timeout=60)
        yield terminal


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_the_terminal_as_it_was(console: Terminal, number: signal.Signals) -> None:
    console.kill(number)
    assert console.wait_exit() == 128 + number
    assert GIVEN_BACK in console.raw
    assert SHOWN_AGAIN in console.raw[console.raw.rindex(GIVEN_BACK) - 200 :]
    assert b"Traceback" not in console.raw


def test_a_closed_window_ends_the_console(console: Terminal) -> None:
    os.close(console._master)
    console._master = os.open(os.devnull, os.O_RDONLY)
    assert console.process.wait(timeout=15) != 0
