"""The guided call: each act is journalled for good before the next step is shown."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock
from typing import Any
from uuid import uuid4

from sqlalchemy import update
from sqlmodel import Session, col, select

from console.audit import audit
from console.base.errors import AwayError, ConflictError, ForbiddenError, RefusedInputError, StorageError
from console.base.french import THIN, moment
from console.base.history import EventKind
from console.base.roles import Role
from console.base.typed import draft, words
from console.base.vocabulary import CallOutcome, Direction, DraftField
from console.calls import acts
from console.calls import store as storage
from console.calls import view as call_view
from console.calls.arrival import arrive, arrive_outside, step_told, with_kept
from console.calls.keeping import PATIENCE, Keeper, soon
from console.calls.meanwhile import settled_as
from console.calls.opening import open_at_once, open_call, tell
from console.calls.spool import OUTSIDE, Kept, KeptKind, Spool
from console.calls.state import LIFTED, CallState
from console.calls.store import StoredStep
from console.calls.typed import left, must_be_lawful, read_moment, understood
from console.calls.views import NOTE, REMARK, WHY_LIFTED, Arrival, CallView, MomentRead
from console.cases import drafts as outside
from console.cases.told_today import of_the_client
from console.cases.upkeep import reassess
from console.cases.versions import newest
from console.context import Context
from console.db import history
from console.db.tables import Call, CallStep, Client
from console.rules.script import INTERRUPTED
from console.rules.signals import Signal
from console.rules.walk import Act, Walk
from console.team.presence import IDLE

BEGINNING_SECONDS = 3.0
"""How long a call that begins waits for what is kept of the one before it to be written."""
KEPT_HERE = "L’issue est gardée ici, en attente de la base."
"""The first line of a closed call that the base has not taken yet."""


def words_key(client_id: int, field: DraftField, about: int) -> str:
    """What tells one text typed outside a call from the others."""
    return f"{field}:{client_id}:{about}"


def _same(code: str, there: str | None) -> bool:
    """Whether the client of an act is the one of that number in the base; without a code, whoever that is."""
    return there is not None and code in ("", there)


@dataclass(frozen=True, slots=True)
class Shown:
    """What is on the agent's screen."""

    state: CallState
    view: CallView
    drafts: Mapping[str, Any]
    closed: bool = False


