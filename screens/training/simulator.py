"""The call simulator: the real call screen over a simulation's own services, then its debrief."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Vertical
from textual.widgets import Input, Static

from console.calls.views import ChoiceView
from console.services import build
from screens.call.key_queue import in_turn
from screens.call.screen import CallScreen
from screens.clients.file import ClientFileScreen
from screens.common.choose import Answer, ChooseModal
from screens.keys import DIGIT_ROW
from screens.kit.screen import ErrorModal, Field, Modal, plain
from screens.training.debrief import DebriefScreen

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from console.base.errors import HotlinerError
    from console.services import Services
    from console.training.simulator import Debrief, Simulation
    from screens.kit.screen import Acts

STOP = "stop"
"""The answer that leaves a simulated call as it is."""


def simulate(host: Acts, services: Services, seed: int | None = None) -> None:
    """Begin a simulated call above `host`, of that seed or of one drawn; its debrief follows it.

    An open call comes first: nothing begins above it.
    """
    if any(getattr(one, "holds_call", False) for one in host.app.screen_stack):
        host.tell("Un appel est ouvert : terminez-le d’abord.", warning=True)
        return

    def begun(simulation: Simulation) -> None:
        if host.app.screen is not host:  # two keys in one read: the first one's is open already
            simulation.close()
            return
        call = SimulatedCall(simulation)
        host.open(call, lambda _: ended(call.debrief))

    def ended(debrief: Debrief | None) -> None:
        if debrief is None:
            host.tell("Simulation arrêtée : rien n’est compté.")
            return
        host.open(DebriefScreen(services, debrief), again)

    def again(chosen: int | None) -> None:
        if chosen is not None:
            simulate(host, services, chosen or None)

    host.serve(lambda: services.training.simulate(seed), begun, group="simulate", opens=True)


class SeedModal(Modal[int]):
    """Leaves with the number of a simulated call, 0 for one to be drawn."""

    PURPOSE = (
        "Commencer un appel d’entraînement, avec un client inventé.\n"
        "Entrée : commencer · un numéro, puis Entrée : rejouer le même appel."
    )

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title = "Simuler un appel"
            box.border_subtitle = "Entrée : commencer · Échap : fermer"
            yield Static(
                "Le client est inventé, ses objections sont tirées au sort. Votre score seul est gardé."
            )
            yield Field(placeholder="Pour rejouer un appel : son numéro", compact=True, max_length=12)
            yield Static(plain("Champ vide : un nouvel appel.", "$text-muted"), id="answer")

    @on(Input.Submitted)
    def _read(self, event: Input.Submitted) -> None:
        typed = event.value.strip()
        if typed and not (typed.isascii() and typed.isdecimal()):
            self.query_one("#answer", Static).update(plain("Un nombre, ou rien.", "$text-error"))
        else:
            self.dismiss(int(typed or 0))


class SimulatedCall(CallScreen):
    """The call screen over the simulation's services. What would lead out of it is closed or redirected."""

    PURPOSE = (
        "Un appel d’entraînement : lisez, écoutez ce que dit le client, prenez la réponse qui lui convient.\n"
        "{appel.reprendre} : une étape en arrière, si vous l’avez mal compris · {appel.issue} : arrêter."
    )
    holds_call: ClassVar[bool] = False
    """A real call may come above it, and goes first."""
    home: ClassVar[ChoiceView] = ChoiceView(0, "Voir le bilan")

    def __init__(self, simulation: Simulation) -> None:
        super().__init__(build(simulation.ctx, calls=simulation.calls), simulation.view)
        self.simulation = simulation
        self.debrief: Debrief | None = None

    def on_unmount(self) -> None:
        """Nothing of it stays."""
        self.simulation.close()

    def dial(self) -> None:
        """Nobody is dialled, and no number is shown to be."""

    def why_closed(self, action: str, parameters: tuple[object, ...]) -> str | None:
        """A simulated outcome is corrected by training again."""
        return "" if action in {"correct", "remark"} else super().why_closed(action, parameters)

    def propose(self) -> None:
        """Nobody comes next."""

    def leave_closed(self, number: int) -> None:
        """The debrief is made while the simulation's database is still there."""
        self.serve(self.simulation.debrief, self._judged, failed=self._not_judged)

    def _not_judged(self, error: HotlinerError) -> None:
        self.app.push_screen(ErrorModal(error), lambda _: self.dismiss(None))

    def _judged(self, debrief: Debrief) -> None:
        self.debrief = debrief
        self.dismiss(None)

    def action_file(self) -> None:
        """The fictitious client's file, to be read."""
        self.open(SimulatedFile(self.services, self.view.client_id))

    @in_turn
    async def action_leave(self) -> None:
        """As in a real call, and also to stop at once: a real client may be calling."""
        if self.view.outcome is not None:
            self.leave_closed(1)
            return
        endings = self.endings()[: len(DIGIT_ROW) - 1]
        endings.append(Answer(STOP, "Arrêter la simulation, sans score"))
        sentence = "Un vrai appel commencé se termine par une issue ; une simulation s’arrête quand on veut."
        self.open(
            ChooseModal("Comment se termine cet appel ?", sentence, endings, stay="rester dans l’appel"),
            self._leave_by,
        )

    def _leave_by(self, where: str | None) -> None:
        if where == STOP:
            self.queue.put(self._stop)
        elif where:
            self.queue.put(lambda: self.end_by(where))

    async def _stop(self) -> None:
        await self.drafts.settled()
        self.dismiss(None)


class SimulatedFile(ClientFileScreen):
    """The client's file as a call shows it, to be read: what would act on a client is closed."""

    PURPOSE = (
        "Ce que l’on sait du client inventé, comme pendant un vrai appel.\n"
        "{fiche.2} : ce qui s’est passé · {retour} : revenir à l’appel."
    )
    DEFAULT_CSS = """
    SimulatedFile > #simulated { height: 1; padding: 0 1; color: $text-warning; text-style: bold; }
    """
    OPEN: ClassVar = {"tab", "back", "help", "palette", "details", "account", "copy_text"}

    def compose(self) -> ComposeResult:
        yield Static("SIMULATION : ce client est inventé", id="simulated", markup=False)
        yield from super().compose()

    def why_closed(self, action: str, parameters: tuple[object, ...]) -> str | None:
        """Only what reads."""
        return None if action in self.OPEN else "Pas en simulation : ce client est inventé."
