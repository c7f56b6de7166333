"""What every screen shares: common keys, a way out taken once only, services run off the event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from threading import Thread
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar, cast

from textual.actions import parse
from textual.await_complete import AwaitComplete
from textual.content import Content
from textual.errors import NoWidget
from textual.events import Event, Key, MouseEvent, Paste
from textual.message import Message
from textual.screen import ModalScreen, Screen, ScreenResultType
from textual.widgets import Input, Static

from console.base.errors import HotlinerError
from console.base.stop import Stop
from console.base.text import clean
from screens.keys import key
from screens.kit.compositor import NearCompositor

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.worker import Worker

    from console.base.vocabulary import Direction, Figure
    from console.cases.views import Campaign, CaseRow
    from console.records.filters import Filters
    from console.services import Services
    from screens.kit.typed_ahead import TypedAhead

    _Host = Screen[Any]
else:
    _Host = object

T = TypeVar("T")

_log = logging.getLogger("hotliner.screens")

REST_SECONDS = 0.5
"""How often what waits for a screen that is in use looks whether it still is."""

MOVES: list[BindingType] = [
    key("champ.suivant", "tab", "app.focus_next", "Zone suivante", show=False),
    key("champ.precedent", "shift+tab", "app.focus_previous", "Zone précédente", show=False),
    key("copier", "ctrl+c", "screen.copy_text", "Copier", "Copier le texte sélectionné", show=False),
]
HELP: BindingType = key(
    "aide", "question_mark,f1", "help", "Aide", "À quoi sert cet écran, et toutes ses touches"
)
SUPERVISORS_ONLY = "Réservé au superviseur."
"""Why a supervisor's key is closed to others."""
NOT_READ_YET = "La fiche n’est pas encore lue."
"""Why what is done with a file is closed while it is being read."""
COMMON: list[BindingType] = [
    *MOVES,
    HELP,
    key("palette", "ctrl+p", "palette", "Commandes", "Chercher une commande par son nom", show=False),
]
BACK: BindingType = key("retour", "escape,backspace", "back", "Retour", "Revenir à l’écran précédent")


@lru_cache(4096)
def shown(text: str) -> str:
    """Text from outside as it may reach the terminal: one line, no escape, no change of direction."""
    return clean(text, limit=5_000)


def plain(text: str, style: str = "") -> Content:
    """Text as content that is never read as markup; `style` may name theme variables."""
    return Content.styled(text, style) if style else Content(text)


class OpenClient(Message):
    """Asks for a client's file."""

    def __init__(self, client_id: int) -> None:
        super().__init__()
        self.client_id = client_id


class OpenCall(Message):
    """Asks to begin a call; with no client, it first asks who is on the line: `proposed`, perhaps."""

    def __init__(self, client_id: int | None, direction: Direction, proposed: CaseRow | None = None) -> None:
        super().__init__()
        self.proposed = proposed
        self.client_id = client_id
        self.direction = direction


class OpenRows(Message):
    """Asks for the list of cases behind a figure of a campaign."""

    def __init__(self, figure: Figure, campaign: Campaign) -> None:
        super().__init__()
        self.figure = figure
        self.campaign = campaign


class OpenRefusals(Message):
    """Asks for the refusals of a campaign, or every one; with `record_id`, for that record only; with
    `filters`, for those that answer to them."""

    def __init__(
        self,
        campaign: Campaign | None = None,
        record_id: int | None = None,
        filters: Filters | None = None,
    ) -> None:
        super().__init__()
        self.campaign = campaign
        self.record_id = record_id
        self.filters = filters


class OpenCallbacks(Message):
    """Asks for the promised callbacks."""


class OpenEscalations(Message):
    """Asks for a supervisor's desk."""


class OpenTodo(Message):
    """Asks for what is to be taken up again."""


class OpenFloor(Message):
    """Asks for who is at work now."""


class OpenPresence(Message):
    """Asks the agent what they are at."""


class OpenChecklist(Message):
    """Asks for a client's checklist."""

    def __init__(self, client_id: int) -> None:
        super().__init__()
        self.client_id = client_id


