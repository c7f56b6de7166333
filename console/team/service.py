"""One's own presence: which console is the agent's, and what they are at."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, func

from console.context import Context
from console.db.dialect import Unit
from console.db.query import AnyRow, columns, rows
from console.db.tables import UserAccount
from console.outside.machine import is_over, machine
from console.rules.presence import AVAILABLE, Presence, PresenceState
from console.team import presences
from console.team.presence import release, renew
from console.team.seats import alive, free, heard_of, last_heard, seat_of, sit_down, stand_up
from console.team.views import Place, SeatTaken

_ACTIVE = columns(func.count()).select_from(UserAccount).where(col(UserAccount.active))


def is_team(session: Session, ctx: Context) -> bool:
    """Whether several people work here: on a server's base, or where several have an account."""
    if ctx.demo:
        return False
    return ctx.database.shared or bool(rows(session, _ACTIVE)[0][0] > 1)


def _is_open(seat: AnyRow, console: str) -> bool:
    """Whether the seat is that of another console, not known to have ended."""
    return seat.console not in ("", console) and alive(seat) and not is_over(seat.console.rpartition(" ")[2])


def dismiss(unit: Unit, agent: str, call_id: str, at: datetime) -> None:
    """The agent has no place any more, open as their console may be; a colleague may take over their call.

    call_id: empty where they have none.
    """
    seat = seat_of(unit, agent)
    stand_up(unit, agent)
    presences.end(unit, agent, at if seat is None or alive(seat) else last_heard(seat, at))
    release(unit, agent)
    if call_id:
        free(unit, agent, call_id)


class PresenceService:
    """What the agent's console tells of them; every method may be called from any thread."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def arrive(self, console: str, *, moves: bool = False) -> SeatTaken:
        """Take the agent's place; one's console that is open elsewhere keeps it unless it `moves` here.

        console: what tells this one from any other, its process last. Raises StorageError.
        """
        ctx, here = self._ctx, machine()
        with ctx.database.reading() as session:
            if not is_team(session, ctx):
                return SeatTaken(Place.ALONE)
        rules = ctx.content.team
        with ctx.database.writing() as session:
            now, seat = ctx.clock.now(), seat_of(session, ctx.agent)
            if seat is not None and _is_open(seat, console) and not moves:
                return SeatTaken(Place.ELSEWHERE, seat.machine, seat.machine == here)
            if seat is not None and not alive(seat):
                presences.end(session, ctx.agent, last_heard(seat, now))
            sit_down(session, ctx.agent, here, console)
            presences.begin(session, ctx.agent, AVAILABLE, now)
            presences.forget(session, now - timedelta(days=rules.keep_days))
        return SeatTaken(Place.HERE, rules=rules)

    def beat(self, console: str, *, proposed: bool = False) -> str | None:
        """Say that the console is alive; where the agent's is now, if it is another.

        proposed: the client proposed is still in sight, and stays the agent's. Raises StorageError.
        """
        database, agent = self._ctx.database, self._ctx.agent
        with database.single() as unit:
            here = heard_of(unit, agent, console, lately=True)
        if not here:
            with database.sharing() as unit:
                elsewhere = self._still_here(unit, console)
                if elsewhere is None and agent not in presences.under_way(unit):  # the base was restored
                    presences.begin(unit, agent, AVAILABLE, self._ctx.clock.now())
                return elsewhere
        if proposed:
            renew(database, agent)
        return None

    def become(self, console: str, what: Presence) -> str | None:
        """Say what the agent is at from now on, as `beat`. Raises StorageError."""
        with self._ctx.database.sharing() as unit:
            elsewhere = self._still_here(unit, console)
            if elsewhere is None:
                presences.begin(unit, self._ctx.agent, what, self._ctx.clock.now())
                if what.state is PresenceState.BREAK:
                    release(unit, self._ctx.agent)
        return elsewhere

    def leave(self, console: str) -> None:
        """The agent leaves. Raises StorageError."""
        with self._ctx.database.sharing() as unit:
            if stand_up(unit, self._ctx.agent, console):
                presences.end(unit, self._ctx.agent, self._ctx.clock.now())
                release(unit, self._ctx.agent)

    def _still_here(self, unit: Unit, console: str) -> str | None:
        agent, now = self._ctx.agent, self._ctx.clock.now()
        seat = seat_of(unit, agent)
        if seat is not None and seat.console == console:
            if not alive(seat):
                presences.go_on(unit, agent, last_heard(seat, now), now)
            heard_of(unit, agent, console)
            return None
        if seat is not None and seat.console:
            return str(seat.machine)
        sit_down(unit, agent, machine(), console)  # the base was restored, or the place is a name only
        return None
