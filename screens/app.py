"""The application: themes, the console's own keys, and which screen opens when one is asked for."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual._context import active_message_pump
from textual.await_complete import AwaitComplete
from textual.events import InputEvent
from textual.widget import Widget

from console.base.errors import JustSpokenError
from console.base.french import plural
from console.base.roles import Role
from screens.common.drafts import drafts_settled, drafts_tried, unwritten
from screens.dashboard.screen import DashboardScreen
from screens.keys import french_key, key
from screens.kit.driver import lasting
from screens.kit.keybar import KeyBar
from screens.kit.screen import Acts, ErrorModal, Filled, OpenCall, shown
from screens.kit.threads import Threads
from screens.kit.typed_ahead import QUIT_KEY, InTurn
from screens.recovery import Recovery
from screens.session.attendance import Attendance
from screens.session.session import Session
from screens.themes import DAY, NIGHT, THEMES

if TYPE_CHECKING:
    from textual.binding import Binding, BindingType
    from textual.driver import Driver
    from textual.events import Event
    from textual.message import Message
    from textual.screen import Screen

    from console.base.errors import HotlinerError
    from console.base.vocabulary import Direction
    from console.calls.service import CallService
    from console.calls.views import CallView
    from console.services import Services
    from screens.kit.screen import (
        OpenCallbacks,
        OpenChecklist,
        OpenClient,
        OpenEscalations,
        OpenFigures,
        OpenFloor,
        OpenOutbox,
        OpenPresence,
        OpenRefusals,
        OpenRows,
        OpenTodo,
        OpenTraining,
    )

_log = logging.getLogger("hotliner.screens")

LEAVING_SECONDS = 1.0
"""How long leaving waits for what is typed to be written, or kept on this machine."""
KEPT_SECONDS = 1.0
"""How often the console looks whether something waits for the base: nothing is asked of it for that."""
KEPT_MARK = "gardé ici, en attente de la base"
"""What every screen says then."""
DATE_SECONDS = 5.0
"""How often the clock of a console that stays open is looked at."""
TOLD_SECONDS = 60
"""How long what an upgrade has changed stays on the screen."""
RESUME_SECONDS = 0.5
"""How often a call to resume looks whether the dashboard is alone again."""
_HANGUP = 1
"""The number of SIGHUP, which not every system has."""
_UNEXPECTED = (
    "La console s’est arrêtée sur une erreur inattendue.\n"
    "Tout ce qui était enregistré l’est toujours, et un appel en cours reprendra où il en était.\n"
    "Relancez la console ; si l’erreur revient, transmettez le journal au support."
)


def _told(lost: list[str], acts: int, texts: int) -> str | None:
    """The words that could not be written, for whoever typed them to keep; what is kept on this machine."""
    lines = ["Saisie non enregistrée, à reprendre :", *map(shown, lost)] if lost else []
    if acts:
        kept = plural(acts, "acte d’appel gardé", "actes d’appel gardés")
        lines.append(f"{kept} ici, en attente de la base.")
    if texts:
        kept = plural(texts, "texte en cours gardé", "textes en cours gardés")
        lines.append(f"{kept} ici, en attente de la base.")
    if acts or texts:
        lines.append("La prochaine ouverture de la console sur ce poste les enregistre.")
    return "\n".join(lines) or None


def _collect() -> None:
    """Collect garbage from now on, sparing what the start made."""
    gc.freeze()
    gc.enable()


class HotlinerApp(InTurn[str], inherit_bindings=False):
    """The console. Exits with the result « demo » when the welcome screen is asked for the demo."""

    TITLE = "hotliner"
    CSS_PATH = "dashboard/dashboard.tcss"  # the first screen is not pushed, so its own path would not be read
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        key("quitter.partout", QUIT_KEY, "quit", "Quitter", "Quitter la console", show=False, priority=True),
        key("interrompre", "ctrl+c", "hint_quit", "Quitter ?", "Comment quitter", show=False),
    ]

    def __init__(
        self,
        services: Services,
        *,
        keymap: Mapping[str, str] | None = None,
        theme: str = "",
        lock_minutes: int = 0,
        tour: bool = False,
        opened: Callable[[], list[str]] | None = None,
        mark: str = "",
        doubt: str = "",
        sure: Callable[[], object] = lambda: None,
        doubted: Callable[[], str] | None = None,
    ) -> None:
        """tour: show around whoever has not been yet.

        opened: called once the console is whole, with what may then begin beside it; gives what to tell.
        mark: what the footer of every screen says of the base.
        doubt: why the clock is doubted; nothing is read before the date was said to be right, `sure`.
        doubted: why it is doubted by now; asked again and again while the console stays open.
        """
        gc.disable()  # until the console is whole
        super().__init__()
        self.services = services
        for one in THEMES:
            self.register_theme(one)
        self.theme = theme if theme in {one.name for one in THEMES} else NIGHT
        self.set_keymap(dict(keymap or {}))
        self._recovery = Recovery(self, self.start_over)
        self._tour = tour
        self._warned = False
        self._told_of_call = self._told_of_doubt = False
        self._opened = opened
        self._beginning = False
        self._calls: CallService | None = None  # once its module is there, without which nothing is kept
        self._mark = self.mark = mark
        self._doubt = doubt
        self._sure = sure
        self._doubted = doubted
        self._begun = not doubt
        self.session = Session(self, lock_minutes)
        self.attendance = Attendance(self, lambda: self.session.touched_at)

    def get_default_screen(self) -> Screen[Any]:
        return self._dashboard()

    def _dashboard(self) -> DashboardScreen:
        return DashboardScreen(self.services, waits=bool(self._doubt))

    def leave_all(self, then: Callable[[], object]) -> None:
        """Leave every screen but the dashboard, and what it was reading, then `then`; an open call stays
        in the database."""

        async def leave() -> None:
            self.workers.cancel_node(self.home)
            self._beginning = False
            self.home.forget()
            while len(self.screen_stack) > 1:
                await self.pop_screen()
            then()

        self.run_worker(leave(), exit_on_error=False)

    def start_over(self) -> None:
        """Put a new dashboard in the place of every screen; the console stays locked where it was."""
        self.typed_ahead.begin_anew()
        locked, former = self.session.unlock_for_new_screens(), list(self.screen_stack)
        self.push_screen(self._dashboard())
        for screen in former:
            self._screen_stack.remove(screen)
            self.call_later(self._replace_screen, screen)
        if locked:
            self.session.lock_again()
        elif self._doubt:
            self._ask_date()

    async def on_event(self, event: Event) -> None:
        if isinstance(event, InputEvent):
            self.session.touched()
        await super().on_event(event)

    def push_screen(self, screen: Any, *args: Any, **options: Any) -> Any:
        """Put a screen on top; once the console is unlocked where it is locked."""
        if self.session.postponed(partial(self.push_screen, screen, *args, **options)):
            return AwaitComplete.nothing()  # type: ignore[no-untyped-call]
        return super().push_screen(screen, *args, **options)

    def notify(self, message: str, **options: Any) -> None:
        """Tell something in passing; once the console is unlocked where it is locked."""
        if not self.session.postponed(partial(self.notify, message, **options)):
            super().notify(message, **options)

    async def _dispatch_message(self, message: Message) -> None:
        """Whatever a message leads to, the application goes on listening."""
        try:
            await super()._dispatch_message(message)
        except Exception as error:
            self._handle_exception(error)

    def _handle_exception(self, error: Exception) -> None:
        if self._in_what_has_left():
            _log.info("in what has left the screen", exc_info=error)
        elif not self._recovery.handles(error):
            super()._handle_exception(error)

    def _in_what_has_left(self) -> bool:
        """Whether what is being done is for a widget that is no longer there."""
        doing = active_message_pump.get(self)
        if not isinstance(doing, Widget):
            return False
        return doing._pruning or not any(one in self.screen_stack for one in doing.ancestors_with_self)

    def get_driver_class(self) -> type[Driver]:
        """The platform's driver, which survives a closed window and bytes that are not UTF-8."""
        return lasting(super().get_driver_class())

    def get_key_display(self, binding: Binding) -> str:
        return binding.key_display or french_key(binding.key)

    def on_load(self) -> None:
        asyncio.get_running_loop().set_default_executor(Threads())

    def on_mount(self) -> None:
        if self._doubt:
            self._ask_date()
        else:
            self.session.start()
        self.set_interval(DATE_SECONDS, self._check_date)
        self.set_interval(KEPT_SECONDS, self._look_at_kept)
        loop = asyncio.get_running_loop()
        if sys.platform != "win32":
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
                loop.add_signal_handler(number, self._stop_on, number)

    def _check_date(self) -> None:
        if self._doubted is not None and not self._doubt:
            self.home.serve(self._doubted, self._date_checked, failed=lambda _: None, group="date")

    def _date_checked(self, doubt: str) -> None:
        if not doubt or self._doubt:
            return
        if self.top.at_rest:
            self._doubt, self._told_of_doubt = doubt, False
            self._ask_date()
        elif not self._told_of_doubt:
            self._told_of_doubt = True
            self.top.tell("La date de ce poste est à confirmer, dès que vous aurez fini ici.", warning=True)

    def _ask_date(self) -> None:
        from screens.session.date import DateModal

        self.push_screen(DateModal(self._doubt, by_itself=self._begun), self._date_answered)

    def _date_answered(self, goes_on: bool | None) -> None:
        if goes_on:
            self.home.serve(self._sure, self._begin_at_date, failed=self._date_not_kept)
        else:
            self.run_worker(self._leave(0), exit_on_error=False)

    def _begin_at_date(self, _: object) -> None:
        self._doubt = ""
        if self._begun:
            self.home.reload()
            return
        self._begun = True
        self.session.start()
        if not self.services.closed:
            self.home.begin()

    def _date_not_kept(self, error: HotlinerError) -> None:
        self.push_screen(ErrorModal(error), lambda _: self._ask_date())

    def repaint(self) -> None:
        """Paint all again: the terminal may have lost some of it."""
        self.screen.refresh(layout=True)

    def terminal_gone(self) -> None:
        """Leave: nobody can read nor type any more, whatever became of the signal that says so."""
        self._stop_on(_HANGUP)

    def _stop_on(self, number: int) -> None:
        """Give the terminal back and leave, once what was being typed is written, or could not soon be."""
        self.run_worker(self._leave(128 + number), exit_on_error=False)

    async def _leave(self, code: int, seconds: float = LEAVING_SECONDS, why: str = "") -> None:
        with suppress(TimeoutError):
            standing_up = asyncio.to_thread(self.stood_up)
            await asyncio.wait_for(asyncio.gather(drafts_settled(self), standing_up), timeout=seconds)
        texts = self._calls.waiting_words() if self._calls is not None else 0
        acts = self._calls.waiting() - texts if self._calls is not None else 0
        told = _told(unwritten(self), acts, texts) or ""
        self.exit(return_code=code, message="\n".join(part for part in (why, told) if part) or None)

    def stood_up(self) -> None:
        """The agent is not at this console any more; to be called from a thread."""
        self.attendance.leave()

    def leave_for(self, message: str) -> None:
        """Leave for what `message` tells, once the terminal is given back."""
        self.run_worker(self._leave(0, why=message), exit_on_error=False)

    async def action_quit(self) -> None:
        """Leave; what is typed and not written is said first, and leaves only when asked again."""
        if unwritten(self) and not self._warned:
            with suppress(TimeoutError):
                await asyncio.wait_for(drafts_tried(self), timeout=LEAVING_SECONDS)
        if unwritten(self) and not self._warned:
            self._warned = True
            self.notify(
                "Votre saisie n’est pas encore enregistrée : elle le sera dès que la base répondra. "
                "Ctrl+Q encore : quitter quand même.",
                severity="warning",
                markup=False,
            )
            return
        await self._leave(0, LEAVING_SECONDS / 5 if self._warned else LEAVING_SECONDS)

    def _fatal_error(self) -> None:
        self._return_code = 3  # could not be done, nothing lost
        _log.critical("the console stopped", exc_info=self._exception)
        self._exit_renderables.append(_UNEXPECTED)
        self._close_messages_no_wait()

    def action_hint_quit(self) -> None:
        self.notify("Pour quitter : q, ou Ctrl+Q.", markup=False)

    def commands(self) -> list[tuple[str, Callable[[], object]]]:
        """What the palette offers on every screen beside the screen's own keys."""
        other, label = (DAY, "clair") if self.theme == NIGHT else (NIGHT, "sombre")
        supervises = self.services.may(Role.SUPERVISOR)
        return [
            ("Visite guidée", self.show_tour),
            ("Mon prénom, tel que les clients l’entendent", self.show_first_name),
            *([("Ma présence", self.attendance.ask)] if self.attendance.here else []),
            *([("Aperçu des messages et des étapes", self.show_previews)] if supervises else []),
            (f"Thème {label}", lambda: setattr(self, "theme", other)),
            *self.session.commands(),
        ]

    # Where one goes: a screen asks by a message, and is imported when it is first asked for

    @property
    def top(self) -> Acts:
        """The screen in view."""
        return cast("Acts", self.screen)

    @property
    def home(self) -> DashboardScreen:
        """The dashboard, which is never left: what it asked for is always answered."""
        return cast("DashboardScreen", self.screen_stack[0])

    def on_open_client(self, message: OpenClient) -> None:
        from screens.clients.file import ClientFileScreen

        self.top.open(ClientFileScreen(self.services, message.client_id))

    def on_open_rows(self, message: OpenRows) -> None:
        from screens.dashboard.case_list import CaseListScreen

        self.top.open(CaseListScreen(self.services, message.figure, message.campaign))

    def on_open_refusals(self, message: OpenRefusals) -> None:
        if message.record_id is not None:
            from screens.records.file import RefusalFileScreen

            self.top.open(RefusalFileScreen(self.services, message.record_id))
            return
        from screens.records.journal import RefusalsScreen

        self.top.open(RefusalsScreen(self.services, message.campaign, message.filters))

    def on_open_callbacks(self, _message: OpenCallbacks) -> None:
        from screens.supervision.callbacks import CallbacksScreen

        self.show_once(CallbacksScreen, lambda: CallbacksScreen(self.services))

    def on_open_escalations(self, _message: OpenEscalations) -> None:
        from screens.supervision.escalations import EscalationsScreen

        self.show_once(EscalationsScreen, lambda: EscalationsScreen(self.services))

    def on_open_floor(self, _message: OpenFloor) -> None:
        from screens.supervision.floor import FloorScreen

        self.show_once(FloorScreen, lambda: FloorScreen(self.services))

    def on_open_presence(self, _message: OpenPresence) -> None:
        self.attendance.ask()

    def on_open_todo(self, _message: OpenTodo) -> None:
        from screens.supervision.todo import TodoScreen

        self.show_once(TodoScreen, lambda: TodoScreen(self.services))

    def show_once(self, kind: type[Screen[Any]], make: Callable[[], Screen[Any]]) -> None:
        """Put such a screen on top, unless one is already open somewhere."""
        if not any(isinstance(one, kind) for one in self.screen_stack):
            self.top.open(make())

    def on_open_checklist(self, message: OpenChecklist) -> None:
        from screens.clients.checklist import ChecklistScreen

        self.top.open(ChecklistScreen(self.services, message.client_id))

    def on_open_figures(self, message: OpenFigures) -> None:
        from screens.figures.screen import KpiScreen

        self.top.open(KpiScreen(self.services, message.campaign))

    def on_open_training(self, _message: OpenTraining) -> None:
        from screens.training.screen import TrainingScreen

        self.top.open(TrainingScreen(self.services))

    def on_open_outbox(self, _message: OpenOutbox) -> None:
        from screens.outbox.screen import OutboxScreen

        self.show_once(OutboxScreen, lambda: OutboxScreen(self.services))

    def offer_tour(self) -> None:
        """Show around whoever has not been yet, unless they are at something by then."""

        def due() -> bool:
            return self.services.training.tour_due()  # imported in the thread

        def offer(due: bool) -> None:
            if due and not self._beginning and len(self.screen_stack) == 1:
                self.show_tour()
            elif not due:
                self.offer_first_name()

        self.top.serve(due, offer, failed=lambda _: None)

    def show_tour(self) -> None:
        """Show around; once left, the tour does not come by itself again."""
        from screens.training.tour import TourModal

        def left(_: object) -> None:
            self.top.serve(
                self.services.training.tour_seen, lambda _: self.offer_first_name(), failed=lambda _: None
            )

        self.top.open(TourModal(), left)

    def offer_first_name(self) -> None:
        """Ask it of whoever is only known by the computer's login: clients must not hear that."""

        def offer(asked: bool) -> None:
            if asked and not self._beginning and len(self.screen_stack) == 1:
                self.show_first_name()

        self.top.serve(self.services.first_names.to_ask, offer, failed=lambda _: None)

    def show_previews(self) -> None:
        """Show the content in force as each kind of client reads it."""
        from screens.supervision.previews import PreviewsScreen

        self.top.open(PreviewsScreen(self.services))

    def show_first_name(self) -> None:
        """Say by which first name clients will hear the agent."""
        from screens.session.first_name import FirstNameModal

        def kept(name: str | None) -> None:
            if name:
                self.top.tell(f"Les clients vous entendront dire : {name}.")

        known = self.services.first_names.known
        self.top.serve(
            known, lambda name: self.top.open(FirstNameModal(self.services, name), kept), opens=True
        )

    def show_help(self, screen: Acts) -> None:
        """Say what a screen is for, and every key of it."""
        from screens.common.help import HelpModal

        screen.open(HelpModal(screen))

    def show_palette(self, screen: Acts) -> None:
        """Offer a screen's commands by name."""
        from screens.common.palette import Palette

        def run(command: Callable[[], object] | None) -> None:
            if command is not None:
                screen.call_later(command)

        screen.open(Palette(screen), run)

    # How the day begins, and calls

    def on_filled(self, message: Filled) -> None:
        self.attendance.arrive(partial(self._go_on, message))

    def _go_on(self, message: Filled) -> None:
        if message.empty:
            _collect()
            from screens.dashboard.welcome import WelcomeScreen

            self.top.open(WelcomeScreen(self.services), lambda _: self._resume())
        else:
            self.call_after_refresh(self._resume)  # the dashboard first: what a call needs is long to import

    def _resume(self) -> None:
        def resume() -> CallView | None:
            # In the thread, so that nothing is left to import when keys ask for it.
            try:
                import screens.call.screen  # noqa: F401

                self._calls = self.services.calls
                return self._calls.resume()
            finally:
                _collect()
                if self._opened is not None and (told := self._opened()):
                    self.call_from_thread(self.notify, "\n".join(told), timeout=TOLD_SECONDS, markup=False)

        self.home.serve(resume, self._resumed, group="resume")

    def _resumed(self, view: CallView | None) -> None:
        if view is not None and len(self.screen_stack) > 1:
            # Somebody writes or reads by now: nothing opens above, the call is asked for again later.
            if not self._told_of_call:
                self._told_of_call = True
                self.top.tell(f"Un appel est à reprendre ({view.name}) : il s’ouvrira au tableau de bord.")
            self.set_timer(RESUME_SECONDS, self._resume)
        elif view is not None:
            self._enter_call(view)
        elif self._tour:
            self.offer_tour()

    def _look_at_kept(self) -> None:
        """Say what waits for the base, and what has become of it; a call that is on says so itself."""
        if self._calls is None or self.services.closed:
            return
        waits = self._calls.waiting() and not self.calling
        if (mark := KEPT_MARK if waits else self._mark) != self.mark:
            self.mark = mark
            for screen in self.screen_stack:
                screen.query(KeyBar).refresh()
        for one in [] if self.calling else self._calls.arrived():
            self.top.tell(one.words, warning=one.otherwise)
            self.home.reload()
            if one.otherwise:
                self._resume()

    @property
    def far(self) -> bool:
        """Whether the base is a server's."""
        return self.services.far

    def on_open_call(self, message: OpenCall) -> None:
        client_id = message.client_id
        if client_id is None:
            from screens.common.finder import SearchModal

            def begin(found: int | None) -> None:
                if found is not None:
                    self.post_message(OpenCall(found, message.direction))

            asked = SearchModal(self.services, "Qui appelle ?", message.proposed, "prendre son appel")
            self.top.open(asked, begin)
        elif not self._beginning:
            self._begin(client_id, message.direction)

    def _begin(self, client_id: int, direction: Direction, *, sure: bool = False) -> None:
        def refused(error: HotlinerError) -> None:
            self._beginning = False
            if not isinstance(error, JustSpokenError):
                self.top.show_error(error)
                return
            from screens.common.choose import Answer, ChooseModal

            answers = [Answer("call", "L’appeler quand même")]
            asked = ChooseModal("Appeler ce client\u202f?", error.happened, answers, stay="ne pas l’appeler")

            def answered(said: str | None) -> None:
                if said:
                    self._begin(client_id, direction, sure=True)

            self.top.open(asked, answered)

        self._beginning = True
        self.home.serve(
            lambda: self.services.calls.begin(client_id, direction, sure=sure),
            self._enter_call,
            failed=refused,
            opens=True,
        )

    @property
    def calling(self) -> bool:
        """Whether a real call is open."""
        return any(isinstance(one, Acts) and one.holds_call for one in self.screen_stack)

    def _enter_call(self, view: CallView) -> None:
        self._beginning = False
        if not self.calling:
            from screens.call.screen import CallScreen

            self.top.open(CallScreen(self.services, view))
