"""The guided call: each act is journalled for good before the next step is shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col

from console.audit import audit
from console.base.errors import ConflictError, RefusedInputError
from console.base.french import THIN, moment
from console.base.history import EventKind
from console.base.roles import Role
from console.base.typed import draft, words
from console.base.vocabulary import CallOutcome, Direction
from console.calls import state as call_state
from console.calls import store as storage
from console.calls import undo
from console.calls import view as call_view
from console.calls.ending import Ending
from console.calls.meanwhile import move_of, sentence, settled_as
from console.calls.opening import open_call, tell
from console.calls.outcomes import plan
from console.calls.state import LIFTED, CallState
from console.calls.store import StoredStep
from console.calls.typed import read_moment, understood
from console.calls.views import NOTE, REMARK, WHY_LIFTED, CallView, MomentRead
from console.calls.writing import enter, write
from console.cases.shared import level
from console.cases.signals import note_rows
from console.cases.upkeep import reassess
from console.cases.versions import newest, of_hash
from console.context import Context
from console.db import history
from console.db.query import NewRow
from console.db.tables import Call, CallStep
from console.rules.script import INTERRUPTED, CaptureKind
from console.rules.signals import Signal
from console.rules.walk import Act, Walk
from console.team.presence import IDLE


@dataclass(frozen=True, slots=True)
class Shown:
    """What is on the agent's screen."""

    state: CallState
    view: CallView
    drafts: Mapping[str, Any]
    closed: bool = False

    def after(self, walk: Walk, now: datetime) -> CallState:
        """The call once the last entry of the walk is in its journal, with what was read before it."""
        entry = walk.journal[-1]
        step = StoredStep(
            call_id=self.state.call.id,
            seq=self.state.seq,
            at=now,
            act=entry.act,
            step=entry.step,
            said=self.view.said,
            choice=entry.choice,
            label=entry.label,
            captured=entry.captured,
        )
        return self.state.after(walk, step)


