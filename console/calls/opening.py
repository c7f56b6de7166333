"""Opening a call: one at a time for an agent, and for a client."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlmodel import Session

from console.base.dates import start_of
from console.base.errors import ConflictError, JustSpokenError, RefusedInputError
from console.base.french import THIN, moment, plural
from console.base.history import EventKind
from console.base.vocabulary import CallOutcome, Direction
from console.calls import state as call_state
from console.calls import store as storage
from console.calls import view as call_view
from console.calls.meanwhile import SETTLED_AS, settled_as
from console.calls.state import CallState, Situation
from console.cases.versions import hash_of, used
from console.context import Context
from console.db import history
from console.db.tables import Call, ScriptVersion, Subscription
from console.rules.outcomes import OUTCOMES
from console.rules.walk import Walk
from console.team.presence import IDLE, JUST, claimed_by, release
from console.team.seats import keeps_call

JUST_NOW = 5
"""Under so many seconds nobody counts them."""


def open_at_once(
    session: Session, ctx: Context, client_id: int, direction: Direction, *, sure: bool = False
) -> CallState | None:
    """The call, where nothing is in the way: it is written beside what others do, in three statements.

    None, with nothing written, where another call is open, a colleague has just called, or the content in
    force is not the one at hand: `open_call` looks into it.
    """
    now, content = ctx.clock.now(), hash_of(ctx.content)
    found = storage.at_hand(
        session,
        client=client_id,
        agent=ctx.agent,
        since=now - JUST,
        until=now + JUST,
        midnight=start_of(ctx.clock.today()),
        files=content,
        script=ctx.content.script.hash,
    )
    if found is None or found.open or found.changed or found.content != content:
        return None
    if not (found.known and found.script) or (found.just and direction is Direction.OUTBOUND and not sure):
        return None
    situation = call_state.look_at(session, ctx, found.client, found.term)
    script = ctx.content.script
    if ctx.content.script_of(situation.facts.campaign).hash != script.hash:
        return None
    call = _call(ctx, situation, direction, script.hash, content)
    release(session, ctx.agent)
    storage.insert_call(session, call)
    stored = storage.StoredCall(call, found.client, found.term, ())
    return CallState(stored, Walk.replay(script, direction, [], call.facts), situation)


def open_call(
    session: Session, ctx: Context, client_id: int, direction: Direction, *, sure: bool = False
) -> tuple[str, str]:
    """The id of a new call, or of the one to come back to; a call left by another agent is taken over.

    With it the name of that other agent, empty when there is none. sure: also right after a colleague's call.
    """
    found = _already_open(session, ctx, client_id, direction)
    if found is None and direction is Direction.OUTBOUND and not sure:
        _not_prepared(session, ctx, client_id)
        _not_just_called(session, ctx, client_id)
    release(session, ctx.agent)
    call_id, left_by = found or (_open(session, ctx, client_id, direction), "")
    session.flush()
    return call_id, left_by


def _already_open(
    session: Session, ctx: Context, client_id: int, direction: Direction
) -> tuple[str, str] | None:
    """The call to come back to, and whose it was; one call at a time for an agent and for a client."""
    now, agent = ctx.clock.now(), ctx.agent
    mine = storage.open_of_agent(session, agent)
    if mine is not None and mine.client_id == client_id and mine.direction == direction:
        return mine.id, ""
    if mine is not None and not _drop_unused(session, mine):
        if mine.client_id == client_id:
            return mine.id, ""
        raise ConflictError(
            f"Un appel est déjà ouvert avec {storage.name_of(session, mine.client_id)}.",
            todo="Terminez-le d’abord par une issue.",
        )
    other = storage.open_of_client(session, client_id)
    if other is None:
        return None
    last = storage.last_activity(session, other)
    if keeps_call(session, other.agent, other.id, lately=abs(now - last) <= IDLE):
        raise ConflictError(
            f"{other.agent} est déjà en ligne avec {storage.name_of(session, client_id)} "
            f"(dernière action {moment(last)}).",
            todo="Attendez la fin de son appel, ou choisissez un autre client.",
        )
    if _drop_unused(session, other):
        return None
    left_by = other.agent
    storage.take_over(session, other.id, agent)
    tell(session, other, EventKind.UPDATED, f"Appel repris à {left_by}", now, agent)
    return other.id, left_by


def _not_prepared(session: Session, ctx: Context, client_id: int) -> None:
    if agent := claimed_by(session, ctx.agent, client_id):
        name = storage.name_of(session, client_id)
        raise JustSpokenError(f"{agent} prépare l’appel de {name}.", "Aucun appel n’est ouvert.")


def _not_just_called(session: Session, ctx: Context, client_id: int) -> None:
    now = ctx.clock.now()
    last = storage.last_ended(session, client_id, now - JUST, now + JUST)
    if last is None or last.agent == ctx.agent or last.ended_at is None:
        return
    if last.outcome == CallOutcome.ESCALATED:  # whoever has it now is expected to call
        return
    ago = int((now - last.ended_at).total_seconds())
    since = f", il y a {f'{ago} s' if ago < 60 else plural(ago // 60, 'minute')}" if ago >= JUST_NOW else ""
    outcome, name = OUTCOMES[CallOutcome(last.outcome)].label, storage.name_of(session, client_id)
    raise JustSpokenError(
        f"{last.agent} vient d’appeler {name}{since}{THIN}: {outcome}.",
        "Aucun appel n’est ouvert.",
    )


def _open(session: Session, ctx: Context, client_id: int, direction: Direction) -> str:
    found = storage.case_of(session, client_id)
    if found is None:
        raise RefusedInputError("Ce client n’a pas d’abonnement dans la base.")
    situation = call_state.look_at(session, ctx, *found)
    script = ctx.content.script_of(situation.facts.campaign)
    call = _call(ctx, situation, direction, script.hash, used(session, ctx))
    version = ScriptVersion(hash=script.hash, stored_at=call.started_at, content=script.source)
    storage.add_call(session, call, version)
    return call.id


def _call(ctx: Context, situation: Situation, direction: Direction, script: str, content: str) -> Call:
    return Call(
        id=uuid4().hex,
        client_id=situation.client.id or 0,
        subscription_id=situation.term_id,
        agent=ctx.agent,
        direction=direction,
        facts=sorted({*call_view.facts(ctx, situation), *_settled(situation.term)}),
        script_hash=script,
        content=content,
        started_at=ctx.clock.now(),
    )


def _settled(term: Subscription) -> Iterator[str]:
    if settled := settled_as(term):
        yield f"{SETTLED_AS}{settled}"


def _drop_unused(session: Session, call: Call) -> bool:
    """Removes a call that was prepared and left at that."""
    return not call.drafts and not storage.begun(session, call.id) and storage.forget(session, call.id)


def tell(session: Session, call: Call, kind: EventKind, text: str, now: datetime, agent: str) -> None:
    """Adds a line that belongs to a call to the client's history."""
    links: dict[str, Any] = {"client_id": call.client_id, "subscription_id": call.subscription_id}
    history.add(session, kind, now, text, agent=agent, call_id=call.id, **links)
