"""Delivers the outbox while the console is open: a few messages at a time, in a thread of its own.

It is the same delivery as `hotliner envoyer`, and may run beside it or beside other consoles: a message is
leased to one of them. Between two handfuls it lets go of the database, so that a key never waits for mail.
"""

import logging
from collections.abc import Callable
from threading import Event, Thread
from typing import TYPE_CHECKING

from console.base.errors import ForbiddenError, HotlinerError

if TYPE_CHECKING:
    from console.messages.outbox import OutboxService

_log = logging.getLogger("hotliner")

HANDFUL = 20
"""Messages sent before the others get their turn."""
FIRST_SECONDS = 4.0
"""How long the console has for opening."""
BUSY_SECONDS = 1.0
IDLE_SECONDS = 5.0
AWAY_SECONDS = 60.0
"""How long what could not be reached is left alone."""
_LEAVING_SECONDS = 0.6
"""How long leaving waits for a message under way; one that takes longer goes once more, by its lease."""


class Courier:
    """Runs from `start` to `stop`; `outbox` gives the service of whoever is signed in.

    daily: what is done once beside it, when there is nothing to send; given what says that it is to stop.
    """

    def __init__(
        self,
        outbox: "Callable[[], OutboxService]",
        daily: "Callable[[Callable[[], bool]], object] | None" = None,
    ) -> None:
        self._outbox = outbox
        self._daily = daily
        self._stop = Event()
        self._thread = Thread(target=self._run, name="courier", daemon=True)

    def start(self) -> None:
        """Deliver from now on; again changes nothing."""
        if self._thread.ident is None:
            self._thread.start()

    def stop(self) -> None:
        """Finish the message under way, and no other."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(_LEAVING_SECONDS)

    def _run(self) -> None:
        pause = FIRST_SECONDS
        while not self._stop.wait(pause):
            pause = self.round()

    def round(self) -> float:
        """Send a handful of what is due; for how many seconds to wait then. What fails goes to the log."""
        try:
            outbox = self._outbox()
            if outbox.by_job_only:
                self._once_a_day()
                return IDLE_SECONDS
            report = outbox.send_due(HANDFUL, stop=self._stop.is_set)
        except ForbiddenError:  # nobody is signed in, and nothing leaves meanwhile
            return IDLE_SECONDS
        except HotlinerError as error:
            _log.warning("delivery: %s", error)
            return AWAY_SECONDS
        except Exception:
            _log.exception("delivery")
            return AWAY_SECONDS
        for words in report.unreachable:
            _log.warning("delivery: %s", words)
        if report.unreachable:
            return AWAY_SECONDS
        if not report.sent:
            self._once_a_day()
        return BUSY_SECONDS if report.sent else IDLE_SECONDS

    def _once_a_day(self) -> None:
        daily, self._daily = self._daily, None
        if daily is not None:
            try:
                daily(self._stop.is_set)
            except HotlinerError as error:
                _log.warning("daily: %s", error)
