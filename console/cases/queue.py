"""The queue of cases: their place, kept in indexed columns, and the figures that count them."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    true,
    union_all,
    update,
)
from sqlmodel import Session, col

from console.base.vocabulary import Figure, Pane, SubscriptionStatus
from console.cases.agreements import unproved
from console.db import dialect
from console.db.dialect import Unit
from console.db.query import AnyRow, AnySelect, ReadBatch, among, columns, rows
from console.db.tables import CampaignCount, Client, Escalation, Event, Subscription, Watch
from console.rules.outcomes import SPLITS, counted_by

Deltas = Mapping[tuple[date, str], int]


@dataclass(frozen=True, slots=True)
class Between:
    """A range of expiry days, both included, and the months' last days that it touches."""

    first: date
    last: date
    first_deadline: date
    last_deadline: date

    @property
    def one_month(self) -> bool:
        """Whether the range stays within a month."""
        return self.first_deadline == self.last_deadline

    @property
    def whole_months(self) -> bool:
        """Whether every day of its months is in the range."""
        return self.first.day == 1 and self.last == self.last_deadline


_CHANGED = (
    columns(Subscription.id)
    .where(col(Subscription.fresh_until) <= bindparam("now"))
    .order_by(col(Subscription.fresh_until))
    .limit(bindparam("limit"))
)
_PLACED_AHEAD = (
    columns(Subscription.id).where(col(Subscription.placed_at) > bindparam("ahead")).limit(bindparam("limit"))
)
_STALE = union_all(select(_CHANGED.subquery()), select(_PLACED_AHEAD.subquery()))
NEXT_CHANGE = columns(func.min(Subscription.fresh_until))
"""When time alone will next change the place of a case."""


APART = timedelta(minutes=5)
"""How far apart two right clocks may be; a term placed by one further ahead than that is placed again."""


def stale_ids(session: Session, now: datetime, limit: int) -> list[int]:
    """Terms whose place time alone has changed by now, those that waited longest first, then those that were
    placed by a clock too far ahead."""
    found = session.connection().execute(_STALE, {"now": now, "limit": limit, "ahead": now + APART})
    return list(dict.fromkeys(found.scalars()))[:limit]


def placed_ahead(batch: ReadBatch, now: datetime, limit: int) -> Callable[[], list[int]]:
    """Terms placed by a clock too far ahead."""
    found = batch.ask(_PLACED_AHEAD, ahead=now + APART, limit=limit)
    return lambda: [row.id for row in found()]


_PLACE = update(Subscription).where(col(Subscription.id) == bindparam("term"))


def place(unit: Unit, places: Sequence[Mapping[str, Any]]) -> None:
    """Writes the columns that say where each case stands: same keys in each mapping, `term` is the id."""
    if not places:
        return
    dialect.later(unit, _PLACE, list(places))


def shift_counts(unit: Unit, deltas: Deltas) -> None:
    """Adds to the figures; a figure that was not counted yet starts at its delta."""
    moved = [
        {"expires_on": day, "figure": figure, "n": n} for (day, figure), n in sorted(deltas.items()) if n
    ]
    if not moved:
        return
    dialect.later(unit, _shift(dialect.inserter(unit)), moved)


@cache
def _shift(insert: Callable[[Any], Any]) -> Any:
    statement = insert(CampaignCount)
    return statement.on_conflict_do_update(
        index_elements=["expires_on", "figure"],
        set_={"n": CampaignCount.n + statement.excluded.n},
    )


IN_QUEUE = frozenset({Pane.URGENT, Pane.WEEK})
QUEUED = "queued"
"""A figure of paused terms: of their own campaign, how many are in the queue of the one in which the pause
ends; of that one, at its last day and with the pane (« queued_urgent »), how many it has from others."""


def write_tally(
    day: date, figures: Mapping[str, int], elsewhere: Mapping[tuple[date, str], int] | None = None
) -> str:
    """How a case is counted: its expiry day, then each figure with how much it adds, then other days; empty
    for none."""
    if not figures:
        return ""
    parts = [day.isoformat(), *(f"{figure}={n}" for figure, n in figures.items())]
    for (on, figure), n in (elsewhere or {}).items():
        parts += [on.isoformat(), f"{figure}={n}"]
    return " ".join(parts)


