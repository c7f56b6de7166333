"""The outbox: messages are leased, and only the holder of a lease says what came of it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    update,
)
from sqlmodel import Session, col, select

from console.base.vocabulary import Channel, MessageStatus
from console.cases.pauses import COLUMNS
from console.db import dialect
from console.db.dialect import Unit
from console.db.query import AnyRow, AnySelect, ReadBatch, columns, rows
from console.db.tables import Client, Message, Pause, ShortLink, Subscription, UtcDateTime
from console.rules.links import Link, digest_of

_FREE = or_(col(Message.lease_until).is_(None), col(Message.lease_until) <= bindparam("now"))
_WAITING = (
    col(Message.status) == "queued",
    col(Message.channel) == bindparam("channel"),
    col(Message.not_before) <= bindparam("now"),
    _FREE,
)
_DUE = (
    columns(
        *(
            getattr(Message, name)
            for name in (
                *("id", "message_id", "client_id", "subscription_id", "channel", "kind", "purpose", "step"),
                *(
                    "recipient",
                    "subject",
                    "text",
                    "html",
                    "created_at",
                    "attempts",
                    "uncertain",
                    "valid_until",
                ),
                "lease_token",
            )
        ),
        Client.code,
        Client.email,
        Client.email_usable,
        Client.phone,
        Client.phone_kind,
        Client.sms_usable,
        Client.timezone,
        Client.opposed_email,
        Client.opposed_sms,
        Subscription.status.label("term_status"),  # type: ignore[attr-defined]
        Subscription.expires_on,
        Subscription.retention,
        Subscription.came_back_at,
        *COLUMNS,
    )
    .join_from(Message, Client, col(Client.id) == col(Message.client_id))
    .outerjoin(Subscription, col(Subscription.id) == col(Message.subscription_id))
    .outerjoin(Pause, col(Pause.subscription_id) == col(Message.subscription_id))
    .where(*_WAITING)
    .order_by(col(Message.not_before), col(Message.id))
    .limit(bindparam("many"))
    .with_for_update(of=Message, skip_locked=True)
)
_IS_DUE = columns(Message.id).where(*_WAITING).limit(1)
_NEXT = columns(func.min(Message.not_before)).where(
    col(Message.status) == "queued", col(Message.channel) == bindparam("channel")
)
_TRIED = (
    columns(Message.id)
    .where(
        col(Message.status) == "queued",
        col(Message.channel) == bindparam("channel"),
        col(Message.attempts) > 0,
    )
    .limit(1)
)
_ONE = update(Message).where(col(Message.id) == bindparam("key"))
_HELD = _ONE.where(col(Message.lease_token) == bindparam("token"))
_STILL_WANTED = _HELD.where(col(Message.status) == "queued")
_COUNTS = columns(Message.status, func.count()).group_by(col(Message.status))


def is_due(session: Session, channel: str, now: datetime) -> bool:
    """Whether a message of this channel can be sent now, by somebody who is not sending it already."""
    return bool(rows(session, _IS_DUE, channel=channel, now=now))


def next_due(batch: ReadBatch, channel: str) -> Callable[[], datetime | None]:
    """When the next message of this channel may be tried; possibly in the past."""
    found = batch.ask(_NEXT, channel=channel)
    return lambda: found()[0][0]


def was_tried(unit: Unit, channel: str) -> bool:
    """Whether a message of this channel that waits has been tried already."""
    return bool(rows(unit, _TRIED, channel=channel))


def due(session: Session, channel: str, now: datetime, many: int) -> Sequence[AnyRow]:
    """The messages of this channel that wait for longest, with what may stand in their way.

    Until the unit is over no other sender sees them.
    """
    return rows(session, _DUE, channel=channel, now=now, many=many)


def change(session: Session, message_id: int, **values: Any) -> None:
    """Writes columns of a message."""
    dialect.later(session, _ONE, {"key": message_id, **values})


def lease(session: Session, leases: Sequence[Mapping[str, Any]]) -> None:
    """Writes columns of messages, the same of each; `key` is the id."""
    if leases:
        dialect.later(session, _ONE, list(leases))


_ADDRESS = {
    Channel.EMAIL: (Client.email, Client.email_usable, Client.opposed_email),
    Channel.SMS: (Client.phone, Client.sms_usable, Client.opposed_sms),
}


def hand_over(
    connection: Connection,
    allowed: ColumnElement[bool],
    channel: Channel,
    uncertain: Mapping[int, int],
    canvassing: Sequence[int],
    token: str,
    until: datetime,
) -> set[int]:
    """Marks messages as perhaps gone, and leased until then; gives those whose lease is still held, that
    nobody cancelled, and whose client still has that address and, of what canvasses, did not oppose it.

    uncertain: the tries of unknown result, this one included. One statement, right by itself whoever else
    writes; it waits for nobody: what another unit is at is not given.
    """
    address, usable, opposed = _ADDRESS[channel]
    free = or_(col(Message.id).not_in(canvassing), col(opposed).is_(False))
    reached = (col(Client.id) == col(Message.client_id), col(address) == col(Message.recipient))
    still = select(col(Message.id)).where(
        col(Message.id).in_(list(uncertain)),
        col(Message.lease_token) == token,
        col(Message.status) == "queued",
    )
    wanted = update(Message).where(
        col(Message.id).in_(still.with_for_update(key_share=True, skip_locked=True)),
        allowed,
        exists().where(*reached, col(usable).is_(True), free),
    )
    counted = case({key: literal(one, Integer) for key, one in uncertain.items()}, value=col(Message.id))
    marked = wanted.values(uncertain=counted, lease_until=until).returning(col(Message.id))
    return {row.id for row in connection.execute(marked)}


def sent(session: Session, at: Mapping[int, datetime], uncertain: Mapping[int, int], token: str) -> set[int]:
    """Writes that messages were taken by the other side, each at its instant; their leases end.

    uncertain: the tries of unknown result before that one. Gives those whose lease was still held. One
    cancelled in the meantime went all the same.
    """
    held = update(Message).where(col(Message.id).in_(list(at)), col(Message.lease_token) == token)
    instants = case({key: literal(one, UtcDateTime) for key, one in at.items()}, value=col(Message.id))
    before = case({key: literal(one, Integer) for key, one in uncertain.items()}, value=col(Message.id))
    gone = {"status": MessageStatus.SENT, "error": "", "lease_token": "", "lease_until": None}
    written = held.values(sent_at=instants, uncertain=before, **gone)
    return {row.id for row in session.connection().execute(written.returning(col(Message.id)))}


def let_go(session: Session, ids: Sequence[int], marked: Sequence[int], token: str) -> None:
    """Messages leased and not tried wait again as they did; those of them that were marked no longer are."""
    held = update(Message).where(col(Message.id).in_(ids), col(Message.lease_token) == token)
    tried = case((col(Message.id).in_(marked), Message.uncertain - 1), else_=Message.uncertain)
    back = {"lease_token": "", "lease_until": None, "attempts": Message.attempts - 1, "uncertain": tried}
    dialect.later(session, held.values(back), {})


def settle(session: Session, message_id: int, token: str, *, went: bool = False, **values: Any) -> bool:
    """Writes what became of a message, if its lease is still held; it then ends.

    A message that was cancelled in the meantime stays so, unless it `went`.
    """
    values |= {"key": message_id, "token": token, "lease_token": "", "lease_until": None}
    return session.connection().execute(_HELD if went else _STILL_WANTED, values).rowcount > 0


def message(session: Session, message_id: int) -> tuple[Message, Client] | None:
    """One message, and its client."""
    found = session.get(Message, message_id)
    client = session.get(Client, found.client_id) if found else None
    return (found, client) if found and client else None


_NAMED = (Client.code, Client.civility, Client.first_name, Client.last_name)
_SHOWN = (
    *(Message.id, Message.client_id, Message.channel, Message.kind, Message.recipient, Message.subject),
    *(Message.status, Message.created_at, Message.not_before, Message.sent_at, Message.delivered_at),
    *(Message.opened_at, Message.clicked_at, Message.bounced_at, Message.attempts, Message.error),
    *_NAMED,
)


def failed(session: Session, now: datetime) -> Sequence[Message]:
    """The messages that failed and that it is not too late for, the oldest first."""
    useful = or_(col(Message.valid_until).is_(None), col(Message.valid_until) > now)
    query = select(Message).where(Message.status == MessageStatus.FAILED, useful).order_by(col(Message.id))
    return session.exec(query).all()


def page(session: Session, status: str, offset: int, limit: int) -> Sequence[AnyRow]:
    """Messages in this state: those that wait in the order they will go, the others latest first."""
    return rows(session, _page(status), offset=offset, limit=limit)


@cache
def _page(status: str) -> AnySelect:
    order = (col(Message.not_before), col(Message.id)) if status == "queued" else (col(Message.id).desc(),)
    found = (
        columns(Message.id)
        .where(col(Message.status) == status)
        .order_by(*order)
        .offset(bindparam("offset"))
        .limit(bindparam("limit"))
        .subquery()
    )
    return (
        columns(*_SHOWN)
        .join_from(Message, Client, col(Client.id) == col(Message.client_id))
        .join(found, found.c.id == col(Message.id))
        .order_by(*order)
    )


def counts(session: Session) -> Mapping[str, int]:
    """How many messages are in each state."""
    return {status: int(n) for status, n in rows(session, _COUNTS)}


def link_rows(client_id: int, links: Mapping[str, Link], now: datetime) -> list[dict[str, Any]]:
    """What the short addresses of a message open, as it is kept."""
    return [
        {
            "digest": digest_of(token),
            "client_id": client_id,
            "purpose": link.purpose,
            "expires_on": link.expires_on,
            "until": link.until,
            "offer": link.offer,
            "made_at": now,
        }
        for token, link in links.items()
    ]


def keep_links(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keeps what the short addresses of messages open; one that another message has is there already.

    In one order: two senders who write to the same clients would else wait for each other.
    """
    if rows:
        statement = dialect.insert(session, ShortLink).on_conflict_do_nothing(index_elements=["digest"])
        dialect.later(session, statement, sorted(rows, key=itemgetter("digest")))
