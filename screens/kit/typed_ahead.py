"""Keys that come faster than the screens answer wait for their turn, in the order in which they were typed.

A key is given once all that the one before it led to has been done: it goes to the screen that opened
meanwhile, or to what is below the one that was left. Where a service is read before a screen can open
(`Acts.serve` with `opens`), keys wait for that too; where it fails, they are forgotten, as an error has to be
read first.

A key that is held writes nothing into the box or the field that it opened: its repeats are for nobody. The
first repeat comes late, like a key pressed again: it waits until it is seen whether another one follows.
"""

from __future__ import annotations

import asyncio
from bisect import insort
from collections import deque
from collections.abc import Callable
from functools import partial
from operator import attrgetter
from typing import Any

from textual.app import App, ReturnType
from textual.events import Event, Key, MouseEvent, Paste
from textual.message import Message
from textual.widgets import Input, TextArea

LOST_SECONDS = 0.25
"""What was being done is over by then: the widget that had the key may have left without a word."""
SLOW_SECONDS = 0.7
"""After so long without a screen, one is told that it is coming."""
NEW_SECONDS = 1.0
"""Keys that come so soon after all screens were built anew were meant for those that are gone."""
REPEAT_SECONDS = 0.1
"""A keyboard repeats a held key every 30 to 90 ms; no finger presses one key again so soon."""
LATE_SECONDS = 0.02
"""What a terminal sent while the machine halted comes in so long after the time that was over meanwhile."""
HELD_SECONDS = 0.7
"""The longest time before the first repeat that keyboards are set to."""
QUIT_KEY = "ctrl+q"
"""Whatever waits, this one does not."""
OPENING_SECONDS = 10.0
"""Keys wait no longer than this for a screen: a base that is held answers, or is given up, before."""


