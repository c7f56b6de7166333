"""Queries of what comes back: which client, which message, which term an event is about."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Exists, exists, func, or_, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from console.base.history import EventKind
from console.db.query import AnyRow, columns, rows
from console.db.tables import (
    Call,
    Callback,
    Client,
    Event,
    GrantedOffer,
    Message,
    SetAsideEvent,
    Subscription,
)
from console.messages.clicks import Click

SENT_OR_WAITING = ("sent", "queued", "failed")


def known(session: Session, key: str) -> AnyRow | None:
    """What is written under a key: kind, instant, data, and the client with their code."""
    query = columns(Event.kind, Event.at, Event.data, Event.client_id, Client.code).outerjoin(
        Client, col(Client.id) == col(Event.client_id)
    )
    return next(iter(rows(session, query.where(col(Event.key) == key))), None)


def message(session: Session, message_id: str) -> Message | None:
    """The message of that Message-ID."""
    return session.scalars(select(Message).where(col(Message.message_id) == message_id)).first()


def written_to(session: Session, message_id: str) -> AnyRow | None:
    """The code of the client whom a message was written to, and the address; None for one not ours."""
    query = columns(Client.code, Message.recipient).join(Message, col(Message.client_id) == col(Client.id))
    return next(iter(rows(session, query.where(col(Message.message_id) == message_id))), None)


def is_set_aside(session: Session, source: str, event: str) -> bool:
    """Whether that very event of a source is set aside already."""
    same = (col(SetAsideEvent.source) == source, col(SetAsideEvent.event) == event)
    return session.scalars(select(col(SetAsideEvent.id)).where(*same)).first() is not None


def set_aside(session: Session, number: int | None = None) -> list[SetAsideEvent]:
    """What is set aside and not closed, the oldest first; with a number that one, if it is there."""
    query = (
        select(SetAsideEvent).where(col(SetAsideEvent.closed_at).is_(None)).order_by(col(SetAsideEvent.id))
    )
    return list(session.scalars(query if number is None else query.where(col(SetAsideEvent.id) == number)))


def codes_of(session: Session, email: str, phone: str = "") -> list[str]:
    """The codes of the clients with that address or number, two at most."""
    given = ((Client.email, email), (Client.phone, phone))
    where = [col(column) == value for column, value in given if value]
    if not where:
        return []
    return [row.code for row in rows(session, columns(Client.code).where(or_(*where)).limit(2))]


def last_message(session: Session, client_id: int, channel: str, at: datetime) -> Message | None:
    """The client's last message by a channel: the last sent by then, else the last there is."""
    query = select(Message).where(col(Message.client_id) == client_id, col(Message.channel) == channel)
    sent = query.where(col(Message.sent_at) <= at).order_by(
        col(Message.sent_at).desc(), col(Message.id).desc()
    )
    found = session.scalars(sent.limit(1)).first()
    if found is not None:
        return found
    others = query.where(col(Message.status).in_(SENT_OR_WAITING)).order_by(col(Message.id).desc())
    return session.scalars(others.limit(1)).first()


def clicks(session: Session, message: Message) -> list[Click]:
    """Every click on a message that was told."""
    session.flush()
    query = columns(Event.at, Event.data).where(
        col(Event.client_id) == message.client_id, col(Event.kind) == EventKind.MAIL_CLICKED
    )
    return [
        Click(row.at, row.data.get("link", ""))
        for row in rows(session, query)
        if row.data.get("message") == message.id
    ]


def was_used(session: Session, client_id: int, channel: str, address: str, at: datetime) -> bool:
    """Whether a message had gone to that address of the client by then."""
    query = select(col(Message.id)).where(
        col(Message.client_id) == client_id,
        col(Message.channel) == channel,
        col(Message.recipient) == address,
        col(Message.sent_at) <= at,
    )
    return session.scalars(query.limit(1)).first() is not None


def _taken_back() -> Exists:
    """Whether the term of a payment had one taken back at that instant or later."""
    back = aliased(Event)
    return exists().where(
        col(back.subscription_id) == col(Event.subscription_id),
        col(back.kind) == EventKind.TAKEN_BACK,
        col(back.at) >= col(Event.at),
    )


def unpaid(session: Session, term_ids: Sequence[int]) -> set[int]:
    """Those of these terms for which no payment is recorded that was not taken back since."""
    paid = exists().where(
        col(Event.subscription_id) == col(Subscription.id), col(Event.kind) == EventKind.PAID, ~_taken_back()
    )
    query = columns(Subscription.id).where(col(Subscription.id).in_(term_ids), ~paid)
    return {row.id for row in rows(session, query)}


