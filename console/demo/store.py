"""What a demonstration database needs beyond the ordinary queries: bulk rows, its name, its clock."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, literal, select
from sqlmodel import Session, SQLModel, col

from console.db.query import columns
from console.db.tables import Event


def add_rows(session: Session, table: type[SQLModel], found: Sequence[Mapping[str, Any]]) -> None:
    """Inserts rows that all have the same keys."""
    if found:
        session.connection().execute(insert(table), list(found))


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
