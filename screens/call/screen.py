"""The call: the script walker. Each act is a service in a thread; the step it gives is painted in place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual.containers import Vertical

from console.base.errors import ConflictError, HotlinerError, RefusedInputError
from console.base.french import THIN, plural
from console.base.roles import Role
from console.base.typed import draft, too_long
from console.base.vocabulary import Direction, DraftField
from console.calls.views import NOTE, REMARK, WHY_LIFTED, ChoiceView
from screens.call.capture import CaptureBox
from screens.call.facts import CallHeader, CallSide
from screens.call.key_queue import KeyQueue, in_turn
from screens.call.keys import CALL_KEYS, CALL_PURPOSE
from screens.call.number_box import NumberBox
from screens.call.step import StepPane
from screens.common.account import show_account
from screens.common.choose import Answer, ChooseModal
from screens.common.correct import correct
from screens.common.drafts import DraftWriter
from screens.common.finder import SearchModal
from screens.common.note import NoteModal
from screens.common.oppose import oppose
from screens.keys import DIGIT_ROW
from screens.kit.choices import Clicked
from screens.kit.keybar import KeyBar
from screens.kit.screen import SUPERVISORS_ONLY, Doors, ErrorModal, OpenCall, OpenClient, Page

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.events import Key
    from textual.widgets import Input

    from console.calls.correction import Corrected
    from console.calls.dialling import Dialled
    from console.calls.views import CallView, CaptureView, MomentRead
    from console.dashboard.views import NextCall
    from console.services import Services

RESUME, INTERRUPT, CALL_AGAIN = "resume", "interrupt", "again"
"""What becomes of a call left unfinished."""
SLOW_S = 0.4
"""After this long without an answer, the screen says that it is writing."""
SENT_S = 0.005
"""How long a painted frame is given to leave: the thread that sends it waits for this one to rest."""
LOOK_S = 0.5
"""How often the screen looks whether something waits for the base: nothing is asked of it for that."""
SURE = "Ce choix clôt l’appel : appuyez de nouveau pour le confirmer."
_CHOICE = "choice:"
"""Before a choice of the step, among the ways to end."""
BACK_HOME = ChoiceView(0, "Retour au tableau de bord")
"""The first choice once the call is closed."""


class CallScreen(Page[int | None], inherit_bindings=False):
    """One call, from its first step to what was written; gives back the client's id, None when abandoned."""

    holds_call: ClassVar[bool] = True
    CSS_PATH = Path(__file__).with_name("call.tcss")  # a screen of another room inherits it
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide"), (160, "-vast")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (28, "-high")]  # noqa: RUF012
    PURPOSE = CALL_PURPOSE
    BINDINGS = CALL_KEYS
    home: ClassVar[ChoiceView] = BACK_HOME

    def __init__(self, services: Services, view: CallView) -> None:
        super().__init__(services)
        self.view = view
        self.hints = True
        self.next_call: NextCall | None = None
        self.queue = KeyQueue(self)
        self._reopened = -1  # where the call stood when its outcome was taken back
        self._brought = (0, 0)  # a step of the call, and the number of the choice that brought it

    def compose(self) -> ComposeResult:
        yield CallHeader()
        with Vertical(id="column"):
            yield NumberBox()
            yield StepPane(self.queue)
            yield CaptureBox(self.queue)
        yield CallSide()
        yield KeyBar()

    def on_mount(self) -> None:
        self.header = self.query_one(CallHeader)
        self.pane = self.query_one(StepPane)
        self.capture = self.query_one(CaptureBox)
        self.number_box = self.query_one(NumberBox)
        self.side = self.query_one(CallSide)
        self.drafts = DraftWriter(self.app, partial(self.services.calls.draft, self.view.call_id))
        self.drafts.given.update({NOTE: self.view.note_draft, WHY_LIFTED: self.view.lift_draft})
        self.set_interval(LOOK_S, self._look)
        self.queue.begin()
        self.show_call(self.view)
        if self.view.unfinished:
            self.call_after_refresh(self._ask_unfinished)
        elif self.view.note_draft:
            self.call_after_refresh(self.action_note)

    def on_key(self, event: Key) -> None:
        """What no widget kept for itself."""
        self.queue.take(event)

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
            self.number_box.hide()
            self.capture.ask(None if view.outcome else view.capture)
            self._read_moment()
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
        self._look()
        await self.queue.painted()
        await asyncio.sleep(SENT_S)
        self._show_beside()

    def _refused(self, error: HotlinerError) -> None:
        """The call stays where it was, with the text typed."""
        self.pane.say("")
        self.queue.drop()
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
            self.view = view
            self.show_call(view)
            self.show_error(error)
        elif not isinstance(self.app.screen, ErrorModal):
            typed = self.capture.field.value.strip() if self.capture.asked else ""
            if typed:
                told = "Ce que vous aviez tapé attend dans une note (touche n)."
                self.serve(partial(self._keep_apart, typed), lambda _: self.tell(told))
            self.app.push_screen(ErrorModal(error), lambda _: self.dismiss(self.view.client_id))

    def _keep_apart(self, typed: str) -> None:
        """The call is another's: what was typed in it becomes a note begun about the client. In a thread."""
        calls, about = self.services.calls, (self.view.client_id, DraftField.NOTE, 0)
        begun = calls.words(*about)
        calls.keep_words(*about, typed if begun in typed else f"{begun} {typed}")

    @in_turn
    async def action_choose(self, number: int) -> None:
        """Take choice `number`, counted from 1, if the step has it."""
        view = self.view
        if view.outcome is not None:
            if not self.queue.early and number in self.closed_choices:
                self.leave_closed(number)
            return
        choice = next((choice for choice in view.choices if choice.index == number - 1), None)
        if choice is None:
            return
        if not choice.enabled:
            self.pane.say(f"Choix {number} indisponible : {choice.why_not}")
            return
        self.pane.menu.highlighted = choice.index  # a frame of its own would delay the next step's by a tick
        if choice.final and self.queue.early:
            self.pane.say("Ce choix clôt l’appel : appuyez de nouveau pour le confirmer.")
            await self.queue.painted()
            return
        if choice.rates and self._brought == (view.seq, number):
            self._brought = (0, 0)
            asked = f"{choice.label}, par la touche du oui"
            self.pane.say(f"{asked}{THIN}: appuyez de nouveau pour le confirmer.")
            await self.queue.painted()
            return
        typed = draft(self.capture.field.value) if self.capture.asked else ""
        choose = self.services.calls.choose
        await self._act(lambda call_id, seq: choose(call_id, seq, choice.index, typed))
        self._brought = (self.view.seq, number)
        if choice.dials and self.view.seq == view.seq + 1:
            self.dial()

    @in_turn
    async def action_confirm(self) -> None:
        """Take the highlighted choice; from the field, only when there is no other to consider."""
        asked, field = self.capture.asked, self.capture.field
        open_choices = [choice.index for choice in self.view.choices if choice.enabled]
        if self.focused is not field:
            if self._reopened == self.view.seq and any(
                choice.final and choice.index == self.pane.menu.highlighted for choice in self.view.choices
            ):  # Entrée would bring back, unseen, the outcome just taken back
                self._reopened = -1
                self.pane.say(SURE)
                return
            await self.action_choose(self.pane.menu.highlighted + 1)
        elif asked and asked.required and not field.value.strip():
            self.capture.refuse(f"À saisir d’abord : {asked.label}")
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

    def why_closed(self, action: str, parameters: tuple[object, ...]) -> str | None:
        """What a step of the script allows; nothing before all is in place."""
        view, over = self.view, self.view.outcome is not None
        if not self.queue.begun:
            return ""
        why: str | None = None
        match action:
            case "choose":
                numbers = self.closed_choices if over else [choice.index + 1 for choice in view.choices]
                why = None if parameters[0] in numbers else "Aucun choix ne porte ce chiffre ici."
            case "correct" if over and self.services.calls.waiting(view.call_id):
                why = "L’issue attend encore la base."
            case "correct" | "next_call" if not over:
                why = "L’appel n’est pas terminé."
            case "next_call" if self.next_call is None:
                why = "Aucun client suivant à appeler."
            case "jump" | "step_back" | "note" | "remark" | "oppose" | "consent" | "move" if over:
                why = "L’appel est terminé."
            case "consent" if not view.online:
                why = "Le client n’est pas en ligne. Donné autrement, son accord se note sur sa fiche."
            case "jump" if not self._exit(str(parameters[0])):
                why = "Pas à cette étape de l’appel."
            case "step_back" if not view.can_go_back:
                why = "Il n’y a pas d’étape avant celle-ci."
            case "lift" if not self.services.may(Role.SUPERVISOR):
                why = SUPERVISORS_ONLY
            case "lift" if not view.can_lift:
                why = "Aucun horaire à lever pour cet appel."
            case "hints" if not view.hints:
                why = "Aucun conseil à cette étape."
        return why

    def on_input_changed(self, event: Input.Changed) -> None:
        """Each key typed is saved."""
        if self.capture.asked is not None and event.input is self.capture.field:
            self.drafts.put(self.capture.asked.name, event.value)
            if wrong := too_long(event.value):
                self.capture.refuse(wrong)
            self._read_moment()

    def _read_moment(self) -> None:
        """Say below the field what a moment is taken for."""
        asked, typed = self.capture.asked, self.capture.field.value
        if asked is not None and asked.kind == "datetime":
            read = partial(self.services.calls.read_moment, self.view.call_id, typed)
            self.serve(read, partial(self._moment_read, asked), group="moment")

    def _moment_read(self, asked: CaptureView, read: MomentRead) -> None:
        if self.capture.asked is asked:
            self.capture.show_moment(read)
            self._paint_step()

    def on_clicked(self, event: Clicked) -> None:
        """The mouse chooses too."""
        self.queue.click(partial(self.action_choose, event.index + 1))

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
        elif view.can_abandon and not self._typed:
            await self.served(self.abandon, lambda _: self.dismiss(None))
        else:
            sentence = "Un appel commencé se termine par une issue."
            self.open(
                ChooseModal(
                    "Comment se termine cet appel ?", sentence, self.endings(), stay="rester dans l’appel"
                ),
                lambda where: self.queue.put(partial(self.end_by, where)) if where else None,
            )

    @property
    def _typed(self) -> bool:
        """Whether the field holds more than what it was given."""
        asked = self.capture.asked
        return asked is not None and self.capture.field.value.strip() not in {"", asked.draft.strip()}

    @property
    def _filled(self) -> bool:
        """Whether the field, if there is one, holds what a choice asks for."""
        asked = self.capture.asked
        return asked is None or not asked.required or bool(self.capture.field.value.strip())

    def endings(self) -> list[Answer]:
        """Every way to end that is open now: those of the step, then those a key away from anywhere."""
        here = [
            Answer(f"{_CHOICE}{one.index + 1}", one.label)
            for one in self.view.choices
            if one.ends and one.enabled and self._filled
        ]
        away = [Answer(one.where, one.label) for one in self.view.exits]
        return [*here, *away][: len(DIGIT_ROW)]

    async def end_by(self, where: str) -> None:
        """Take one of them."""
        if where.startswith(_CHOICE):
            await self.action_choose(int(where.removeprefix(_CHOICE)))
        else:
            await self.action_jump(where)

    @in_turn
    async def action_next_call(self) -> None:
        """Straight on to the next client."""
        await self.action_choose(2)

    # What the base does not take is kept on this machine, and the call goes on

    def _look(self) -> None:
        """Say what waits for the base, and what has become of what waited."""
        calls, call_id = self.services.calls, self.view.call_id
        waits = calls.waiting(call_id)
        told = (
            f"Gardé ici, en attente de la base{THIN}: {plural(waits, 'acte')} de cet appel" if waits else ""
        )
        if told != self.header.waits:
            self.header.keep(told)
            self.refresh_bindings()
        for one in calls.arrived(call_id):
            if one.otherwise:
                self.queue.drop()
                error = ConflictError("La base répond de nouveau, et dit autrement.", one.words)
                look = partial(self.serve, calls.resume, partial(self._moved, error))
                self.once_at_rest(look, f"{error.happened} À lire dès que la saisie est finie.")
            elif self.view.outcome is not None and one.summary:
                self.view = replace(self.view, summary=one.summary)
                self._paint()
                self.propose()

    # Dialling: the call never waits for it

    def dial(self) -> None:
        """Dial, and say on the step that rings what became of it."""
        call_id, seq = self.view.call_id, self.view.seq
        self.serve(lambda: self.services.dialling.dial(call_id), partial(self._dialled, seq))

    def _dialled(self, seq: int, dialled: Dialled) -> None:
        if self.view.seq == seq and self.view.outcome is None:
            if dialled.number and not dialled.done:
                self.app.copy_to_clipboard(dialled.number)
            self.number_box.show(dialled)
        elif dialled.failed:
            self.tell(dialled.sentence, warning=True)

    # A call left unfinished says so first

    def _ask_unfinished(self) -> None:
        view = self.view
        resume = Answer(RESUME, "Reprendre l’appel où il en était")
        closed = not view.cannot_interrupt, view.cannot_interrupt
        close = Answer(INTERRUPT, "Clore comme interrompu", *closed)
        again = Answer(CALL_AGAIN, "Rappeler\u202f: cet appel se clôt, un autre commence", *closed)
        answers = [again, close, resume] if view.left_by else [resume, close]
        title = f"Appel inachevé{THIN}: {view.name}"
        self.open(
            ChooseModal(title, view.unfinished, answers, stay="reprendre l’appel"), self._unfinished_answered
        )

    def _unfinished_answered(self, answer: str | None) -> None:
        if answer in {INTERRUPT, CALL_AGAIN}:
            call_id, client_id = self.view.call_id, self.view.client_id

            def closed(_: object) -> None:
                app = self.app
                self.dismiss(None)
                if answer == CALL_AGAIN:
                    app.post_message(OpenCall(client_id, Direction.OUTBOUND))

            self.serve(lambda: self.services.calls.interrupt(call_id), closed)
        elif self.view.note_draft:
            self.action_note()

    # Once it is over, its outcome may be corrected

    def action_correct(self) -> None:
        """Take the outcome back: the call goes on where it had ended."""
        correct(self, self.services, self.view.client_id, self.view.name, self._corrected)

    def _corrected(self, corrected: Corrected) -> None:
        if corrected.reopened:
            self.serve(self.services.calls.resume, self._reopen, opens=True)
        else:
            self.dismiss(self.view.client_id)

    def _reopen(self, view: CallView | None) -> None:
        """The step has to be read first: what was typed on the closed call is forgotten."""
        cast("Doors", self.app).typed_ahead.forget()
        if view is not None:
            self.show_call(view)
            self._reopened = view.seq
            self.pane.say("L’appel est rouvert à cette étape, sans issue : choisissez comment il se termine.")

    # Beside the script, which stays at its step

    def action_file(self) -> None:
        """The client's file, above the call."""
        self.post_message(OpenClient(self.view.client_id))

    def action_search(self) -> None:
        """Look for a client and read their file, above the call."""

        def show(client_id: int | None) -> None:
            if client_id is not None:
                self.post_message(OpenClient(client_id))

        self.open(SearchModal(self.services, "Chercher un client"), show)

    def action_account(self) -> None:
        """The account as the client sees it, above the call."""
        show_account(self, self.services, self.view.client_id)

    def action_note(self) -> None:
        """Write a note, from what was typed so far."""
        call_id = self.view.call_id
        self.open(
            NoteModal(
                self.view.name,
                self.drafts.given.get(NOTE, ""),
                save=partial(self.services.calls.note, call_id),
                drafts=self.drafts,
                field=NOTE,
                advise=self.services.clients.note_advice,
                signals=self.services.clients.signals_in,
            ),
            self._noted,
        )

    def action_remark(self) -> None:
        """Say to the supervisor that the passage on screen does not do."""
        remark, title = (
            partial(self.services.calls.remark, self.view.call_id),
            "Ce passage ne va pas : pourquoi ?",
        )
        typed = self.drafts.given.get(REMARK, "")
        self.open(
            NoteModal(self.view.title, typed, save=remark, drafts=self.drafts, field=REMARK, title=title),
            self._noted,
        )

    def action_lift(self) -> None:
        """A supervisor writes why this call may be made outside the hours."""
        lift = partial(self.services.calls.lift_hours, self.view.call_id)
        title = "Pourquoi appeler hors des heures ? C’est écrit au journal"
        typed = self.drafts.given.get(WHY_LIFTED, "")
        self.open(
            NoteModal(self.view.name, typed, save=lift, drafts=self.drafts, field=WHY_LIFTED, title=title),
            lambda view: self.show_call(cast("CallView", view)) if view is not None else None,
        )

    def _noted(self, answer: object) -> None:
        if answer is not None:
            self.show_call(cast("CallView", answer))

    def action_oppose(self) -> None:
        """Record that the client wants no more calls, e-mails or SMS."""
        resume = self.services.calls.resume
        seen = partial(self.serve, resume, lambda view: self.show_call(view) if view else None)
        oppose(self, self.services.clients, self.view.client_id, self.view.call_id, then=seen)

    def action_consent(self) -> None:
        """Record that the client agrees to be called after the expiry."""
        clients, view = self.services.clients, self.view

        def noted(news: bool) -> None:
            self.tell("Noté : accepte les appels après l’échéance." if news else "Son accord est déjà noté.")
            self.serve(self.services.calls.resume, lambda view: self.show_call(view) if view else None)

        self.serve(lambda: clients.consent(view.client_id, view.call_id), noted)

    # Once it is over: back to the dashboard, or on to the next client; nobody is called unasked

    def propose(self) -> None:
        """Look for the next client; without an answer there is only the way back."""
        but = self.view.client_id
        self.serve(
            lambda: self.services.dashboard.next_call(but),
            self._proposed,
            failed=lambda _: None,
            group="next call",
        )

    def _proposed(self, found: NextCall) -> None:
        if found.client_id is not None:
            self.next_call = found
            self.pane.menu.show([self.home, ChoiceView(1, found.words)], 0)
        self.pane.say("" if found.client_id is not None else found.words)
        self.refresh_bindings()

    @property
    def closed_choices(self) -> list[int]:
        """The numbers that can be pressed once the call is closed."""
        return [1, 2] if self.next_call else [1]

    def leave_closed(self, number: int) -> None:
        """Take a choice of the closed call."""
        following = self.next_call if number == 2 else None
        app = self.app
        self.dismiss(self.view.client_id)
        if following is not None and following.client_id is not None:
            app.post_message(OpenCall(following.client_id, Direction.OUTBOUND))

    def abandon(self) -> None:
        """Leave the preparation; a note begun there is kept for the client. To be run in a thread."""
        note = self.drafts.given.get(NOTE, "")
        if note.strip():
            self.services.calls.keep_words(self.view.client_id, DraftField.NOTE, 0, note)
        self.services.calls.abandon(self.view.call_id)
