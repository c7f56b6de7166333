"""An error that nobody expected does not end a call: the screens are built again from the base, once."""

from __future__ import annotations

import asyncio
import logging
import secrets
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

from screens.common.drafts import DRAFTS, drafts_settled

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App

AGAIN_SECONDS = 60.0
"""A second error within this time ends the console: what is built again would fail again."""
LEAVING_SECONDS = 2.0

_log = logging.getLogger("hotliner.screens")


class Recovery:
    """What the application does about an error that reached it. What was typed is in the base by then."""

    def __init__(self, app: App[Any], start_over: Callable[[], None]) -> None:
        self._app = app
        self._start_over = start_over
        self._last: float | None = None

    def handles(self, error: Exception) -> bool:
        """Whether the console goes on: the screens are then built again, which is said with a reference."""
        now = monotonic()
        if not self._app.is_running or (self._last is not None and now - self._last < AGAIN_SECONDS):
            return False
        self._last = now
        reference = secrets.token_hex(3).upper()
        _log.critical("unexpected error %s: the screens are built again", reference, exc_info=error)
        self._app.call_later(self._build_again, reference)
        return True

    async def _build_again(self, reference: str) -> None:
        app = self._app
        with suppress(TimeoutError):
            await asyncio.wait_for(drafts_settled(app), timeout=LEAVING_SECONDS)
        for worker in app.workers:
            if worker.group != DRAFTS:  # words that are not written yet are tried again until they are
                worker.cancel()
        self._start_over()
        app.notify(
            f"Une erreur inattendue a fermé l’écran (référence {reference}, dans le journal). "
            "Tout ce qui était enregistré l’est toujours, l’appel en cours est rouvert.",
            severity="warning",
            timeout=15,
            markup=False,
        )
