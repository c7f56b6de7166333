"""By which content a client was told something today: no client is told two prices in a day.

A content published in the course of a day, with other prices, holds at once for whoever has not been spoken
or written to that day, and the next day for the others.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, or_
from sqlmodel import Session, col, select

from console.base.dates import start_of
from console.base.vocabulary import Direction, MessageStatus
from console.cases import versions
from console.context import Context
from console.db.query import AnyRow, columns, rows
from console.db.tables import Call, ContentVersion, Message


def changed_today(session: Session, ctx: Context) -> bool:
    """Whether a content has come into force today, in the place of another."""
    return is_changed(rows(session, CHANGED, midnight=start_of(ctx.clock.today())))


CHANGED = columns(func.max(ContentVersion.number).label("number")).where(
    col(ContentVersion.at) >= bindparam("midnight")
)
"""The number of the last content that has come into force since `midnight`."""


def is_changed(answer: Sequence[AnyRow]) -> bool:
    """What was answered to `CHANGED`: the first content of all takes nothing's place."""
    return (answer[0].number or 0) > 1


def of_the_client(session: Session, ctx: Context, client_id: int) -> Context:
    """The context, with the content by which the client was first told something today where its prices are
    others."""
    if not changed_today(session, ctx):
        return ctx
    midnight = start_of(ctx.clock.today())
    spoken = session.exec(
        select(Call.started_at, Call.content)
        .where(Call.client_id == client_id, Call.started_at >= midnight, _SPOKEN)
        .order_by(col(Call.started_at))
    ).first()
    said_at = func.coalesce(Message.sent_at, Message.created_at)
    written = session.exec(
        select(said_at, Message.created_at, Message.call_id, Message.step)
        .where(Message.client_id == client_id, said_at >= midnight, Message.status != MessageStatus.CANCELLED)
        .order_by(said_at)
    ).first()
    if written is not None and (spoken is None or written[0] < spoken[0]):
        _, created_at, call_id, step = written
        return _with(session, ctx, _behind(session, ctx, created_at, call_id, step))
    return _with(session, ctx, spoken[1]) if spoken else ctx


def told_today(session: Session, ctx: Context, client_ids: Iterable[int]) -> set[int]:
    """Those of the clients who were told something today."""
    midnight, among = start_of(ctx.clock.today()), list(client_ids)
    called = select(Call.client_id).where(col(Call.client_id).in_(among), Call.started_at >= midnight)
    written = select(Message.client_id).where(
        col(Message.client_id).in_(among),
        or_(col(Message.created_at) >= midnight, col(Message.sent_at) >= midnight),
    )
    return {*session.exec(called), *session.exec(written)}


_SPOKEN = or_(col(Call.dialled_at).is_not(None), col(Call.direction) == Direction.INBOUND)


def _behind(session: Session, ctx: Context, at: datetime, call_id: str | None, step: str) -> str:
    """The hash of the content that a message was written by: its call's, that of the day's reminders, else
    the one in force at that instant."""
    if call_id and (call := session.get(Call, call_id)):
        return call.content
    if step and (of_reminders := versions.of_reminders(session, ctx.clock.today())):
        return of_reminders
    in_force = (
        select(ContentVersion.hash).where(ContentVersion.at <= at).order_by(col(ContentVersion.number).desc())
    )
    return session.exec(in_force).first() or ""


def _with(session: Session, ctx: Context, hashed: str) -> Context:
    former = versions.of_hash(session, ctx, hashed)
    return ctx if former.content.data.catalogue == ctx.content.data.catalogue else former
