"""What has been kept for long enough: counted, then emptied by lots."""

from datetime import date, datetime

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update
from sqlmodel import Session, SQLModel, col

from console.base.history import EventKind
from console.db.tables import Call, CallStep, Client, Event, Message, SetAsideEvent, Subscription
from console.people.privacy_store import NAME
from console.people.retention_policy import Kept

_TABLES: dict[Kept, type[SQLModel]] = {
    Kept.SPOKEN: CallStep,
    Kept.MESSAGES: Message,
    Kept.NOTES: Event,
    Kept.SET_ASIDE: SetAsideEvent,
    Kept.CLIENTS: Client,
}
_EMPTY: dict[Kept, dict[str, str]] = {
    Kept.SPOKEN: {"said": "", "captured": ""},
    Kept.MESSAGES: {"recipient": "", "subject": "", "text": "", "html": "", "error": ""},
    Kept.NOTES: {"text": ""},
}


def _over(kind: Kept, before: datetime, day: date) -> ColumnElement[bool]:
    """The condition on a row that has been kept for long enough, and still says something."""
    match kind:
        case Kept.SPOKEN:
            ended = exists().where(col(Call.id) == col(CallStep.call_id), col(Call.ended_at).is_not(None))
            says = or_(col(CallStep.said) != "", col(CallStep.captured) != "")
            return (col(CallStep.at) < before) & says & ended
        case Kept.MESSAGES:
            waits = col(Message.status) == "queued"
            return (col(Message.created_at) < before) & (col(Message.text) != "") & ~waits
        case Kept.NOTES:
            note = (col(Event.kind) == EventKind.NOTE) & (col(Event.text) != "")
            return note & (col(Event.at) < before)
        case Kept.SET_ASIDE:
            return col(SetAsideEvent.at) < before
        case Kept.CLIENTS:
            later = exists().where(
                col(Subscription.client_id) == col(Client.id), col(Subscription.expires_on) >= day
            )
            on_the_line = exists().where(col(Call.client_id) == col(Client.id), col(Call.ended_at).is_(None))
            return (col(Client.last_name) != NAME) & ~later & ~on_the_line


def count(session: Session, kind: Kept, before: datetime, day: date) -> int:
    """How many rows there are to empty."""
    query = select(func.count()).select_from(_TABLES[kind]).where(_over(kind, before, day))
    return session.scalar(query) or 0


def empty(session: Session, kind: Kept, before: datetime, day: date, limit: int) -> int:
    """Empties some of them, or deletes those that are nothing else, and gives how many; not for clients."""
    number = _TABLES[kind].id  # type: ignore[attr-defined]
    chosen = select(col(number)).where(_over(kind, before, day)).limit(limit)
    found = session.scalars(chosen).all()
    if found and kind in _EMPTY:
        session.execute(update(_TABLES[kind]).where(col(number).in_(found)).values(**_EMPTY[kind]))
    elif found:
        session.execute(delete(_TABLES[kind]).where(col(number).in_(found)))
    return len(found)


def codes(session: Session, before: datetime, day: date, limit: int) -> list[str]:
    """Codes of some of the clients to erase."""
    query = select(col(Client.code)).where(_over(Kept.CLIENTS, before, day)).order_by(col(Client.id))
    return list(session.scalars(query.limit(limit)).all())
