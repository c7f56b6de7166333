"""Random hands in a real terminal: the console lives, leaves when asked, and gives the terminal back."""

from __future__ import annotations

import os
import termios
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.program import DEMO_DAY, Console, log_of, whole
from tests.screens.hands import Hands

BURSTS = max(80, int(os.environ.get("HANDS", "0")) // 50)


@pytest.mark.parametrize("size", [(80, 24), (100, 36)])
def test_random_hands_in_a_terminal(
    demo: Path, opened: Callable[..., Console], size: tuple[int, int]
) -> None:
    one = opened(demo, date=DEMO_DAY, size=size)
    before = termios.tcgetattr(one.descriptor)
    one.wait_for("À contacter")
    hands = Hands(size[0], size)
    for _ in range(BURSTS):
        one.send(hands.burst().encode("utf-8", "surrogatepass"))
        one.pump(0.02 if hands.bursts(0.7) else 0.3)
        if one.process.poll() is not None:
            break
    else:
        one.settle(1.2)  # a paste never closed has ended
        for _ in range(2):  # words not written yet are said first
            if one.process.poll() is None:
                one.press("ctrl+q")
                one.settle(0.5)
    assert one.wait_exit() == 0
    assert one.raw.rindex(b"\x1b[?1049l") > one.raw.rindex(b"\x1b[?1049h")
    left = termios.tcgetattr(one.descriptor)
    assert left[:4] == before[:4] or left[3] & termios.ECHO
    assert "Traceback" not in one.raw.decode("utf-8", "replace")
    assert "CRITICAL" not in log_of(demo)
    whole(demo)
