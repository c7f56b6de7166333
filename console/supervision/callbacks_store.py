"""Promised callbacks that are still open, in the order of their moment: the late ones come first."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, case, delete, or_
from sqlmodel import Session, col, select

from console.db import dialect
from console.db.query import AnyRow, columns, rows
from console.db.tables import Absence, Callback, Event
from console.people.names import names as account_names

RECENT = 2_000
"""Events looked through for the names of those who work here."""

OPEN = col(Callback.done_at).is_(None)
OWNER = case((col(Callback.taken_by) != "", col(Callback.taken_by)), else_=col(Callback.agent))
"""Who answers for a callback now."""


def of(agent: str) -> ColumnElement[bool]:
    """The condition: this agent answers for it."""
    return OWNER.in_([agent])


def unassigned(away: Collection[str]) -> ColumnElement[bool]:
    """The condition: whoever answers for it is away, or nobody does."""
    return or_(OWNER == "", OWNER.in_(sorted(away)))


def page(
    session: Session, condition: ColumnElement[bool] | None, offset: int, limit: int
) -> Sequence[AnyRow]:
    """A page of open callbacks: the row, and who answers for it."""
    query = columns(
        Callback.id,
        Callback.client_id,
        Callback.subscription_id,
        Callback.promised_at,
        Callback.asked_by_client,
        Callback.agent,
        Callback.note,
        OWNER.label("owner"),
    ).where(OPEN)
    if condition is not None:
        query = query.where(condition)
    ordered = query.order_by(col(Callback.promised_at), col(Callback.id))
    return rows(session, ordered.offset(offset).limit(limit))


def open_one(session: Session, callback_id: int) -> Callback | None:
    """One callback, unless it is done."""
    return session.exec(select(Callback).where(Callback.id == callback_id, OPEN)).first()


def absences(session: Session) -> Sequence[Absence]:
    """Who is away, by name."""
    return session.exec(select(Absence).order_by(Absence.agent)).all()


def away(session: Session) -> frozenset[str]:
    """Those whose promises are anybody's to take: the absent, and those who no longer sign in."""
    return frozenset(one.agent for one in absences(session)) | account_names(session, active=False)


def set_away(session: Session, agent: str, at: datetime, by: str, *, is_away: bool) -> None:
    """Notes that an agent is away, or is back; again changes nothing."""
    if not is_away:
        session.connection().execute(delete(Absence).where(col(Absence.agent) == agent))
        return
    statement = dialect.insert(session, Absence).values(agent=agent, since=at, noted_by=by)
    session.connection().execute(statement.on_conflict_do_nothing(index_elements=["agent"]))


def names(session: Session) -> frozenset[str]:
    """Agents known: those who acted lately, answer for an open callback, or are away."""
    latest = columns(Event.agent).order_by(col(Event.id).desc()).limit(RECENT)
    owners = columns(OWNER.label("agent")).where(OPEN).distinct()
    found = {row.agent for row in (*rows(session, latest), *rows(session, owners))}
    return frozenset(found | away(session) | account_names(session, active=True)) - {""}
