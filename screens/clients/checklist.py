"""The checklist of a client: what is done with its proof, what is left, what only a person can tick."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.content import Content
from textual.widgets import Static

from screens.keys import key
from screens.kit.lines import Line, crop, measure
from screens.kit.lists import ListScreen
from screens.kit.rows import RowList
from screens.kit.screen import BACK, COMMON, Page, shown

if TYPE_CHECKING:
    from textual.binding import BindingType

    from console.checklist.service import ChecklistView, PartView, PointView
    from console.services import Services

LABEL_WIDTH = 46
"""Cells that the longest label of the list takes, and one."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list: a part's title, or one of its points."""

    part: PartView
    point: PointView | None = None


class CheckLine:
    """A title, or a point: ✓ with its proof or signature, or an empty place."""

    def height(self, width: int) -> int:
        return 1

    def key(self, row: Row) -> str:
        return row.point.code if row.point else row.part.title

    def paint(self, row: Row, index: int, width: int) -> Sequence[Line]:
        point = row.point
        if point is None:
            aside = "" if row.part.counts else "  sans objet pour ce client"
            return [crop([(shown(row.part.title), "primary"), (aside, "muted")], width)]
        mark = "✓" if point.ticked else "·" if point.by_system else "□"
        line: Line = [(f" {mark} ", "success" if point.ticked else "")]
        line.append((shown(point.label), "" if row.part.counts else "muted"))
        after = shown(point.signed) or ("se coche avec sa preuve" if point.by_system else "à cocher")
        gap = max(2, 3 + LABEL_WIDTH - measure(line))
        return [crop([*line, (" " * gap, ""), (after, "muted")], width)]


class ChecklistScreen(ListScreen, Page[None], inherit_bindings=False):
    """One list; Entrée or Espace ticks a point that is for the agent to tick, and again unticks it."""

    PURPOSE = (
        "Ce qui est fait pour ce client, avec sa preuve, et ce qui reste.\n"
        "{controle.cocher} : cocher le point en évidence, s’il se coche à la main · {retour} : revenir."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("controle.cocher", "space", "tick", "Cocher", "Cocher ou décocher le point, daté et signé"),
        *COMMON,
        BACK,
    ]
    HEADER = "head"
    DEFAULT_CSS = """
    ChecklistScreen {
        #head { height: 1; padding: 0 1; background: $panel; }
    }
    """

    def __init__(self, services: Services, client_id: int) -> None:
        super().__init__(services)
        self.client_id = client_id
        self.rows: RowList[Row] = RowList(CheckLine(), id="points")

    def on_mount(self) -> None:
        self.serve(partial(self.services.checklists.view, self.client_id), self._show, group="checklist")

    def _show(self, view: ChecklistView) -> None:
        first = not self.rows.total
        rows = [
            row for part in view.parts for row in (Row(part), *(Row(part, point) for point in part.points))
        ]
        self.query_one("#head", Static).update(
            Content.assemble(
                (shown(view.name), "bold"),
                ("  Liste de contrôle  ", "bold $text-primary"),
                (f"{view.done} sur {view.total}", "$text-muted"),
            )
        )
        self.rows.forget()
        self.rows.fill(len(rows), rows)
        if first:
            left = (n for n, row in enumerate(rows) if row.point and not row.point.ticked and row.part.counts)
            self.rows.go(next((n for n in left if not rows[n].point.by_system), 1))  # type: ignore[union-attr]

    def open_row(self, row: Row) -> None:
        """Entrée ticks too."""
        self.action_tick()

    def action_tick(self) -> None:
        """Tick or untick the point under the cursor; the system's own tell why not."""
        row = self.rows.current
        point = row.point if row else None
        if point is None:
            return
        if point.by_system:
            self.tell(f"Prouvé : {point.signed}." if point.ticked else "Ce point se coche avec sa preuve.")
            return
        tick = partial(self.services.checklists.tick, self.client_id, point.code, ticked=not point.ticked)
        self.serve(tick, self._show)
