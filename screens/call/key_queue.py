"""Keys pressed faster than the steps they answer wait their turn, in order; none is lost.

An expert who knows the script presses « 1 1 2 1 » without looking. Each key is played on the step it finds
once the former one has been written and painted. What closes a call is never taken from such a key:
`KeyQueue.early` says that the act being played was asked for before the step on the screen was painted.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar

from textual.events import Key
from textual.widgets import Input

if TYPE_CHECKING:
    from screens.kit.screen import Acts

P = ParamSpec("P")
S = TypeVar("S", bound="Queued")
Act = Callable[[], Awaitable[None]]
PAINT_S = 0.5
"""No paint is waited for longer than this."""


class KeyQueue:
    """The keys of a screen whose keys write. A field gives `take` the key that validates it, and all when
    `busy`."""

    def __init__(self, screen: Acts) -> None:
        self._screen = screen
        self._waiting: deque[tuple[Act, int]] = deque()
        self._player: asyncio.Task[Any] | None = None
        self._paints = 0
        self.begun = False
        self.early = False

    @property
    def busy(self) -> bool:
        """Whether acts are being played: a field then leaves its own keys to `take` too."""
        return self._player is not None or bool(self._waiting)

    @property
    def playing(self) -> bool:
        """Whether it is the act being played that asks."""
        return asyncio.current_task() is self._player

    def take(self, event: Key) -> None:
        """Play this key when its turn comes."""
        event.stop()
        event.prevent_default()
        self.put(partial(self._press, event))

    def begin(self) -> None:
        """Once everything is in place: what was pressed meanwhile is played after the first paint."""
        self.begun = True
        self._waiting.appendleft((self.painted, self._paints))
        self._screen.run_worker(self._play(), group="keys")

    def put(self, act: Act) -> None:
        """Play an act when its turn comes."""
        idle = self.begun and not self.busy
        self._waiting.append((act, self._paints))
        if idle:
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

    async def _play(self) -> None:
        self._player = asyncio.current_task()
        try:
            while self._waiting:
                act, paints = self._waiting.popleft()
                self.early = paints != self._paints
                await act()
        finally:
            self._player = None

    async def _press(self, event: Key) -> None:
        screen, app = self._screen, self._screen.app
        if app.screen is not screen:
            app.post_message(Key(event.key, event.character))
        elif isinstance(screen.focused, Input) and event.is_printable and event.character:
            screen.focused.insert_text_at_cursor(event.character)
        else:
            screen.say_why_closed(event.key)
            await app._check_bindings(event.key)


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
