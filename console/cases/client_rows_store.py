"""What is shown beside a case, read for a whole page at once."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlmodel import col

from console.base.history import EventKind
from console.db.query import ReadBatch, among, columns
from console.db.tables import Event
from console.rules.outcomes import RETENTIONS

_NOTES = (
    columns(Event.client_id, Event.kind, Event.text)
    .where(
        among(Event.client_id, "clients"),
        col(Event.kind).in_((EventKind.NOTE, EventKind.ESCALATION_ANSWERED)),
    )
    .order_by(col(Event.at), col(Event.id))
)


_ONLINE = columns(Event.subscription_id, Event.at, Event.data).where(
    among(Event.subscription_id, "terms"),
    col(Event.kind).in_(sorted({row.kind for row in RETENTIONS.values()})),
    col(Event.call_id).is_(None),
)


def online(batch: ReadBatch, term_ids: Sequence[int]) -> Callable[[], dict[int, datetime]]:
    """When the clients of these terms decided by themselves, online; nothing for those who did not."""
    found = batch.ask(_ONLINE, terms=list(term_ids))
    return lambda: {row.subscription_id: row.at for row in found() if row.data and row.data.get("by_link")}


def last_notes(batch: ReadBatch, client_ids: Sequence[int]) -> Callable[[], dict[int, str]]:
    """For each client, the text of the latest note, or of a supervisor's answer, which says so."""
    found = batch.ask(_NOTES, clients=list(client_ids))
    return lambda: {
        row.client_id: f"Réponse du superviseur\u202f: {row.text}"
        if row.kind == EventKind.ESCALATION_ANSWERED
        else row.text
        for row in found()
    }