def settling(
    session: Session, client_id: int, until: datetime, statuses: Collection[str]
) -> Sequence[AnyRow]:
    """The payments and online renewals of a client, the last first, that still keep a term of theirs.

    statuses: those of terms that are kept; one whose client came back since is kept too. An agreement on the
    phone that nobody paid is not among them.
    """
    query = (
        columns(Event.kind, Event.at, Event.data, Event.subscription_id)
        .join(Subscription, col(Subscription.id) == col(Event.subscription_id))
        .where(
            col(Event.client_id) == client_id,
            col(Event.kind).in_(_SETTLING),
            col(Event.at) <= until,
            or_(col(Subscription.status).in_(statuses), col(Subscription.came_back_at).is_not(None)),
            ~_taken_back(),
        )
        .order_by(col(Event.at).desc(), col(Event.id).desc())
    )
    found = rows(session, query)
    return [one for one in found if one.kind == EventKind.PAID or _online(one)]


_SETTLING = (EventKind.PAID, EventKind.RENEWED, EventKind.RESUMED, EventKind.CONFIRMED)


def _online(told: AnyRow) -> bool:
    """Whether an event is a renewal online; one that confirms what was agreed on the phone is another."""
    return bool(told.data.get("by_link")) or told.data.get("type") == EventKind.RENEWED


def decided(session: Session, term_id: int) -> AnyRow | None:
    """The last thing that decided about a term, or confirmed it: its data, its call, who wrote it."""
    query = columns(Event.data, Event.call_id, Event.agent).where(
        col(Event.subscription_id) == term_id, col(Event.kind).in_(_DECIDED)
    )
    return next(iter(rows(session, query.order_by(col(Event.id).desc()).limit(1))), None)


_DECIDED = (
    EventKind.RENEWED,
    EventKind.DISCOUNTED,
    EventKind.DOWNGRADED,
    EventKind.PAUSED,
    EventKind.RESUMED,
    EventKind.CONFIRMED,
)


def paid_back(session: Session, term_id: int, since: datetime) -> int:
    """The cents of a term's payment that were paid back in parts since then."""
    query = columns(Event.data).where(
        col(Event.subscription_id) == term_id,
        col(Event.kind) == EventKind.PARTLY_PAID_BACK,
        col(Event.at) >= since,
    )
    return sum(row.data.get("amount_cents") or 0 for row in rows(session, query))


def on_the_line(session: Session, client_id: int) -> bool:
    """Whether a call with the client is open."""
    query = select(col(Call.id)).where(col(Call.client_id) == client_id, col(Call.ended_at).is_(None))
    return session.scalars(query).first() is not None


def offers(session: Session, term_id: int) -> list[GrantedOffer]:
    """Every offer granted for a term."""
    return list(session.scalars(select(GrantedOffer).where(col(GrantedOffer.subscription_id) == term_id)))


def first_told(session: Session, term_id: int) -> datetime | None:
    """When the client was first written to, or called, about a term; None before."""
    written = select(func.min(Message.created_at)).where(col(Message.subscription_id) == term_id)
    called = select(func.min(Call.started_at)).where(col(Call.subscription_id) == term_id)
    return min(filter(None, (session.exec(written).one(), session.exec(called).one())), default=None)


def open_offers(session: Session, term_id: int) -> list[GrantedOffer]:
    """The offers granted for a term and not taken yet, the latest first."""
    query = select(GrantedOffer).where(
        col(GrantedOffer.subscription_id) == term_id, col(GrantedOffer.accepted_at).is_(None)
    )
    return list(session.scalars(query.order_by(col(GrantedOffer.granted_at).desc())))


def close_callbacks(session: Session, client_id: int, at: datetime) -> None:
    """Nothing promised to the client is left to do."""
    session.connection().execute(
        update(Callback)
        .where(col(Callback.client_id) == client_id, col(Callback.done_at).is_(None))
        .values(done_at=at)
    )


def withdraw(session: Session, message_ids: Sequence[int], why: str) -> None:
    """Cancels these messages, those of them that still wait to be sent; `why` in French."""
    statement = update(Message).where(col(Message.id).in_(message_ids), col(Message.status) == "queued")
    session.connection().execute(statement.values(status="cancelled", error=why))


def waiting(session: Session, client_id: int) -> Sequence[AnyRow]:
    """The messages that wait to be sent to a client."""
    query = columns(Message.id, Message.channel, Message.purpose, Message.step)
    return rows(session, query.where(col(Message.client_id) == client_id, col(Message.status) == "queued"))