class Handled(Message):
    """Follows a key through the widgets, and reaches the application after all that the key led to."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class TypedAhead:
    """The keys that wait. A burst is given one by one, each followed by `Handled`."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._waiting: deque[Key | Paste] = deque()
        self._next: Key | Paste | None = None
        self._number = self._rounds = 0
        self._lost: asyncio.TimerHandle | None = None
        self._openings: set[object] = set()
        self._opened = asyncio.Event()
        self._hushed_until = 0.0
        self._pressed, self._pressed_at = "", 0.0
        self._pressed_in: object = None  # what had the focus when this key was first given
        self._doubted: Key | None = None

    @property
    def _busy(self) -> bool:
        return bool(self._lost or self._openings or self._waiting or self._next or self._doubted)

    @property
    def opening(self) -> bool:
        """Whether a screen is about to open."""
        return bool(self._openings)

    def must_wait(self, event: Key | Paste) -> bool:
        """Whether this key is not for now: it comes back by itself, or was meant for what is gone."""
        given = event is self._next
        if given:
            self._next = None
        if self._doubted and not self._repeats(self._doubted, event):
            insort(self._waiting, event, key=attrgetter("time"))
            return True
        if given:
            return False
        if asyncio.get_running_loop().time() < self._hushed_until:
            return True
        if self._busy:
            self._waiting.append(event)
            return True
        return False

    def leaks(self, event: Key) -> bool:
        """Whether it is the repeat of a key held since before the text field in use opened."""
        since = event.time - self._pressed_at  # none for a key that is given back
        if event.key != self._pressed or since >= HELD_SECONDS:
            self._pressed, self._pressed_in = event.key, self._app.focused
        self._pressed_at = event.time
        in_text = event.is_printable and isinstance(self._app.focused, Input | TextArea)
        if not in_text or self._app.focused is self._pressed_in or since <= 0:
            return False
        if since >= REPEAT_SECONDS:
            self._doubted, loop = event, asyncio.get_running_loop()
            loop.call_later(REPEAT_SECONDS, loop.call_later, LATE_SECONDS, self._typed, event)
        return True

    def _repeats(self, doubted: Key, following: Key | Paste) -> bool:
        """Whether a key that may be a repeat is one, as another repeat follows; else it was typed."""
        same = isinstance(following, Key) and following.key == doubted.key
        if same and following.time - doubted.time < REPEAT_SECONDS:
            self._doubted = None
            return True
        self._typed(doubted)
        return False

    def _typed(self, doubted: Key) -> None:
        """A key that may be a repeat was none, unless that is known by now."""
        if self._doubted is doubted:
            self._doubted, self._pressed_in = None, self._app.focused
            self.give_back(doubted)

    def pressed_since(self, key: str, at: float) -> bool:
        """Whether the last key is this one, pressed after that instant."""
        return key == self._pressed and self._pressed_at > at

    def give_back(self, event: Key) -> None:
        """Give this key again, to the screen on top now: after those typed before it, before all others."""
        again = Key(event.key, event.character)
        again.time = event.time
        insort(self._waiting, again, key=attrgetter("time"))
        if not (self._lost or self._next):
            self._go_on()

    def given(self) -> None:
        """A key was given: what it leads to comes first."""
        self._number += 1
        self._rounds = 0
        self._lost = asyncio.get_running_loop().call_later(LOST_SECONDS, self._done, self._number)
        self._follow()

    def _follow(self) -> None:
        app = self._app
        (app.focused or app.screen).post_message(Handled(self._number))

    def handled(self, number: int) -> None:
        """What the key did has been seen by the application; once more for what this led to in its turn."""
        if number == self._number and self._lost:
            self._rounds += 1
            if self._rounds < 2:
                self._follow()
            else:
                self._done(number)

    def _done(self, number: int) -> None:
        if number == self._number and self._lost:
            self._lost.cancel()
            self._lost = None
            self._go_on()

    def _go_on(self) -> None:
        if self._waiting and not self._openings and not self._next:
            self._next = self._waiting.popleft()
            if not self._app.post_message(self._next):
                self._next = None

    def hold(self) -> Callable[[], None]:
        """Keys wait for a screen from now on; what is given back ends it, as does time."""
        one = object()
        self._openings.add(one)
        self._opened.clear()
        loop = asyncio.get_running_loop()
        release = partial(self._release, one)
        timers = (
            loop.call_later(OPENING_SECONDS, release),
            loop.call_later(SLOW_SECONDS, partial(self._app.notify, "Ouverture en cours…", markup=False)),
        )

        def opened() -> None:
            for timer in timers:
                timer.cancel()
            release()

        return opened

    def _release(self, one: object) -> None:
        self._openings.discard(one)
        if not self._openings:
            self._opened.set()
            if not self._lost:
                self.given()  # once what has opened is in place

    async def opened(self) -> None:
        """Wait until no screen is about to open."""
        if self._openings:
            await self._opened.wait()

    def forget(self) -> None:
        """What was typed meanwhile is for nobody: an error has to be read first."""
        self._doubted = None
        self._waiting.clear()

    def begin_anew(self) -> None:
        """All screens are new: what is still being typed is for nobody."""
        self.forget()
        self._hushed_until = asyncio.get_running_loop().time() + NEW_SECONDS


class InTurn(App[ReturnType], inherit_bindings=False):
    """An application whose keys wait for their turn."""

    def __init__(self) -> None:
        super().__init__()
        self.typed_ahead = TypedAhead(self)

    async def on_event(self, event: Event) -> None:
        """Keys and pastes in their turn; a click while a screen opens was meant for the one before it."""
        if event.is_forwarded or (isinstance(event, Key) and event.key == QUIT_KEY):
            await super().on_event(event)
        elif isinstance(event, Key | Paste):
            if not self.typed_ahead.must_wait(event):
                if isinstance(event, Paste) or not self.typed_ahead.leaks(event):
                    await super().on_event(event)
                self.typed_ahead.given()
        elif not (isinstance(event, MouseEvent) and self.typed_ahead.opening):
            await super().on_event(event)

    def on_handled(self, message: Handled) -> None:
        """All that a key did has been seen."""
        self.typed_ahead.handled(message.number)
