"""What was kept of a call arrives: it is written as it was done, or told where the base says otherwise.

The base may say otherwise because the call was taken over or closed by somebody else, because it has gone on
elsewhere, or because the term was settled meanwhile. Then nothing is written over it: what was kept is told
in one event of the client's, which waits in « À reprendre » until somebody has read it. Notes are notes.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.exc import DataError, IntegrityError
from sqlmodel import Session

from console.base.clock import frozen_at
from console.base.errors import ConflictError, ForbiddenError, HotlinerError, StorageError
from console.base.french import THIN, moment
from console.base.history import EventKind
from console.base.text import clean
from console.base.vocabulary import DraftField
from console.calls import acts
from console.calls import store as storage
from console.calls.spool import OUTSIDE, Kept, KeptKind
from console.calls.state import CallState
from console.calls.store import StoredStep
from console.calls.views import NOTE, REMARK, Arrival
from console.cases import drafts as outside
from console.context import Context
from console.db import history
from console.db.tables import Call, Client
from console.rules.outcomes import OUTCOMES
from console.rules.script import JUMP_LABELS
from console.rules.signals import Signal
from console.rules.walk import Act, Entry, Walk

_log = logging.getLogger("hotliner.calls")

_NEVER_TAKEN = (IntegrityError, DataError)
"""What the base would say again at each try, though it answers."""
WORDS_LIMIT = 3_000
"""How much of what was typed the event tells."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """Which acts are done with, and what there is to tell the agent."""

    done: tuple[Kept, ...] = ()
    news: Arrival | None = None


_TOLD = ("act", "step", "said", "choice", "label", "captured")


def step_told(step: StoredStep, walk: Walk, done: str) -> dict[str, Any]:
    """An entry of the journal as the spool keeps it, with how the call ends by it, in words.

    done: the field whose words it writes.
    """
    outcome = OUTCOMES[walk.outcome].label if walk.outcome else ""
    return {name: getattr(step, name) for name in _TOLD} | {"outcome": outcome, "done": done}


def step_kept(kept: Kept) -> StoredStep:
    """That entry."""
    told = {name: kept.told[name] for name in _TOLD}
    return StoredStep(call_id=kept.call_id, seq=kept.seq, at=kept.at, **told)


def one_on(state: CallState, step: StoredStep) -> CallState:
    """The call with that entry, which is its next one."""
    walk = state.walk
    entries = (
        *walk.journal,
        Entry(Act(step.act), step.step, step.choice, step.label, step.captured, step.at),
    )
    return state.after(Walk.replay(walk.script, walk.began, entries, walk.facts), step)


def with_kept(state: CallState, kept: Sequence[Kept]) -> tuple[CallState, dict[str, Any]]:
    """A call as it stands with what is kept of it, in the base already or not; and what is being typed."""
    drafts = dict(state.call.drafts)
    for one in kept:
        if one.call_id != state.call.id:
            continue
        if one.kind is KeptKind.DRAFT:
            drafts[one.told["field"]] = one.told["text"]
        elif one.kind is KeptKind.STEP:
            drafts.pop(one.told["done"], None)
            if one.seq == state.seq:
                state = one_on(state, step_kept(one))
        elif one.kind in (KeptKind.NOTE, KeptKind.REMARK):
            drafts.pop(NOTE if one.kind is KeptKind.NOTE else REMARK, None)
    return state, drafts


def arrive(ctx: Context, rows: Sequence[Kept]) -> Arrived:
    """Writes the first of these acts, all of one call and in order.

    Raises StorageError while the base cannot be written to, ForbiddenError for an account that was closed.
    """
    kept = rows[0]
    with ctx.database.reading() as session:
        stored = storage.load(session, kept.call_id)
    if stored is not None and stored.client.code != kept.told["code"]:
        words = "Ce qui était gardé ici d’un appel est oublié : le client a été effacé entre-temps."
        return Arrived(tuple(rows), Arrival(kept.call_id, words, otherwise=True))
    if stored is not None and kept.kind is KeptKind.STEP and step_kept(kept) in stored.steps:
        return Arrived((kept,))  # written, and nobody was there to hear of it
    try:
        if kept.kind is KeptKind.NOTE and stored is not None:
            return _note(ctx, kept, stored.call)
        with ctx.database.reading() as session:
            then = replace(ctx, clock=frozen_at(kept.at))
            its, state = acts.read(session, then, kept.call_id)
        return _written(replace(its, clock=ctx.clock), its, state, rows)
    except ForbiddenError:
        raise
    except HotlinerError as error:
        if isinstance(error, StorageError) and not isinstance(error.__cause__, _NEVER_TAKEN):
            raise
        return apart(ctx, rows, _why(ctx, stored.call if stored else None, error))
    except Exception:  # whatever it is, it would come again at each start
        _log.exception("what is kept of a call could not be written")
        return apart(ctx, rows, "une erreur inattendue est survenue, elle est dans le journal technique")


def arrive_outside(ctx: Context, rows: Sequence[Kept]) -> Arrived:
    """Writes the first of these texts, typed outside a call: it is there when its field is opened again.

    Raises StorageError and ForbiddenError as `arrive` does.
    """
    kept, told = rows[0], rows[0].told
    with ctx.database.writing() as session:
        client = session.get(Client, kept.client_id)
        if client is None or told["code"] not in ("", client.code):
            words = "Ce qui était gardé ici d’un client est oublié : il a été effacé entre-temps."
            return Arrived((kept,), Arrival(OUTSIDE, words, otherwise=True))
        field = DraftField(told["draft"])
        outside.keep(session, ctx.agent, kept.client_id, field, told["about"], told["text"])
    return Arrived((kept,))


def _why(ctx: Context, call: Call | None, error: HotlinerError) -> str:
    if call is None:
        return "cet appel n’est plus dans la base"
    if call.agent != ctx.agent:
        return f"{call.agent} a repris cet appel"
    if call.ended_at is not None:
        return f"cet appel a été clos ailleurs, {moment(call.ended_at)}"
    return f"{error.happened[:1].lower()}{error.happened[1:].rstrip('.')}"


def _note(ctx: Context, kept: Kept, call: Call) -> Arrived:
    without = frozenset(Signal(one) for one in kept.told["without"])
    acts.take_note(ctx, call, kept.told["text"], kept.at, kept.told["mark"], without)
    return Arrived((kept,))


def _written(ctx: Context, then: Context, state: CallState, rows: Sequence[Kept]) -> Arrived:
    kept = rows[0]
    match kept.kind:
        case KeptKind.DRAFT:
            acts.save_draft(ctx, kept.call_id, kept.told["field"], kept.told["text"])
        case KeptKind.REMARK:
            told = kept.told
            acts.take_remark(
                ctx, state.call, told["step"], told["title"], told["text"], kept.at, told["mark"]
            )
        case KeptKind.STEP:
            if kept.seq != state.seq:
                raise ConflictError("L’appel a avancé ailleurs.")
            return _step(ctx, then, state, rows)
    return Arrived((kept,))


def _step(ctx: Context, then: Context, state: CallState, rows: Sequence[Kept]) -> Arrived:
    kept, step = rows[0], step_kept(rows[0])
    after = one_on(state, step)
    if after.walk.outcome is None:
        entered = acts.enter_step(ctx, state, after.walk, step)
        return Arrived((kept,) if entered else ())  # else it has moved in between: it is looked at again
    if not state.untold:
        written = acts.planned(then, after)
        if not acts.end(ctx, after, written):
            return Arrived()
        words = "La base répond de nouveau : l’issue de l’appel est enregistrée."
        return Arrived((kept,), Arrival(kept.call_id, words, summary=tuple(written.told)))
    settled = acts.tell_settled(ctx, state, step.said, step.captured, ctx.clock.now())
    if settled is None:
        return Arrived()
    return apart(ctx, rows, f"{settled[2][:1].lower()}{settled[2][1:]}", "L’appel est à reprendre.")


# -- what the base says otherwise ------------------------------------------------------------------


def apart(ctx: Context, rows: Sequence[Kept], why: str, todo: str = "") -> Arrived:
    """Tells what was kept of a call and will not be written: to the agent, and in the client's history."""
    told, first = _told(rows), rows[0]
    words = f"{told}{THIN}: {why}."
    with ctx.database.writing() as session:
        found = storage.case_of(session, first.client_id)
        there = found is not None and found[0].code == first.told["code"]
        if found is not None and there:
            _tell(session, ctx, rows, found[1].id or 0, words if told else "")
    if not told:
        return Arrived(tuple(rows))
    if there:
        rest = todo or "C’est dans «\u00a0À reprendre\u00a0»."
    else:
        rest = f"Le client n’est plus dans la base. {_typed(rows)}"
    return Arrived(tuple(rows), Arrival(first.call_id, f"{words} {rest}".strip(), otherwise=True))


