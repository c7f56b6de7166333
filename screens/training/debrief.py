"""What a simulated call comes to: what the client wanted, what was heard, what the checklist missed."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, ClassVar

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from screens.call.facts import TARGET_S
from screens.keys import digit, key
from screens.kit.canvas import folded
from screens.kit.keybar import KeyBar
from screens.kit.screen import BACK, COMMON, Page, plain, shown
from screens.kit.sheet import labelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.base.errors import HotlinerError
    from console.services import Services
    from console.training.simulation import SimulatedRun
    from console.training.simulator import CallPoint, Debrief, DebriefLine

WIDTH = 96
"""Cells that a line takes at most."""


class DebriefScreen(Page[int], inherit_bindings=False):
    """Keeps the score, once. Leaves with the number of the call to have again, 0 for another client."""

    PURPOSE = (
        "Ce que le client voulait, ce que vous avez entendu, et ce que la liste de contrôle n’a pas vu.\n"
        "{bilan.rejouer} : le même appel · {bilan.autre} : un autre client · {bilan.fini} : la formation."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        digit("bilan.rejouer", 1, "play(1)", "Rejouer", "Le même appel, du début", show=True),
        digit("bilan.autre", 2, "play(2)", "Autre client", "Un autre appel simulé", show=True),
        key("bilan.fini", "enter", "confirm", "Formation", "Revenir à la formation"),
        *COMMON,
        BACK,
    ]
    DEFAULT_CSS = """
    DebriefScreen {
        #head { height: 1; padding: 0 1; background: $panel; }
        #sheet { height: 1fr; padding: 0 1; scrollbar-size: 1 1; }
        #sheet > Static { height: auto; }
    }
    """

    def __init__(self, services: Services, debrief: Debrief) -> None:
        super().__init__(services)
        self.debrief = debrief
        self.kept: SimulatedRun | None = None
        self.keeping = False

    def compose(self) -> ComposeResult:
        yield Static(id="head", markup=False)
        with VerticalScroll(id="sheet"):
            yield Static(id="body", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        self.query_one("#sheet").focus()
        self._keep()

    def on_resize(self) -> None:
        self._paint()

    def _keep(self) -> None:
        if not self.keeping:
            self.keeping = True
            self.serve(
                lambda: self.services.training.keep_call(self.debrief),
                self._score_kept,
                failed=self._not_kept,
            )

    def _score_kept(self, run: SimulatedRun) -> None:
        self.kept = run
        self._paint()

    def _not_kept(self, error: HotlinerError) -> None:
        self.keeping = False
        self.show_error(error)

    def action_play(self, number: int) -> None:
        """The same client again, or another one."""
        self.dismiss(self.debrief.seed if number == 1 else 0)

    def action_confirm(self) -> None:
        """Back to the training; a score that could not be kept is tried again first."""
        if self.kept is None:
            self._keep()
        else:
            self.dismiss(None)

    def _paint(self) -> None:
        debrief = self.debrief
        kept = "score gardé" if self.kept else "score à garder : Entrée"
        self.query_one("#head", Static).update(
            Content.assemble(
                ("SIMULATION  ", "bold $text-warning"),
                (f"Bilan de l’appel n° {debrief.seed}", "bold"),
                (f"  {kept}", "$text-muted"),
            )
        )
        width = max(40, min(WIDTH, self.size.width - 3))
        lines = [*self._summary(width), *self._heard(width), *self._checklist(width)]
        self.query_one("#body", Static).update(Content("\n").join(lines))

    def _summary(self, width: int) -> Iterator[Content]:
        debrief = self.debrief
        low, high = TARGET_S
        minutes, seconds = divmod(debrief.duration_s, 60)
        yield from labelled(
            [
                ("Client", debrief.name),
                ("Le client voulait", debrief.wants),
                ("Issue", debrief.outcome_label),
                ("Durée", f"{minutes:02d}:{seconds:02d}, cible {low // 60} à {high // 60} min"),
                ("Bien entendu", f"{debrief.score} sur {debrief.total}"),
                ("Oublié", " ; ".join(one.label for one in debrief.points if one.missed) or "rien"),
            ],
            width,
        )

    def _heard(self, width: int) -> Iterator[Content]:
        yield from (Content(""), plain("Ce qui s’est dit", "bold $text-primary"))
        for line in self.debrief.lines:
            yield from _hung("✓" if line.right else "▲", line.heard, width, "" if line.right else "bold")
            yield from _hung(" ", _taken(line), width, "$text-muted" if line.right else "bold $text-warning")

    def _checklist(self, width: int) -> Iterator[Content]:
        for part, points in groupby(self.debrief.points, key=lambda one: one.part):
            yield from (Content(""), plain(f"Liste de contrôle : {shown(part)}", "bold $text-primary"))
            for one in points:
                mark, words, style = _judged(one)
                yield from _hung(mark, f"{one.label} – {words}", width, style)


def _taken(line: DebriefLine) -> str:
    if line.right:
        return f"→ {line.taken}" if line.taken else f"→ {line.answer}"
    mended = " (repris ensuite)" if line.mended else ""
    return f"→ mal entendu : il fallait « {line.answer} », pas « {line.taken} »{mended}"


def _judged(point: CallPoint) -> tuple[str, str, str]:
    if point.missed:
        return "▲", "oublié", "bold $text-warning"
    return ("✓", point.proof, "") if point.proof else ("□", "à vous de juger", "$text-muted")


def _hung(mark: str, text: str, width: int, style: str) -> Iterator[Content]:
    """Folded after its mark, the next lines under the first."""
    for line in folded(text, width - 2):
        yield plain(f"{mark} {line}", style)
        mark = " "
