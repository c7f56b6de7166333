"""The table of figures crossed by rows and reasons, and how each figure is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content

from console.base.french import number, percent
from console.records.counting import Topic
from screens.kit.lines import CURSOR, fit
from screens.kit.screen import shown
from screens.reasons.chart import Drawing, window

if TYPE_CHECKING:
    from console.records.counting import Cell
    from console.records.reasons import Crossing

_NAMES = 32
"""Cells that a row's name takes, at most."""


def share(cell: Cell) -> str:
    """« 41,7 % »; « n. d. » of nothing."""
    return percent(100 * cell.n / cell.of) if cell.of else "n.\u00a0d."


def words(crossing: Crossing, column: int, cell: Cell) -> str:
    """« 12 », « 5 sur 12 » where it is a share of its row."""
    if column or crossing.topic is Topic.PROPOSALS:
        return f"{number(cell.n)} sur {number(cell.of)}"
    return number(cell.n)


def table(crossing: Crossing, cursor: tuple[int, int], width: int, height: int) -> Drawing:
    """A header, then as many rows as there is room for; columns that do not fit come with the cursor."""
    row, column = cursor
    proposed = crossing.topic is Topic.PROPOSALS
    heads = ["Tous" if crossing.columns else "Refus", *(one.code for one in crossing.columns)]
    cells = [[_cell(cell, proposed=proposed) for cell in one.cells] for one in crossing.rows]
    widths = [max(len(head), *(len(line[n]) for line in cells)) + 1 for n, head in enumerate(heads)]
    shares = [share(one.cells[0]) for one in crossing.rows]
    rate = "Taux" if proposed else "Part"
    part = max(len(rate), *map(len, shares)) + 1
    names = min(_NAMES, max(cell_len(shown(one.label)) for one in crossing.rows))
    room = width - 2 - min(names, max(8, width // 5)) - widths[0]
    kept = _columns(widths, column, room)
    spare = room - sum(widths[n] for n in kept)
    with_share = spare >= part
    names = min(names, width - 2 - sum(widths[n] for n in {0, *kept}) - (part if with_share else 0))
    heading = f" {' ' * names}{heads[0]:>{widths[0]}}" + (f"{rate:>{part}}" if with_share else "")
    lines = [Content.styled(heading + "".join(f"{heads[n]:>{widths[n]}}" for n in kept), "$text-muted")]
    spots = [-1]
    for at in window(len(cells), row, max(1, height - 1)):
        here = at == row
        line = Content.assemble(
            ("▌" if here else " ", "$text-accent"), (fit(shown(crossing.rows[at].label), names), "bold")
        )
        for n in (0, *kept):
            text = f"{cells[at][n]:>{widths[n]}}"
            zero = "$text-muted" if crossing.rows[at].cells[n].n == 0 else ""
            line += Content.styled(text, CURSOR if here and n == column else zero)
            if n == 0 and with_share:
                line += Content(f"{shares[at]:>{part}}")
        lines.append(line)
        spots.append(at)
    return Drawing(Content("\n").join(lines), spots)


def _cell(cell: Cell, *, proposed: bool) -> str:
    if not proposed:
        return number(cell.n)
    return f"{number(cell.n)}/{number(cell.of)}" if cell.of else "–"


def _columns(widths: list[int], column: int, room: int) -> list[int]:
    """The reasons' columns that fit, the one under the cursor among them."""
    first = 1
    while True:
        kept: list[int] = []
        for n in range(first, len(widths)):
            if sum(widths[one] for one in kept) + widths[n] > room:
                break
            kept.append(n)
        if column == 0 or column in kept or not kept:
            return kept
        first += 1
