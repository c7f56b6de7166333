"""Events that services posted and that could not be taken: taken again once mended, or closed with a word."""

import json
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Any

from sqlmodel import Session

from console.audit import audit
from console.base.errors import HotlinerError, RefusedInputError
from console.base.roles import Role
from console.base.typed import words
from console.cases.upkeep import refresh_stale
from console.context import Context
from console.db.tables import SetAsideEvent
from console.messages import events_store as storage
from console.messages.webhooks import PostReport, WebhookService


@dataclass(frozen=True, slots=True)
class SetAsideRow:
    """One of them: when it came, from which source (empty for our own format), why, and itself."""

    number: int
    at: datetime
    source: str
    reason: str
    event: Any


class SetAsideService:
    """What waits for a supervisor; every method may be called from any thread."""

    def __init__(self, ctx: Context) -> None:
        self._ctx, self._webhooks = ctx, WebhookService(ctx)

    def listed(self) -> list[SetAsideRow]:
        """All of them, the oldest first. Raises ForbiddenError, StorageError."""
        self._ctx.need(Role.SUPERVISOR)
        with self._ctx.database.reading() as session:
            return [
                SetAsideRow(one.id or 0, one.at, one.source, one.reason, json.loads(one.event))
                for one in storage.set_aside(session)
            ]

    def take_again(self, number: int | None = None) -> PostReport:
        """Take them in as if they came now, or the one of that number: those that are go.

        Those that still cannot be taken stay, with today's reason. Raises ForbiddenError, RefusedInputError
        for an unknown number, StorageError.
        """
        self._ctx.need(Role.SUPERVISOR)
        report = PostReport()
        refresh_stale(self._ctx, seconds=inf)
        with self._ctx.database.reading() as session:
            numbers = [one.id for one in storage.set_aside(session, number)]
        if number is not None and not numbers:
            raise _unknown(number)
        for each in numbers:
            with self._ctx.database.writing() as session:
                for row in storage.set_aside(session, each):  # one, or none: somebody else took it
                    if reason := report.count(self._again(session, row)):
                        row.reason = reason
                    else:
                        session.delete(row)
        return report

    def _again(self, session: Session, row: SetAsideEvent) -> str | None:
        try:
            source = self._webhooks.source(row.source)
        except HotlinerError as error:  # its description is no more, or is faulty
            return error.happened
        return self._webhooks.one(session, source, json.loads(row.event), row.at)

    def close(self, number: int, word: str) -> None:
        """Nothing is to be made of it, and why.

        Raises ForbiddenError, RefusedInputError for an unknown number, no word or too many, StorageError.
        """
        self._ctx.need(Role.SUPERVISOR)
        why = words(word, "Il manque le mot qui dit pourquoi.", "Rien n’a changé.")
        with self._ctx.database.writing() as session:
            found = storage.set_aside(session, number)
            if not found:
                raise _unknown(number)
            (row,) = found
            row.closed_at, row.closed_by, row.closed_why = self._ctx.clock.now(), self._ctx.agent, why
            audit(session, self._ctx, "set_aside.closed", number=number)


def _unknown(number: int) -> RefusedInputError:
    return RefusedInputError(f"Aucun événement mis de côté n’a le numéro {number}.", "Rien n’a changé.")
