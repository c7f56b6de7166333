"""Whose a client is for the moment: of the agent in a call with them, or to whom they were proposed."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, String, case, or_
from sqlmodel import bindparam, col, delete, func, select, update

from console.base.vocabulary import CallOutcome, Direction
from console.db import dialect
from console.db.dialect import Unit
from console.db.engine import Database
from console.db.query import AnyRow, AnySelect, ReadBatch, among, columns, rows
from console.db.tables import Call, CallStep, Claim, Client, Seat
from console.team.seats import call_kept

CLAIM = timedelta(minutes=2)
"""How long a client proposed to an agent is proposed to nobody else."""
IDLE = timedelta(minutes=30)
"""A call in which nothing was done for so long was left behind, where no console tells."""
JUST = timedelta(minutes=10)
"""A client whom a colleague called so lately is not called again unasked; by a clock that is ahead, or while
the question waited, that may be as long to come."""

_LAST = select(func.max(CallStep.at)).where(CallStep.call_id == Call.id).correlate(Call).scalar_subquery()
_CALLS = (
    columns(Call.client_id, Call.agent, Call.direction, Call.started_at, Call.dialled_at)
    .join_from(Call, Seat, col(Seat.agent) == col(Call.agent), isouter=True)
    .where(
        among(Call.client_id, "clients"),
        col(Call.ended_at).is_(None),
        col(Call.agent) != bindparam("agent"),
        call_kept(func.coalesce(_LAST, Call.started_at).between(bindparam("since"), bindparam("until"))),
    )
)
_JUST_CALLED = columns(Call.client_id).where(
    among(Call.client_id, "clients"),
    col(Call.agent) != bindparam("agent"),
    col(Call.ended_at).between(bindparam("just"), bindparam("soon")),
    col(Call.outcome) != CallOutcome.ESCALATED,  # whoever has it now is expected to call
)
OPEN = columns(Call.id, Call.dialled_at).where(col(Call.ended_at).is_(None)).order_by(col(Call.id))
"""The calls that are open, and since when they are more than prepared."""
_RELEASE = delete(Claim).where(col(Claim.agent) == bindparam("of"))
_LEFT = _RELEASE.where(col(Claim.client_id) != bindparam("kept"))
TRIES = 5
"""How often a claim is tried that another was faster at: who loses looks at the next client."""


def in_call(
    batch: ReadBatch, agent: str, clients: Sequence[int], now: datetime
) -> Callable[[], dict[int, str]]:
    """« Au téléphone avec Anne depuis 3 min », « Anne prépare son appel », for each of these clients whom
    another agent has."""
    some = {"clients": list(clients), "agent": agent}
    calls = batch.ask(_CALLS, **some, since=now - IDLE, until=now + IDLE)
    claims = batch.ask(_claims(dialect.kind(batch.unit)), **some)

    def answer() -> dict[int, str]:
        prepared = {row.client_id: f"{row.agent} prépare son appel" for row in claims()}
        return prepared | {row.client_id: _at_it(row, now) for row in calls()}

    return answer


def _at_it(call: AnyRow, now: datetime) -> str:
    """What the agent of an open call is at."""
    since = _speaking_since(call)
    if since is None:
        return f"{call.agent} prépare son appel"
    return f"Au téléphone avec {call.agent}{_lasting(since, now)}"


def _speaking_since(call: AnyRow) -> datetime | None:
    """Since when an open call is more than prepared."""
    at: datetime | None = call.started_at if call.direction == Direction.INBOUND else call.dialled_at
    return at


def _lasting(since: datetime, now: datetime) -> str:
    minutes = int((now - since) / timedelta(minutes=1))
    return f" depuis {minutes} min" if minutes > 0 else ""


def who_has(unit: Unit, agent: str, client_id: int, name: str, now: datetime) -> str:
    """« Anne est au téléphone avec Marie Dupuis depuis 3 min », « Anne prépare l’appel de Marie Dupuis »:
    what another agent is at with this client of that name; empty where nobody is."""
    idle = {"since": now - IDLE, "until": now + IDLE}
    for call in rows(unit, _CALLS, clients=[client_id], agent=agent, **idle):
        if since := _speaking_since(call):
            return f"{call.agent} est au téléphone avec {name}{_lasting(since, now)}"
        return f"{call.agent} prépare l’appel de {name}"
    other = claimed_by(unit, agent, client_id)
    return f"{other} prépare l’appel de {name}" if other else ""


def standing(kind: str) -> ColumnElement[bool]:
    """The condition: a claim is not over. One made while the base's clock was ahead holds nobody."""
    longest = dialect.clock(kind, 2 * CLAIM.total_seconds())  # a clock put right by seconds lets go of none
    return col(Claim.until).between(dialect.clock(kind), longest)


