"""What is being typed is saved at each key, so that a killed terminal loses nothing that was read.

On a server's base, where each write is a journey, it is saved once a second, and when somebody waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakKeyDictionary, WeakSet

from console.base.errors import HotlinerError, StorageError
from console.base.french import THIN

if TYPE_CHECKING:
    from textual.app import App
    from textual.worker import Worker


DRAFTS = "drafts"
"""The group of the workers that write: whatever else is stopped, they go on."""
_WRITERS: WeakKeyDictionary[App[Any], WeakSet[DraftWriter]] = WeakKeyDictionary()

PACE_SECONDS = 1.0
"""How often a field is written, at most, to a base that is a server's."""
RETRY_SECONDS = 1.0
"""How long a write that failed waits before it is tried again."""


async def drafts_settled(app: App[Any]) -> None:
    """Wait until every draft given so far is written, by whichever screen; giving up stops no writing."""
    for writer in _WRITERS.get(app, ()):
        writer.hurry()
    writing = [one for one in app.workers if one.group == DRAFTS and not one.is_finished]
    # a worker that is waited for is cancelled with the wait
    await asyncio.shield(asyncio.gather(*(one.wait() for one in writing), return_exceptions=True))


async def drafts_tried(app: App[Any]) -> None:
    """Wait until every draft given so far has been written, or has been tried in vain."""
    await asyncio.gather(*(writer.settled() for writer in _WRITERS.get(app, ())))


def unwritten(app: App[Any]) -> list[str]:
    """What was typed and is not in the base yet."""
    return [text for writer in _WRITERS.get(app, ()) for text in writer.waiting if text.strip()]


class DraftWriter:
    """Writes the newest text of each field, one write at a time, without ever waiting for a pause in typing.

    It belongs to the app, not to a screen: a draft given just before leaving is still written. One that the
    base could not take is tried again until it is written, or until something newer takes its place.
    `write` answers False for one that it kept on this machine.
    """

    def __init__(self, app: App[Any], write: Callable[[str, str], bool | None]) -> None:
        self._app = app
        self._write = write
        self._newest: dict[str, str] = {}
        self._here: set[str] = set()  # the fields of which a text was kept on this machine
        self.given: dict[str, str] = {}
        """The last text of each field, written or not."""
        self._worker: Worker[None] | None = None
        self._tried = asyncio.Event()
        self._hurried = asyncio.Event()
        self._written_at = -PACE_SECONDS
        _WRITERS.setdefault(app, WeakSet()).add(self)

    @property
    def waiting(self) -> tuple[str, ...]:
        """The texts that are not written."""
        return tuple(self._newest.values())

    def put(self, field: str, text: str) -> None:
        """Save `text` as what `field` holds."""
        self._newest[field] = self.given[field] = text
        if self._worker is None or self._worker.is_finished:
            self._tried.clear()
            self._worker = self._app.run_worker(self._drain(), group=DRAFTS, exit_on_error=False)

    def drop(self, field: str) -> None:
        """What `field` held has been written as what it is; one that still waits is not kept as a draft."""
        self.given.pop(field, None)
        if field in self._newest or field in self._here:
            self.put(field, "")

    def hurry(self) -> None:
        """What waits for its turn is written now."""
        self._hurried.set()

    async def settled(self) -> None:
        """Wait until everything given has been written, or has been tried in vain."""
        self.hurry()
        if self._worker is not None and not self._worker.is_finished:
            await self._tried.wait()

    async def _drain(self) -> None:
        failed = False
        try:
            while self._newest:
                await self._turn()
                field, text = next(reversed(self._newest.items()))
                try:
                    if await asyncio.to_thread(self._write, field, text) is False:
                        self._here.add(field)
                except StorageError as error:
                    if not failed:  # once, not at each try
                        self._tell(f"Saisie pas encore enregistrée{THIN}: {error.happened}", "warning")
                    failed = True
                    self._tried.set()
                    await asyncio.sleep(RETRY_SECONDS)
                    continue
                except HotlinerError as error:  # no later try would do better
                    self._tell(f"Saisie non enregistrée{THIN}: {error.happened}", "warning")
                self._written_at = monotonic()
                if self._newest.get(field) is text:
                    del self._newest[field]
            if failed:
                self._tell("La saisie est enregistrée.", "information")
        finally:
            self._hurried.clear()
            self._tried.set()

    async def _turn(self) -> None:
        """Where each write is a journey, words typed within a second of the last one leave together."""
        rest = self._written_at + PACE_SECONDS - monotonic()
        if rest > 0 and getattr(self._app, "far", False):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hurried.wait(), rest)

    def _tell(self, words: str, severity: Literal["information", "warning"]) -> None:
        self._app.notify(words, severity=severity, markup=False)