class CallService:
    """One agent's calls. Every act commits before it returns; acts of one service come one after the other.

    An act names the `seq` of the view it answers. The same act given twice is done once and gives the
    present view; an act that answers an outdated view raises ConflictError: `resume` gives the present one.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._one_at_a_time = Lock()
        self._shown: Shown | None = None

    # -- opening and leaving -----------------------------------------------------------------------

    def resume(self) -> CallView | None:
        """The agent's open call at the step where it stands, as on its first showing; None without one."""
        with self._one_at_a_time:
            with self._ctx.database.reading() as session:
                call = storage.open_of_agent(session, self._ctx.agent)
                state = None if call is None else self._read(session, call.id)
            return None if state is None else self._found(state, "")

    def begin(self, client_id: int, direction: Direction, *, sure: bool = False) -> CallView:
        """Opens a call, or comes back to the one that is open with this client.

        Raises ConflictError when the agent has another call open, or another agent is with the client and did
        something in the last half hour; JustSpokenError when a colleague has just called them, unless `sure`;
        RefusedInputError when there is no such client.
        """
        with self._one_at_a_time:
            with self._ctx.database.writing() as session:
                self._ctx = newest(session, self._ctx)
                call_id, left_by = open_call(session, self._ctx, client_id, direction, sure=sure)
                state = self._read(session, call_id)
            return self._found(state, left_by)

    def _read(self, session: Session, call_id: str) -> CallState:
        """The call, by the content that it began with: from here on the service goes by that one."""
        self._ctx = of_hash(session, self._ctx, storage.content_of_call(session, call_id))
        return call_state.read(session, self._ctx, call_id)

    def _found(self, state: CallState, left_by: str) -> CallView:
        """An open call as it was left; one left long ago, or by another agent, says so first."""
        view, now = self._show(state), self._ctx.clock.now()
        here = state.stored.steps and abs(now - state.last_at) <= IDLE and not left_by
        if here or view.can_abandon:
            return view
        by = f" par {left_by}" if left_by else ""
        began, stopped = moment(state.call.started_at), moment(state.last_at)
        sentence = (
            f"Appel commencé{by} {began}, resté sans fin{THIN}: "
            f"dernière action {stopped}, à l’étape «\u00a0{view.title}\u00a0»."
        )
        why_not = ""
        if state.walk.agreed or state.walk.commits:
            why_not = "le client a dit oui à quelque chose : reprenez l’appel pour l’enregistrer"
        return replace(view, unfinished=sentence, cannot_interrupt=why_not)

    def interrupt(self, call_id: str) -> None:
        """Closes a call that was left unfinished: nobody knows how it ended; words typed and notes stay.

        Raises RefusedInputError when the client had agreed to something, ConflictError when it is over.
        """
        with self._one_at_a_time:
            with self._ctx.database.writing() as session:
                state = self._read(session, call_id)
                if state.walk.agreed or state.walk.commits:
                    raise RefusedInputError(
                        "Le client a dit oui à quelque chose.", "Rien n’a changé.", "Reprenez l’appel."
                    )
                self._interrupt(session, state)
            self._shown = None

    def _interrupt(self, session: Session, state: CallState) -> None:
        now, call, step = self._ctx.clock.now(), state.call, state.walk.step
        if note := call.drafts.get(NOTE):
            self._write_note(session, call, note)
        typed = str(call.drafts.get(step.capture.name, "")) if step.capture else ""
        session.add(
            CallStep(
                call_id=call.id,
                seq=state.seq,
                at=now,
                act=Act.JUMP,
                step=step.id,
                label=INTERRUPTED,
                captured=typed,
            )
        )
        values: dict[str, Any] = {
            "ended_at": now,
            "outcome": CallOutcome.INTERRUPTED,
            "direction": state.walk.direction,
            "answered": state.walk.spoke,
            "objection": state.walk.first_objection or "",
            "drafts": {},
        }
        session.flush()
        session.connection().execute(update(Call).where(col(Call.id) == call.id).values(**values))
        told = {"outcome": CallOutcome.INTERRUPTED, "duration_s": state.duration(state.last_at)}
        line = history.event(
            EventKind.CALL_ENDED, now, "Interrompu", client_id=call.client_id,
            subscription_id=call.subscription_id, call_id=call.id, agent=self._ctx.agent, data=told,
            key=f"{call.id}:{EventKind.CALL_ENDED}",
        )  # fmt: skip
        history.add_once(session, [line])
        session.expire_all()
        reassess(session, self._ctx, [call.subscription_id])

    def abandon(self, call_id: str) -> None:
        """Leaves a call in which nothing was dialled, answered or typed: only a note stays.

        Raises ConflictError once something was.
        """
        with self._one_at_a_time:
            with self._ctx.database.writing() as session:
                state = self._read(session, call_id)
                call = state.call
                if note := call.drafts.get(NOTE):
                    self._write_note(session, call, note)
                if not (state.free and storage.forget(session, call_id)):
                    raise ConflictError("Cet appel a commencé.", todo="Terminez-le par une issue.")
            self._shown = None

    # -- acts --------------------------------------------------------------------------------------

    def choose(self, call_id: str, seq: int, index: int, captured: str = "") -> CallView:
        """Takes a choice of the step on screen; the last one writes the outcome, whole or not at all.

        Raises RefusedInputError when it cannot be taken (the sentence says why: nothing has changed),
        ConflictError when the call has moved elsewhere, StorageError when it could not be written.
        """

        def act(state: CallState, now: datetime) -> Walk:
            typed = understood(self._ctx, state, index, captured, now)
            return state.walk.choose(index, typed, now)

        return self._act(call_id, seq, act, lambda step: step.act == Act.CHOICE and step.choice == index)

    def back(self, call_id: str, seq: int) -> CallView:
        """Undoes the last choice or jump; the journal keeps both."""
        return self._act(
            call_id,
            seq,
            lambda state, now: state.walk.back(now, self._unfinished(state)),
            lambda step: step.act == Act.BACK,
        )

    def jump(self, call_id: str, seq: int, where: str) -> CallView:
        """Goes to a step that is one key away: callback, escalate, hung_up, definitive."""
        return self._act(
            call_id,
            seq,
            lambda state, now: state.walk.jump(where, now, self._unfinished(state)),
            lambda step: step.act == Act.JUMP and step.label == where,
        )

    def note(self, call_id: str, text: str, without: frozenset[Signal] = frozenset()) -> CallView:
        """Keeps an internal note and the signals that its words tell, but those `without`.

        Its draft is done with. Raises RefusedInputError when it is empty.
        """
        text = words(text, "La note est vide.")
        with self._one_at_a_time:
            with self._ctx.database.writing() as session:
                agent = self._ctx.agent
                storage.drop_draft(session, call_id, agent, NOTE)
                call = self._read(session, call_id).call
                self._write_note(session, call, text, without)
                session.expire_all()
                state = self._read(session, call_id)
            return self._show(state)

    def _write_note(
        self, session: Session, call: Call, text: str, without: frozenset[Signal] = frozenset()
    ) -> None:
        told = note_rows(
            text,
            self._ctx.clock.now(),
            self._ctx.content.data.signals,
            without=without,
            client_id=call.client_id,
            subscription_id=call.subscription_id,
            call_id=call.id,
            agent=call.agent,
        )
        history.add_once(session, told)
        if len(told) > 1:
            reassess(session, self._ctx, [call.subscription_id])

    def remark(self, call_id: str, text: str) -> CallView:
        """Keeps an agent's word on the passage of the script that is on screen, for the supervisor.

        Raises RefusedInputError without words, ConflictError, StorageError.
        """
        text = words(text, "Écrivez ce qui ne va pas dans ce passage.")
        with self._one_at_a_time:
            with self._ctx.database.writing() as session:
                storage.drop_draft(session, call_id, self._ctx.agent, REMARK)
                state = self._read(session, call_id)
                call, step = state.call, state.walk.step
                history.add(
                    session,
                    EventKind.SCRIPT_REMARK,
                    self._ctx.clock.now(),
                    f"«\u00a0{step.title}\u00a0»{THIN}: {text}",
                    client_id=call.client_id,
                    subscription_id=call.subscription_id,
                    call_id=call.id,
                    agent=self._ctx.agent,
                    data={"step": step.id, "script": call.script_hash},
                )
                session.flush()
                session.expire_all()
                state = self._read(session, call_id)
            return self._show(state)

    def lift_hours(self, call_id: str, why: str) -> CallView:
        """A supervisor lets this call be made outside the hours, for a written reason.

        An opposition, a refusal or too many calls are not lifted. Raises ForbiddenError, RefusedInputError
        without a reason or where the hour is not what forbids the call, ConflictError, StorageError.
        """
        self._ctx.need(Role.SUPERVISOR)
        why = words(why, "Écrivez pourquoi cet appel sort des heures.", "Rien n’a changé.")
        with self._one_at_a_time:
            with self._ctx.database.writing() as session:
                state = self._read(session, call_id)
                now = self._ctx.clock.now()
                if not state.may_dial(self._ctx, now).hours_only:
                    raise RefusedInputError("L’heure n’interdit pas cet appel.", "Rien n’a changé.")
                storage.add_fact(session, call_id, LIFTED)
                storage.drop_draft(session, call_id, self._ctx.agent, WHY_LIFTED)
                tell(session, state.call, EventKind.HOURS_LIFTED, why, now, self._ctx.agent)
                audit(session, self._ctx, "call.hours_lifted", state.call.client_id, call=call_id, why=why)
                session.flush()
                session.expire_all()
                state = self._read(session, call_id)
            return self._show(state)

    def draft(self, call_id: str, field: str, text: str) -> None:
        """Saves what is being typed, at every key: a killed console gives it back."""
        with self._ctx.database.writing() as session:
            drafts = storage.drafts(session, call_id, self._ctx.agent)
            storage.save_drafts(session, call_id, self._ctx.agent, drafts | {field: draft(text)})

    def read_moment(self, call_id: str, text: str) -> MomentRead:
        """What a moment being typed is taken for, as it will be written; without the base."""
        shown = self._shown
        if shown is None or shown.state.call.id != call_id or shown.view.capture is None:
            return MomentRead()
        farewell = shown.view.capture.farewell
        return read_moment(self._ctx, shown.state, text, self._ctx.clock.now(), farewell)

    def _unfinished(self, state: CallState) -> str:
        """The words in the field of a step that is left without taking its choice: the journal keeps them."""
        capture = state.walk.step.capture
        if capture is None or capture.kind is not CaptureKind.TEXT:
            return ""
        with self._ctx.database.reading() as session:
            return str(storage.drafts(session, state.call.id, self._ctx.agent).get(capture.name, ""))

    # -- how an act is done ------------------------------------------------------------------------

    def _act(
        self,
        call_id: str,
        seq: int,
        act: Callable[[CallState, datetime], Walk],
        same: Callable[[StoredStep], bool],
    ) -> CallView:
        with self._one_at_a_time:
            shown = self._shown
            if (
                shown is None
                or shown.state.call.id != call_id
                or not (shown.closed or shown.state.seq == seq)
            ):
                shown = self._reread(call_id)
            if shown.state.seq == seq + 1 and same(shown.state.stored.steps[-1]):
                return shown.view
            if shown.closed or shown.state.seq != seq:
                raise _outdated()
            now = self._ctx.clock.now()
            if shown.state.untold:
                return self._tell_settled(shown, "", now)
            return self._commit(shown, act(shown.state, now), now)

    def _commit(self, shown: Shown, walk: Walk, now: datetime) -> CallView:
        """Writes the last entry of the walk and, once the call is over, everything that goes with it."""
        state, entry, after = shown.state, walk.journal[-1], shown.after(walk, now)
        step = after.stored.steps[-1]
        if walk.outcome is not None:
            return self._close(shown.view, after, now)
        chosen, capture = entry.act is Act.CHOICE, state.walk.step.capture
        done = capture.name if chosen and capture else ""
        dialled_at = now if chosen and walk.choices[-1].dials else None
        told = self._signals(state, walk, step)
        with self._ctx.database.acting() as connection:
            entered = enter(connection, self._ctx.agent, step, done, dialled_at, told)
            if entered is None:
                raise self._moved()
            if told:
                reassess(connection, self._ctx, [state.call.subscription_id])
        drafts, settled = entered
        moved = settled != settled_as(state.stored.subscription)
        if told or moved:  # what is shown of the case has moved with it
            with self._ctx.database.reading() as session:
                after = self._read(session, state.call.id)
        if after.untold:
            return self._tell_settled(Shown(after, shown.view, drafts), "", now)
        return self._show(after, drafts)

    def _tell_settled(self, shown: Shown, typed: str, now: datetime) -> CallView:
        """The term was settled elsewhere: the call goes where that is told, and nothing settles it again."""
        state, capture = shown.state, shown.state.walk.step.capture
        field = capture.name if capture else ""
        with self._ctx.database.reading() as session:
            told = sentence(session, state.stored.client, state.stored.subscription, now)
            typed = typed or storage.drafts(session, state.call.id, self._ctx.agent).get(field, "")
        walk = state.walk.settled(move_of(state.stored.subscription), now, typed)
        after = shown.after(walk, now)
        step = replace(after.stored.steps[-1], said=told)
        after = replace(after, stored=replace(after.stored, steps=(*after.stored.steps[:-1], step)))
        with self._ctx.database.acting() as connection:
            entered = enter(connection, self._ctx.agent, step, field, None)
            if entered is None:
                raise self._moved()
        return self._show(after, entered[0])

    def _signals(self, state: CallState, walk: Walk, step: StoredStep) -> list[NewRow]:
        """What a door of the call says of the client, at once; a step back takes it back."""
        call, before = state.call, state.walk.signals
        kinds = [one.told for one in walk.signals - before] + [
            one.taken_back for one in before - walk.signals
        ]
        return [
            history.event(
                kind,
                step.at,
                "Au téléphone",
                client_id=call.client_id,
                subscription_id=call.subscription_id,
                call_id=call.id,
                agent=call.agent,
                key=f"{call.id}:{kind}:{step.seq}",
            )
            for kind in sorted(kinds)
        ]

    def _close(self, before: CallView, state: CallState, now: datetime) -> CallView:
        """The outcome: one transaction for the journal's last entry, the record, messages and the case."""
        written = plan(self._ending(state, now))
        writes = written.writes
        client_id, call_id = state.call.client_id, state.call.id
        with self._ctx.database.acting() as connection:
            stood = undo.before(connection, client_id, call_id, shared=bool(writes.client))
            done = write(connection, writes)
            if done is not None:
                reassess(connection, self._ctx, [state.call.subscription_id, *done.terms])
            if done is not None and writes.client:  # what is learnt of an address holds for all who have it
                level(connection, self._ctx, [client_id], now)
            if done is not None:
                undo.keep(connection, stood)
        if done is None:
            return self._settled_meanwhile(state, now)
        view = call_view.closed(self._ctx, before, state, tuple(written.told), now)
        self._shown = Shown(state, view, {}, closed=True)
        return view

    def _settled_meanwhile(self, state: CallState, now: datetime) -> CallView:
        """Nothing was written: the term was settled elsewhere, and the agent is told; else the call moved."""
        typed = state.walk.journal[-1].captured
        shown = self._reread(state.call.id)
        if not shown.state.untold or shown.state.seq != state.seq - 1:
            raise self._moved()
        return self._tell_settled(shown, typed, now)

    def _ending(self, state: CallState, now: datetime) -> Ending:
        situation, content = state.situation, self._ctx.content
        wording = call_view.variables(self._ctx, state, now)
        return Ending(
            stored=state.stored,
            walk=state.walk,
            step=state.stored.steps[-1],
            offer=state.offer,
            offer_id=state.offer_id,
            background=situation.background(self._ctx),
            recorded=situation.around.recorded,
            settled=state.settled_elsewhere,
            pause=situation.facts.pause,
            data=content.data,
            duration_s=state.duration(now),
            render=lambda name, channel: content.messages.render(name, wording, channel),
        )

    # -- what is on screen -------------------------------------------------------------------------

    def _show(self, state: CallState, drafts: storage.Values | None = None) -> CallView:
        drafts = state.call.drafts if drafts is None else drafts
        view = call_view.build(self._ctx, state, drafts, self._ctx.clock.now())
        self._shown = Shown(state, view, drafts)
        return view

    def _reread(self, call_id: str) -> Shown:
        with self._ctx.database.reading() as session:
            state = self._read(session, call_id)
        drafts = state.call.drafts
        return Shown(state, call_view.build(self._ctx, state, drafts, self._ctx.clock.now()), drafts)

    def _moved(self) -> ConflictError:
        self._shown = None
        return _outdated()


def _outdated() -> ConflictError:
    return ConflictError(
        "L’appel a avancé entre-temps.",
        "Ce qui était enregistré l’est toujours.",
        "Reprenez à l’étape affichée.",
    )
