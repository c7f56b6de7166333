"""The call: the script walker. Each act is a service in a thread; the step it gives is painted in place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical

from console.base.errors import ConflictError, HotlinerError, RefusedInputError
from console.base.roles import Role
from console.base.text import clean
from screens.call.after_call import AfterCall
from screens.call.asides import Asides
from screens.call.capture import LIMIT, CaptureBox
from screens.call.dialling import Dialling, NumberBox
from screens.call.facts import CallHeader, CallSide
from screens.call.keys import CALL_KEYS, CALL_PURPOSE
from screens.call.step import StepPane
from screens.call.type_ahead import TypeAhead, in_turn
from screens.common.choose import Answer, ChooseModal
from screens.common.drafts import DraftWriter
from screens.kit.choices import Clicked
from screens.kit.keybar import KeyBar
from screens.kit.screen import ErrorModal, Page

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.widgets import Input

    from console.calls.views import CallView
    from console.services import Services

SLOW_S = 0.4
"""After this long without an answer, the screen says that it is writing."""


SENT_S = 0.005
"""How long a painted frame is given to leave: the thread that sends it waits for this one to rest."""


class CallScreen(AfterCall, Asides, Dialling, TypeAhead, Page[int | None], inherit_bindings=False):
    """One call, from its first step to what was written; gives back the client's id, None when abandoned."""

    holds_call: ClassVar[bool] = True
    CSS_PATH = Path(__file__).with_name("call.tcss")  # a screen of another room inherits it
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide"), (160, "-vast")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (28, "-high")]  # noqa: RUF012
    PURPOSE = CALL_PURPOSE
    BINDINGS = CALL_KEYS

    def __init__(self, services: Services, view: CallView) -> None:
        super().__init__(services)
        self.view = view
        self.hints = True
        self.note_text = view.note_draft

    def compose(self) -> ComposeResult:
        yield CallHeader()
        with Vertical(id="column"):
            yield NumberBox()
            yield StepPane()
            yield CaptureBox()
        yield CallSide()
        yield KeyBar()

    def on_mount(self) -> None:
        self.header = self.query_one(CallHeader)
        self.pane = self.query_one(StepPane)
        self.capture = self.query_one(CaptureBox)
        self.number_box = self.query_one(NumberBox)
        self.side = self.query_one(CallSide)
        self.drafts = DraftWriter(self.app, partial(self.services.calls.draft, self.view.call_id))
        self.begin()
        self.show_call(self.view)
        if self.view.note_draft:
            self.call_after_refresh(self.action_note)

    def on_resize(self) -> None:
        self.call_after_refresh(self._paint)

    def show_call(self, view: CallView) -> None:
        """Take a new view, whole."""
        self._take(view)
        self._show_beside()

    def _take(self, view: CallView) -> None:
        """Take a new view: its step, its field, and the focus where the agent needs it."""
        if view.seq < self.view.seq:
            return  # read before the last act, and come after it
        moved, former = view.seq > self.view.seq or view is self.view, self.view
        self.view = view
        if moved:
            self.hang_up()
            self.capture.ask(None if view.outcome else view.capture)
        if moved or view.choices != former.choices:
            self.pane.menu.show([self.home] if view.outcome else view.choices, view.highlighted)
        if moved and view.outcome:
            self.propose()
        self._focus_first()
        self._paint_step()

    def _show_beside(self) -> None:
        """What is beside the step and below it, which is read after it: a frame later when a key gave it."""
        if self._wide:
            self.header.show(self.view, with_facts=False)
            self.side.show(self.view, hints=self.hints)
        self.refresh_bindings()

    def _paint(self) -> None:
        self._paint_step()
        self._show_beside()

    def _paint_step(self) -> None:
        wide, field_lines = self._wide, self.capture.lines()
        if not wide:
            self.header.show(self.view, with_facts=True)
        self.pane.show(self.view, hints=self.hints and not wide, field_lines=field_lines)
        if field_lines:
            self.capture.styles.offset = (0, self.pane.field_top)

    @property
    def _wide(self) -> bool:
        return not self.has_class("-narrow")

    def _focus_first(self) -> None:
        self.set_focus(self.pane if self.capture.asked is None else self.capture.field)

    async def _act(self, act: Callable[[str, int], CallView]) -> None:
        """Write, then paint; `act` is given the call and the `seq` that it answers."""
        await self.drafts.settled()
        slow = asyncio.get_running_loop().call_later(SLOW_S, self.pane.say, "Enregistrement en cours…")
        answer = partial(act, self.view.call_id, self.view.seq)
        await self.served(answer, self._take, failed=self._refused)
        slow.cancel()
        await self.painted()
        await asyncio.sleep(SENT_S)
        self._show_beside()

    def _refused(self, error: HotlinerError) -> None:
        """The call stays where it was, with the text typed."""
        self.pane.say("")
        self.drop()
        if isinstance(error, ConflictError):
            self.serve(self.services.calls.resume, partial(self._moved, error))
        elif isinstance(error, RefusedInputError) and self.capture.asked is not None:
            self.capture.refuse(str(error))
            self._paint()
            self._focus_first()
        else:
            self.show_error(error)

    def _moved(self, error: HotlinerError, view: CallView | None) -> None:
        """Something else acted on this call: show it as it stands, or leave when it is over."""
        if view is not None and view.call_id == self.view.call_id:
            self.show_call(view)
            self.show_error(error)
        elif not isinstance(self.app.screen, ErrorModal):
            self.app.push_screen(ErrorModal(error), lambda _: self.dismiss(self.view.client_id))

    @in_turn
    async def action_choose(self, number: int) -> None:
        """Take choice `number`, counted from 1, if the step has it."""
        view = self.view
        if view.outcome is not None:
            if not self.early and number in self.closed_choices:
                self.leave_closed(number)
            return
        choice = next((choice for choice in view.choices if choice.index == number - 1), None)
        if choice is None:
            return
        if not choice.enabled:
            self.pane.say(f"Choix {number} indisponible : {choice.why_not}")
            return
        self.pane.menu.highlighted = choice.index  # a frame of its own would delay the next step's by a tick
        if choice.final and self.early:
            self.pane.say("Ce choix clôt l’appel : appuyez de nouveau pour le confirmer.")
            await self.painted()
            return
        typed = clean(self.capture.field.value, limit=LIMIT) if self.capture.asked else ""
        choose = self.services.calls.choose
        await self._act(lambda call_id, seq: choose(call_id, seq, choice.index, typed))
        if choice.dials and self.view.seq == view.seq + 1:
            self.dial()

    @in_turn
    async def action_confirm(self) -> None:
        """Take the highlighted choice; from the field, only when there is no other to consider."""
        asked, field = self.capture.asked, self.capture.field
        open_choices = [choice.index for choice in self.view.choices if choice.enabled]
        if self.focused is not field:
            await self.action_choose(self.pane.menu.highlighted + 1)
        elif asked and asked.required and not field.value.strip():
            self.capture.refuse(f"À saisir d’abord : {asked.label}")
        elif len(open_choices) == 1:
            await self.action_choose(open_choices[0] + 1)
        else:
            self.set_focus(self.pane)

    @in_turn
    async def action_step_back(self) -> None:
        """Undo the last choice; the journal keeps both."""
        if self.view.outcome is None and self.view.can_go_back:
            await self._act(self.services.calls.back)

    @in_turn
    async def action_jump(self, where: str) -> None:
        """Go to a step that is one key away from anywhere."""
        if self._exit(where):
            jump = self.services.calls.jump
            await self._act(lambda call_id, seq: jump(call_id, seq, where))

    def _exit(self, where: str) -> bool:
        return self.view.outcome is None and any(way.where == where for way in self.view.exits)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is possible now is what the footer and the help show; nothing before all is in place."""
        view, closed = self.view, self.view.outcome is not None
        possible = True
        match action:
            case "choose":
                numbers = self.closed_choices if closed else [choice.index + 1 for choice in view.choices]
                possible = parameters[0] in numbers
            case "jump":
                possible = self._exit(str(parameters[0]))
            case "step_back":
                possible = not closed and view.can_go_back
            case "note" | "oppose" | "move":
                possible = not closed
            case "next_call":
                possible = closed and self.next_call is not None
            case "lift":
                possible = view.can_lift and self.services.may(Role.SUPERVISOR)
            case "hints":
                possible = bool(view.hints)
        return self.begun and possible

    def on_input_changed(self, event: Input.Changed) -> None:
        """Each key typed is saved."""
        if self.capture.asked is not None and event.input is self.capture.field:
            self.drafts.put(self.capture.asked.name, event.value)

    def on_clicked(self, event: Clicked) -> None:
        """The mouse chooses too."""
        self.put(partial(self.action_choose, event.index + 1))

    def action_move(self, by: int) -> None:
        """Highlight another choice."""
        self.pane.move(by)

    def action_turn(self, pages: int) -> None:
        """Scroll the speech."""
        self.pane.turn(pages)

    def action_leave_field(self) -> None:
        """To the choices; the text stays in its field."""
        self.set_focus(self.pane)

    def action_hints(self) -> None:
        """Show or hide the hints."""
        self.hints = not self.hints
        self._paint()

    @in_turn
    async def action_leave(self) -> None:
        """Leave at the preparation; afterwards, only by saying how the call ends."""
        view = self.view
        if view.outcome is not None:
            self.dismiss(view.client_id)
        elif view.can_abandon:
            await self.served(self.abandon, lambda _: self.dismiss(None))
        else:
            ways = [Answer(way.where, way.label) for way in view.exits]
            sentence = "Un appel commencé se termine par une issue."
            self.open(
                ChooseModal("Comment se termine cet appel ?", sentence, ways, stay="rester dans l’appel"),
                lambda where: self.put(partial(self.action_jump, where)) if where else None,
            )

    @in_turn
    async def action_next_call(self) -> None:
        """Straight on to the next client."""
        await self.action_choose(2)