def _tell(session: Session, ctx: Context, rows: Sequence[Kept], latest: int, words: str) -> None:
    first, call = rows[0], session.get(Call, rows[0].call_id)
    term = call.subscription_id if call else latest
    links: dict[str, Any] = {"client_id": first.client_id, "subscription_id": term, "agent": ctx.agent}
    told = [
        history.event(
            EventKind.NOTE,
            one.at,
            one.told["text"],
            key=acts.note_key(one.call_id, one.told["mark"]),
            **links,
        )
        for one in rows
        if one.kind is KeptKind.NOTE  # the call is gone: the note is the client's all the same
    ]
    if words:
        text = " ".join(filter(None, (words, _typed(rows))))
        key = f"{first.call_id}:{EventKind.KEPT_APART}:{first.number}:{first.at.isoformat()}"
        about = {**links, "call_id": call.id if call else None, "key": key}
        told.append(history.event(EventKind.KEPT_APART, ctx.clock.now(), text, **about))
    history.add_once(session, told)


def _told(rows: Sequence[Kept]) -> str:
    """That they are not written, in words; empty where nothing is worth telling."""
    when, steps = moment(rows[0].at), [one for one in rows if one.kind is KeptKind.STEP]
    outcome = next((one for one in steps if one.told["outcome"]), None)
    if outcome is not None:
        chosen = f"«\u00a0{outcome.told['outcome']}\u00a0» choisie {moment(outcome.at)}"
        return f"L’issue {chosen} n’est pas enregistrée"
    if steps:
        labels = (JUMP_LABELS.get(one.told["label"], one.told["label"]) for one in reversed(steps))
        last = next((f", jusqu’à «\u00a0{label}\u00a0»," for label in labels if label), "")
        return f"La suite de l’appel, {when}{last} n’est pas enregistrée"
    return f"Ce qui a été tapé {when} n’est pas enregistré" if _typed(rows) else ""


def _typed(rows: Sequence[Kept]) -> str:
    """The words typed, but those of notes, which are notes."""
    said = [
        str(one.told["captured"] if one.kind is KeptKind.STEP else one.told["text"])
        for one in rows
        if one.kind is not KeptKind.NOTE
    ]
    kept = [clean(text, limit=WORDS_LIMIT) for text in dict.fromkeys(said) if text.strip()]
    return f"Paroles{THIN}: " + " ; ".join(f"«\u00a0{text}\u00a0»" for text in kept) + "." if kept else ""
