"""Bar charts drawn by plotext, as content in the theme's colours.

plotext is given marks that stand for a meaning and asked for bare characters; what each mark looks like is
decided here, so that no escape sequence of its making can reach the terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.cells import cell_len
from textual.content import Content

from console.base.french import number
from screens.kit.lines import CURSOR, fit
from screens.kit.screen import shown

PART, REST = "█", "░"
"""What a bar is filled with: what is counted, and the rest of what it is counted out of."""
_CHOSEN = "\ue000"  # the part of the chosen bar
_ROW = 0xE100  # where a row's label goes; private characters, which `shown` lets through nowhere
_LOOKS = {
    PART: (PART, "$text-primary"),
    _CHOSEN: (PART, "bold $text-accent"),
    REST: (REST, "$text-muted"),
}
_AXES = frozenset("─│┌┐└┘├┤┬┴┼")
_WIDEST = 20
"""Cells that an upright bar takes with the gap after it, at most."""


@dataclass(frozen=True, slots=True)
class Bar:
    """`n` is drawn as counted, up to `of` as the rest; `value` says it in words."""

    label: str
    value: str
    n: int
    of: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """What to show; `spots` says which bar stands on each line (of upright ones: in each column), -1 none."""

    content: Content
    spots: Sequence[int]


def load() -> bool:
    """Import plotext, which takes its time: to be called from a thread. False where it cannot be used."""
    try:
        import plotext  # noqa: F401
    except (ImportError, OSError):  # its compiled part is not made for every machine
        return False
    return True


def lying(bars: Sequence[Bar], chosen: int, width: int, height: int) -> Drawing:
    """One bar a line, its label and value before it; as many as there is room for, the chosen one too."""
    room = max(1, height - 2)
    gap = next((gap for gap in (3, 2) if (len(bars) - 1) * gap < room), 1)
    seen = window(len(bars), chosen, room)
    some = [bars[n] for n in seen]
    names = min(max(cell_len(shown(bar.label)) for bar in bars), max(8, width * 2 // 5))
    values = max(cell_len(bar.value) for bar in bars)
    left = 1 + names + 1 + values + 1
    count = len(some)
    places = [float(count - n) for n in range(count)]
    drawn = _plot(
        some,
        seen.index(chosen),
        places,
        (max(8, width - left - 2) + 2, (count - 1) * gap + 3),
        top=max(bar.of for bar in bars),
        across=("y", 0.01, (1.0, float(count)) if count > 1 else (0.5, 1.5)),
        labels=(places, [chr(_ROW + n) for n in range(count)]),
    )
    lines, spots = [], []
    for line in drawn:
        row = ord(line[0]) - _ROW if line else -1
        spots.append(seen[row] if 0 <= row < count else -1)
        if 0 <= row < count:
            bar, here = some[row], seen[row] == chosen
            lead = f"{'▌' if here else ' '}{fit(shown(bar.label), names)} {bar.value:>{values}} "
            lines.append(Content.styled(lead, CURSOR if here else "") + _looks(line[1:]))
        else:
            lines.append(Content(" " * left) + _looks(line[1:]))
    return Drawing(Content("\n").join(lines), spots)


def upright(bars: Sequence[Bar], chosen: int, width: int, height: int) -> Drawing:
    """Bars side by side, with their values where they are wide enough; a mark under the chosen one."""
    top = max(bar.of for bar in bars)
    left = len(number(top)) + 1
    seen = window(len(bars), chosen, max(1, width - left - 1))
    some = [bars[n] for n in seen]
    count, here = len(some), seen.index(chosen)
    slot = max(1, min(_WIDEST, (width - left - 1) // count))
    middle = (max(slot, 2) - 2) / 2
    limits = (1 - middle / slot, 1 + (slot * count - 1 - middle) / slot)
    places = [float(n + 1) for n in range(count)]
    labelled = range(0, count, -(-(max(cell_len(bar.label) for bar in some) + 1) // slot))
    drawn = _plot(
        some,
        here,
        places,
        (left + slot * count, max(5, height - 1)),
        top=top,
        across=("x", (max(slot, 2) - 2) / slot, limits),
        labels=([places[n] for n in labelled], [shown(some[n].label) for n in labelled]),
        values=slot > max(len(bar.value) for bar in some),
    )
    mark = " " * (left + slot * here + round(middle)) + "▲"
    content = Content("\n").join([*map(_looks, drawn), Content.styled(mark, "bold $text-accent")])
    return Drawing(content, [-1] * left + [n for n in seen for _ in range(slot)])


def window(count: int, chosen: int, room: int) -> range:
    """As many of `count` as there is room for, the chosen one in the middle when it can be."""
    room = max(1, min(count, room))
    start = max(0, min(chosen - room // 2, count - room))
    return range(start, start + room)


def _plot(
    bars: Sequence[Bar],
    chosen: int,
    places: Sequence[float],
    size: tuple[int, int],
    *,
    top: int,
    across: tuple[str, float, tuple[float, float]],
    labels: tuple[Sequence[float], Sequence[str]],
    values: bool = False,
) -> list[str]:
    """The lines that plotext makes, in marks. `across` is the axis that the bars stand on, the thickness of a
    bar and the limits of the axis; `labels` are written on it."""
    import plotext

    plotext.terminal.limit(False, False)
    axis, thickness, limits = across
    lying = axis == "y"
    figure = plotext.figure
    figure.clear()
    figure.plot_size(*size)
    figure.axes(False)
    figure.axes(True, axis="x", side="lower")
    figure.axes(True, axis="y", side="left")
    for low, high, marks in (
        ([bar.n for bar in bars], [bar.of for bar in bars], (REST, REST)),
        ([0] * len(bars), [bar.n for bar in bars], (PART, _CHOSEN)),
    ):
        some = [n for n in range(len(bars)) if high[n] > low[n]]
        if some:
            figure.draw(
                figure.bar(
                    [places[n] for n in some],
                    [low[n] for n in some],
                    [high[n] for n in some],
                    marker=[marks[n == chosen] for n in some],
                    orientation="horizontal" if lying else "vertical",
                    width=thickness,
                )
            )
    line = top / max(1, size[1] - 4) if values else 0.0
    for bar, place in zip(bars, places, strict=True) if values else ():
        figure.draw(figure.text(place, bar.of + 1.01 * line if bar.of else 0, bar.value))
    figure.ruler(axis).ticks(*map(list, labels)).lim(*limits)
    steps = _steps(top)
    figure.ruler("x" if lying else "y").ticks(steps, labels=[number(n) for n in steps]).lim(
        0, (top or 1) + line
    )
    text: str = figure.build().string(colorless=True)
    return text.rstrip("\n").split("\n")


def _steps(top: int) -> list[int]:
    """Round numbers from 0 up to `top`, five at most."""
    unit = 1
    while True:
        for step in (unit, 2 * unit, 5 * unit):
            if top <= 4 * step:
                return list(range(0, top + 1, step))
        unit *= 10


def _looks(line: str) -> Content:
    """A line of marks in the theme's colours; anything that is not meant to be seen is left out."""
    runs: list[Content] = []
    kind: Callable[[str], tuple[str, str]] = lambda mark: _LOOKS.get(  # noqa: E731
        mark, ("", "$text-muted" if mark in _AXES else "")
    )
    for (glyph, style), marks in groupby(line, kind):
        text = "".join(marks)
        seen = glyph * len(text) if glyph else "".join(char for char in text if char.isprintable())
        runs.append(Content.styled(seen, style) if style else Content(seen))
    return Content("").join(runs)