class OpenFigures(Message):
    """Asks for the KPIs of a campaign, or of the present one."""

    def __init__(self, campaign: Campaign | None) -> None:
        super().__init__()
        self.campaign = campaign


class OpenTraining(Message):
    """Asks for the quiz and the call simulator."""


class OpenOutbox(Message):
    """Asks for the messages: waiting, sent, failed."""


class Filled(Message):
    """The dashboard is filled for the first time; `empty` when the database has no client at all."""

    def __init__(self, *, empty: bool) -> None:
        super().__init__()
        self.empty = empty


class Doors(Protocol):
    """What the application opens above any screen."""

    @property
    def typed_ahead(self) -> TypedAhead: ...

    def show_help(self, screen: Acts) -> None: ...

    def show_palette(self, screen: Acts) -> None: ...


class Acts(_Host):
    """Behaviour common to screens and modals."""

    PURPOSE: ClassVar[str] = ""
    """The first lines of the help: what this screen is for, then what one most likely wants to press now.

    « {appel} » stands for the key of the binding that has this id.
    """
    holds_call: ClassVar[bool] = False
    """Whether a call is open here: nobody begins another one above it."""
    _left = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._compositor = NearCompositor()

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """Leave with `result`, once: later calls, and calls while another screen is on top, do nothing."""
        if self._left or self.app.screen is not self:
            return AwaitComplete.nothing()  # type: ignore[no-untyped-call, no-any-return]
        self._left = True
        return super().dismiss(result)

    async def _dispatch_message(self, message: Message) -> None:
        """Do what a message asks; one for a screen that has left, composed or not, is for nobody."""
        try:
            await super()._dispatch_message(message)
        except Exception:
            if self.in_place and not self._pruning:
                raise
            _log.info("%s has left before its %s", self, type(message).__name__, exc_info=True)

    def call_after_refresh(self, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
        """Call this once painted, unless this screen has left by then: another one would make the call."""
        return super().call_after_refresh(self._unless_left, partial(callback, *args, **kwargs))

    def _unless_left(self, callback: Callable[[], Any]) -> Any:
        return callback() if self.in_place else None

    def _forward_event(self, event: Event) -> None:
        """Give an event to whom it is for; one for what has just left the screen is for nobody."""
        if isinstance(event, MouseEvent):
            try:
                under, _ = self.get_widget_at(event.x, event.y)
            except NoWidget:
                return
            if not (self.is_attached and under.is_attached and not under._pruning):
                return
        super()._forward_event(event)

    def open(self, screen: Screen[T], then: Callable[[T | None], None] | None = None) -> None:
        """Put `screen` on top unless something already is, as after two keys in one read."""
        if self.app.screen is self and not self._left:
            self.app.push_screen(screen, then)

    @property
    def in_place(self) -> bool:
        """Whether it is there to be shown something: an answer for a screen that has left is for nobody."""
        return self.is_attached and self in self.app.screen_stack

    @property
    def typing(self) -> bool:
        """Whether a field has the keys: letters are words, not acts."""
        return self.focused is not None and self.focused.check_consume_key("a", "a")

    @property
    def at_rest(self) -> bool:
        """Whether something may open here by itself: nobody types, reads a box or awaits a screen."""
        free = self.app.screen is self and not isinstance(self, Modal)
        return free and not self.typing and not cast("Doors", self.app).typed_ahead.opening

    def once_at_rest(self, show: Callable[[], object], words: str = "") -> None:
        """Call `show` as soon as it covers nothing; where it has to wait, `words` say so in passing."""
        if not self.in_place:
            return
        if self.at_rest:
            show()
            return
        if words:
            self.tell(words, warning=True)
        self.set_timer(REST_SECONDS, partial(self.once_at_rest, show))

    def serve(
        self,
        act: Callable[[], T],
        then: Callable[[T], object] | None = None,
        *,
        failed: Callable[[HotlinerError], object] | None = None,
        group: str = "",
        opens: bool = False,
    ) -> Worker[None]:
        """Run a service in a thread, then `then` with its result, on the event loop.

        An error goes to `failed`, or is shown; that of a read never in a box over a field in use. In a named
        group only the latest request answers: for reads, which end with the screen, or when another request
        takes their place. A write that has begun ends even when the screen is left. `opens`: a screen opens
        with the answer, and keys wait for it.
        """

        if opens:
            return self._serve_to_open(act, then, failed=failed, group=group)
        run = partial(self.served, act, then, failed=failed, stop=Stop() if group else None)
        return self.run_worker(run, group=group or "services", exclusive=bool(group), exit_on_error=False)

    def _serve_to_open(
        self,
        act: Callable[[], T],
        then: Callable[[T], object] | None,
        *,
        failed: Callable[[HotlinerError], object] | None,
        group: str,
    ) -> Worker[None]:
        ahead = cast("Doors", self.app).typed_ahead
        opened = ahead.hold()

        def not_opened(error: HotlinerError) -> None:
            ahead.forget()
            (failed or self.show_error)(error)

        run = partial(self.served, act, then, failed=not_opened, stop=Stop() if group else None)
        worker: Worker[None] = self.run_worker(
            run, group=group or "services", exclusive=bool(group), exit_on_error=False
        )
        if worker._task is None:
            opened()
        else:  # given up before it began, it has ended too
            worker._task.add_done_callback(lambda _: opened())
        return worker

    def serve_each(
        self,
        act: Callable[[], Iterator[T]],
        then: Callable[[T | None], object],
        *,
        failed: Callable[[HotlinerError], object] | None = None,
        group: str,
    ) -> Worker[None]:
        """Run a service that answers again and again: `then` with each answer, with None after the last,
        or once one failed.

        Like `serve` in a named group; between two answers, keys come first.
        """

        async def run() -> None:
            stop, begun, found = Stop(), list[Iterator[T]](), list[T | None]()
            await self.served(act, begun.append, failed=failed, stop=stop)
            while begun:
                found.clear()
                await self.served(partial(next, begun[0], None), found.append, failed=failed, stop=stop)
                if not found or found[0] is None:
                    break
                then(found[0])
            if self.in_place:
                then(None)

        return self.run_worker(run, group=group, exclusive=True, exit_on_error=False)

    async def served(
        self,
        act: Callable[[], T],
        then: Callable[[T], object] | None = None,
        *,
        failed: Callable[[HotlinerError], object] | None = None,
        stop: Stop | None = None,
    ) -> None:
        """What `serve` runs; to be awaited by what is already off the event queue."""
        failed = failed or partial(self._show_failed, read=stop is not None)
        try:
            result = await asyncio.to_thread(act if stop is None else partial(stop.run, act))
        except asyncio.CancelledError:
            if stop is not None:
                Thread(target=stop.ask, daemon=True).start()  # a server may take long to hear of it
            raise
        except HotlinerError as error:
            failed(error)
        except Exception:
            _log.exception("a service failed")
            failed(
                HotlinerError(
                    "Une erreur inattendue est survenue.",
                    "Ce qui était enregistré l’est toujours.",
                    "Recommencez ; si l’erreur revient, transmettez le journal au support.",
                )
            )
        else:
            if then is not None and self.in_place:
                try:
                    then(result)
                except Exception as error:  # a worker would keep it to itself
                    self.app._handle_exception(error)

    def _show_failed(self, error: HotlinerError, *, read: bool) -> None:
        """A read that failed is told in passing to who types: no key asked for a box."""
        if read and self.typing:
            self._tell_error(error)
        else:
            self.show_error(error)

    def _tell_error(self, error: HotlinerError) -> None:
        self.tell(" ".join((error.happened, error.kept, error.todo)), warning=True)

    def show_error(self, error: HotlinerError) -> None:
        """Say what happened, what was kept and what to do; in passing under another screen."""
        if self.app.screen is self:
            self.app.push_screen(ErrorModal(error))
        else:
            self._tell_error(error)

    def why_closed(self, action: str, parameters: tuple[object, ...]) -> str | None:
        """Why `action` cannot be run now, in French; None when it can, empty when there is nothing to say."""
        return None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is closed leaves the footer, the help and the palette."""
        return self.why_closed(action, parameters) is None

    def on_key(self, event: Key) -> None:
        """No widget took it: the screen's own bindings will."""
        self.say_why_closed(event.key)

    def say_why_closed(self, pressed: str) -> None:
        """Say why a key can do nothing now, if that is so."""
        reason = ""
        for node, bindings in self._modal_binding_chain:
            for binding in bindings.key_to_bindings.get(pressed, ()):
                elsewhere, action, parameters = parse(binding.action)
                closed = node.why_closed(action, parameters) if isinstance(node, Acts) else None
                if elsewhere or closed is None:
                    return
                reason = reason or closed
        if reason:
            self.tell(reason, warning=True)

    def tell(self, message: str, *, warning: bool = False) -> None:
        """A passing message, never read as markup."""
        self.app.notify(shown(message), severity="warning" if warning else "information", markup=False)

    def reload(self) -> None:
        """Read again what is shown."""

    def act(self, act: Callable[[], object], told: str) -> None:
        """Run a service that changes what is shown, then say `told` and read it again."""

        def done(_: object) -> None:
            self.tell(told)
            self.reload()

        self.serve(act, done)

    def action_back(self) -> None:
        """Leave for the screen below."""
        self.dismiss()

    def action_help(self) -> None:
        """Say what this screen is for, and every key of it."""
        cast("Doors", self.app).show_help(self)

    def action_palette(self) -> None:
        """Offer this screen's commands by name."""
        cast("Doors", self.app).show_palette(self)


class Page(Acts, Screen[ScreenResultType], inherit_bindings=False):
    """A full screen. It is given the services it may ask."""

    BINDINGS: ClassVar[list[BindingType]] = [*COMMON, BACK]

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.services = services


class Modal(Acts, ModalScreen[ScreenResultType], inherit_bindings=False):
    """A box above a screen; Échap leaves it with no result."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVES,
        HELP,
        key("boite.fermer", "escape", "back", "Fermer", "Fermer sans rien changer"),
    ]
    DEFAULT_CSS = """
    Modal {
        align: center middle;
        & > #box {
            width: 72;
            max-width: 100%;
            height: auto;
            max-height: 100%;
            padding: 0 1;
            background: $surface;
            border: round $primary;
            border-title-color: $text-primary;
            border-title-style: bold;
        }
    }
    """

    def on_key(self, event: Key) -> None:
        """What was typed while the box was opening goes into its field, which takes the rest itself."""
        if event.is_printable and event.character and isinstance(self.focused, Input):
            self.focused.insert_text_at_cursor(event.character)


class ErrorModal(Modal[None]):
    """An error in three parts: what happened, what was kept, what to do."""

    PURPOSE = (
        "Ce qui n’a pas été possible, ce qui est gardé, et quoi faire.\n{erreur.lue} : fermer ce message."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("erreur.lue", "enter,space", "back", "Compris", "Fermer ce message"),
    ]
    DEFAULT_CSS = """
    ErrorModal > #box {
        border: round $error;
        border-title-color: $text-error;
        padding: 1 2;
    }
    """

    def __init__(self, error: HotlinerError) -> None:
        super().__init__()
        self.error = error

    def compose(self) -> ComposeResult:
        parts = (self.error.happened, self.error.kept, self.error.todo)
        body = Content("\n\n").join(
            [*(Content(shown(part)) for part in parts if part), plain("Entrée : compris", "$text-muted")]
        )
        box = Static(body, id="box", markup=False)
        box.border_title = "Impossible pour l’instant"
        yield box


class Field(Input):
    """A one-line field: what is pasted is cleaned, and nothing typed is lost by leaving it."""

    def _on_paste(self, event: Paste) -> None:
        event.prevent_default()
        event.stop()
        # A password is taken as it is: it is not shown, and a space more or less is another one.
        text = "".join(event.text.splitlines()[:1]) if self.password else clean(event.text)
        if text:
            self.replace(text, *self.selection)