@cache
def claimed(kind: str) -> AnySelect:
    """The clients that are proposed to somebody now."""
    return columns(Claim.client_id, Claim.agent).where(standing(kind)).order_by(col(Claim.client_id))


@cache
def _claims(kind: str) -> AnySelect:
    """The clients among some that were proposed to another agent, and are still theirs."""
    return columns(Claim.client_id, Claim.agent).where(
        among(Claim.client_id, "clients"),
        col(Claim.agent) != bindparam("agent"),
        standing(kind),
    )


def claimed_by(unit: Unit, agent: str, client_id: int) -> str:
    """The other agent to whom a client is proposed now, empty where nobody is."""
    found = rows(unit, _claims(dialect.kind(unit)), clients=[client_id], agent=agent)
    return found[0].agent if found else ""


def claim(database: Database, agent: str, clients: Sequence[int], now: datetime) -> int | None:
    """The first of these clients whom no other agent has or has just called: the agent's from now on, instead
    of any other.

    None when others have them all. One statement, in which the base looks and takes: two agents who ask at
    once never get the same.
    """
    values = {
        "clients": list(clients), "of": agent, "agent": agent,
        "since": now - IDLE, "until": now + IDLE, "just": now - JUST, "soon": now + JUST,
    }  # fmt: skip
    for _ in range(TRIES):
        with database.single() as connection:
            kind = dialect.kind(connection)
            order = {client: place for place, client in enumerate(clients)}
            taken = connection.scalar(_claiming(kind, database.allowed, order), values)
            if taken is not None and not dialect.writes_inside(kind):
                connection.execute(_LEFT, {"of": agent, "kept": taken})
        if taken is not None:
            return int(taken)
    database.refuse()
    return None


def _claiming(kind: str, allowed: ColumnElement[bool], order: Mapping[int, int]) -> Any:
    """Takes the first client of an order that is free, and lets go of the agent's others where it may."""
    theirs = select(Claim.client_id).where(
        col(Claim.client_id) == col(Client.id),
        col(Claim.agent) != bindparam("of"),
        standing(kind),
    )
    free = (
        select(col(Client.id), bindparam("of", type_=String), dialect.clock(kind, CLAIM.total_seconds()))
        .where(
            among(Client.id, "clients"),
            col(Client.id).not_in(_CALLS.with_only_columns(col(Call.client_id))),
            col(Client.id).not_in(_JUST_CALLED),
            ~theirs.exists(),
            allowed,
        )
        .order_by(case(order, value=col(Client.id)))
        .limit(1)
        .with_for_update(of=Client, key_share=True, skip_locked=True)
    )
    statement = dialect.inserter_of(kind)(Claim).from_select(["client_id", "agent", "until"], free)
    new = statement.excluded
    mine_or_over = or_(col(Claim.agent) == bindparam("of"), ~standing(kind))
    taken = statement.on_conflict_do_update(
        index_elements=["client_id"], set_={"agent": new.agent, "until": new.until}, where=mine_or_over
    ).returning(col(Claim.client_id))
    if not dialect.writes_inside(kind):
        return taken
    inside = taken.cte("taken")
    kept = select(inside.c.client_id)
    left = delete(Claim).where(
        col(Claim.agent) == bindparam("of"), kept.exists(), col(Claim.client_id).not_in(kept)
    )
    return kept.add_cte(left.cte("let_go"))


def renew(database: Database, agent: str) -> None:
    """The client proposed is still in sight at the agent's console: theirs for as long again."""
    with database.single() as connection:
        connection.execute(_renewing(dialect.kind(connection)), {"of": agent})


@cache
def _renewing(kind: str) -> Any:
    mine = col(Claim.agent) == bindparam("of"), standing(kind)
    return update(Claim).where(*mine).values(until=dialect.clock(kind, CLAIM.total_seconds()))


def release(unit: Unit, agent: str) -> None:
    """The agent has no client kept for them any more."""
    dialect.later(unit, _RELEASE, {"of": agent})
