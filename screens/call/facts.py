"""What stays in view during a call: who, the facts, the time; in a wide terminal the rest of the story."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from rich.cells import cell_len

from console.base.vocabulary import Direction
from screens.kit.canvas import Canvas, folded, hanging
from screens.kit.lines import fit, spread
from screens.kit.screen import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from console.calls.views import CallView
    from screens.kit.lines import Line, Run

TARGET_S = (120, 300)
"""A call is meant to last 2 to 5 minutes."""
FACT_LINES = 3
"""Lines that the facts take at most in a narrow terminal, but before dialling, when they are what is read."""


class CallHeader(Canvas):
    """One line, who and for how long; in a narrow terminal the facts below it; what waits for the base."""

    DEFAULT_CSS = """
    CallHeader { dock: top; height: auto; background: $panel; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.view: CallView | None = None
        self.with_facts = True
        self.waits = ""
        self._received = monotonic()

    def on_mount(self) -> None:
        self.set_interval(1, self.repaint)

    def show(self, view: CallView, *, with_facts: bool) -> None:
        """Take the view's facts and its time."""
        if view is not self.view:
            self._received = monotonic()
        self.view, self.with_facts = view, with_facts
        self._fit()

    def keep(self, waits: str) -> None:
        """Say what is kept on this machine until the base answers; empty once nothing is."""
        self.waits = waits
        self._fit()

    def _fit(self) -> None:
        if self._height(self.size.width) != self.size.height:
            self.refresh(layout=True)
        self.repaint()

    def _height(self, width: int) -> int:
        return 1 + len(self._facts(width)) + bool(self.waits)

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """The first line, the facts when they are shown here, what waits."""
        return self._height(width)

    def lines(self) -> list[Line]:
        """Name, code, loyalty on the left; kind of call and time on the right; then the facts."""
        view, width = self.view, self.size.width
        if view is None:
            return []
        kind = "Appel entrant" if view.direction is Direction.INBOUND else "Appel sortant"
        left: Line = [(shown(view.name), "strong"), (f"  {shown(view.code)}", "muted")]
        if view.simulated:
            left = [("SIMULATION  ", "warning"), left[0]]
        if view.vip:
            left.append(("  VIP", "strong-accent"))
        first = spread(left, [(f"{kind}  ", "muted"), self._time(view)], width)
        waits: list[Line] = [[(fit(f"● {self.waits}", width), "warning")]] if self.waits else []
        return [first, *self._facts(width), *waits]

    def _facts(self, width: int) -> list[Line]:
        if self.view is None or not self.with_facts or width < 12:
            return []
        facts = packed(self.view.facts, width)
        if self.view.can_abandon and not self.view.online:
            return [[(line, "")] for fact in facts for line in folded(fact, width)]
        return [[(fit(fact, width), "")] for fact in facts[:FACT_LINES]]

    def _time(self, view: CallView) -> Run:
        running = view.answered and not view.outcome
        elapsed = view.elapsed_s + (int(monotonic() - self._received) if running else 0)
        low, high = TARGET_S
        clock = f"{elapsed // 60:02d}:{elapsed % 60:02d}"
        if elapsed > high:
            return f"▲ {clock}  plus de 5 min", "warning"
        return f"{clock}  cible 2 à 5 min", "muted" if elapsed < low else "strong"


class CallSide(Canvas):
    """Beside the script in a wide terminal: facts, hints, the way walked, notes."""

    DEFAULT_CSS = """
    CallSide { height: 1fr; border-left: solid $panel; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.view: CallView | None = None
        self.hints = True

    def show(self, view: CallView, *, hints: bool) -> None:
        """Paint the view's surroundings."""
        self.view, self.hints = view, hints
        self.repaint()

    def lines(self) -> list[Line]:
        """Sections with a title; the oldest part of the way goes first when room lacks."""
        view = self.view
        if view is None or self.size.width < 12:
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

    def _section(self, title: str, items: tuple[str, ...], mark: str) -> list[Line]:
        lines = [line for item in items for line in hanging(item, mark, self.size.width, "")]
        return [[(title, "primary")], *lines, []] if lines else []


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