def read_tally(tally: str) -> Counter[tuple[date, str]]:
    """The figures that a tally stands for; none for the empty one."""
    found = Counter[tuple[date, str]]()
    on = date.min
    for part in tally.split():
        name, counts, n = part.partition("=")
        if counts:
            found[on, name] += int(n)
        else:
            on = date.fromisoformat(name)
    return found


_COUNTS = (
    columns(CampaignCount.figure, func.sum(CampaignCount.n))
    .where(col(CampaignCount.expires_on).between(bindparam("first"), bindparam("last")))
    .group_by(col(CampaignCount.figure))
)
_BY_DAY = columns(CampaignCount.expires_on, CampaignCount.figure, CampaignCount.n).where(
    col(CampaignCount.expires_on).between(bindparam("first"), bindparam("last"))
)
_PANES = frozenset(str(pane) for pane in Pane)


def counts(session: Session, first: date, last: date) -> dict[str, int]:
    """The figures of the terms expiring between two days, both included."""
    return {figure: int(n) for figure, n in rows(session, _COUNTS, first=first, last=last)}


def counts_by_day(
    batch: ReadBatch, first: date, last: date
) -> Callable[[], tuple[dict[str, int], dict[date, int]]]:
    """The same figures, and how many terms end each day."""
    asked = batch.ask(_BY_DAY, first=first, last=last)

    def answer() -> tuple[dict[str, int], dict[date, int]]:
        figures, ending = Counter[str](), Counter[date]()
        for day, figure, n in asked():
            figures[figure] += n
            if figure in _PANES and n:
                ending[day] += n
        return figures, ending

    return answer


def expiry_beside(session: Session, day: date, step: int) -> date | None:
    """The nearest expiry day before (step -1) or after (+1) a day on which somebody's term ends."""
    later = step > 0
    found = func.min(CampaignCount.expires_on) if later else func.max(CampaignCount.expires_on)
    on = col(CampaignCount.expires_on)
    query = columns(found).where(on > day if later else on < day, col(CampaignCount.n) > 0)
    answer: date | None = session.connection().scalar(query)
    return answer


LAST_EVENT = columns(func.max(Event.id))


LEFT_UNANSWERED = exists().where(
    col(Escalation.subscription_id) == col(Subscription.id),
    col(Subscription.status) == SubscriptionStatus.EXPIRED,
    col(Escalation.created_at) < col(Subscription.settled_at),
    or_(col(Escalation.answered_at).is_(None), col(Escalation.answered_at) >= col(Subscription.settled_at)),
)
"""The condition: the term ended while a supervisor owed the client an answer.

A term that expired is settled at the end of its last day.
"""

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
    Subscription.workshops_given,
    Subscription.came_back_at,
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
    Client.phone,
    Client.phone_raw,
    Client.email,
    LEFT_UNANSWERED.label("left_unanswered"),
)
"""The columns that a case is shown from."""

_SHOWN = columns(*CASE).join_from(Subscription, Client, col(Client.id) == col(Subscription.client_id))
_QUEUED = (
    col(Subscription.rank),
    col(Subscription.rank_at),
    col(Subscription.minus_score),
    col(Subscription.expires_on),
    col(Subscription.client_code),
)
_LATEST = (col(Subscription.settled_at).desc(), col(Subscription.id).desc())
_PAUSED = col(Subscription.status) == SubscriptionStatus.PAUSED
NARROWED: Mapping[Figure | None, ColumnElement[bool]] = {
    Figure.AT_RISK: col(Subscription.at_risk).is_(True),
    Figure.WORKSHOPS: col(Subscription.workshops_given) > 0,
    Figure.UNPROVED: unproved(),
    Figure.UNANSWERED: LEFT_UNANSWERED,
    Figure.PAUSE_OVER: _PAUSED,
    Figure.PAUSE_REFUSED: _PAUSED,
}
"""Figures that count some rows of their panes, and which; how many of each pane is not kept."""
_ONLY: Mapping[Figure | None, ColumnElement[bool]] = {
    **NARROWED,
    Figure.FATE_RENEWED: col(Subscription.status) == SubscriptionStatus.RENEWED,
    Figure.FATE_PAUSED: _PAUSED,
    Figure.FATE_REFUSED: ~_PAUSED,
    Figure.FATE_SILENT: ~_PAUSED,
    **{figure: col(Subscription.retention).in_(counted_by(figure)) for figure in SPLITS},
}


