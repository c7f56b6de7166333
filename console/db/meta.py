"""Facts about the database itself."""

from sqlmodel import Session

from console.db.tables import Meta

TRIAL, DEMO, LINK_BASE = "trial", "demo", "demo.link_base"
READABLE, PROGRAM = "schema.readable_from", "schema.program"
"""Written by an upgrade: the oldest program that may go on, by its SCHEMA, and which program made it."""
UPGRADED = "schema.upgraded"
"""Written by the upgrade of a file, until somebody was told: the schema before, and the copy of the file."""


def read_meta(session: Session, key: str) -> str:
    """A fact about the database itself; empty when it has none."""
    row = session.get(Meta, key)
    return row.value if row else ""


def is_trial(session: Session) -> bool:
    """Whether this is a trial base, the demonstration among them: any date goes, nothing reaches anybody."""
    return bool(read_meta(session, TRIAL) or read_meta(session, DEMO))


def write_meta(session: Session, key: str, value: str) -> None:
    """Keeps a fact about the database itself."""
    session.merge(Meta(key=key, value=value))
