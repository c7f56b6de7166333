"""Keys pressed faster than the steps they answer wait their turn, in order; none is lost.

An expert who knows the script presses « 1 1 2 1 » without looking. Each key is played on the step it finds
once the former one has been written and painted. What closes a call is never taken from such a key:
`TypeAhead.early` says that the key being played was pressed before the step on the screen was painted.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

from textual.events import Key
from textual.widgets import Input

if TYPE_CHECKING:
    from textual.screen import Screen

    _Host = Screen[Any]
else:
    _Host = object


class TypeAhead(_Host):
    """For a screen whose keys write: its focusable widgets give their keys to `take`."""

    early = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting: deque[tuple[Key, int]] = deque()
        self._playing = False
        self._paints = 0

    @property
    def busy(self) -> bool:
        """Whether keys are being played: a field then leaves its own keys to `take` too."""
        return self._playing

    def take(self, event: Key) -> None:
        """Play this key when its turn comes."""
        event.stop()
        event.prevent_default()
        self._waiting.append((event, self._paints))
        if not self._playing:
            self._playing = True
            self.run_worker(self._play(), group="keys")

    async def painted(self) -> None:
        """Wait until what has changed is on the screen; keys taken until then are early ones."""
        done = asyncio.Event()
        self.call_after_refresh(done.set)
        await done.wait()
        self._paints += 1

    async def _play(self) -> None:
        try:
            while self._waiting:
                event, paints = self._waiting.popleft()
                self.early = paints != self._paints
                await self._press(event)
        finally:
            self._playing = False

    async def _press(self, event: Key) -> None:
        if self.app.screen is not self:
            self.app.post_message(Key(event.key, event.character))
        elif isinstance(self.focused, Input) and event.is_printable and event.character:
            self.focused.insert_text_at_cursor(event.character)
        elif (active := self.active_bindings.get(event.key)) and active.enabled:
            await self.app.run_action(active.binding.action, active.node)
