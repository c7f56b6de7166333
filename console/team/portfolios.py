"""Which of the clients to call are proposed to an agent, and in which order."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import and_, or_
from sqlmodel import Session, bindparam, col, func

from console.base.dates import PARIS, day_of
from console.base.french import THIN, plural
from console.base.text import fold
from console.base.vocabulary import Action, Pane
from console.context import Context
from console.db.dialect import Unit
from console.db.query import among, columns, rows
from console.db.tables import Absence, Call, Client, Subscription, UserAccount
from console.rules.portfolios import Agent, Portfolio, has_share, per_day, team_of
from console.rules.presence import PresenceState
from console.team import presences
from console.team.seats import alive, seats

_OWNERS = columns(Client.id, Client.team, Client.advisor).where(among(Client.id, "clients"))
_ABSENT = columns(Absence.agent)
_GONE = columns(UserAccount.name).where(col(UserAccount.active).is_(False))
_DIALLED = (
    columns(Call.agent, func.count().label("n"))
    .where(col(Call.dialled_at) >= bindparam("since"))
    .group_by(col(Call.agent))
)
_AT_WORK = frozenset({PresenceState.AVAILABLE, PresenceState.IN_CALL, PresenceState.AFTER_CALL})

_THEIRS = func.lower(Client.advisor).in_(bindparam("agents", expanding=True))
_OWN = (
    columns(Subscription.id)
    .join(Client, col(Client.id) == col(Subscription.client_id))
    .where(
        col(Subscription.deadline).between(bindparam("first_deadline"), bindparam("last_deadline")),
        col(Subscription.pane) == Pane.URGENT,
        col(Subscription.action) == Action.CALL,
        or_(  # said not to be empty, each is found by its index
            and_(col(Client.advisor) != "", _THEIRS),
            and_(col(Client.team) != "", func.lower(Client.team).in_(bindparam("teams", expanding=True))),
        ),
    )
    .order_by(
        ~_THEIRS,
        col(Subscription.rank),
        col(Subscription.rank_at),
        col(Subscription.minus_score),
        col(Subscription.expires_on),
        col(Subscription.client_code),
    )
    .limit(bindparam("limit"))
)


@dataclass(frozen=True, slots=True)
class Proposed:
    """Clients in the order in which they are proposed; without any, why not."""

    clients: tuple[int, ...]
    why_none: str = ""


def proposed_to(
    session: Session, ctx: Context, clients: Sequence[int], promised: Sequence[int], now: datetime
) -> Proposed:
    """Whom of these clients, the most urgent first, the agent is to be proposed: theirs, those of their team,
    those of all. promised: those whom somebody promised to call, whatever the agent's day was."""
    rules = ctx.content.team
    owners = {row.id: row for row in rows(session, _OWNERS, clients=list(clients))}
    advised = any(one.advisor for one in owners.values())
    agent = Agent(ctx.agent, rules, away(session) if advised else ())
    whose = {client: agent.whose(owners[client].advisor, owners[client].team) for client in clients}
    limit = per_day(ctx.agent, rules)
    if limit or rules.shares:
        called = _called(session, now)
        mine = called[fold(ctx.agent)]
        if 0 < limit <= mine:
            kept = [one for one in clients if one in promised and whose[one] <= Portfolio.ANYBODY]
            done = f"Vos {plural(limit, 'appel')} du jour sont faits{THIN}: plus rien ne vous est proposé."
            return Proposed(_ordered(kept, whose), done)
        if rules.shares:
            common = [client for client in clients if whose[client] >= Portfolio.ANYBODY]
            others = [called[name] for name in _present(session) if name != fold(ctx.agent)]
            if not has_share(mine, others, len(common)):
                kept = [one for one in clients if one in promised or whose[one] < Portfolio.ANYBODY]
                why = f"Votre part du jour est faite{THIN}: les clients de tous sont à vos collègues."
                return Proposed(_ordered(kept, whose), why)
    return Proposed(_ordered(clients, whose))


def own_terms(
    session: Session, ctx: Context, first_deadline: date, last_deadline: date, limit: int
) -> list[int]:
    """The most urgent terms of the agent's own clients, then of their team's: however far down the queue."""
    mine = {"agents": _lowered(ctx.agent), "teams": _lowered(team_of(ctx.agent, ctx.content.team))}
    within = {"first_deadline": first_deadline, "last_deadline": last_deadline}
    return [row.id for row in rows(session, _OWN, **mine, **within, limit=limit)]


def _lowered(name: str) -> list[str]:
    """A name as `lower` of a base may give it: that of SQLite, and of some servers, leaves « É » as it is."""
    ascii_only = "".join(one.lower() if one.isascii() else one for one in name)
    return [*{name.lower(), ascii_only}] if name else []


def _ordered(clients: Sequence[int], whose: dict[int, Portfolio]) -> tuple[int, ...]:
    return tuple(sorted(clients, key=whose.__getitem__))


def away(unit: Unit) -> frozenset[str]:
    """Those whose clients are their team's meanwhile: the absent, and those who no longer sign in."""
    return frozenset(row[0] for query in (_ABSENT, _GONE) for row in rows(unit, query))


def _called(session: Session, now: datetime) -> Counter[str]:
    """How many calls each has dialled today, by folded name."""
    midnight = datetime.combine(day_of(now), time(), PARIS)
    return Counter({fold(row.agent): row.n for row in rows(session, _DIALLED, since=midnight)})


def _present(session: Session) -> set[str]:
    """Those who are at work now, by folded name."""
    at = presences.under_way(session)
    return {
        fold(seat.agent)
        for seat in seats(session)
        if alive(seat) and seat.agent in at and at[seat.agent][0].state in _AT_WORK
    }
