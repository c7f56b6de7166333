"""Hands at a terminal that press, click, paste and resize at random: what they send, as bytes."""

from __future__ import annotations

import random
from collections.abc import Sequence

ESC = "\x1b"
ARROWS = [f"{ESC}[{end}" for end in "ABCDHF"]
PAGES = [f"{ESC}[{number}~" for number in (3, 5, 6)]
LETTERS = "abcdefghijklmnoprstuvwxyzNPX"
DIGITS = "1234567890&é\"'(-è_çà"
OTHERS = "/?,;!§ ^¨«»$*[]{}<>=+%@#~|\\’"
CONTROLS = "\r\t\x7f\x08\x03\x05\x10\x13\x15\x0b\x18\x01\x17\x16\x00\x0c"
FUNCTIONS = [f"{ESC}O{end}" for end in "PQRS"] + [f"{ESC}[Z", f"{ESC}[13;5u", f"{ESC}[1;5C", f"{ESC}[1;2D"]
KEYS = [
    *([ESC] * 12),
    *(["\r"] * 12),
    *ARROWS,
    *ARROWS,
    *PAGES,
    *FUNCTIONS,
    *CONTROLS,
    *LETTERS,
    *LETTERS,
    *DIGITS,
    *OTHERS,
]
PASTES = [
    "",
    "texte",
    "06 12 34 56 78",
    "deux\nlignes\r\nou trois",
    f"{ESC}",
    f"{ESC}{ESC}{ESC}",
    f"{ESC}[<0;10;10M1",
    f"{ESC} 1",
    f"texte {ESC}[31mrouge{ESC}[0m 1 1 1 et la suite",
    f"{ESC}[200~imbriqué",
    f"fin {ESC}[201~ 1 2 3 \r",
    f"{ESC}[201~{ESC}[200~",
    f"{ESC}[A{ESC}[B\r\r",
    f"{ESC}OP aide",
    f"{ESC}[I{ESC}[O",
    f"{ESC}[48;24;80;0;0t",
    f"{ESC}]52;c;cXVpdA==\x07",
    f"{ESC}]0;titre\x07",
    f"{ESC}P1$r{ESC}\\",
    f"{ESC}[6n",
    f"{ESC}[?2026;2$y",
    "\x11\x03\x04",
    "q",
    "[/] [@click=app.quit]x[/]",
    "\u202egauche\u2066",
    "e\u0301" * 40,
    "👩‍👩‍👧 \U0001f1eb\U0001f1f7",
    "\x9b31m\x90\x9d",
    "\ud800",
    f"{'long ' * 2_000}{ESC}[2J",
]
BUTTONS = (0, 0, 0, 0, 1, 2, 64, 64, 65, 65, 16, 4)
SIZES = [(80, 24), (100, 36), (80, 24), (100, 36), (120, 40), (60, 20), (30, 8), (200, 50)]

WAYS = (
    "", "t", "/dup", "\r", "\r2", "\r3", "\r4", "c", "u", "p", "x", "m", "mg", "r", "r\r", "rc", "k", "k ",
    "o", "o\r", "f", "f1", "f3", "f2", "?", "\x10", "n", "b", "e", "s", "v", "\x1bOS", "r\x05", "a", "an",
    "a1", "i", "2\r", "pj",
)  # fmt: skip
"""What leads to each screen from the dashboard."""


class Hands:
    """What one pair of hands sends, burst after burst; always the same for a seed."""

    def __init__(self, seed: int, size: tuple[int, int]) -> None:
        self._rng = random.Random(seed)
        self._size = self._first = size
        self.counts = {"key": 0, "mouse": 0, "paste": 0, "other": 0}

    def burst(self) -> str:
        """One to six acts in one write."""
        return "".join(self._act() for _ in range(self._rng.randint(1, 6)))

    def one_of(self, choices: Sequence[str]) -> str:
        """One of these."""
        return self._rng.choice(choices)

    def bursts(self, share: float) -> bool:
        """Whether something that happens to this share of the bursts happens to this one."""
        return self._rng.random() < share

    def size(self) -> tuple[int, int]:
        """What the window is pulled to."""
        return self._rng.choice(SIZES)

    def _act(self) -> str:
        rng, drawn = self._rng, self._rng.random()
        if drawn < 0.44:
            self.counts["key"] += 1
            return str(rng.choice(KEYS))
        if drawn < 0.80:
            self.counts["mouse"] += 1
            return self._mouse()
        if drawn < 0.97:
            self.counts["paste"] += 1
            closed = f"{ESC}[201~" if rng.random() < 0.95 else ""
            return f"{ESC}[200~{rng.choice(PASTES)}{closed}"
        self.counts["other"] += 1
        if drawn < 0.985:
            return rng.choice((f"{ESC}[I", f"{ESC}[O"))
        self._size = width, height = rng.choice(SIZES)
        return f"{ESC}[48;{height};{width};0;0t"

    def _mouse(self) -> str:
        rng, (width, height) = self._rng, self._size
        x, y = rng.randint(0, width + 2), rng.randint(0, height + 2)
        button, end = rng.choice(BUTTONS), rng.choice("MMMMmm")
        drawn = rng.random()
        if drawn < 0.55:  # a click, or two
            once = f"{ESC}[<{button};{x};{y}M{ESC}[<{button};{x};{y}m"
            return once * rng.choice((1, 1, 2, 3))
        if drawn < 0.75:
            return f"{ESC}[<35;{x};{y}M"  # moved
        if drawn < 0.85:
            return f"{ESC}[<0;{x};{y}M{ESC}[<32;{y};{x}M{ESC}[<0;{y};{x}m"  # dragged
        return f"{ESC}[<{button};{x};{y}{end}"
