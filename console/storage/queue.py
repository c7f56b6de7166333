"""The queue of cases: their place, kept in indexed columns, and the figures that count them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, update
from sqlmodel import Session, col

from console.domain.model import CallOutcome, Pane
from console.storage import dialect
from console.storage.facts import AnyRow, columns, rows
from console.storage.tables import CampaignCount, Client, Event, Subscription

Deltas = Mapping[tuple[date, str], int]


@dataclass(frozen=True, slots=True)
class Between:
    """A range of expiry days, both included, and the months' last days that it touches."""

    first: date
    last: date
    first_deadline: date
    last_deadline: date


def stale_ids(session: Session, now: datetime, limit: int) -> list[int]:
    """Terms whose place time alone has changed by now, those that waited longest first."""
    query = (
        columns(Subscription.id)
        .where(col(Subscription.fresh_until) <= now)
        .order_by(col(Subscription.fresh_until))
        .limit(limit)
    )
    return [row.id for row in rows(session, query)]


def next_change(session: Session) -> datetime | None:
    """When time alone will next change the place of a case."""
    found: datetime | None = session.connection().scalar(columns(func.min(Subscription.fresh_until)))
    return found


def place(session: Session, places: Sequence[Mapping[str, Any]]) -> None:
    """Writes the columns that say where each case stands: same keys in each mapping, `term` is the id."""
    if not places:
        return
    names = [name for name in places[0] if name != "term"]
    statement = (
        update(Subscription)
        .where(col(Subscription.id) == bindparam("term"))
        .values({name: bindparam(name) for name in names})
    )
    session.connection().execute(statement, list(places))


def shift_counts(session: Session, deltas: Deltas) -> None:
    """Adds to the figures; a figure that was not counted yet starts at its delta."""
    moved = [
        {"expires_on": day, "figure": figure, "n": n} for (day, figure), n in sorted(deltas.items()) if n
    ]
    if not moved:
        return
    statement = dialect.insert(session, CampaignCount)
    statement = statement.on_conflict_do_update(
        index_elements=["expires_on", "figure"],
        set_={"n": CampaignCount.n + statement.excluded.n},
    )
    session.connection().execute(statement, moved)


def write_tally(day: date, figures: Mapping[str, int]) -> str:
    """How a case is counted: its expiry day, then each figure with how much it adds."""
    return " ".join([day.isoformat(), *(f"{figure}={n}" for figure, n in figures.items())])


def read_tally(tally: str) -> Counter[tuple[date, str]]:
    """The figures that a tally stands for; none for the empty one."""
    if not tally:
        return Counter()
    day, *figures = tally.split()
    on = date.fromisoformat(day)
    parts = (figure.partition("=") for figure in figures)
    return Counter({(on, name): int(n) for name, _, n in parts})


def counts(session: Session, first: date, last: date) -> dict[str, int]:
    """The figures of the terms expiring between two days, both included."""
    query = (
        columns(CampaignCount.figure, func.sum(CampaignCount.n))
        .where(col(CampaignCount.expires_on).between(first, last))
        .group_by(col(CampaignCount.figure))
    )
    return {figure: int(n) for figure, n in rows(session, query)}


def expiry_beside(session: Session, day: date, step: int) -> date | None:
    """The nearest expiry day before (step -1) or after (+1) a day on which somebody's term ends."""
    later = step > 0
    found = func.min(CampaignCount.expires_on) if later else func.max(CampaignCount.expires_on)
    on = col(CampaignCount.expires_on)
    query = columns(found).where(on > day if later else on < day, col(CampaignCount.n) > 0)
    answer: date | None = session.connection().scalar(query)
    return answer


def last_event(session: Session) -> int:
    """The number of the last event: it moves with every act, whoever does it."""
    return session.connection().scalar(columns(func.max(Event.id))) or 0


