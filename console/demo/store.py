"""What a demonstration database needs beyond the ordinary queries: who is who, its clock."""

from datetime import datetime

from sqlalchemy import delete, func, literal, select, update
from sqlmodel import Session, SQLModel, col

from console.db.query import columns
from console.db.tables import Client, Event, GrantedOffer, Message


def has(session: Session, table: type[SQLModel]) -> bool:
    """Whether the table has any row."""
    return session.connection().scalar(select(literal(1)).select_from(table).limit(1)) is not None


def last_instant(session: Session) -> datetime | None:
    """When the latest event happened."""
    found: datetime | None = session.connection().scalar(columns(func.max(col(Event.at))))
    return found


def empty(session: Session) -> None:
    """Removes every row of every table."""
    for table in reversed(SQLModel.metadata.sorted_tables):
        session.connection().execute(delete(table))


def move_links(session: Session, former: str, base: str) -> None:
    """The links in every message lead to another base."""
    names = ("text", "html")
    moved = {name: func.replace(col(getattr(Message, name)), f"{former}/", f"{base}/") for name in names}
    session.connection().execute(update(Message).values(**moved))


def running_offer(session: Session, code: str, at: datetime) -> str:
    """The offer that a client was last granted and that still runs at an instant; empty for none."""
    query = (
        select(col(GrantedOffer.offer))
        .join(Client, col(Client.id) == col(GrantedOffer.client_id))
        .where(col(Client.code) == code, col(GrantedOffer.ends_at) >= at)
        .order_by(col(GrantedOffer.granted_at).desc())
    )
    return session.connection().scalar(query.limit(1)) or ""
