"""The console told to stop by the system: the terminal is given back, nothing is lost, the code says so."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from screens.kit.typed_ahead import NEW_SECONDS
from tests.terminal import Terminal, hotliner

GIVEN_BACK = b"\x1b[?1049l"  # the alternate screen is left
SHOWN_AGAIN = b"\x1b[?25h"  # the cursor too


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Terminal]:
    env = {f"XDG_{name}_HOME": str(tmp_path / name) for name in ("DATA", "STATE", "CONFIG")}
    with Terminal(hotliner("demo"), env=env, size=(100, 30), ready=True) as terminal:
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


CRASHING = """
import sys
from screens.dashboard.screen import DashboardScreen
def crash(self, *_):
    raise ZeroDivisionError("Marie Dupuis")
DashboardScreen.action_show_all = crash
sys.argv = ["hotliner", "demo"]
from console.__main__ import main
main()
"""


def test_a_crash_is_said_in_french_with_its_own_code_and_no_traceback(tmp_path: Path) -> None:
    env = {f"XDG_{name}_HOME": str(tmp_path / name) for name in ("DATA", "STATE", "CONFIG")}
    with Terminal([sys.executable, "-c", CRASHING], env=env, size=(100, 30)) as terminal:
        terminal.wait_for("Marie Dupuis", timeout=60)
        terminal.press("t")
        terminal.wait_for("référence")  # the first is survived: the screens are built again
        terminal.wait_for("Marie Dupuis")
        terminal.settle(NEW_SECONDS, timeout=2 * NEW_SECONDS)  # what is typed at once is for nobody
        terminal.press("t")
        assert terminal.wait_exit() == 3
        said = terminal.raw[terminal.raw.rindex(GIVEN_BACK) :].decode()
    assert "erreur inattendue" in said
    assert "Traceback" not in said
    log = (tmp_path / "STATE" / "hotliner" / "hotliner.log").read_text(encoding="utf-8")
    assert "ZeroDivisionError" in log
    assert "Marie" not in log
