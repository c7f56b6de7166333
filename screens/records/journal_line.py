"""How a refusal is drawn in the journal: when, who, why, by whom, what was tried, and whether it was read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.base.dates import PARIS
from screens.kit.lines import Line, crop, fit
from screens.kit.screen import shown

if TYPE_CHECKING:
    from console.records.views import RefusalRow


class JournalLine:
    """A refusal on one line; a wider list says more."""

    def height(self, width: int) -> int:
        return 1

    def key(self, row: RefusalRow) -> int:
        return row.record_id

    def paint(self, row: RefusalRow, index: int, width: int) -> Sequence[Line]:
        wide = width >= 110
        state = (
            ("question", "warning") if row.asked else ("lu", "success") if row.reviewed else ("à lire", "")
        )
        line: Line = [
            (f"{row.at.astimezone(PARIS):%d/%m/%y} ", "muted"),
            (fit(shown(row.name), 24 if wide else 22 if width >= 90 else 16), "strong"),
            (" ", ""),
            (fit(row.reason, 19 if wide else 15), "primary"),
            (" ", ""),
            (fit(state[0], 9), state[1]),
            (fit(shown(row.agent), 12 if wide else 8), ""),
            (" ", ""),
        ]
        if wide:
            line.append((fit(row.offers or "rien proposé", 24), "muted"))
        if row.since:
            line += [(shown(row.since), "success"), (" ", "")]
        if row.verbatim:
            line.append((f"« {shown(row.verbatim)} »", "muted"))
        return [crop(line, width)]
