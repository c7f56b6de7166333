"""Facts about the database itself."""

from sqlmodel import Session

from console.db.tables import Meta


def read_meta(session: Session, key: str) -> str:
    """A fact about the database itself; empty when it has none."""
    row = session.get(Meta, key)
    return row.value if row else ""


def write_meta(session: Session, key: str, value: str) -> None:
    """Keeps a fact about the database itself."""
    session.merge(Meta(key=key, value=value))