class CallService:
    """One agent's calls. Every act is durable before it returns; acts of one service come one after another.

    An act names the `seq` of the view it answers. The same act given twice is done once and gives the
    present view; an act that answers an outdated view raises ConflictError: `resume` gives the present one.

    What the base does not take soon is kept on this machine and written once it answers (`keeping.py`): the
    call goes on from what is known of it. `waiting` and `arrived` tell, without the base. Nobody waits in the
    calls of a file of acts: without `keeps` each act is written before the next.
    """

    def __init__(self, ctx: Context, *, keeps: bool = True) -> None:
        self._ctx = ctx
        self._one_at_a_time = Lock()
        self._shown: Shown | None = None
        self._typed: dict[str, Any] = {}  # in the call that is shown, by field
        self._codes: dict[int, str] = {}  # of the clients about whom something is typed outside a call
        self._keeper = Keeper(ctx.agent, Spool(ctx.spool), self._arrive, keeps=keeps)
        self._looked = False  # for what an earlier console has left on this machine
        self._read_again: CallState | None = None  # once what was kept of a call has been written
        self._arrived: list[Arrival] = []

    # -- kept on this machine ----------------------------------------------------------------------

    def waiting(self, call_id: str = "") -> int:
        """How many acts of a call, or of all, are kept on this machine until the base answers."""
        return len(self._keeper.waiting(call_id))

    def waiting_words(self) -> int:
        """How many texts typed outside a call are kept on this machine; `waiting` counts them too."""
        return self.waiting(OUTSIDE)

    def arrived(self, call_id: str = "") -> list[Arrival]:
        """What has become of the acts that were kept, each told once: those of a call, or of all."""
        told = [one for one in self._arrived if call_id in ("", one.call_id)]
        for one in told:
            self._arrived.remove(one)
        return told

    def _arrive(self, rows: Sequence[Kept]) -> Sequence[Kept]:
        """In a thread of its own: writes what was kept of a call, then reads how the call stands."""
        call_id = rows[0].call_id
        try:
            arrived = (arrive_outside if call_id == OUTSIDE else arrive)(self._ctx, rows)
        except ForbiddenError as error:
            words = f"Ce qui est gardé ici reste sur ce poste, pas enregistré{THIN}: {error.happened}"
            self._arrived.append(Arrival(call_id, words, otherwise=True))
            raise
        if arrived.news is not None:
            self._arrived.append(arrived.news)
        if len(arrived.done) == len(rows) and call_id != OUTSIDE:
            with suppress(ConflictError, StorageError), self._ctx.database.reading() as session:
                self._read_again = acts.read(session, self._ctx, call_id)[1]
        return arrived.done

    def _take_up(self) -> None:
        """What an earlier console has kept of the calls of this base is written now; once a run.

        What is of no call and no client of this base stays where it is: another one was at this address.
        """
        if self._looked:
            return
        if found := self._keeper.found():
            calls, clients = {one.call_id for one in found}, {one.client_id for one in found}
            with self._ctx.database.reading() as session:
                known = set(session.exec(select(Call.id).where(col(Call.id).in_(calls))))
                codes = dict(
                    session.exec(select(Client.id, Client.code).where(col(Client.id).in_(clients))).all()
                )
            place = self._ctx.database.place
            self._keeper.take_up(
                [
                    one
                    for one in found
                    if one.call_id in known
                    or (one.place == place and _same(one.told["code"], codes.get(one.client_id)))
                ]
            )
            self._keeper.settled(PATIENCE)
        self._looked = True

    def _nothing_waits(self) -> None:
        """What changes a call as a whole comes after all that was done in it."""
        if not self._keeper.settled(BEGINNING_SECONDS):
            raise AwayError(
                "Ce qui est gardé ici attend encore la base.",
                "Rien n’est perdu : il sera enregistré dès qu’elle répondra.",
                "Patientez un instant, puis recommencez.",
            )

    def _kept(self, state: CallState, kind: KeptKind, at: datetime, seq: int, **told: Any) -> Kept:
        """An act, as it is kept if it has to be: with it what tells the client in a base put back."""
        of = {"code": state.stored.client.code, "term": state.call.subscription_id}
        place = self._ctx.database.place
        return Kept(state.call.id, state.call.client_id, seq, kind, at, told | of, place)

    # -- opening and leaving -----------------------------------------------------------------------

    def resume(self) -> CallView | None:
        """The agent's open call at the step where it stands, as on its first showing; None without one.

        While the base is away, the call in hand is given as it is known here.
        """
        with self._one_at_a_time:
            try:
                self._take_up()
                kept = self._keeper.waiting()
                with self._ctx.database.reading() as session:
                    call = storage.open_of_agent(session, self._ctx.agent)
                    found = None if call is None else self._read(session, call.id, kept)
            except AwayError:
                shown = self._shown
                if shown is None or shown.closed:
                    raise
                return self._show(shown.state, {**shown.drafts, **self._typed})
            if found is None or found[0].walk.outcome is not None:  # over, and its outcome waits here
                return None
            return self._found(*found, "")

    def begin(self, client_id: int, direction: Direction, *, sure: bool = False) -> CallView:
        """Opens a call, or comes back to the one that is open with this client.

        Raises ConflictError when the agent has another call open, or another agent is with the client, at a
        console that is alive (without one: did something in the last half hour); JustSpokenError when a
        colleague has just called them, unless `sure`;
        RefusedInputError when there is no such client; AwayError while an earlier call waits on this machine.
        """
        with self._one_at_a_time:
            self._take_up()
            self._nothing_waits()
            with suppress(ConflictError), self._ctx.database.sharing_session(client_id) as session:
                state = open_at_once(session, self._ctx, client_id, direction, sure=sure)
                if state is not None:
                    session.commit()
                    return self._found(state, {}, "")
            with self._ctx.database.writing() as session:
                self._ctx = of_the_client(session, newest(session, self._ctx), client_id)
                call_id, left_by = open_call(session, self._ctx, client_id, direction, sure=sure)
                found = self._read(session, call_id)
            return self._found(*found, left_by)

    def _read(
        self, session: Session, call_id: str, kept: Sequence[Kept] = ()
    ) -> tuple[CallState, dict[str, Any]]:
        """The call with what was kept of it before the unit began to read; with it what is being typed.

        It goes by the content that it began with: from here on the service does too.
        """
        self._ctx, state = acts.read(session, self._ctx, call_id)
        return with_kept(state, kept)

    def _stands(self, call_id: str) -> tuple[CallState, dict[str, Any]]:
        """The same, read now."""
        kept = self._keeper.waiting(call_id)  # first: what is written meanwhile is in both
        with self._ctx.database.reading() as session:
            return self._read(session, call_id, kept)

    def _found(self, state: CallState, drafts: storage.Values, left_by: str) -> CallView:
        """An open call as it was left; one left long ago, or by another agent, says so first."""
        view, now = self._show(state, drafts), self._ctx.clock.now()
        here = state.stored.steps and abs(now - state.last_at) <= IDLE and not left_by
        if here or view.can_abandon:
            return view
        by = f" par {left_by}" if left_by else ""
        began, stopped = moment(state.call.started_at), moment(state.last_at)
        sentence = (
            f"Appel commencé{by} {began}, resté sans fin{THIN}: "
            f"dernière action {stopped}, à l’étape «\u00a0{view.title}\u00a0»."
        )
        if left_by:
            sentence += " Le client n’est plus en ligne."
        why_not = ""
        if state.walk.agreed or state.walk.commits:
            why_not = "le client a dit oui à quelque chose : reprenez l’appel pour l’enregistrer"
        return replace(view, unfinished=sentence, left_by=left_by, cannot_interrupt=why_not)

    def interrupt(self, call_id: str) -> None:
        """Closes a call that was left unfinished: nobody knows how it ended; words typed and notes stay.

        Raises RefusedInputError when the client had agreed to something, ConflictError when it is over.
        """
        with self._one_at_a_time:
            self._nothing_waits()
            with self._ctx.database.writing() as session:
                state, _ = self._read(session, call_id)
                if state.walk.agreed or state.walk.commits:
                    raise RefusedInputError(
                        "Le client a dit oui à quelque chose.", "Rien n’a changé.", "Reprenez l’appel."
                    )
                self._interrupt(session, state)
            self._shown = None

    def _interrupt(self, session: Session, state: CallState) -> None:
        now, call, step = self._ctx.clock.now(), state.call, state.walk.step
        if note := call.drafts.get(NOTE):
            acts.write_note(session, self._ctx, call, note, now, uuid4().hex)
        typed = left(state, str(call.drafts.get(step.capture.name, "")) if step.capture else "", now)
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

        Where the base is away it stays there as it was prepared, and the next call takes its place. Raises
        ConflictError once something was.
        """
        with self._one_at_a_time:
            with suppress(AwayError):
                soon(lambda: self._forget(call_id))
            self._shown = None

    def _forget(self, call_id: str) -> None:
        with self._ctx.database.writing() as session:
            state, _ = self._read(session, call_id)
            call = state.call
            if note := call.drafts.get(NOTE):
                acts.write_note(session, self._ctx, call, note, self._ctx.clock.now(), uuid4().hex)
            if not (state.free and storage.forget(session, call_id)):
                raise ConflictError("Cet appel a commencé.", todo="Terminez-le par une issue.")

    # -- acts --------------------------------------------------------------------------------------

    def choose(self, call_id: str, seq: int, index: int, captured: str = "") -> CallView:
        """Takes a choice of the step on screen; the last one writes the outcome, whole or not at all.

        Raises RefusedInputError when it cannot be taken (the sentence says why: nothing has changed),
        ConflictError when the call has moved elsewhere, StorageError when it could not be written.
        """

        def act(state: CallState, now: datetime) -> Walk:
            choices = state.walk.step.choices
            if 0 <= index < len(choices) and choices[index].dials:
                self._must_be_lawful(state, now)
            typed = understood(self._ctx, state, captured, now)
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
            shown, now, mark = self._in_hand(call_id), self._ctx.clock.now(), uuid4().hex
            state, call = shown.state, shown.state.call

            def write() -> None:
                acts.take_note(self._ctx, call, text, now, mark, without)

            kept = self._kept(
                state, KeptKind.NOTE, now, state.seq, text=text, mark=mark, without=sorted(without)
            )
            return self._beside(shown, kept, write, NOTE, text)

    def remark(self, call_id: str, text: str) -> CallView:
        """Keeps an agent's word on the passage of the script that is on screen, for the supervisor.

        Raises RefusedInputError without words, ConflictError, StorageError.
        """
        text = words(text, "Écrivez ce qui ne va pas dans ce passage.")
        with self._one_at_a_time:
            shown, now, mark = self._in_hand(call_id), self._ctx.clock.now(), uuid4().hex
            state, step = shown.state, shown.state.walk.step

            def write() -> None:
                acts.take_remark(self._ctx, state.call, step.id, step.title, text, now, mark)

            told = {"text": text, "mark": mark, "step": step.id, "title": step.title}
            kept = self._kept(state, KeptKind.REMARK, now, state.seq, **told)
            return self._beside(shown, kept, write, REMARK)

    def _beside(
        self, shown: Shown, kept: Kept, write: Callable[[], None], field: str, note: str = ""
    ) -> CallView:
        """Writes what is no step of the call, whose draft is done with, and shows the call."""
        if self._keeper.write(kept, write) is not None:
            return self._show(*self._stands(kept.call_id))
        state = shown.state
        if note:
            links: dict[str, Any] = {"client_id": kept.client_id, "call_id": kept.call_id}
            event = history.shown(EventKind.NOTE, kept.at, note, **links)
            around = replace(state.situation.around, notes=(event, *state.situation.around.notes))
            state = replace(state, situation=replace(state.situation, around=around))
        return self._show(state, {name: text for name, text in shown.drafts.items() if name != field})

    def lift_hours(self, call_id: str, why: str) -> CallView:
        """A supervisor lets this call be made outside the hours, for a written reason.

        An opposition, a refusal or too many calls are not lifted. Raises ForbiddenError, RefusedInputError
        without a reason or where the hour is not what forbids the call, ConflictError, StorageError.
        """
        self._ctx.need(Role.SUPERVISOR)
        why = words(why, "Écrivez pourquoi cet appel sort des heures.", "Rien n’a changé.")
        with self._one_at_a_time:
            self._nothing_waits()
            with self._ctx.database.writing() as session:
                state, _ = self._read(session, call_id)
                now = self._ctx.clock.now()
                if not state.may_dial(self._ctx, now).hours_only:
                    raise RefusedInputError("L’heure n’interdit pas cet appel.", "Rien n’a changé.")
                storage.add_fact(session, call_id, LIFTED)
                storage.drop_draft(session, call_id, self._ctx.agent, WHY_LIFTED)
                tell(session, state.call, EventKind.HOURS_LIFTED, why, now, self._ctx.agent)
                audit(session, self._ctx, "call.hours_lifted", state.call.client_id, call=call_id, why=why)
                session.flush()
                session.expire_all()
                found = self._read(session, call_id)
            return self._show(*found)

    def draft(self, call_id: str, field: str, text: str) -> None:
        """Saves what is being typed, at every key: a killed console gives it back."""
        typed, shown = draft(text), self._shown
        if shown is None or shown.state.call.id != call_id:
            acts.save_draft(self._ctx, call_id, field, typed)
            return
        self._typed[field] = typed
        state, now = shown.state, self._ctx.clock.now()
        kept = self._kept(state, KeptKind.DRAFT, now, state.seq, field=field, text=typed)
        self._keeper.write(kept, lambda: acts.save_draft(self._ctx, call_id, field, typed))

    def words(self, client_id: int, field: DraftField, about: int = 0) -> str:
        """What this agent was typing about a client outside the steps of a call, empty when nothing.

        Raises StorageError where the base does not answer and nothing of it is kept on this machine.
        """
        key, kept = words_key(client_id, field, about), self._keeper.waiting(OUTSIDE)
        waits = [one.told["text"] for one in kept if one.told["field"] == key]
        try:
            self._take_up()
            with self._ctx.database.reading() as session:
                client = session.get(Client, client_id)
                self._codes[client_id] = client.code if client else ""
                text = outside.kept(session, self._ctx.agent, client_id, field, about)
        except AwayError:
            if not waits:
                raise
            return str(waits[-1])
        return str(waits[-1]) if waits else text

    def keep_words(self, client_id: int, field: DraftField, about: int, text: str) -> bool:
        """Saves what is being typed there, at every key; an empty text drops it.

        Gives whether the base has it; else it is kept on this machine. The answer to an escalation is a
        supervisor's. Raises ForbiddenError; StorageError where it could be kept nowhere.
        """
        if field is DraftField.ESCALATION:
            self._ctx.need(Role.SUPERVISOR)
        ctx, typed = self._ctx, draft(text)

        def keep() -> None:
            with ctx.database.writing() as session:
                outside.keep(session, ctx.agent, client_id, field, about, typed)

        told = {"code": self._codes.get(client_id, ""), "draft": field, "about": about, "text": typed}
        told["field"] = words_key(client_id, field, about)
        now, place = ctx.clock.now(), ctx.database.place
        kept = Kept(OUTSIDE, client_id, 0, KeptKind.WORDS, now, told, place)
        return self._keeper.write(kept, keep) is not None

    def read_moment(self, call_id: str, text: str) -> MomentRead:
        """What a moment being typed is taken for, as it will be written; without the base."""
        shown = self._shown
        if shown is None or shown.state.call.id != call_id or shown.view.capture is None:
            return MomentRead()
        farewell = shown.view.capture.farewell
        return read_moment(self._ctx, shown.state, text, self._ctx.clock.now(), farewell)

    def dialled(self, call_id: str) -> Client | None:
        """The client of the call in hand, once dialling was chosen in it; without the base."""
        shown = self._shown
        if shown is None or shown.state.call.id != call_id or shown.closed or not shown.state.walk.dialled:
            return None
        return shown.state.stored.client

    def _must_be_lawful(self, state: CallState, now: datetime) -> None:
        """Looks again at the case: another console may have noted an opposition since.

        While the base is away, what was read when the call began is what is known.
        """
        if self._keeper.waiting():
            must_be_lawful(self._ctx, state, state.situation, now)
            return
        try:
            situation = soon(lambda: acts.look_again(self._ctx, state))
        except AwayError:
            situation = state.situation
        must_be_lawful(self._ctx, state, situation, now)

    def _unfinished(self, state: CallState) -> str:
        """The words in the field of a step that is left without taking its choice: the journal keeps them."""
        capture = state.walk.step.capture
        typed = str(self._typed.get(capture.name, "")) if capture else ""
        return left(state, typed, self._ctx.clock.now())

    # -- how an act is done ------------------------------------------------------------------------

    def _in_hand(self, call_id: str, seq: int | None = None) -> Shown:
        """The call as it is known here, read again where it has to be."""
        shown, again = self._shown, self._read_again
        if again is not None and not self._keeper.waiting(call_id):
            self._read_again = None
            stands = (again.call.id, again.seq)
            if shown is not None and not shown.closed and stands == (call_id, shown.state.seq):
                shown = Shown(again, shown.view, again.call.drafts)
        if (
            shown is None
            or shown.state.call.id != call_id
            or not (shown.closed or seq is None or shown.state.seq == seq)
        ):
            shown = self._reread(call_id)
        return shown

    def _act(
        self,
        call_id: str,
        seq: int,
        act: Callable[[CallState, datetime], Walk],
        same: Callable[[StoredStep], bool],
    ) -> CallView:
        with self._one_at_a_time:
            shown = self._in_hand(call_id, seq)
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
        state = shown.state
        step = acts.step_of(state, walk, shown.view.said, now)
        after = state.after(walk, step)
        if walk.outcome is not None:
            return self._close(shown.view, after, now)
        ctx = self._ctx
        done = acts.field_done(state, walk)
        kept = self._kept(state, KeptKind.STEP, now, step.seq, **step_told(step, walk, done))
        written = self._keeper.write(kept, lambda: acts.enter_step(ctx, state, walk, step))
        if written is None:
            typed = {**shown.drafts, **self._typed}
            return self._show(after, {name: text for name, text in typed.items() if name != done})
        if written.answer is None:
            raise self._moved()
        drafts, settled, told = written.answer
        if told or settled != settled_as(state.stored.subscription):  # what is shown of the case has moved
            after, _ = self._stands(state.call.id)
        if after.untold:
            return self._tell_settled(Shown(after, shown.view, drafts), "", now)
        return self._show(after, drafts)

    def _tell_settled(self, shown: Shown, typed: str, now: datetime) -> CallView:
        """The term was settled elsewhere: the call goes where that is told, and nothing settles it again."""
        told = acts.tell_settled(self._ctx, shown.state, shown.view.said, typed, now)
        if told is None:
            raise self._moved()
        return self._show(told[0], told[1])

    def _close(self, before: CallView, state: CallState, now: datetime) -> CallView:
        """The outcome; kept on this machine, it is judged when it arrives."""
        ctx, step = self._ctx, state.stored.steps[-1]
        written = acts.planned(ctx, state)
        kept = self._kept(state, KeptKind.STEP, now, step.seq, **step_told(step, state.walk, ""))
        done = self._keeper.write(kept, lambda: acts.end(ctx, state, written))
        if done is not None and not done.answer:
            return self._settled_meanwhile(state, now)
        told = tuple(written.told) if done is not None else (KEPT_HERE, written.told[0])
        view = call_view.closed(ctx, before, state, told, now)
        self._shown = Shown(state, view, {}, closed=True)
        return view

    def _settled_meanwhile(self, state: CallState, now: datetime) -> CallView:
        """Nothing was written: the term was settled elsewhere, and the agent is told; else the call moved."""
        typed = state.walk.journal[-1].captured
        shown = self._reread(state.call.id)
        if not shown.state.untold or shown.state.seq != state.seq - 1:
            raise self._moved()
        return self._tell_settled(shown, typed, now)

    # -- what is on screen -------------------------------------------------------------------------

    def _show(self, state: CallState, drafts: storage.Values) -> CallView:
        view = call_view.build(self._ctx, state, drafts, self._ctx.clock.now())
        self._shown, self._typed = Shown(state, view, drafts), dict(drafts)
        return view

    def _reread(self, call_id: str) -> Shown:
        state, drafts = self._stands(call_id)
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
