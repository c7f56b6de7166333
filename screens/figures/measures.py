"""How a key figure is drawn in a list: on one line, or on two where there is less room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from screens.kit.lines import Line, crop, fit, joined, spread
from screens.kit.screen import shown

if TYPE_CHECKING:
    from console.figures.rules import Measure

_ONE_LINE = 140
"""Cells from which a figure fits on one line."""
_ROLES = {True: "success", False: "warning", None: "muted"}


class MeasureLine:
    """Name, value and verdict; then the target, the trend and what it was made from."""

    def height(self, width: int) -> int:
        return 1 if width >= _ONE_LINE else 2

    def key(self, row: Measure) -> str:
        return row.kpi

    def paint(self, row: Measure, index: int, width: int) -> Sequence[Line]:
        title = (fit(shown(row.title), 38), "strong")
        value = (f"{row.words:>9}  ", "primary")
        verdict = (fit(row.verdict, 10), _ROLES[row.met])
        if self.height(width) == 1:
            cells: Line = [title, value, verdict, (fit(f"cible {row.target_words}", 25), "")]
            return [crop([*cells, (fit(row.trend, 12), ""), (row.detail, "muted")], width)]
        more = joined([(f"cible {row.target_words}", ""), (row.detail, "muted")])
        trend: Line = [("" if row.trend == "–" else f"{row.trend} ", "")]
        return [crop([title, value, verdict], width), spread([("  ", ""), *more], trend, width)]
