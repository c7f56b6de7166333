"""Empties what has been kept for long enough; what it would do is known first, and the figures stay."""

from collections.abc import Callable
from datetime import date, datetime

from console.audit import audit
from console.base.dates import add_months, day_of, start_of
from console.base.errors import ContentError
from console.base.roles import Role
from console.context import Context
from console.db.turns import Turns
from console.people import privacy_store as personal
from console.people import purge_store as storage
from console.people.retention_policy import Kept
from console.people.retention_policy_file import read_retention_policy


class PurgeService:
    """For the administrator alone."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._turns = Turns(ctx.database)

    def plan(self) -> dict[Kept, int]:
        """How much of each kind is to go. Raises ForbiddenError, ContentError, StorageError."""
        limits = self._limits()
        with self._ctx.database.reading() as session:
            return {kind: storage.count(session, kind, *limits[kind]) for kind in Kept}

    def run(self, progress: Callable[[int, int], None] | None = None) -> dict[Kept, int]:
        """Does it, by short transactions; begun again after a stop, it goes on. Raises as `plan`."""
        limits, planned = self._limits(), self.plan()
        total, done = sum(planned.values()), dict.fromkeys(Kept, 0)
        for kind in Kept:
            while (
                n := self._clients(limits[kind]) if kind is Kept.CLIENTS else self._some(kind, limits[kind])
            ):
                done[kind] += n
                if progress:
                    progress(sum(done.values()), total)
        if any(done.values()):
            with self._ctx.database.writing() as session:
                audit(session, self._ctx, "data.purged", **{kind.name.lower(): done[kind] for kind in Kept})
            self._ctx.database.forget()
        return done

    def _limits(self) -> dict[Kept, tuple[datetime, date]]:
        """For each kind, the instant and the day before which it has been kept for long enough."""
        self._ctx.need(Role.ADMINISTRATOR)
        months, faults = read_retention_policy(self._ctx.content.root)
        if faults:
            raise ContentError(f"La durée de conservation ne peut pas servir. {faults[0]}.")
        today = day_of(self._ctx.clock.now())
        days = {kind: add_months(today, -months[kind]) for kind in Kept}
        return {kind: (start_of(day), day) for kind, day in days.items()}

    def _some(self, kind: Kept, limit: tuple[datetime, date]) -> int:
        with self._turns.writing() as session:
            return storage.empty(session, kind, *limit, self._turns.size)

    def _clients(self, limit: tuple[datetime, date]) -> int:
        with self._turns.writing() as session:
            found = storage.codes(session, *limit, self._turns.size)
            for code in found:
                person = personal.find(session, code)
                if person is not None:
                    personal.erase(session, person, at=self._ctx.clock.now(), author=self._ctx.agent)
                    audit(session, self._ctx, "client.erased", person.id)
            return len(found)
