"""What is shown beside a case, read for a whole page at once."""

from collections.abc import Sequence

from sqlmodel import Session, col

from console.base.history import EventKind
from console.db.query import among, columns, rows
from console.db.tables import Event

_NOTES = (
    columns(Event.client_id, Event.kind, Event.text)
    .where(
        among(Event.client_id, "clients"),
        col(Event.kind).in_((EventKind.NOTE, EventKind.ESCALATION_ANSWERED)),
    )
    .order_by(col(Event.at), col(Event.id))
)


def last_notes(session: Session, client_ids: Sequence[int]) -> dict[int, str]:
    """For each client, the text of the latest note, or of a supervisor's answer, which says so."""
    return {
        row.client_id: f"Réponse du superviseur\u202f: {row.text}"
        if row.kind == EventKind.ESCALATION_ANSWERED
        else row.text
        for row in rows(session, _NOTES, clients=client_ids)
    }
