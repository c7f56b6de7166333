"""What each act of a call writes in the base: when it is done, or when what was kept of it arrives."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from console.base.french import THIN
from console.base.history import EventKind
from console.calls import state as call_state
from console.calls import store as storage
from console.calls import undo
from console.calls import view as call_view
from console.calls.ending import Ending, Written
from console.calls.meanwhile import move_of, sentence
from console.calls.outcomes import plan
from console.calls.state import CallState, Situation
from console.calls.store import StoredStep
from console.calls.typed import left
from console.calls.views import NOTE, REMARK
from console.calls.writing import add, enter, enter_in, write
from console.cases.shared import level
from console.cases.signals import note_rows
from console.cases.upkeep import reassess
from console.cases.versions import of_hash
from console.context import Context
from console.db import history
from console.db.query import NewRow
from console.db.tables import Call
from console.rules.signals import Signal
from console.rules.walk import Act, Walk


def read(session: Session, ctx: Context, call_id: str) -> tuple[Context, CallState]:
    """The agent's open call, and the context by whose content it goes: that with which it began.

    Raises ConflictError when it is over, another's, or not there.
    """
    ctx = of_hash(session, ctx, storage.content_of_call(session, call_id))
    return ctx, call_state.read(session, ctx, call_id)


def look_again(ctx: Context, state: CallState) -> Situation:
    """What is known of the client by now."""
    with ctx.database.reading() as session:
        return call_state.look_at(session, ctx, state.stored.client, state.stored.subscription)


# -- the journal -----------------------------------------------------------------------------------


def step_of(state: CallState, walk: Walk, said: str, now: datetime) -> StoredStep:
    """The last entry of the walk, as the next one of the call's journal; `said` was read before it."""
    entry = walk.journal[-1]
    return StoredStep(
        call_id=state.call.id,
        seq=state.seq,
        at=now,
        act=entry.act,
        step=entry.step,
        said=said,
        choice=entry.choice,
        label=entry.label,
        captured=entry.captured,
    )


def field_done(state: CallState, walk: Walk) -> str:
    """The field whose words are written by the last entry of the walk, empty where there is none."""
    capture = state.walk.step.capture
    return capture.name if capture and walk.journal[-1].act is Act.CHOICE else ""


def enter_step(
    ctx: Context, state: CallState, walk: Walk, step: StoredStep
) -> tuple[dict[str, Any], str, bool] | None:
    """Writes an entry that ends nothing, and what a door tells of the client.

    Gives the drafts that stay, what the term is settled as, and whether the case has moved by it; None, with
    nothing written, when the call has moved.
    """
    dialled_at = step.at if step.act == Act.CHOICE and walk.choices[-1].dials else None
    told = _signals(state, walk, step)
    done, agent = field_done(state, walk), ctx.agent
    if not told:
        entered = enter(ctx.database, agent, step, done, dialled_at)
        return None if entered is None else (*entered, False)
    with ctx.database.sharing(state.call.client_id) as connection:
        entered = enter_in(connection, ctx.database.allowed, agent, step, done, dialled_at)
        if entered is not None:
            add(connection, told)
            reassess(connection, ctx, [state.call.subscription_id])
    return None if entered is None else (*entered, True)


def _signals(state: CallState, walk: Walk, step: StoredStep) -> list[NewRow]:
    """What a door of the call says of the client, at once; a step back takes it back."""
    call, before = state.call, state.walk.signals
    kinds = [one.told for one in walk.signals - before] + [one.taken_back for one in before - walk.signals]
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


def tell_settled(
    ctx: Context, state: CallState, said: str, typed: str, now: datetime
) -> tuple[CallState, dict[str, Any], str] | None:
    """The term was settled elsewhere: the call goes where that is told, and nothing settles it again.

    Gives the call then, its drafts and the sentence; None, with nothing written, when the call has moved.
    """
    capture = state.walk.step.capture
    field = capture.name if capture else ""
    with ctx.database.reading() as session:
        told = sentence(session, state.stored.client, state.stored.subscription, now)
        typed = typed or storage.drafts(session, state.call.id, ctx.agent).get(field, "")
    walk = state.walk.settled(move_of(state.stored.subscription), now, left(state, typed, now))
    step = step_of(state, walk, told, now)
    entered = enter(ctx.database, ctx.agent, step, field, None)
    return None if entered is None else (state.after(walk, step), entered[0], told)