def page(
    session: Session, within: Between, pane: Pane, *, only: str = "", offset: int = 0, limit: int
) -> list[AnyRow]:
    """A page of a pane in its order, read along one index: the queue, or the latest settled first.

    only narrows it: « at_risk », « workshops », or a retention (« renewed », « paused » …).
    """
    query = columns(*CASE).join_from(Subscription, Client, col(Client.id) == col(Subscription.client_id))
    if pane in {Pane.URGENT, Pane.WEEK, Pane.LATER}:
        order: tuple[Any, ...] = (
            col(Subscription.rank),
            col(Subscription.rank_at),
            col(Subscription.minus_score),
            col(Subscription.expires_on),
            col(Subscription.client_code),
        )
    else:
        order = (col(Subscription.settled_at).desc(), col(Subscription.id).desc())
    query = query.where(*_inside(within, pane, only)).order_by(*order)
    return list(rows(session, query.offset(offset).limit(limit)))


def size(session: Session, within: Between, pane: Pane, only: str) -> int:
    """How many rows `page` has in all, for what the kept figures do not count."""
    query = columns(func.count()).select_from(Subscription).where(*_inside(within, pane, only))
    return int(session.connection().scalar(query) or 0)


def _inside(within: Between, pane: Pane, only: str) -> list[ColumnElement[bool]]:
    """A pane of a campaign; a single month is an equality, which lets the index give the order too."""
    one_month = within.first_deadline == within.last_deadline
    deadline = col(Subscription.deadline)
    conditions = [
        deadline == within.first_deadline
        if one_month
        else deadline.between(within.first_deadline, within.last_deadline),
        col(Subscription.pane) == pane,
    ]
    if within.first.day != 1 or within.last != within.last_deadline:
        conditions.append(col(Subscription.expires_on).between(within.first, within.last))
    if only == "at_risk":
        conditions.append(col(Subscription.at_risk).is_(True))
    elif only == "workshops":
        conditions.append(col(Subscription.workshops_given) > 0)
    elif only == CallOutcome.RENEWED:
        conditions.append(col(Subscription.retention).in_((CallOutcome.RENEWED, CallOutcome.ALREADY_RENEWED)))
    elif only:
        conditions.append(col(Subscription.retention) == only)
    return conditions


CASE = (
    Subscription.id,
    Subscription.client_id,
    Subscription.plan,
    Subscription.billing,
    Subscription.starts_on,
    Subscription.expires_on,
    Subscription.status,
    Subscription.retention,
    Subscription.settled_at,
    Subscription.written_agreement,
    Subscription.workshops_given,
    Subscription.pane,
    Subscription.action,
    Subscription.rule,
    Subscription.reason,
    Subscription.due_on,
    Subscription.act_at,
    Subscription.at_risk,
    Client.code,
    Client.civility,
    Client.first_name,
    Client.last_name,
    Client.client_since,
    Client.timezone,
)
"""The columns that a case is shown from."""


def cases_shown(session: Session, term_ids: Sequence[int]) -> list[AnyRow]:
    """The same columns for terms already chosen, in the order of `term_ids`."""
    query = columns(*CASE).join_from(Subscription, Client, col(Client.id) == col(Subscription.client_id))
    found = {row.id: row for row in rows(session, query.where(col(Subscription.id).in_(term_ids)))}
    return [found[term] for term in term_ids if term in found]


def expire(session: Session, terms: Iterable[tuple[int, int, datetime, str]]) -> None:
    """Marks terms (id, client id, when it ended, words) as expired without an answer, once each."""
    ended = list(terms)
    if not ended:
        return
    statement = dialect.insert(session, Event).on_conflict_do_nothing(index_elements=["key"])
    events = [
        {
            "at": at,
            "kind": "expired",
            "client_id": client,
            "subscription_id": term,
            "agent": "",
            "text": words,
            "data": {},
            "key": f"expired:{term}",
        }
        for term, client, at, words in ended
    ]
    session.connection().execute(statement, events)
