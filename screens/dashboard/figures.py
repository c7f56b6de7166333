"""Figures side by side: arrows go among them, Entrée opens the rows behind one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from console.base import french
from console.base.vocabulary import Figure
from console.rules.outcomes import SPLITS
from screens.keys import key
from screens.kit.tabs import OPEN

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.events import Click

    from console.dashboard.views import DashboardView


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure as shown; `opens` is None when there is nothing behind it."""

    opens: Figure | None
    value: str
    label: str
    short: str = ""
    role: str = ""


def headline(view: DashboardView) -> list[Cell]:
    """The summary: who is in the campaign and what became of them; of one that is over, what it became."""
    counts = view.counts
    whole, kept = counts[Figure.TO_CONTACT], counts[Figure.RETAINED]
    awaiting, risk = counts[Figure.AWAITING], counts[Figure.AT_RISK]
    many = whole > 1
    if view.over:
        ended = (
            (Figure.FATE_RENEWED, "renouvelé", "renouvelés", "$text-success"),
            (Figure.FATE_PAUSED, "pause", "pauses", ""),
            (Figure.DOWNGRADED, "en formule inférieure", "en formule inférieure", ""),
            (Figure.FATE_REFUSED, "refus", "refus", ""),
            (Figure.FATE_SILENT, "sans réponse", "sans réponse", "$text-warning"),
        )
        short = {Figure.DOWNGRADED: "inférieure"}
        return [
            Cell(None, french.number(view.cohort), "échéances" if view.cohort > 1 else "échéance"),
            *(
                Cell(
                    one,
                    share(counts[one], view.cohort),
                    many if counts[one] > 1 else single,
                    short.get(one, ""),
                    role,
                )
                for one, single, many, role in ended
            ),
        ]
    return [
        Cell(
            Figure.TO_CONTACT, str(whole), "clients à relancer" if many else "client à relancer", "à relancer"
        ),
        Cell(Figure.RETAINED, share(kept, whole), "déjà renouvelés", role="$text-success"),
        Cell(Figure.AWAITING, share(awaiting, whole), "en attente de réponse"),
        Cell(Figure.AT_RISK, share(risk, whole), "à risque churn", role="$text-warning"),
        Cell(None, french.day(view.deadline), "échéance"),
    ]


def split(counts: Mapping[Figure, int]) -> str:
    """How clients were retained, when it is not all renewals, and the workshops given."""
    said = [
        french.plural(n, split.one, split.many)
        for figure, split in SPLITS.items()
        if (n := counts.get(figure))
    ]
    if counts.get(Figure.RENEWED, 0) == counts.get(Figure.RETAINED, 0):
        said = []
    if workshops := counts.get(Figure.WORKSHOPS, 0):
        said.append(french.plural(workshops, "atelier offert", "ateliers offerts"))
    if unproved := counts.get(Figure.UNPROVED, 0):
        said.append(f"dont {unproved} sans accord écrit ni paiement")
    return ", ".join(said)


def lapsed(counts: Mapping[Figure, int]) -> str:
    """« 3 sans réponse, dont 1 de numi »: whose answer was missing at the expiry."""
    owed = counts.get(Figure.UNANSWERED, 0)
    return f"{counts.get(Figure.LAPSED, 0)} sans réponse" + (f", dont {owed} de numi" if owed else "")


def share(part: int, whole: int) -> str:
    """« 23 (49 %) »; the percentage is rounded to the nearest unit."""
    if not whole:
        return str(part)
    return f"{part} ({french.percent((200 * part + whole) // (2 * whole))})"


def parts(counts: Mapping[Figure, int]) -> list[Cell]:
    """The parts that the campaign's total is made of, then those who left it."""
    names = {
        Figure.URGENT: ("urgent", "urgents"),
        Figure.WEEK: ("cette semaine", "cette semaine"),
        Figure.LATER: ("plus tard", "plus tard"),
        Figure.WORKSHOPS: ("atelier offert", "ateliers offerts"),
        Figure.REFUSED: ("refus", "refus"),
        Figure.LAPSED: ("sans réponse", "sans réponse"),
    }
    if counts.get(Figure.UNPROVED):
        names[Figure.UNPROVED] = ("sans écrit", "sans écrit")
    if counts.get(Figure.UNANSWERED):
        names[Figure.UNANSWERED] = ("de numi", "de numi")
    return [
        Cell(figure, str(counts.get(figure, 0)), many if counts.get(figure, 0) > 1 else one)
        for figure, (one, many) in names.items()
    ]


