"""Figures crossed by rows and reasons, as a chart or as the table of the same figures, one cursor on both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from console.base.french import number
from console.records.counting import Topic
from screens.keys import key
from screens.kit.screen import plain
from screens.reasons.chart import Bar, lying, upright
from screens.reasons.grid import share, table, words

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.events import Click

    from console.records.counting import Row
    from console.records.reasons import Crossing


class CrossingView(Widget, can_focus=True, inherit_bindings=False):
    """Shows a crossing. Its owner gives it by `show`, and is told where the cursor goes."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        key("liste.chiffres.haut", "up", "move(0, -1)", "Haut", "Ligne ou motif précédent", show=False),
        key("liste.chiffres.bas", "down", "move(0, 1)", "Bas", "Ligne ou motif suivant", show=False),
        key("liste.chiffres.gauche", "left", "move(-1, 0)", "Gauche", "Colonne précédente", show=False),
        key("liste.chiffres.droite", "right", "move(1, 0)", "Droite", "Colonne suivante", show=False),
        key(
            "liste.chiffres.page.haut", "pageup", "row(-10)", "Page préc.", "Dix lignes plus haut", show=False
        ),
        key(
            "liste.chiffres.page.bas", "pagedown", "row(10)", "Page suiv.", "Dix lignes plus bas", show=False
        ),
        key("liste.chiffres.debut", "home", "row(-9999)", "Début", "Première ligne", show=False),
        key("liste.chiffres.fin", "end", "row(9999)", "Fin", "Dernière ligne", show=False),
        key("chiffres.ouvrir", "enter", "choose", "Ouvrir", "Ce que compte le chiffre choisi"),
    ]
    DEFAULT_CSS = """
    CrossingView { height: 1fr; background: $background; color: $foreground; }
    """

    @dataclass
    class Moved(Message):
        """The cursor is elsewhere, or what is under it has changed."""

        view: CrossingView

    @dataclass
    class Chosen(Message):
        """Entrée, or a click on the row under the cursor; column 0 stands for every reason."""

        row: Row
        column: int

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.crossing: Crossing | None = None
        self.table = False
        self.row = 0
        self.column = 0
        self._spots: list[int] = []  # of the lines shown, or of the columns where bars stand up

    def show(self, crossing: Crossing | None) -> None:
        """Show it, the cursor on the same row and column when they are there; None while it is read."""
        kept = self.current.key if self.current else ""
        same = self.crossing is not None and crossing is not None and crossing.topic is self.crossing.topic
        if crossing is not None:
            keys = [row.key for row in crossing.rows]
            first = len(keys) - 1 if crossing.topic is Topic.WEEKS else 0  # of weeks, the last comes first
            stays = keys.index(kept) if same and kept in keys else self.row if same else first
            self.row = max(0, min(stays, len(keys) - 1))
            self.column = min(self.column, len(crossing.columns)) if same else 0
        self.crossing = crossing
        self._changed()

    def switch(self) -> None:
        """From the chart to the table, or back."""
        self.table = not self.table
        self._changed()

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        rows = self.crossing.rows if self.crossing else ()
        return rows[self.row] if self.row < len(rows) else None

    @property
    def upright(self) -> bool:
        """Whether the rows stand side by side, so that left and right go along them."""
        return not self.table and self.crossing is not None and self.crossing.topic is Topic.WEEKS

    def _changed(self) -> None:
        self.refresh()
        self.post_message(self.Moved(self))

    def go(self, row: int, column: int) -> None:
        """Put the cursor on a row and a column, or on the nearest there are."""
        if self.crossing is None:
            return
        place = (
            max(0, min(row, len(self.crossing.rows) - 1)),
            max(0, min(column, len(self.crossing.columns))),
        )
        if place != (self.row, self.column):
            self.row, self.column = place
            self._changed()

    def action_move(self, right: int, down: int) -> None:
        along, across = (right, down) if self.upright else (down, right)
        self.go(self.row + along, self.column + across)

    def action_row(self, step: int) -> None:
        self.go(self.row + step, self.column)

    def action_choose(self) -> None:
        if self.current is not None:
            self.post_message(self.Chosen(self.current, self.column))

    def on_click(self, event: Click) -> None:
        if (offset := event.get_content_offset(self)) is None:
            return
        place = offset.x if self.upright else offset.y
        row = self._spots[place] if place < len(self._spots) else -1
        if row == self.row:
            self.action_choose()
        elif row >= 0:
            self.go(row, self.column)

    def render(self) -> Content:
        crossing, (width, height) = self.crossing, self.size
        if crossing is None or not crossing.rows:
            self._spots = []
            return plain("…" if crossing is None else _nothing(crossing), "$text-muted")
        if self.table:
            drawing = table(crossing, (self.row, self.column), width, height)
        elif self.upright:
            drawing = upright(self._bars(crossing), self.row, width, height)
        else:
            drawing = lying(self._bars(crossing), self.row, width, height)
        self._spots = list(drawing.spots)
        return drawing.content

    def _bars(self, crossing: Crossing) -> list[Bar]:
        made = []
        for row in crossing.rows:
            cell = row.cells[self.column]
            if crossing.topic is Topic.WEEKS:
                label, value = row.label[:5], number(cell.n)
            else:
                label, value = row.label, f"{words(crossing, self.column, cell)} · {share(cell)}"
            rest = self.column or crossing.topic is Topic.PROPOSALS
            made.append(Bar(label, value, cell.n, cell.of if rest else cell.n))
        return made


def _nothing(crossing: Crossing) -> str:
    if crossing.topic is Topic.PROPOSALS:
        return "Rien n’a été proposé à un client qui hésite sur cette période."
    if crossing.topic is Topic.WORDS and crossing.total:
        return "…" if not crossing.read else "Aucun mot à compter sur cette période."
    return "Aucun refus sur cette période."
