"""Lines of text as lists draw them: runs of text with a role, cut and aligned by terminal cells."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from textwrap import wrap as wrap_words
from typing import Any, Protocol, TypeVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.content import Content
from textual.strip import Strip
from textual.style import Style

from screens.kit.screen import shown

Row_contra = TypeVar("Row_contra", contravariant=True)
Run = tuple[str, str]
"""Some text and its role, a key of `ROLES`."""
Line = list[Run]

CURSOR = "$block-cursor-foreground on $block-cursor-background"
"""The look of what is under the cursor."""
ROLES = {
    "": "",
    "muted": "$text-muted",
    "strong": "bold",
    "primary": "bold $text-primary",
    "accent": "$text-accent",
    "warning": "bold $text-warning",
    "error": "bold $text-error",
    "success": "$text-success",
    "hint": "italic $text-muted",
    "speech-mark": "$text-primary",
    "strong-accent": "bold $text-accent",
    "cursor": f"bold {CURSOR}",
    "cursor-blurred": "$block-cursor-blurred-foreground on $block-cursor-blurred-background",
}
"""What each role looks like; component classes would say the same, at a cost for the first paint."""


def drawn(line: Line, width: int, base: Style, over: Style | None = None) -> Strip:
    """The line in exactly `width` cells, on `base`; `over` has the last word on colours, for a cursor."""
    line = crop(line, width)
    if room := width - measure(line):
        line.append((" " * room, ""))
    segments = []
    for text, role in line:
        style = base + Style.parse(ROLES[role]) if role else base
        segments.append(Segment(text, (style + over if over else style).rich_style))
    return Strip(segments, width)


class Painter(Protocol[Row_contra]):
    """How a list shows its rows."""

    def height(self, width: int) -> int:
        """Lines a row takes in `width` cells, the same for every row."""

    def paint(self, row: Row_contra, index: int, width: int) -> Sequence[Line]:
        """The row's lines."""

    def key(self, row: Row_contra) -> Hashable:
        """What tells the row from others, for the cursor to stay on it."""


def fit(text: str, width: int) -> str:
    """`text` in exactly `width` cells; « … » says that some is missing."""
    if width <= 0:
        return ""
    if cell_len(text) > width:
        text = set_cell_size(text, width - 1).rstrip() + "…"
    return set_cell_size(text, width)


def measure(line: Iterable[Run]) -> int:
    """Cells that a line takes."""
    return sum(cell_len(text) for text, _ in line)


def crop(line: Line, width: int) -> Line:
    """The line in at most `width` cells, the run that is cut ending in « … »."""
    kept: Line = []
    for text, role in line:
        cells = cell_len(text)
        if cells > width:
            if width > 0:
                kept.append((fit(text, width).rstrip(), role))
            break
        kept.append((text, role))
        width -= cells
    return kept


def spread(left: Line, right: Line, width: int) -> Line:
    """`left` at the left and `right` at the right; when both do not fit, `left` is cut."""
    room = width - measure(right)
    if room < 8:
        return crop(left, width)
    left = crop(left, room - 1)
    return [*left, (" " * (room - measure(left)), ""), *right]


def joined(parts: Iterable[Run], mark: str = " · ") -> Line:
    """The parts that say something, with a mark between them."""
    line: Line = []
    for text, role in parts:
        if text:
            if line:
                line.append((mark, "muted"))
            line.append((shown(text), role))
    return line


def wrapped(text: str, width: int, lines: int) -> list[str]:
    """`text` in at most `lines` lines of `width` cells; « … » says that some is missing."""
    rows = wrap_words(shown(text), max(width, 8)) or [""]
    if len(rows) > lines:
        rows = [*rows[: lines - 1], fit(" ".join(rows[lines - 1 :]), width)]
    return rows


def heading(number: int, title: str, count: str, more: str = "") -> Content:
    """A pane's title: its key, its name, its count and what goes with it."""
    parts: list[Any] = [
        (f" {number} ", "bold $text-accent"),
        (f"{title} ", "bold"),
        (count, "bold $text-primary"),
    ]
    if more:
        parts.append((f" · {more}", "$text-muted"))
    return Content.assemble(*parts, " ")


def list_title(title: str, count: str, more: str) -> Content:
    """The title of a list that fills the screen: its name, its count and what it is of."""
    return Content.assemble(
        (f" {shown(title)} ", "bold"),
        (f"{count} " if count else "", "bold $text-primary"),
        (f"{shown(more)} ", "$text-muted"),
    )
