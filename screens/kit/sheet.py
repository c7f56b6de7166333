"""A sheet to read: labels and values, and a call as it was spoken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from console.base.dates import PARIS
from console.base.text import clean
from screens.kit.canvas import SPEECH_WIDTH, folded
from screens.kit.screen import plain, shown

if TYPE_CHECKING:
    from console.base.history import HistoryEntry

LABEL_WIDTH = 24


def labelled(fields: Iterable[tuple[str, str]], width: int) -> list[Content]:
    """Label and value, aligned; a long value goes on under its first line."""
    lines: list[Content] = []
    for label, value in fields:
        lead = Content.styled(f"{shown(label)[: LABEL_WIDTH - 1]:<{LABEL_WIDTH}}", "$text-muted")
        for part in clean(value, newlines=True, limit=4_000).split("\n"):
            for line in folded(part or "–", width - LABEL_WIDTH):
                lines.append(lead + Content(line))
                lead = Content(" " * LABEL_WIDTH)
    return lines


def spoken(entries: Sequence[HistoryEntry], width: int, *, empty: str) -> Content:
    """Each step: what was read aloud, then when, what was typed and chosen; else `empty`."""
    if not entries:
        return plain(empty, "$text-muted")
    lines = [plain("L’appel, comme il s’est dit", "bold $text-primary")]
    room = min(SPEECH_WIDTH, width - 4)
    for entry in entries:
        lines.append(Content(""))
        said = clean(entry.detail, newlines=True, limit=8_000)
        for part in said.split("\n") if said else ():
            lines += [Content.assemble(("▌ ", "$primary"), line) for line in folded(part, room)]
        lead = Content.styled(f"{entry.at.astimezone(PARIS):%H:%M:%S} → ", "$text-muted")
        for line in folded(entry.title, room - lead.cell_length):
            lines.append(lead + Content.styled(line, "bold"))
            lead = Content(" " * lead.cell_length)
    return Content("\n").join(lines)
