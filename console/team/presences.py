"""What each agent was at and for how long: one row from an instant to the next, kept for some months."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import bindparam, or_, update
from sqlmodel import col, delete

from console.db.dialect import Unit, connected
from console.db.query import AnyRow, columns, row, rows
from console.db.tables import PresenceSpan
from console.rules.presence import Presence, PresenceState

_OPEN = columns(PresenceSpan.agent, PresenceSpan.state, PresenceSpan.reason, PresenceSpan.began_at).where(
    col(PresenceSpan.ended_at).is_(None)
)
_SPANS = (
    columns(
        PresenceSpan.agent,
        PresenceSpan.state,
        PresenceSpan.reason,
        PresenceSpan.began_at,
        PresenceSpan.ended_at,
    )
    .where(
        col(PresenceSpan.began_at) < bindparam("until"),
        or_(col(PresenceSpan.ended_at).is_(None), col(PresenceSpan.ended_at) > bindparam("since")),
    )
    .order_by(col(PresenceSpan.began_at), col(PresenceSpan.id))
)


def begin(unit: Unit, agent: str, what: Presence, at: datetime) -> None:
    """From now on the agent is at this, and no longer at what they were."""
    end(unit, agent, at)
    made = row(PresenceSpan, agent=agent, state=what.state, reason=what.reason, began_at=at)
    connected(unit).execute(PresenceSpan.__table__.insert(), made.values)  # type: ignore[attr-defined]


def end(unit: Unit, agent: str, at: datetime) -> None:
    """The agent is at nothing any more; never before it began, whatever the clocks of two machines say."""
    open_one = col(PresenceSpan.agent) == agent, col(PresenceSpan.ended_at).is_(None)
    began = connected(unit).execute(_OPEN.where(col(PresenceSpan.agent) == agent)).first()
    if began is not None:
        ended = max(at, began.began_at)
        connected(unit).execute(update(PresenceSpan).where(*open_one).values(ended_at=ended))


def go_on(unit: Unit, agent: str, heard: datetime, now: datetime) -> None:
    """A console that fell silent is back, as a machine that slept: what its agent was at ended when it was
    last heard of, and begins again."""
    was = under_way(unit).get(agent)
    if was is not None:
        end(unit, agent, heard)
        begin(unit, agent, was[0], now)


def under_way(unit: Unit) -> dict[str, tuple[Presence, datetime]]:
    """By agent what they are at, and since when; those whose console has died among them."""
    return {
        one.agent: (Presence(PresenceState(one.state), one.reason), one.began_at) for one in rows(unit, _OPEN)
    }


def between(unit: Unit, since: datetime, until: datetime) -> Sequence[AnyRow]:
    """What everybody was at between two instants, the earliest first: agent, state, reason, began_at,
    ended_at; None for what lasts."""
    return rows(unit, _SPANS, since=since, until=until)


def seconds(
    spans: Iterable[AnyRow], since: datetime, until: Mapping[str, datetime], now: datetime
) -> dict[str, dict[PresenceState, int]]:
    """By agent and state, whole seconds from `since` on.

    What lasts counts until now; of an agent in `until`, whose console has died, until then.
    """
    found: dict[str, dict[PresenceState, int]] = {}
    for one in spans:
        ended = one.ended_at or until.get(one.agent, now.astimezone(UTC))
        lasted = ended - max(one.began_at, since)
        mine, state = found.setdefault(one.agent, {}), PresenceState(one.state)
        mine[state] = mine.get(state, 0) + max(0, int(lasted.total_seconds()))
    return found


def forget(unit: Unit, before: datetime) -> None:
    """What ended before then is not kept any longer."""
    old = col(PresenceSpan.began_at) < before  # what has an index
    connected(unit).execute(delete(PresenceSpan).where(old, col(PresenceSpan.ended_at) < before))
