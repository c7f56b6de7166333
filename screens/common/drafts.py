"""What is being typed is saved at each key, so that a killed terminal loses nothing that was read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from console.base.errors import HotlinerError

if TYPE_CHECKING:
    from textual.app import App
    from textual.worker import Worker


_GROUP = "drafts"


async def drafts_settled(app: App[Any]) -> None:
    """Wait until every draft given so far is written, whichever screen gave it, or could not be."""
    writing = [one for one in app.workers if one.group == _GROUP and not one.is_finished]
    await asyncio.gather(*(one.wait() for one in writing), return_exceptions=True)


class DraftWriter:
    """Writes the newest text of each field, one write at a time, without ever waiting for a pause in typing.

    It belongs to the app, not to a screen: a draft given just before leaving is still written.
    """

    def __init__(self, app: App[Any], write: Callable[[str, str], None]) -> None:
        self._app = app
        self._write = write
        self._newest: dict[str, str] = {}
        self._worker: Worker[None] | None = None
        self._warned = False

    def put(self, field: str, text: str) -> None:
        """Save `text` as what `field` holds."""
        self._newest[field] = text
        if self._worker is None or self._worker.is_finished:
            self._worker = self._app.run_worker(self._drain(), group=_GROUP, exit_on_error=False)

    async def settled(self) -> None:
        """Wait until everything given has been written, or could not be."""
        if self._worker is not None and not self._worker.is_finished:
            await self._worker.wait()

    async def _drain(self) -> None:
        while self._newest:
            field, text = self._newest.popitem()
            try:
                await asyncio.to_thread(self._write, field, text)
                self._warned = False
            except HotlinerError as error:
                if not self._warned:  # once, not at each key
                    self._app.notify(
                        f"La saisie en cours n’est pas encore enregistrée. {error.happened}",
                        severity="warning",
                        markup=False,
                    )
                self._warned = True
