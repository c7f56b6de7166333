"""What was said in a call, as its journal keeps it: the steps taken and the notes, in order."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from sqlmodel import Session, col, select

from console.base.history import EventKind
from console.db.query import among, columns, rows
from console.db.tables import CallStep, Event


def journal(session: Session, call_id: str) -> Sequence[CallStep]:
    """The journal of a call, in order."""
    return session.exec(select(CallStep).where(CallStep.call_id == call_id).order_by(col(CallStep.seq))).all()


def call_notes(session: Session, call_id: str) -> Sequence[Event]:
    """The notes taken during a call, in order."""
    query = select(Event).where(Event.call_id == call_id, Event.kind == EventKind.NOTE)
    return session.exec(query.order_by(col(Event.at), col(Event.id))).all()


_TYPED = (
    columns(CallStep.call_id, CallStep.step, CallStep.captured)
    .where(among(CallStep.call_id, "calls"), col(CallStep.captured) != "")
    .order_by(col(CallStep.call_id), col(CallStep.seq))
)


def typed(session: Session, call_ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """The words typed at the steps of each call, in order, whatever became of them.

    What was gone on with at the same step is told once, as it was left; a moment is no words.
    """
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for call_id, step, words in rows(session, _TYPED, calls=list(call_ids)):
        if _is_moment(words):
            continue
        said = found[call_id]
        if said and said[-1][0] == step and words.startswith(said[-1][1]):
            said.pop()
        if (step, words) not in said:
            said.append((step, words))
    return {call_id: tuple(words for _, words in said) for call_id, said in found.items()}


def _is_moment(text: str) -> bool:
    with suppress(ValueError):
        return datetime.fromisoformat(text).tzinfo is not None
    return False
