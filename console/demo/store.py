"""What a demonstration database needs beyond the ordinary queries: bulk rows, its name, its clock."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert
from sqlmodel import Session, SQLModel, col

from console.cases.facts import columns
from console.db.tables import Client, Event, Meta


def add_rows(session: Session, table: type[SQLModel], found: Sequence[Mapping[str, Any]]) -> None:
    """Inserts rows that all have the same keys."""
    if found:
        session.connection().execute(insert(table), list(found))


def read_meta(session: Session, key: str) -> str:
    """A fact about the database itself; empty when it has none."""
    row = session.get(Meta, key)
    return row.value if row else ""


def write_meta(session: Session, key: str, value: str) -> None:
    """Keeps a fact about the database itself."""
    session.merge(Meta(key=key, value=value))


def has_clients(session: Session) -> bool:
    """Whether anybody is in the database."""
    return session.connection().scalar(columns(Client.id).limit(1)) is not None


def last_instant(session: Session) -> datetime | None:
    """When the latest event happened."""
    found: datetime | None = session.connection().scalar(columns(func.max(col(Event.at))))
    return found


def empty(session: Session) -> None:
    """Removes every row of every table."""
    for table in reversed(SQLModel.metadata.sorted_tables):
        session.connection().execute(delete(table))
