"""An agent's own day: the calls that ended since an instant, with what their end wrote."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import bindparam
from sqlmodel import col

from console.db.query import AnyRow, ReadBatch, columns
from console.db.tables import Call, Event

_ENDED = (
    columns(Call.outcome, Call.answered, Call.dialled_at, Event.data)
    .join_from(Call, Event, col(Event.key) == col(Call.id) + ":call_ended", isouter=True)
    .where(col(Call.agent) == bindparam("agent"), col(Call.ended_at) >= bindparam("since"))
)


def ended(batch: ReadBatch, agent: str, since: datetime) -> Callable[[], Sequence[AnyRow]]:
    """The agent's calls that ended since then."""
    return batch.ask(_ENDED, agent=agent, since=since)
