"""Facts about the database itself."""

from collections.abc import Callable, Mapping

from sqlmodel import Session

from console.db.query import ReadBatch, among, columns
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


_KEPT = columns(Meta.key, Meta.value).where(among(Meta.key, "keys"))


def kept(batch: ReadBatch, *keys: str) -> Callable[[], Mapping[str, str]]:
    """What reads several of them; those that the database does not have are left out."""
    found = batch.ask(_KEPT, keys=list(keys))
    return lambda: {row.key: row.value for row in found()}


def is_trial(batch: ReadBatch) -> Callable[[], bool]:
    """Whether this is a trial base, the demonstration among them: any date goes, nothing reaches anybody."""
    found = kept(batch, TRIAL, DEMO)
    return lambda: any(found().values())


def write_meta(session: Session, key: str, value: str) -> None:
    """Keeps a fact about the database itself."""
    session.merge(Meta(key=key, value=value))
