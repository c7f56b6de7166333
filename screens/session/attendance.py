"""Where the agent sits and what they are at: asked as the console opens, then told to the base by itself."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

from console.base.clock import running_seconds
from console.base.errors import HotlinerError
from console.base.french import THIN
from console.outside.machine import process
from console.rules.presence import AVAILABLE, Presence, PresenceState, TeamRules, following
from console.team.views import Place, SeatTaken
from screens.common.choose import Answer, ChooseModal

if TYPE_CHECKING:
    from console.services import Services
    from screens.kit.screen import Acts

TICK_SECONDS = 1.0
"""How often the console looks at what its agent is at: nothing is asked of the base for that."""
BEAT_SECONDS = 20.0
"""How often it tells the base that it is alive."""


class Console(Protocol):
    """The application, as far as presence needs it."""

    services: Services

    def set_interval(self, interval: float, callback: Callable[[], Any], /) -> object: ...

    def leave_for(self, message: str, /) -> None: ...

    @property
    def top(self) -> Acts: ...

    @property
    def home(self) -> Any: ...

    @property
    def calling(self) -> bool: ...


class Attendance:
    """Who sits here, as the team sees them; nothing at all where there is no team."""

    def __init__(self, app: Console, touched: Callable[[], float]) -> None:
        """touched: when a key was last pressed, as `running_seconds`."""
        self._app = app
        self._touched = touched
        self._console = f"{uuid4().hex} {process()}"
        self._rules = TeamRules()
        self._ticking = self._telling = False
        self._shown_on: Any = None
        self.here = False
        """Whether the agent has a team, and this is their console."""
        self.now = self._known = AVAILABLE
        """What they are at, and what the base knows of it."""
        self._since = self._told_at = 0.0

    # The seat

    def arrive(self, then: Callable[[], object], *, moves: bool = False) -> None:
        """Take the agent's place, then go on; asks first where they are at another console."""

        def failed(_: HotlinerError) -> None:
            then()  # a base that does not answer says so elsewhere

        self._app.home.serve(
            lambda: self._app.services.presence.arrive(self._console, moves=moves),
            partial(self._arrived, then),
            failed=failed,
            group="arrive",
        )

    def _arrived(self, then: Callable[[], object], taken: SeatTaken) -> None:
        if taken.place is Place.ELSEWHERE:
            self._ask(then, taken)
            return
        if taken.place is Place.HERE:
            self.here, self._rules = True, taken.rules or TeamRules()
            self.now = self._known = AVAILABLE
            self._telling = False  # what screens that are gone asked is answered to nobody
            self._since, self._told_at = running_seconds(), monotonic()
            self._app.services.in_team = True
            self._app.top.refresh_bindings()
            self._show()
            if not self._ticking:
                self._ticking = True
                self._app.set_interval(TICK_SECONDS, self.tick)
        then()

    def _ask(self, then: Callable[[], object], taken: SeatTaken) -> None:
        where = "sur ce poste" if taken.same_machine else f"sur {taken.machine}"

        def answered(said: str | None) -> None:
            if said:
                self.arrive(then, moves=True)
            else:
                self._app.leave_for(f"Votre console reste ouverte {where}.")

        answers = [Answer("here", "Venir ici : l’autre console se ferme")]
        sentence = f"Votre console est déjà ouverte {where}{THIN}: venir ici{THIN}?"
        self._app.top.open(ChooseModal("Déjà ouverte", sentence, answers, stay="quitter"), answered)

    def leave(self) -> None:
        """Tell the base that nobody is here any more, if anybody was; to be called from a thread."""
        if self.here:
            self.here = self._app.services.in_team = False
            with suppress(HotlinerError):  # it will know in two minutes
                self._app.services.presence.leave(self._console)

    # What they are at

    def tick(self) -> None:
        """Look at what the agent is at now, and tell the base what it does not know yet."""
        if not self.here:
            return
        if self._app.home is not self._shown_on:  # the screens were built again
            self._telling = False
            self._show()
        running = running_seconds()
        self._be(
            following(
                self.now,
                self._rules,
                calling=self._app.calling,
                silent=timedelta(seconds=running - self._touched()),
                lasted=timedelta(seconds=running - self._since),
            )
        )

    def _be(self, what: Presence) -> None:
        if what != self.now:
            self.now, self._since = what, running_seconds()
            self._show()
        if self._telling:
            return
        presence, console = self._app.services.presence, self._console
        if what != self._known:
            self._tell(lambda: presence.become(console, what), what)
        elif monotonic() - self._told_at >= BEAT_SECONDS:
            proposed = self._app.calling  # whom to call next is shown on the call that is over
            self._tell(lambda: presence.beat(console, proposed=proposed), what)

    def _show(self) -> None:
        self._shown_on = self._app.home
        self._shown_on.show_presence("" if self.now == AVAILABLE else self._rules.words(self.now))

    def _tell(self, act: Callable[[], str | None], what: Presence) -> None:
        """One at a time, so that what is told last is what stands; what could not be told is told again."""
        self._telling, self._told_at = True, monotonic()
        self._app.home.serve(act, partial(self._told, what), failed=self._not_told)

    def _told(self, what: Presence, elsewhere: str | None) -> None:
        self._telling, self._known = False, what
        if elsewhere is not None and self.here:
            self.here = False
            words = f"Votre console est maintenant ouverte sur {elsewhere}{THIN}: celle-ci s’est fermée."
            self._app.leave_for(words)

    def _not_told(self, _: HotlinerError) -> None:
        self._telling = False

    def ask(self) -> None:
        """Let the agent say what they are at: available, or a break and why."""
        breaks = list(self._rules.breaks.items())
        answers = [
            Answer("", "Disponible"),
            *(Answer(code, f"En pause{THIN}: {label}") for code, label in breaks),
        ]

        def said(code: str | None) -> None:
            if code is not None and not self._app.calling:
                self._be(Presence(PresenceState.BREAK, code) if code else AVAILABLE)

        sentence = f"En ce moment{THIN}: {self._rules.words(self.now)}. Le superviseur le voit."
        self._app.top.open(ChooseModal("Ma présence", sentence, answers, stay="ne rien changer"), said)
