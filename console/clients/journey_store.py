"""What became of the messages of a term, for its journey on the client's file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import bindparam
from sqlmodel import col

from console.base.history import EventKind
from console.base.vocabulary import Channel
from console.db.query import AnyRow, ReadBatch, columns
from console.db.tables import Event, Message
from console.messages.planned import Key, anew

_GIVEN_UP = (
    columns(Event.kind, Event.data, Event.at)
    .where(
        col(Event.subscription_id) == bindparam("term"),
        col(Event.kind).in_((EventKind.STEP_SKIPPED, EventKind.FILE_CLOSED, EventKind.TERM_MOVED)),
    )
    .order_by(col(Event.id))
)


@dataclass(slots=True)
class Journey:
    """What became of a term's messages, by key, and why some were given up."""

    messages: dict[Key, AnyRow] = field(default_factory=dict)
    skipped: dict[Key, str] = field(default_factory=dict)
    closed: bool = False


_BECAME = (
    columns(
        *(Message.kind, Message.channel, Message.status, Message.created_at, Message.not_before),
        *(Message.sent_at, Message.opened_at, Message.clicked_at, Message.error),
    )
    .where(col(Message.subscription_id) == bindparam("term"))
    .order_by(col(Message.id))
)


def journey(batch: ReadBatch, term_id: int) -> Callable[[], Journey]:
    """A term's messages and skips, since its timeline last began anew."""
    given_up, became = batch.ask(_GIVEN_UP, term=term_id), batch.ask(_BECAME, term=term_id)
    return lambda: _journey(given_up(), became())


def _journey(given_up: Sequence[AnyRow], became: Sequence[AnyRow]) -> Journey:
    found, moved = Journey(), None
    for kind, data, at in given_up:
        if kind == EventKind.TERM_MOVED:
            if anew(data):
                found, moved = Journey(), at
        elif kind == EventKind.FILE_CLOSED:
            found.closed = True
        else:
            found.skipped |= {(step, Channel(channel)): data["reason"] for step, channel in data["steps"]}
    for row in became:
        if moved is None or row.created_at >= moved:
            found.messages[row.kind, Channel(row.channel)] = row
    return found
