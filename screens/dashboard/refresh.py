"""The dashboard kept in step with the base, and the promises that fall due under it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from console.base.errors import HotlinerError
    from console.dashboard.views import DashboardView
    from console.services import Services
    from screens.kit.screen import Acts

POLL_SECONDS = 2.0


class DashboardRefresh:
    """What the dashboard shows, and whether it still holds; `poll` is to be called every POLL_SECONDS."""

    def __init__(
        self,
        screen: Acts,
        services: Services,
        *,
        reload: Callable[[], object],
        failed: Callable[[HotlinerError], object],
    ) -> None:
        """reload: reads again what is shown. failed: says that it could not be read."""
        self._screen = screen
        self._services = services
        self._reload = reload
        self._failed = failed
        self._announced: set[tuple[int, datetime]] = set()
        self._read_at = 0.0
        self.forget()

    def forget(self) -> None:
        """Nothing is shown any more, as where whoever was there has left."""
        self.view: DashboardView | None = None
        self._polling = self._failing = False

    def read(self, view: DashboardView) -> bool:
        """What is shown from now on; whether it is the first: its promises already due are not announced."""
        first, self.view, self._read_at, self._failing = self.view is None, view, monotonic(), False
        if first:
            self._announced |= self._promises(view.now)
        return first

    def not_read(self) -> bool:
        """What is shown could not be read; whether it is for the first time since it was."""
        first, self._failing = not self._failing, True
        return first

    @property
    def now(self) -> datetime | None:
        """The instant by the clock of the last view."""
        return self.view.now + timedelta(seconds=monotonic() - self._read_at) if self.view else None

    def poll(self) -> None:
        """Look whether what is shown still holds, and announce the promises that have fallen due."""
        if self.view is None:
            if self._failing:
                self._reload()
            return
        self._announce()
        if self._polling or self._screen.app.screen is not self._screen:
            return
        self._polling = True
        self._screen.serve(self._services.token, self._compare, failed=self._poll_failed)

    def _compare(self, token: str) -> None:
        self._polling = False
        if self.view is None:
            return
        stale = (
            self.view.fresh_until is not None and self.now is not None and self.now >= self.view.fresh_until
        )
        if stale or token != self.view.token:
            self._reload()

    def _poll_failed(self, error: HotlinerError) -> None:
        self._polling = False
        self._failed(error)

    def _promises(self, now: datetime) -> set[tuple[int, datetime]]:
        """The promised callbacks that are due, as (client, moment)."""
        return {
            (row.client_id, row.callback_at)
            for row in (self.view.urgent if self.view else ())
            if row.callback_at and row.callback_at <= now
        }

    def _announce(self) -> None:
        if self.view is None or self.now is None:
            return
        for client_id, at in self._promises(self.now) - self._announced:
            self._announced.add((client_id, at))
            name = next(row.name for row in self.view.urgent if row.client_id == client_id)
            self._screen.app.bell()
            self._screen.tell(f"Rappel promis : {name} attend votre appel maintenant.", warning=True)
