"""The outbox: messages are leased one by one, and only the holder of a lease says what came of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, or_, update
from sqlmodel import Session, col, select

from console.base.vocabulary import MessageStatus
from console.cases.pauses import COLUMNS
from console.db import dialect
from console.db.query import AnyRow, AnySelect, columns, rows
from console.db.tables import Client, Message, Pause, ShortLink, Subscription
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
    .limit(1)
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


def next_due(session: Session, channel: str) -> datetime | None:
    """When the next message of this channel may be tried; possibly in the past."""
    found: datetime | None = rows(session, _NEXT, channel=channel)[0][0]
    return found


def was_tried(session: Session, channel: str) -> bool:
    """Whether a message of this channel that waits has been tried already."""
    return bool(rows(session, _TRIED, channel=channel))


def due(session: Session, channel: str, now: datetime) -> AnyRow | None:
    """The message of this channel that waits for longest, with what may stand in its way."""
    found = rows(session, _DUE, channel=channel, now=now)
    return found[0] if found else None


def change(session: Session, message_id: int, **values: Any) -> None:
    """Writes columns of a message."""
    session.connection().execute(_ONE, {"key": message_id, **values})


def hand_over(session: Session, message_id: int, token: str, uncertain: int) -> bool:
    """Marks a message as perhaps gone, if its lease is still held and nobody cancelled it."""
    values = {"key": message_id, "token": token, "uncertain": uncertain}
    return session.connection().execute(_STILL_WANTED, values).rowcount > 0


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


def keep_links(session: Session, client_id: int, links: Mapping[str, Link], now: datetime) -> None:
    """Keeps what the short addresses of a message open; one that another message has is there already."""
    rows = [
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
    if rows:
        statement = dialect.insert(session, ShortLink).on_conflict_do_nothing(index_elements=["digest"])
        session.connection().execute(statement, rows)
