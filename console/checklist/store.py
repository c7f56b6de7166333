"""What a checklist is proved by, and what agents ticked: rows of one term of a client."""

from collections.abc import Sequence

from sqlalchemy import bindparam
from sqlmodel import Session, col

from console.base.history import EventKind
from console.db.query import AnyRow, columns, rows
from console.db.tables import Call, Callback, ChurnRecord, Event, GrantedOffer, Message

_MESSAGES = (
    columns(Message.id, Message.purpose, Message.step, Message.channel, Message.sent_at)
    .where(col(Message.subscription_id) == bindparam("term"), col(Message.sent_at).is_not(None))
    .order_by(col(Message.sent_at), col(Message.id))
)
_OFFERS = (
    columns(
        GrantedOffer.id,
        GrantedOffer.offer,
        GrantedOffer.granted_at,
        GrantedOffer.ends_at,
        GrantedOffer.price_cents,
        GrantedOffer.normal_price_cents,
        GrantedOffer.workshops,
        GrantedOffer.accepted_at,
        GrantedOffer.call_id,
    )
    .where(col(GrantedOffer.subscription_id) == bindparam("term"))
    .order_by(col(GrantedOffer.granted_at), col(GrantedOffer.id))
)
_CALLS = (
    columns(Call.id, Call.started_at, Call.dialled_at, Call.answered, Call.outcome, Event.data)
    .join_from(Call, Event, col(Event.key) == col(Call.id) + ":call_ended", isouter=True)
    .where(col(Call.subscription_id) == bindparam("term"), col(Call.ended_at).is_not(None))
    .order_by(col(Call.started_at), col(Call.id))
)
_CALLBACKS = (
    columns(Callback.id, Callback.created_at, Callback.promised_at)
    .where(col(Callback.subscription_id) == bindparam("term"))
    .order_by(col(Callback.created_at), col(Callback.id))
)
_RECORD = columns(
    ChurnRecord.id, ChurnRecord.call_id, ChurnRecord.at, ChurnRecord.reason, ChurnRecord.verbatim
).where(col(ChurnRecord.subscription_id) == bindparam("term"), col(ChurnRecord.corrected_at).is_(None))
_EVENTS = (
    columns(Event.id, Event.at, Event.agent, Event.data)
    .where(col(Event.subscription_id) == bindparam("term"), col(Event.kind) == bindparam("kind"))
    .order_by(col(Event.at), col(Event.id))
)


def messages(session: Session, term: int) -> Sequence[AnyRow]:
    """Those that left, in the order they did."""
    return rows(session, _MESSAGES, term=term)


def offers(session: Session, term: int) -> Sequence[AnyRow]:
    """Those granted."""
    return rows(session, _OFFERS, term=term)


def calls(session: Session, term: int) -> Sequence[AnyRow]:
    """Those that are over, with what their end wrote."""
    return rows(session, _CALLS, term=term)


def callbacks(session: Session, term: int) -> Sequence[AnyRow]:
    """Those promised or planned."""
    return rows(session, _CALLBACKS, term=term)


def record(session: Session, term: int) -> AnyRow | None:
    """The churn record."""
    return next(iter(rows(session, _RECORD, term=term)), None)


def closed(session: Session, term: int) -> AnyRow | None:
    """The closing of the file."""
    return next(iter(rows(session, _EVENTS, term=term, kind=EventKind.FILE_CLOSED)), None)


def ticks(session: Session, term: int) -> Sequence[AnyRow]:
    """What agents ticked and unticked, in order; `data` holds the point and whether it is ticked."""
    return rows(session, _EVENTS, term=term, kind=EventKind.CHECKLIST)
