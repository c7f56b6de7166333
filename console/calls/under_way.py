"""The calls that are open, of everybody: with whom, since when, at which step."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col

from console.base.errors import HotlinerError
from console.base.vocabulary import Direction
from console.calls import state as call_state
from console.calls import store as storage
from console.context import Context
from console.db.query import AnyRow, among, columns, rows
from console.db.tables import Call, CallStep, Client
from console.rules.walk import Act, Entry, Walk

_CALLS = (
    columns(
        Call.id,
        Call.client_id,
        Call.subscription_id,
        Call.agent,
        Call.direction,
        Call.facts,
        Call.script_hash,
        Call.started_at,
        Client.code,
    )
    .join_from(Call, Client, col(Client.id) == col(Call.client_id))
    .where(col(Call.ended_at).is_(None))
    .order_by(col(Call.started_at))
)
_STEPS = (
    columns(
        CallStep.call_id,
        CallStep.at,
        CallStep.act,
        CallStep.step,
        CallStep.choice,
        CallStep.label,
        CallStep.captured,
    )
    .where(among(CallStep.call_id, "calls"))
    .order_by(col(CallStep.call_id), col(CallStep.seq))
)


@dataclass(frozen=True, slots=True)
class CallUnderWay:
    """An open call: nothing of the client but their code. `step`: its title, empty where it is not known."""

    call_id: str
    client_id: int
    agent: str
    code: str
    started_at: datetime
    step: str
    step_since: datetime


def calls_under_way(session: Session, ctx: Context) -> list[CallUnderWay]:
    """Every open call, the longest first."""
    calls = rows(session, _CALLS)
    entries: dict[str, list[AnyRow]] = defaultdict(list)
    for step in rows(session, _STEPS, calls=[call.id for call in calls]) if calls else ():
        entries[step.call_id].append(step)
    return [
        CallUnderWay(
            call.id,
            call.client_id,
            call.agent,
            call.code,
            call.started_at,
            _title(session, ctx, call, entries[call.id]),
            entries[call.id][-1].at if entries[call.id] else call.started_at,
        )
        for call in calls
    ]


def call_of(session: Session, agent: str) -> Call | None:
    """The agent's open call."""
    return storage.open_of_agent(session, agent)


def _title(session: Session, ctx: Context, call: AnyRow, steps: list[AnyRow]) -> str:
    try:
        script = call_state.script_of(session, ctx, call.script_hash)
        entries = [Entry(Act(s.act), s.step, s.choice, s.label, s.captured, s.at) for s in steps]
        return Walk.replay(script, Direction(call.direction), entries, call.facts).step.title
    except HotlinerError:  # a script that is gone: the call is shown all the same
        return ""