def page(
    batch: ReadBatch,
    within: Between,
    pane: Pane,
    *,
    figure: Figure | None = None,
    offset: int = 0,
    limit: int,
    queued: bool = False,
) -> Callable[[], Sequence[AnyRow]]:
    """A page of a pane in its order, read along one index: the queue, or the latest settled first.

    figure: only the rows behind it. queued: the retained whose pause is in another campaign's queue belong
    to it too.
    """
    ahead = pane in {Pane.URGENT, Pane.WEEK, Pane.LATER}
    query = _page(ahead, within.one_month, within.whole_months, figure, queued and not ahead)
    return batch.ask(query, pane=pane, offset=offset, limit=limit, **asdict(within))


def size(batch: ReadBatch, within: Between, pane: Pane, figure: Figure) -> Callable[[], int]:
    """How many rows `page` has in all, for what the kept figures do not count."""
    found = batch.ask(_size(within.one_month, within.whole_months, figure), pane=pane, **asdict(within))
    return lambda: int(found()[0][0])


_QUEUED_ELSEWHERE = and_(
    _PAUSED,
    col(Subscription.pane).in_(sorted(IN_QUEUE)),
    col(Subscription.expires_on).between(bindparam("first"), bindparam("last")),
)


@cache
def _page(ahead: bool, one_month: bool, whole_months: bool, figure: Figure | None, queued: bool) -> AnySelect:
    """The page's terms are found in the index alone; only those shown are then read."""
    order = _QUEUED if ahead else _LATEST
    inside = and_(*_inside(one_month, whole_months, figure))
    found = (
        columns(Subscription.id)
        .where(or_(inside, and_(_QUEUED_ELSEWHERE, _ONLY.get(figure, true()))) if queued else inside)
        .order_by(*order)
        .offset(bindparam("offset"))
        .limit(bindparam("limit"))
        .subquery()
    )
    return _SHOWN.join(found, found.c.id == col(Subscription.id)).order_by(*order)


@cache
def _size(one_month: bool, whole_months: bool, figure: Figure) -> AnySelect:
    return columns(func.count()).select_from(Subscription).where(*_inside(one_month, whole_months, figure))


def _inside(one_month: bool, whole_months: bool, figure: Figure | None) -> list[ColumnElement[bool]]:
    """A pane of a campaign; a single month is an equality, so that the index gives the order too."""
    deadline = col(Subscription.deadline)
    months = (
        deadline == bindparam("last_deadline")
        if one_month
        else deadline.between(bindparam("first_deadline"), bindparam("last_deadline"))
    )
    resting = and_(
        col(Subscription.status) == SubscriptionStatus.PAUSED, col(Subscription.pane).in_(sorted(IN_QUEUE))
    )  # in the queue of the month in which the pause ends, and counted there
    day = case((resting, deadline), else_=col(Subscription.expires_on))
    days = day.between(bindparam("first"), bindparam("last"))
    return [
        months,
        col(Subscription.pane) == bindparam("pane"),
        true() if whole_months else days,
        _ONLY.get(figure, true()),
    ]


_CHOSEN = _SHOWN.where(among(Subscription.id, "terms"))


def cases_shown(session: Session, term_ids: Sequence[int]) -> list[AnyRow]:
    """The same columns for terms already chosen, in the order of `term_ids`."""
    return shown_asked(ReadBatch(session), term_ids)()


def shown_asked(batch: ReadBatch, term_ids: Sequence[int]) -> Callable[[], list[AnyRow]]:
    """The same, in a batch."""
    asked = batch.ask(_CHOSEN, terms=list(term_ids))

    def answer() -> list[AnyRow]:
        found = {row.id: row for row in asked()}
        return [found[term] for term in term_ids if term in found]

    return answer


def look_again(unit: Unit, term_ids: Iterable[int], day: date) -> None:
    """Has these terms looked at by the next run, whatever day they waited for."""
    look_on(unit, dict.fromkeys(term_ids, day))


def look_on(unit: Unit, days: Mapping[int, date]) -> None:
    """Has each term looked at on its day, whatever day it waited for."""
    if days:
        looks = [{"subscription_id": term, "look_on": day} for term, day in days.items()]
        dialect.later(unit, _look(dialect.inserter(unit)), looks)


@cache
def _look(insert_: Any) -> Any:
    statement = insert_(Watch)
    return statement.on_conflict_do_update(
        index_elements=["subscription_id"],
        set_={"look_on": statement.excluded.look_on},
        where=col(Watch.look_on) != statement.excluded.look_on,
    )
