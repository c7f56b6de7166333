"""What stays in view during a call: who, the facts, the time; in a wide terminal the rest of the story."""

from __future__ import annotations

from itertools import zip_longest
from time import monotonic
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content
from textual.geometry import Region
from textual.visual import Visual
from textual.widget import Widget

from console.domain.model import Direction
from screens.base import shown
from screens.widgets.speech import hanging

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.strip import Strip

    from console.services.views import CallView

TARGET_S = (120, 300)
"""A call is meant to last 2 to 5 minutes."""
FACT_LINES = 3
"""Lines that the facts take at most in a narrow terminal, but before dialling, when they are what is read."""


class CallHeader(Widget):
    """One line, who and for how long; in a narrow terminal the facts below it."""

    ALLOW_SELECT = False
    auto_links = False
    DEFAULT_CSS = """
    CallHeader {
        dock: top;
        height: auto;
        padding: 0 1;
        background: $panel;
        text-wrap: nowrap;
        text-overflow: ellipsis;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.view: CallView | None = None
        self.with_facts = True
        self._received = monotonic()

    def on_mount(self) -> None:
        self.set_interval(1, self._tick)

    def show(self, view: CallView, *, with_facts: bool) -> None:
        """Take the view's facts and its time."""
        if view is not self.view:
            self._received = monotonic()
        self.view, self.with_facts = view, with_facts
        self.refresh(layout=True)

    def _tick(self) -> None:
        if self.view is not None and self.view.outcome is None:
            self.refresh()

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """The first line, and the facts when they are shown here."""
        return 1 + (len(self._facts(width)) if self.with_facts else 0)

    def render(self) -> Content:
        """Name, code, loyalty on the left; kind of call and time on the right."""
        view, width = self.view, self.size.width
        if view is None:
            return Content("")
        right = Content.assemble(
            ("Appel entrant" if view.direction is Direction.INBOUND else "Appel sortant", "$text-muted"),
            "  ",
            self._time(view),
        )
        left = Content.assemble((shown(view.name), "bold"), "  ", (shown(view.code), "$text-muted"))
        if view.vip:
            left += Content.styled("  VIP", "bold $text-accent")
        left = left.truncate(max(0, width - right.cell_length - 2), ellipsis=True)
        gap = Content(" " * max(2, width - left.cell_length - right.cell_length))
        lines = [left + gap + right]
        if self.with_facts:
            lines += self._facts(width)
        return Content("\n").join(lines)

    def _facts(self, width: int) -> list[Content]:
        if self.view is None:
            return []
        lines = [Content(line) for line in packed(self.view.facts, width)]
        if self.view.can_abandon:
            return [part for line in lines for part in line.wrap(width)]
        return [line.truncate(width, ellipsis=True) for line in lines[:FACT_LINES]]

    def _time(self, view: CallView) -> Content:
        elapsed = view.elapsed_s + (0 if view.outcome else int(monotonic() - self._received))
        low, high = TARGET_S
        clock = f"{elapsed // 60:02d}:{elapsed % 60:02d}"
        if elapsed < low:
            return Content.styled(f"{clock}  cible 2 à 5 min", "$text-muted")
        if elapsed <= high:
            return Content.styled(f"{clock}  cible 2 à 5 min", "bold")
        return Content.styled(f"▲ {clock}  plus de 5 min", "bold $text-warning")


class CallSide(Widget):
    """Beside the script in a wide terminal: facts, hints, the way walked, notes; only changes are painted."""

    ALLOW_SELECT = False
    auto_links = False
    DEFAULT_CSS = """
    CallSide {
        height: 1fr;
        padding: 0 1;
        border-left: solid $panel;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.view: CallView | None = None
        self.hints = True
        self._lines: list[Content] = []
        self._strips: dict[int, Strip] = {}

    def show(self, view: CallView, *, hints: bool) -> None:
        """Paint the view's surroundings."""
        self.view, self.hints = view, hints
        self._lay_out()

    def on_resize(self) -> None:
        self._strips.clear()
        self._lay_out()

    def notify_style_update(self) -> None:
        self._strips.clear()
        super().notify_style_update()

    def _lay_out(self) -> None:
        before, self._lines = self._lines, self._sections()
        blank = Content("")
        pairs = enumerate(zip_longest(before, self._lines, fillvalue=blank))
        changed = [y for y, (old, new) in pairs if not old.is_same(new)]
        for y in changed:
            self._strips.pop(y, None)
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def render_line(self, y: int) -> Strip:
        if y not in self._strips:
            line = self._lines[y] if y < len(self._lines) else Content("")
            width = self.size.width
            self._strips[y] = Visual.to_strips(self, line, width, 1, self.visual_style)[0]
        return self._strips[y]

    def _sections(self) -> list[Content]:
        """Sections with a title; the oldest part of the way goes first when room lacks."""
        view = self.view
        if view is None:
            return []
        lines = self._section("Le client", view.facts, "  ")
        if self.hints:
            lines += self._section("Conseils", view.hints, "› ")
        lines += self._section("Notes de l’appel", view.notes, "– ")
        trail = self._section("Parcours", view.trail, "› ")
        room = self.size.height - len(lines)
        if len(trail) > room:
            trail = [trail[0], *trail[-max(0, room - 1) :]] if room > 1 else []
        return [*lines, *trail][: self.size.height]

    def _section(self, title: str, items: tuple[str, ...], mark: str) -> list[Content]:
        lines = hanging(items, mark, self.size.width, "")
        return [Content.styled(title, "bold $text-primary"), *lines, Content("")] if lines else []


def packed(facts: Iterable[str], width: int) -> list[str]:
    """Short facts side by side: each goes on the first line with room for it."""
    lines: list[str] = []
    for fact in map(shown, facts):
        for n, line in enumerate(lines):
            if cell_len(line) + cell_len(fact) + 3 <= width:
                lines[n] = f"{line} · {fact}"
                break
        else:
            lines.append(fact)
    return lines
