"""The dashboard kept in step with the base, and the promises that fall due under it."""

from __future__ import annotations

from datetime import datetime, timedelta
from time import time
from typing import TYPE_CHECKING, Any

from screens.kit.screen import Acts

if TYPE_CHECKING:
    from textual.screen import Screen

    from console.base.errors import HotlinerError
    from console.dashboard.views import DashboardView
    from console.services import Services

    class _Host(Acts, Screen[Any]): ...
else:
    _Host = Acts

POLL_SECONDS = 2.0


class Watch(_Host):
    """Behaviour of the dashboard: looks every two seconds whether what it shows still holds."""

    services: Services
    view: DashboardView | None = None
    _read_at = 0.0
    _polling = False
    _failing = False
    _announced: set[tuple[int, datetime]]

    def reload(self) -> None:
        """Read again what is shown."""
        raise NotImplementedError

    def failed(self, error: HotlinerError) -> None:
        """Say that it could not be read."""
        raise NotImplementedError

    def on_mount(self) -> None:
        self._announced = set()
        self.set_interval(POLL_SECONDS, self._poll)

    def read(self, view: DashboardView) -> None:
        """What is shown from now on; the promises already due at its first showing are not announced."""
        first, self.view, self._read_at, self._failing = self.view is None, view, time(), False
        if first:
            self._announced |= self._promises(view.now)

    @property
    def now(self) -> datetime | None:
        """The instant by the clock of the last view."""
        return self.view.now + timedelta(seconds=time() - self._read_at) if self.view else None

    def _poll(self) -> None:
        if self.view is None:
            if self._failing:
                self.reload()
            return
        self._announce()
        if self._polling or self.app.screen is not self:
            return
        self._polling = True
        self.serve(self.services.token, self._compare, failed=self._poll_failed)

    def _compare(self, token: str) -> None:
        self._polling = False
        if self.view is None:
            return
        stale = (
            self.view.fresh_until is not None and self.now is not None and self.now >= self.view.fresh_until
        )
        if stale or token != self.view.token:
            self.reload()

    def _poll_failed(self, error: HotlinerError) -> None:
        self._polling = False
        self.failed(error)

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
            self.app.bell()
            self.tell(f"Rappel promis : {name} attend votre appel maintenant.", warning=True)
