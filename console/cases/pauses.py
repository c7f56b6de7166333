"""The pauses of the clients' terms: read for the rules, begun, and ended by what the client does."""

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, delete, update
from sqlmodel import col

from console.base.dates import plus_days
from console.base.vocabulary import CallOutcome
from console.db.dialect import Unit, connected
from console.db.query import AnyRow, NewRow, ReadBatch, among, columns, row
from console.db.tables import Pause as Stored
from console.db.tables import Subscription
from console.rules.pauses import Pause, PauseState

_NAMES = tuple(field.name for field in fields(Pause))
COLUMNS: tuple[Any, ...] = tuple(col(getattr(Stored, name)).label(f"pause_{name}") for name in _NAMES)
"""What the rules are given of a pause, under names of their own: a term has a `starts_on` too."""


def pause_of(found: AnyRow) -> Pause | None:
    """The pause in a row with these columns; None where the term has none."""
    if found.pause_agreed_at is None:
        return None
    return Pause(*(getattr(found, f"pause_{name}") for name in _NAMES))


_OF_TERMS = (
    columns(Stored.subscription_id, Subscription.retention, Subscription.came_back_at, *COLUMNS)
    .join(Subscription, col(Subscription.id) == col(Stored.subscription_id))
    .where(among(Stored.subscription_id, "terms"))
)


def pauses(unit: Unit, term_ids: Sequence[int]) -> dict[int, Pause]:
    """The pause of each of these terms that has one."""
    return pauses_asked(ReadBatch(unit), term_ids)() if term_ids else {}


def pauses_asked(batch: ReadBatch, term_ids: Sequence[int]) -> Callable[[], dict[int, Pause]]:
    """The same, in a batch."""
    found = batch.ask(_OF_TERMS, terms=list(term_ids))
    return lambda: {one.subscription_id: pause for one in found() if (pause := standing(one))}


def standing(found: AnyRow) -> Pause | None:
    """The pause in a row that has its term's `retention` and `came_back_at` too: a resumption that was agreed
    and never proved is none."""
    pause = pause_of(found)
    if pause is None or found.retention != CallOutcome.PAUSED or found.came_back_at is not None:
        return pause
    return replace(pause, resumed_at=None)


def begun(term: Subscription, resume_by: date, agreed_at: datetime) -> NewRow:
    """The row of a pause that was just agreed: it begins the day after the term's last."""
    return row(
        Stored,
        client_id=term.client_id,
        subscription_id=term.id,
        agreed_at=agreed_at,
        starts_on=plus_days(term.expires_on, 1),
        resume_by=resume_by,
    )


def resumed_as(pause: Pause, at: datetime) -> CallOutcome:
    """How a paused term is retained once its client has begun again: after the end it is a come-back."""
    return (
        CallOutcome.RESUMED
        if replace(pause, resumed_at=at).state(at) is PauseState.RESUMED
        else CallOutcome.PAUSED
    )


def resumption(pause: Pause, at: datetime) -> dict[str, Any]:
    """The columns of a paused term whose client begins again after its last day."""
    how = resumed_as(pause, at)
    came_back = {"came_back_at": at, "came_back_how": CallOutcome.RESUMED}
    return {"retention": how} | (came_back if how is CallOutcome.PAUSED else {})


CHANGE = update(Stored).where(col(Stored.subscription_id) == bindparam("term"))


def change(unit: Unit, term_id: int, **values: Any) -> None:
    """Writes what happened to the pause of a term."""
    connected(unit).execute(CHANGE, {"term": term_id, **values})


def forget(unit: Unit, term_id: int) -> None:
    """A pause that was agreed to after a term is not to be: nothing of it has begun."""
    connected(unit).execute(delete(Stored).where(col(Stored.subscription_id) == term_id))
