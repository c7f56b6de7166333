"""A terminal that does not read, or is gone: the console ends within five seconds, by a signal or without."""

import os
import signal
import termios
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.program import DEMO_DAY, Console, rows, whole

STALLED_S = float(os.environ.get("STALLED", "2"))
"""How long the terminal has not read when it ends; a minute by hand."""
WITHIN_S = 5.0
KEYS = 300


def stall(console: Console) -> None:
    """A call with a note being typed; then nobody reads while the pages of a list are turned."""
    console.press("a")
    console.wait_for("Composer")
    console.press("n")
    console.wait_for("Note")
    console.type("phrase importante")
    console.settle(0.3)
    os.set_blocking(console.descriptor, False)
    until = time.monotonic() + STALLED_S
    for number in range(KEYS):
        with suppress(BlockingIOError):
            console.send("mots " if number % 2 else "\r\x1b[A")
        time.sleep(0.002)
    while time.monotonic() < until:
        time.sleep(0.05)
    assert console.process.poll() is None


def ended(console: Console) -> int:
    begun = time.monotonic()
    code = console.process.wait(timeout=3 * WITHIN_S)
    assert time.monotonic() - begun < WITHIN_S
    return code


def kept(base: Path) -> None:
    whole(base)
    (call,) = rows(base, "SELECT drafts FROM call WHERE ended_at IS NULL")
    assert "phrase importante" in call["drafts"]


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT], ids=lambda one: str(one.name)
)
def test_a_signal_ends_a_console_whose_terminal_does_not_read(
    demo: Path, opened: Callable[..., Console], number: signal.Signals
) -> None:
    console = opened(demo, date=DEMO_DAY)
    console.wait_for("Marie Dupuis")
    stall(console)
    console.kill(number)
    assert ended(console) == 128 + number
    assert termios.tcgetattr(console.descriptor)[3] & termios.ECHO
    kept(demo)


@pytest.mark.parametrize("stalls", [False, True])
def test_a_terminal_that_is_gone_without_a_signal_ends_it(
    demo: Path, opened: Callable[..., Console], stalls: bool
) -> None:
    console = opened(demo, date=DEMO_DAY, under=("setsid", "--wait"))
    console.wait_for("Marie Dupuis")
    if stalls:
        stall(console)
    console.hang_up()
    ended(console)
    if stalls:
        kept(demo)
