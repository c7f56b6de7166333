"""The consoles that are open, one an agent, by the base's clock; one silent for two minutes is gone."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, update
from sqlmodel import col, delete

from console.db import dialect
from console.db.base_clock import base_seconds
from console.db.dialect import Unit, connected
from console.db.query import AnyRow, columns, rows
from console.db.tables import Call, Seat

ALIVE = timedelta(minutes=2)
"""A console that was not heard of for so long is closed, or dead."""
_ALIVE_SECONDS = int(ALIVE.total_seconds())

_SILENT_FOR = base_seconds() - col(Seat.seen)
_SEATS = columns(
    Seat.agent, Seat.machine, Seat.console, Seat.freed_call, _SILENT_FOR.label("silent")
).order_by(col(Seat.agent))


def call_kept(lately: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition, beside a call and the seat of its agent: nobody else may take the call over yet.

    lately: whether something was done in the call of late, by the machines' clocks. It counts only for an
    agent without a seat: one who has a console is judged by the base's clock alone.
    """
    seated = and_(func.abs(_SILENT_FOR) < _ALIVE_SECONDS, col(Seat.freed_call) != col(Call.id))
    return or_(and_(col(Seat.agent).is_(None), lately), seated)


def seats(unit: Unit) -> Sequence[AnyRow]:
    """Every console that was not closed, and for how many seconds it has been `silent`."""
    return rows(unit, _SEATS)


def seat_of(unit: Unit, agent: str) -> AnyRow | None:
    """The agent's."""
    return connected(unit).execute(_SEATS.where(col(Seat.agent) == agent)).first()


def alive(seat: AnyRow) -> bool:
    """Whether its console was heard of lately; one of a clock that was ahead was not."""
    return bool(abs(seat.silent) < _ALIVE_SECONDS)


def last_heard(seat: AnyRow, now: datetime) -> datetime:
    """When its console was last heard of. In UTC: an hour of a clock that changes is no hour."""
    return now.astimezone(UTC) - timedelta(seconds=max(0, seat.silent))


def keeps_call(unit: Unit, agent: str, call_id: str, *, lately: bool) -> bool:
    """Whether nobody else may take this call of the agent's over yet; as `call_kept` for one call."""
    seat = seat_of(unit, agent)
    return lately if seat is None else alive(seat) and seat.freed_call != call_id


def sit_down(unit: Unit, agent: str, machine: str, console: str) -> None:
    """From now on the agent's console is this one."""
    _put(unit, agent=agent, machine=machine, console=console, seen=base_seconds(), freed_call="")


def _put(unit: Unit, **values: Any) -> None:
    statement = dialect.insert(unit, Seat).values(**values)
    others = {name: value for name, value in values.items() if name != "agent"}
    connected(unit).execute(statement.on_conflict_do_update(index_elements=["agent"], set_=others))


def heard_of(unit: Unit, agent: str, console: str, *, lately: bool = False) -> bool:
    """Notes that the console is alive; False where it is not the agent's, or was silent too long to be one
    that was heard of `lately`."""
    said = update(Seat).where(col(Seat.agent) == agent, col(Seat.console) == console)
    if lately:
        said = said.where(func.abs(_SILENT_FOR) < _ALIVE_SECONDS)
    return bool(connected(unit).execute(said.values(seen=base_seconds())).rowcount)


def stand_up(unit: Unit, agent: str, console: str | None = None) -> bool:
    """The console is closed, or the agent's whichever it is; False where it was not theirs."""
    gone = delete(Seat).where(col(Seat.agent) == agent)
    if console is not None:
        gone = gone.where(col(Seat.console) == console)
    return bool(connected(unit).execute(gone).rowcount)


def free(unit: Unit, agent: str, call_id: str) -> None:
    """A colleague may take this call of the agent over at once."""
    freed = update(Seat).where(col(Seat.agent) == agent).values(freed_call=call_id)
    if not connected(unit).execute(freed).rowcount:
        _put(unit, agent=agent, machine="", console="", seen=0, freed_call=call_id)
