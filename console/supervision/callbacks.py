"""Promised callbacks: whose they are, who is away, when, and the only two ways a promise ends.

A promise is kept by a call in which the client was spoken to (`console.calls.outcomes`), or cancelled here
because the client wished it, in words that stay.
"""

from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement
from sqlmodel import Session

from console.audit import audit, tell
from console.base.dates import PARIS
from console.base.errors import ConflictError, RefusedInputError
from console.base.french import THIN, moment, on_both_clocks
from console.base.history import EventKind
from console.base.roles import Role
from console.base.text import clean
from console.base.typed import words
from console.base.vocabulary import DraftField
from console.base.when import parse_when
from console.cases import drafts, queue
from console.cases.client_rows import case_rows
from console.cases.facts import cases
from console.cases.upkeep import reassess
from console.context import Context
from console.db.tables import Callback, Client
from console.rules.hours import next_lawful_call
from console.rules.status import agree
from console.rules.waiting import Due, due, due_words
from console.supervision import callbacks_store as storage
from console.supervision import waiting
from console.supervision.views import CallbackRow, CallbacksPage, Colleague, Promises

NAME_LIMIT = 80


class CallbackService:
    """What was promised and is still to be kept; every method may be called from any thread."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def page(self, which: Promises, offset: int, limit: int) -> CallbacksPage:
        """A page of the open callbacks: late ones first, then by their moment. Raises StorageError."""
        now = self._ctx.clock.now()
        with self._ctx.database.reading() as session:
            away = storage.away(session)
            conditions: dict[Promises, ColumnElement[bool] | None] = {
                Promises.ALL: None,
                Promises.MINE: storage.of(self._ctx.agent),
                Promises.UNASSIGNED: storage.unassigned(away),
            }
            counts = {one: waiting.count(session, condition) for one, condition in conditions.items()}
            found = storage.page(session, conditions[which], offset, limit)
            terms = sorted({row.subscription_id for row in found})
            cases = case_rows(session, self._ctx, queue.cases_shown(session, terms), now)
            late = waiting.count(session, waiting.due_by(now))
        by_term = {case.subscription_id: case for case in cases}
        rows = tuple(
            CallbackRow(
                id=row.id,
                case=by_term[row.subscription_id],
                promised_at=row.promised_at,
                due=due(row.promised_at, now),
                when=due_words(row.promised_at, now),
                asked_by_client=row.asked_by_client,
                agent=row.agent,
                owner=row.owner,
                unassigned=not row.owner or row.owner in away,
                mine=row.owner == self._ctx.agent,
                note=row.note,
            )
            for row in found
        )
        return CallbacksPage(counts[which], rows, counts, late, self._ctx.agent in away)

    def take(self, callback_id: int) -> None:
        """The agent answers for it from now on; allowed when it is late, or its agent is away.

        Raises ConflictError when it is done, or is another agent's who is there, StorageError.
        """
        with self._ctx.database.writing() as session:
            callback, now = self._open(session, callback_id), self._ctx.clock.now()
            owner, me = callback.taken_by or callback.agent, self._ctx.agent
            if owner == me:
                return
            late = due(callback.promised_at, now) is Due.LATE
            if owner and owner not in storage.away(session) and not late:
                raise ConflictError(
                    f"{owner} est là, et ce rappel n’est pas en retard{THIN}: il lui reste.",
                    "Rien n’a changé.",
                    "Un superviseur peut le confier à quelqu’un d’autre.",
                )
            self._hand_over(session, callback, me)

    def assign(self, callback_id: int, agent: str) -> None:
        """A supervisor hands the callback to an agent. Raises ForbiddenError, ConflictError, StorageError."""
        self._ctx.need(Role.SUPERVISOR)
        agent = clean(agent, limit=NAME_LIMIT)
        if not agent:
            raise RefusedInputError("Dites à qui le confier.", "Rien n’a changé.")
        with self._ctx.database.writing() as session:
            callback = self._open(session, callback_id)
            former = callback.taken_by or callback.agent
            if former == agent:
                return
            self._hand_over(session, callback, agent)
            audit(
                session,
                self._ctx,
                "callback.assigned",
                callback.client_id,
                callback=callback_id,
                former=former,
                to=agent,
            )

    def move(self, callback_id: int, text: str) -> str:
        """The call is to be made at another moment: on the client's clock where they asked for it.

        Gives the new moment in words. Raises RefusedInputError for what is not understood or, where we chose
        the slot, not lawful; ConflictError when it is done, StorageError.
        """
        with self._ctx.database.writing() as session:
            callback, now = self._open(session, callback_id), self._ctx.clock.now()
            client = session.get_one(Client, callback.client_id)
            zone = ZoneInfo(client.timezone) if callback.asked_by_client else PARIS
            at = parse_when(text, now, zone)
            if not callback.asked_by_client:
                (case,) = cases(session, self._ctx, [callback.subscription_id])
                slot = next_lawful_call(at, case.facts, self._ctx.content.data.field)
                if slot != at:
                    todo = f"Prochain créneau{THIN}: {moment(slot)}." if slot else ""
                    raise RefusedInputError(f"Pas d’appel permis {moment(at)}.", "Rien n’a changé.", todo)
            whose = agree(client.civility, "chez lui", "chez elle", "chez le client")
            words = on_both_clocks(at, client.timezone, whose)
            told = f"Du {moment(callback.promised_at)} au {words}"
            callback.promised_at = at
            tell(session, self._ctx, callback, EventKind.CALLBACK_MOVED, told, callback=callback_id)
            drafts.drop(session, self._ctx.agent, callback.client_id, DraftField.MOVED, callback_id)
            reassess(session, self._ctx, [callback.subscription_id])
        return words

    def cancel(self, callback_id: int, why: str) -> None:
        """The client does not want the call any more: in which words, is required and kept.

        Raises RefusedInputError without words, ConflictError when it is done, StorageError.
        """
        why = words(why, "Écrivez ce que le client a demandé.", "Le rappel reste dû.")
        with self._ctx.database.writing() as session:
            callback = self._open(session, callback_id)
            callback.done_at, callback.cancelled_why = self._ctx.clock.now(), why
            tell(session, self._ctx, callback, EventKind.CALLBACK_CANCELLED, why, callback=callback_id)
            drafts.drop(session, self._ctx.agent, callback.client_id, DraftField.CANCELLATION, callback_id)
            audit(session, self._ctx, "callback.cancelled", callback.client_id, callback=callback_id)
            reassess(session, self._ctx, [callback.subscription_id])

    def colleagues(self) -> tuple[Colleague, ...]:
        """Those who work here, the reader first. Raises StorageError."""
        with self._ctx.database.reading() as session:
            away, names = storage.away(session), storage.names(session)
        me = self._ctx.agent
        ordered = [me, *sorted(names - {me})]
        return tuple(Colleague(one, one in away, one == me) for one in ordered)

    def set_away(self, agent: str, *, away: bool) -> None:
        """Notes that an agent is away, or back: oneself, or for a supervisor anybody.

        Raises ForbiddenError, StorageError.
        """
        if agent != self._ctx.agent:
            self._ctx.need(Role.SUPERVISOR)
        with self._ctx.database.writing() as session:
            now = self._ctx.clock.now()
            storage.set_away(session, agent, now, self._ctx.agent, is_away=away)
            audit(session, self._ctx, "agent.away" if away else "agent.back", who=agent)

    def _open(self, session: Session, callback_id: int) -> Callback:
        callback = storage.open_one(session, callback_id)
        if callback is None:
            raise ConflictError("Ce rappel n’est plus à faire.", "Quelqu’un vient de s’en charger.")
        return callback

    def _hand_over(self, session: Session, callback: Callback, agent: str) -> None:
        callback.taken_by = agent
        words = f"Le rappel {moment(callback.promised_at)} est confié à {agent}"
        tell(session, self._ctx, callback, EventKind.CALLBACK_ASSIGNED, words, callback=callback.id)