class Figures(Widget, can_focus=True):
    """A row of figures, value above label; a second row of smaller ones when there is room."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        key("chiffre.gauche", "left", "move(-1)", "Précédent", "Chiffre précédent", show=False),
        key("chiffre.droite", "right", "move(1)", "Suivant", "Chiffre suivant", show=False),
        key("chiffre.ouvrir", "enter", "choose", "Ouvrir", "Ouvrir les clients derrière le chiffre"),
    ]
    DEFAULT_CSS = """
    Figures {
        height: 3;
        background: $surface;
        color: $foreground;
        &.-small { height: 2; }
    }
    """

    class Chosen(Message):
        """Entrée or a click on a figure."""

        def __init__(self, figure: Figure) -> None:
            super().__init__()
            self.figure = figure

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.main: Sequence[Cell] = ()
        self.rest: Sequence[Cell] = ()
        self.cursor = 0
        self._spots: list[tuple[int, int, int, int]] = []

    def show(self, main: Sequence[Cell], rest: Sequence[Cell]) -> None:
        """Replace the figures; the cursor stays where it was."""
        self.main, self.rest = main, rest
        self.refresh()

    @property
    def _open(self) -> list[int]:
        """Ranks of the figures that can be opened and are in view."""
        cells = [*self.main, *(self.rest if self.size.height > 2 else ())]
        return [rank for rank, cell in enumerate(cells) if cell.opens is not None]

    def action_move(self, step: int) -> None:
        ranks = self._open
        if ranks:
            at = ranks.index(self.cursor) if self.cursor in ranks else 0
            self.cursor = ranks[max(0, min(at + step, len(ranks) - 1))]
            self.refresh()

    def action_choose(self) -> None:
        if self.cursor in self._open:
            figure = [*self.main, *self.rest][self.cursor].opens
            if figure is not None:
                self.post_message(self.Chosen(figure))

    def on_click(self, event: Click) -> None:
        for top, start, end, rank in self._spots:
            if start <= event.x < end and top <= event.y <= top + (rank < len(self.main)):
                self.cursor = rank
                self.action_choose()

    def render(self) -> Content:
        self._spots = []
        width = self.size.width
        values: list[Content] = []
        labels: list[Content] = []
        labelled = [(cell, cell.label) for cell in self.main]
        spare = width - sum(max(len(cell.value), len(label)) + 2 for cell, label in labelled)
        if spare < 0:
            labelled = [(cell, cell.short or label) for cell, label in labelled]
        gap = max(0, min(6, spare // max(1, len(self.main))))
        x = 0
        for rank, (cell, label) in enumerate(labelled):
            room = max(len(cell.value), len(label)) + 1
            self._spots.append((0, x, x + room + gap, rank))
            on = self._on(rank)
            values.append(Content.styled(f" {cell.value}".ljust(room + 1), on or f"bold {cell.role}"))
            labels.append(Content.styled(f" {label}".ljust(room + 1), on or "$text-muted"))
            for row in (values, labels):
                row.append(Content(" " * gap))
            x += room + 1 + gap
        lines = [Content("").join(values), Content("").join(labels)]
        if self.size.height > 2:
            lines.append(self._small(len(self.main)))
        return Content("\n").join(lines)

    def _small(self, first: int) -> Content:
        pieces: list[Content] = []
        x = 0
        for rank, cell in enumerate(self.rest, first):
            text = f" {cell.value} {cell.label} "
            self._spots.append((2, x, x + len(text), rank))
            x += len(text) + 1
            pieces.append(Content.styled(text, self._on(rank) or "$text-muted"))
        return Content.styled("·", "$text-muted").join(pieces)

    def _on(self, rank: int) -> str:
        if self.has_focus and rank == self.cursor:
            return OPEN
        return ""
