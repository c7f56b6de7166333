"""Keys pressed faster than the steps they answer wait their turn, in order; none is lost.

An expert who knows the script presses « 1 2 1 3 » without looking. Each key is played on the step it finds
once the former one has been written and painted. What closes a call is never taken from such a key:
`KeyQueue.early` says that the act being played was asked for before the step on the screen was painted.

A key is a decision. One that is held, or pressed twice by a nervous hand, decides once: pressed again within
`AGAIN_S` of itself, or of the painting of the step it would act on, it does nothing. A keyboard waits for up
to `HELD_SECONDS` before it repeats a key that is held: one pressed again within that time decides only if no
repeat of it follows.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial, wraps
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar, cast

from textual.events import Key
from textual.widgets import Input

from screens.kit import typed_ahead

if TYPE_CHECKING:
    from screens.kit.screen import Acts, Doors

P = ParamSpec("P")
S = TypeVar("S", bound="Queued")
Act = Callable[[], Awaitable[None]]
PAINT_S = 0.5
"""No paint is waited for longer than this."""
AGAIN_S = 0.25
"""Nobody reads a step and answers it faster than this."""
_MOVES = frozenset({"up", "down", "left", "right", "pageup", "pagedown", "tab", "shift+tab"})
"""Keys that decide nothing: held, they go on moving."""
_CLICK = "click"


class KeyQueue:
    """The keys of a screen whose keys write.

    A field gives `take` the key that validates it, the one that `decided`, and all when `busy`.
    """

    def __init__(self, screen: Acts) -> None:
        self._screen = screen
        self._waiting: deque[tuple[Act, int]] = deque()
        self._playing = False
        self._player: asyncio.Task[Any] | None = None
        self._paints = 0
        self._painted_at = 0.0
        self._last = ("", 0.0)  # the key pressed last, and when
        self._repeated = False  # whether that was a keyboard repeating it
        self.decided = ""  # by which key; in a field it may be held since before
        self.begun = False
        self.early = False

    @property
    def busy(self) -> bool:
        """Whether acts are being played: a field then leaves its own keys to `take` too."""
        return self._playing or bool(self._waiting)

    @property
    def playing(self) -> bool:
        """Whether it is the act being played that asks."""
        return asyncio.current_task() is self._player

    def take(self, event: Key) -> None:
        """Play this key when its turn comes."""
        event.stop()
        event.prevent_default()
        self.put(partial(self._press, event, self._since(event.key, event.time)))

    def click(self, act: Act) -> None:
        """Play what was clicked when its turn comes; the second click of two does nothing."""
        at = monotonic()
        since = self._since(_CLICK, at)

        async def play() -> None:
            if await self._decides(_CLICK, at, since):
                await act()

        self.put(play)

    def _since(self, key: str, at: float) -> float:
        """Seconds since the same key was pressed; without end where it is not the same press that goes on."""
        last, before = self._last
        since = at - before if key == last else inf
        if self._repeated and since >= AGAIN_S:  # it was let go of meanwhile
            since = inf
        self._last, self._repeated = (key, at), since < typed_ahead.REPEAT_SECONDS
        return since

    async def _decides(self, key: str, at: float, since: float) -> bool:
        if key in _MOVES:
            return True
        again = key == self.decided
        if since < AGAIN_S or (again and at < self._painted_at + AGAIN_S):
            return False
        if again and await self._goes_on(key, at, since):
            return False
        self.decided = key
        return True

    async def _goes_on(self, key: str, at: float, since: float) -> bool:
        """Whether the key that decided last is still held: it repeats itself, or is about to."""
        if typed_ahead.REPEAT_SECONDS <= since < typed_ahead.HELD_SECONDS:
            await asyncio.sleep(typed_ahead.REPEAT_SECONDS)
            await asyncio.sleep(typed_ahead.LATE_SECONDS)  # apart: the machine may have halted meanwhile
            return cast("Doors", self._screen.app).typed_ahead.pressed_since(key, at)
        return since < typed_ahead.REPEAT_SECONDS

    def begin(self) -> None:
        """Once everything is in place: what was pressed meanwhile is played after the first paint."""
        self.begun = True
        self._waiting.appendleft((self.painted, self._paints))
        self._go_on()

    def put(self, act: Act) -> None:
        """Play an act when its turn comes."""
        self._waiting.append((act, self._paints))
        self._go_on()

    def _go_on(self) -> None:
        if self.begun and not self._playing:
            self._playing = True
            self._screen.run_worker(self._play(), group="keys")

    def drop(self) -> None:
        """Forget what waits: an error has to be read first."""
        self._waiting.clear()

    async def painted(self) -> None:
        """Wait until what has changed is on the screen; acts asked for until then are early ones."""
        done = asyncio.Event()
        self._screen.call_after_refresh(done.set)
        # Textual gives the callback to the screen on top: it is lost when that is a modal on its way out.
        with suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), PAINT_S)
        self._paints += 1
        self._painted_at = monotonic()

    async def _play(self) -> None:
        self._player = asyncio.current_task()
        try:
            while self._waiting:
                act, paints = self._waiting.popleft()
                self.early = paints != self._paints
                await act()
        except Exception:
            self.drop()
            raise
        finally:
            self._player, self._playing = None, False

    async def _press(self, event: Key, since: float) -> None:
        screen, app = self._screen, self._screen.app
        if app.screen is not screen:
            cast("Doors", app).typed_ahead.give_back(event)
        elif isinstance(screen.focused, Input) and event.is_printable and event.character:
            brought = event.key == self.decided
            if not (brought and await self._goes_on(event.key, event.time, since)):
                screen.focused.insert_text_at_cursor(event.character)
        elif await self._decides(event.key, event.time, since):
            screen.say_why_closed(event.key)
            await app._check_bindings(event.key)
            await cast("Doors", app).typed_ahead.opened()


class Queued(Protocol):
    """A screen that holds such a queue."""

    queue: KeyQueue


def in_turn(
    act: Callable[Concatenate[S, P], Awaitable[None]],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, None]]:
    """Makes an action wait for its turn, unless it is the one being played.

    An action may come from a key, and also from the palette, or from a key meant for a modal now gone.
    """

    @wraps(act)
    async def play_or_put(screen: S, /, *args: P.args, **kwargs: P.kwargs) -> None:
        if screen.queue.playing:
            await act(screen, *args, **kwargs)
        else:
            screen.queue.put(partial(act, screen, *args, **kwargs))

    return play_or_put