# -- the outcome -----------------------------------------------------------------------------------


def ending(ctx: Context, state: CallState) -> Ending:
    """What the outcome is worked out from, at the instant of the choice that ended the call."""
    situation, content, step = state.situation, ctx.content, state.stored.steps[-1]
    wording = call_view.variables(ctx, state, step.at)
    return Ending(
        stored=state.stored,
        walk=state.walk,
        step=step,
        offer=state.offer,
        offer_id=state.offer_id,
        background=situation.background(ctx),
        recorded=situation.around.recorded,
        settled=state.settled_elsewhere,
        pause=situation.facts.pause,
        data=content.data,
        duration_s=state.duration(step.at),
        render=lambda name, channel: content.messages.render(name, wording, channel),
    )


def planned(ctx: Context, state: CallState) -> Written:
    """All that the outcome of the call will write. Raises RefusedInputError, ContentError."""
    return plan(ending(ctx, state))


def end(ctx: Context, state: CallState, written: Written) -> bool:
    """The outcome: one transaction for the journal's last entry, the record, messages and the case.

    False, with nothing written, when the call or its term has moved.
    """
    writes, now = written.writes, written.now
    client_id, call_id = state.call.client_id, state.call.id
    database = ctx.database
    alone = bool(writes.client)  # what is learnt of an address is written about others too
    with database.acting() if alone else database.sharing(client_id) as connection:
        stood = undo.before(connection, client_id, call_id, shared=bool(writes.client))
        done = write(connection, writes)
        if done is None:
            return False
        reassess(connection, ctx, [state.call.subscription_id, *done.terms])
        if writes.client:  # what is learnt of an address holds for all who have it
            level(connection, ctx, [client_id], now)
        undo.keep(connection, stood)
    return True


# -- words -----------------------------------------------------------------------------------------


def save_draft(ctx: Context, call_id: str, field: str, text: str) -> None:
    """What is being typed in a field."""
    database = ctx.database
    with database.single() as connection:
        written = storage.save_draft(connection, database.allowed, call_id, ctx.agent, field, text)
    if not written:
        database.refuse()


def take_note(
    ctx: Context, call: Call, text: str, at: datetime, mark: str, without: frozenset[Signal]
) -> None:
    """An internal note, and the signals that its words tell, but those `without`; its draft is done with."""
    with ctx.database.sharing_session(call.client_id) as session:
        storage.drop_draft(session, call.id, ctx.agent, NOTE)
        write_note(session, ctx, call, text, at, mark, without)


def note_key(call_id: str, mark: str) -> str:
    """What makes a note of a call unique."""
    return f"{call_id}:{EventKind.NOTE}:{mark}"


def write_note(
    session: Session,
    ctx: Context,
    call: Call,
    text: str,
    at: datetime,
    mark: str,
    without: frozenset[Signal] = frozenset(),
) -> None:
    """The note itself, once: no other has its mark."""
    told = note_rows(
        text,
        at,
        ctx.content.data.signals,
        without=without,
        key=note_key(call.id, mark),
        client_id=call.client_id,
        subscription_id=call.subscription_id,
        call_id=call.id,
        agent=ctx.agent,
    )
    history.add_once(session, told)
    if len(told) > 1:
        reassess(session, ctx, [call.subscription_id])


def take_remark(ctx: Context, call: Call, step: str, title: str, text: str, at: datetime, mark: str) -> None:
    """A word on the passage on screen, for the supervisor, once."""
    with ctx.database.sharing_session(call.client_id) as session:
        storage.drop_draft(session, call.id, ctx.agent, REMARK)
        told = history.event(
            EventKind.SCRIPT_REMARK,
            at,
            f"«\u00a0{title}\u00a0»{THIN}: {text}",
            client_id=call.client_id,
            subscription_id=call.subscription_id,
            call_id=call.id,
            agent=ctx.agent,
            data={"step": step, "script": call.script_hash},
            key=f"{call.id}:{EventKind.SCRIPT_REMARK}:{mark}",
        )
        history.add_once(session, [told])
