"""Who works here, and how much each has called, for « En ligne »."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, bindparam, col, func, select

from console.db import dialect
from console.db.query import columns, rows
from console.db.tables import Call, Callback, Claim, Commitment
from console.people.names import names as account_names
from console.supervision.callbacks_store import OPEN, OWNER
from console.team.presence import standing

_DIALLED = (
    columns(Call.agent, func.count().label("n"))
    .where(col(Call.dialled_at) >= bindparam("since"))
    .group_by(col(Call.agent))
)
_CLAIMED = columns(Claim.client_id).where(col(Claim.agent) == bindparam("agent"))


def agents(session: Session) -> frozenset[str]:
    """Those who may sign in."""
    return account_names(session, active=True)


def dialled(session: Session, since: datetime) -> dict[str, int]:
    """How many calls each has dialled since then."""
    return {row.agent: row.n for row in rows(session, _DIALLED, since=since)}


def claimed_by(session: Session, agent: str) -> int | None:
    """The client who is proposed to the agent."""
    found = rows(session, _CLAIMED.where(standing(dialect.kind(session))), agent=agent)
    return int(found[0].client_id) if found else None


def callbacks_of(session: Session, agent: str) -> Sequence[Callback]:
    """The open callbacks that the agent answers for."""
    return session.exec(select(Callback).where(OPEN, OWNER.in_([agent]))).all()


def commitments_of(session: Session, agent: str) -> Sequence[Commitment]:
    """What the agent owes clients."""
    query = select(Commitment).where(col(Commitment.done_at).is_(None), Commitment.owner == agent)
    return session.exec(query).all()
