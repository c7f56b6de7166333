"""Whose a client is for the moment: of the agent in a call with them, or to whom they were proposed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, bindparam, col, delete, func, select

from console.base.french import hour
from console.db.dialect import Unit
from console.db.query import among, columns, rows
from console.db.tables import Call, CallStep, Claim, Seat
from console.team.seats import CALL_KEPT

CLAIM = timedelta(minutes=2)
"""How long a client proposed to an agent is proposed to nobody else."""
IDLE = timedelta(minutes=30)
"""A call in which nothing was done for so long was left behind."""

_LAST = select(func.max(CallStep.at)).where(CallStep.call_id == Call.id).correlate(Call).scalar_subquery()
_CALLS = (
    columns(Call.client_id, Call.agent, Call.started_at)
    .join_from(Call, Seat, col(Seat.agent) == col(Call.agent), isouter=True)
    .where(
        among(Call.client_id, "clients"),
        col(Call.ended_at).is_(None),
        col(Call.agent) != bindparam("agent"),
        func.coalesce(_LAST, Call.started_at).between(bindparam("since"), bindparam("until")),
        CALL_KEPT,
    )
)
_OPEN = columns(Call.id).where(col(Call.ended_at).is_(None)).order_by(col(Call.id))
_CLAIMS = columns(Claim.client_id, Claim.agent).where(
    among(Claim.client_id, "clients"),
    col(Claim.until) > bindparam("now"),
    col(Claim.until) <= bindparam("longest"),  # one made by a clock that was ahead holds nobody
    col(Claim.agent) != bindparam("agent"),
)


def in_call(unit: Unit, agent: str, clients: Sequence[int], now: datetime) -> dict[int, str]:
    """« Anne en appel depuis 14:03 », for each of these clients whom another agent is calling."""
    found = rows(unit, _CALLS, clients=list(clients), agent=agent, since=now - IDLE, until=now + IDLE)
    return {row.client_id: f"{row.agent} en appel depuis {hour(row.started_at)}" for row in found}


def open_calls(unit: Unit) -> str:
    """Changes with the calls that are open."""
    return " ".join(row.id for row in rows(unit, _OPEN))


def claim(session: Session, agent: str, clients: Sequence[int], now: datetime) -> int | None:
    """The first of these clients whom no other agent has: the agent's from now on, instead of any other.

    None when others have them all. In a unit that writes, so that two agents never get the same.
    """
    release(session, agent)
    theirs = rows(session, _CLAIMS, clients=list(clients), agent=agent, now=now, longest=now + CLAIM)
    taken = {*in_call(session, agent, clients, now), *(row.client_id for row in theirs)}
    free = next((client for client in clients if client not in taken), None)
    if free is not None:
        session.merge(Claim(client_id=free, agent=agent, until=now + CLAIM))
    return free


def release(session: Session, agent: str) -> None:
    """The agent has no client kept for them any more."""
    session.exec(delete(Claim).where(col(Claim.agent) == agent))
