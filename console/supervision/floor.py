"""« En ligne »: who is at work, at what and for how long; a supervisor frees a client and moves work."""

from dataclasses import replace
from datetime import datetime

from console.audit import audit, tell
from console.base.dates import day_of, start_of
from console.base.errors import ConflictError, RefusedInputError
from console.base.french import THIN
from console.base.history import EventKind
from console.base.roles import Role
from console.base.text import clean
from console.base.vocabulary import Pane
from console.calls.under_way import CallUnderWay, call_of, calls_under_way
from console.cases import queue
from console.cases.campaign import usual_campaign
from console.context import Context
from console.db.query import AnyRow
from console.rules.presence import Presence, PresenceState
from console.supervision import callbacks_store as callbacks
from console.supervision import floor_store as storage
from console.supervision import waiting
from console.supervision.callbacks import NAME_LIMIT
from console.supervision.views import FloorPage, FloorRow
from console.team import presences
from console.team.presence import release
from console.team.seats import alive, free, last_heard, seats

_ORDER = tuple(PresenceState)


class FloorService:
    """For supervisors; every method may be called from any thread."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def page(self, offset: int, limit: int) -> FloorPage:
        """Who is there now, those in a call first, and what waits. Raises ForbiddenError, StorageError."""
        self._ctx.need(Role.SUPERVISOR)
        ctx, now = self._ctx, self._ctx.clock.now()
        midnight = start_of(day_of(now))
        with ctx.database.reading() as session:
            open_seats, calls = seats(session), calls_under_way(session, ctx)
            at, away = presences.under_way(session), callbacks.away(session)
            spans = presences.between(session, midnight, now)
            dialled = storage.dialled(session, midnight)
            names = storage.agents(session)
            campaign = usual_campaign(session, now.date())
            urgent = queue.counts(session, campaign.first, campaign.last).get(Pane.URGENT, 0)
            due = waiting.count(session, waiting.due_by(now))
            unassigned = waiting.count(session, callbacks.unassigned(away))
        dead = {seat.agent: last_heard(seat, now) for seat in open_seats if not alive(seat)}
        times = presences.seconds(spans, midnight, dead, now)
        # Of those without an account, who is there or was today: a console that died long ago stays noted.
        names |= {*dialled, *(one.agent for one in open_seats if alive(one))}
        names |= {one.agent for one in spans if dead.get(one.agent, now) > midnight}
        there = {seat.agent: seat for seat in open_seats}
        on_call = {call.agent: call for call in reversed(calls)}
        rows = [
            replace(
                self._row(name, now, there.get(name), at.get(name), on_call.get(name)),
                away=name in away,
                dialled=dialled.get(name, 0),
                times=times.get(name, {}),
            )
            for name in names
        ]
        rows.sort(key=lambda row: (_ORDER.index(row.state), row.agent))
        return FloorPage(len(rows), tuple(rows[offset : offset + limit]), now, urgent, due, unassigned)

    def _row(
        self,
        agent: str,
        now: datetime,
        seat: AnyRow | None,
        at: tuple[Presence, datetime] | None,
        call: CallUnderWay | None,
    ) -> FloorRow:
        what, since = at or (Presence(PresenceState.OFFLINE), None)
        if seat is None or not alive(seat):
            what = Presence(PresenceState.OFFLINE)
            since = last_heard(seat, now) if seat is not None and seat.console else None
        return FloorRow(
            agent=agent,
            state=what.state,
            words=self._ctx.content.team.words(what),
            since=since,
            machine=seat.machine if seat is not None else "",
            code=call.code if call else "",
            client_id=call.client_id if call else None,
            step=call.step if call else "",
            call_since=call.started_at if call else None,
            step_since=call.step_since if call else None,
            freed=bool(call and seat is not None and seat.freed_call == call.call_id),
        )

    def free(self, agent: str) -> str:
        """Let a colleague take over the agent's client at once; gives what was freed, in words.

        Raises ForbiddenError, ConflictError when the agent holds nobody, StorageError.
        """
        self._ctx.need(Role.SUPERVISOR)
        with self._ctx.database.writing() as session:
            call = call_of(session, agent)
            proposed = storage.claimed_by(session, agent)
            if call is None and proposed is None:
                raise ConflictError(f"{agent} ne tient aucun client.", "Rien n’a changé.")
            release(session, agent)
            if call is not None:
                free(session, agent, call.id)
                words = f"Appel de {agent} libéré par {self._ctx.agent}"
                tell(session, self._ctx, call, EventKind.UPDATED, words, call=call.id)
            client = call.client_id if call is not None else proposed
            audit(session, self._ctx, "client.freed", client, who=agent)
        return (
            "Son appel peut être repris par un collègue."
            if call
            else "Ce client est de nouveau à tout le monde."
        )

    def hand_over(self, agent: str, to: str) -> int:
        """Have `to` answer for what the agent promised: callbacks, commitments; how many there were.

        Raises ForbiddenError, RefusedInputError, StorageError.
        """
        self._ctx.need(Role.SUPERVISOR)
        to = clean(to, limit=NAME_LIMIT)
        if not to or to == agent:
            raise RefusedInputError("Dites à qui d’autre les confier.", "Rien n’a changé.")
        with self._ctx.database.writing() as session:
            promised, owed = storage.callbacks_of(session, agent), storage.commitments_of(session, agent)
            for callback in promised:
                callback.taken_by = to
                words = f"Rappel confié à {to}"
                tell(session, self._ctx, callback, EventKind.CALLBACK_ASSIGNED, words, callback=callback.id)
            for commitment in owed:
                commitment.owner = to
                words = f"Engagement confié à {to}{THIN}: {commitment.what}"
                tell(session, self._ctx, commitment, EventKind.UPDATED, words, commitment=commitment.id)
            counts = {"callbacks": len(promised), "commitments": len(owed)}
            audit(session, self._ctx, "work.moved", who=agent, to=to, **counts)
        return len(promised) + len(owed)
