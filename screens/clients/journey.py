"""The reminder timeline of a client, drawn: every step on two lines, then each one in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from console.base import french
from console.clients.views import StepState
from screens.kit.canvas import folded
from screens.kit.screen import plain, shown

if TYPE_CHECKING:
    from console.clients.views import StepMark

_DETAIL = 15
"""Cells before a detail."""
_LOOKS = {
    StepState.SENT: ("envoyé", "$text-primary"),
    StepState.OPENED: ("ouvert", "$text-success"),
    StepState.CLICKED: ("cliqué", "bold $text-success"),
    StepState.WAITING: ("attend", "bold $text-accent"),
    StepState.FAILED: ("échec", "bold $text-error"),
    StepState.SKIPPED: ("sauté", "$text-warning"),
    StepState.CANCELLED: ("annulé", "$text-warning"),
    StepState.CLOSED: ("clos", "$text-primary"),
    StepState.NEXT: ("→", "bold $text-accent"),
    StepState.COMING: ("", "$text-muted"),
    StepState.NONE: ("–", "$text-muted"),
}
"""The word and the look of each state; a step to come is told by its date."""


def drawn(steps: Sequence[StepMark], width: int) -> Content:
    """Codes above, what became of each below, as many steps a line as fit; the next one has an arrow."""
    cell = 8 if width >= 8 * len(steps) + 1 else 7
    a_line = max(1, (width - 1) // cell)
    lines = []
    for start in range(0, len(steps), a_line):
        codes, marks = [Content(" ")], [Content(" ")]
        for step in steps[start : start + a_line]:
            word, style = _LOOKS[step.state]
            codes.append(Content.styled(f"{step.code:<{cell}}", style))
            mark = f"{word}{french.short_day(step.on)}" if word in {"", "→"} else word
            marks.append(Content.styled(f"{mark:<{cell}}", style))
        lines += [Content("").join(codes), Content("").join(marks)]
    return Content("\n").join(lines)


def told(steps: Sequence[StepMark], width: int) -> Content:
    """A line a step, with its date; what became of its messages under it. What is long goes on aligned."""
    lines = [plain("Relances", "bold")] if steps else []
    for step in steps:
        word, style = _LOOKS[step.state]
        word = {StepState.NEXT: "prochaine", StepState.COMING: "à venir"}.get(step.state, word)
        lead = Content.assemble(
            (f"  {step.code:<6}", "bold"),
            (f"{french.short_day(step.on)}  ", "$text-muted"),
            (f"{word:<10}", style),
        )
        lines += hung(lead, shown(step.title), width)
        for detail in step.details:
            lines += hung(Content(" " * _DETAIL), shown(detail), width, "$text-muted")
    return Content("\n").join(lines)


def hung(lead: Content, text: str, width: int, style: str = "") -> Iterator[Content]:
    """The text after `lead`, its other lines under the first one's beginning."""
    for line in folded(text, max(20, width - lead.cell_length)):
        yield lead + plain(line, style)
        lead = Content(" " * lead.cell_length)
