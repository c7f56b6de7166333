"""The facts behind the key figures, counted by the database: a cohort is found by its expiry days."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    and_,
    case,
    column,
    distinct,
    func,
    or_,
    true,
    tuple_,
    values,
)
from sqlmodel import Session, col

from console.base.dates import day_of, plus_days, start_of
from console.base.vocabulary import CallOutcome, MessagePurpose, SubscriptionStatus
from console.cases.agreements import unproved
from console.cases.pauses import COLUMNS, standing
from console.cases.proposals import REACHED
from console.cases.queue import CASE, LEFT_UNANSWERED
from console.cases.views import Campaign
from console.db.query import AnyRow, AnySelect, columns
from console.db.tables import (
    Agreement,
    Call,
    Client,
    GrantedOffer,
    Message,
    Pause,
    Proposal,
    Subscription,
    UtcDateTime,
)
from console.figures.rules import BACK_FROM, BACK_UNTIL, EARLY_DAYS, Correction, Counts, Kpi
from console.rules.outcomes import RETAINED, kept_as
from console.rules.pauses import PauseState
from console.rules.walk import Answer

BEGAN = col(Subscription.status) != SubscriptionStatus.VOID
"""Not a term that an agreement without effect had opened."""
_DAYS_AT_ONCE = 150
"""Expiry days whose bounds go with one query: far from the parameters that a database takes."""
TERMS_AT_ONCE = 10_000
"""Terms counted by one query: short enough for a count to be given up between two."""


@dataclass(frozen=True, slots=True)
class Cohort(Campaign):
    """The terms whose expiry falls between two days, both included, as they were at the end of a day.

    Nothing that happened later is counted, so that two cohorts can be looked at at the same age.
    """

    today: date
    loyalty_offers: tuple[str, ...]
    only: ColumnElement[bool] = field(default_factory=true, compare=False)
    """Which of the terms: all, or those of a named campaign."""

    @property
    def until(self) -> datetime:
        """The end of that day."""
        return start_of(plus_days(self.today, 1))

    @property
    def heard_until(self) -> datetime:
        """Until when what clients say of their calls counts: afterwards the figures stand."""
        return min(self.until, start_of(plus_days(self.settled_on, 1)))


def expiries(session: Session, cohort: Cohort) -> dict[date, int]:
    """How many terms end each day of the cohort."""
    day = col(Subscription.expires_on)
    within = day.between(cohort.first, cohort.last)
    query = columns(day, func.count()).where(within, BEGAN, cohort.only).group_by(day)
    found = session.connection().execute(query.order_by(day))
    return {on: int(n) for on, n in found}


def pieces(days: Mapping[date, int]) -> Iterator[dict[date, int]]:
    """What `expiries` gave, in order, in pieces that one query counts."""
    piece: dict[date, int] = {}
    for day, n in days.items():
        if piece and (len(piece) == _DAYS_AT_ONCE or sum(piece.values()) + n > TERMS_AT_ONCE):
            yield piece
            piece = {}
        piece[day] = n
    if piece:
        yield piece


def _bounds(days: Collection[date]) -> CTE:
    """For each expiry day, the instants that the formulas compare with, days being days in Paris."""
    instants = ("early", "over", "back_from", "back_until")
    table = values(
        column("expires_on", Date), *(column(name, UtcDateTime) for name in instants), name="bounds"
    ).data(
        [
            (
                day,
                start_of(plus_days(day, -EARLY_DAYS)),
                start_of(plus_days(day, 1)),
                start_of(plus_days(day, BACK_FROM)),
                start_of(plus_days(day, BACK_UNTIL + 1)),
            )
            for day in days
        ]
    )
    return table.cte("bounds")


def _before(at: Any, until: datetime, bounds: CTE) -> ColumnElement[bool]:
    """Whether it was before an instant, and before the last day was over."""
    return and_(at < until, at < bounds.c.over)


def _taken(until: datetime, bounds: CTE, table: type[GrantedOffer] | type[Proposal]) -> ColumnElement[bool]:
    """Whether an offer was taken before an instant and in time, on terms that hold: joined to its
    `Subscription` and to the bounds of its expiry day. What is taken afterwards is part of a come-back."""
    accepted_at = col(table.accepted_at if table is GrantedOffer else Proposal.answered_at)
    agreed = (
        columns(Agreement.id)
        .where(
            col(Agreement.subscription_id) == col(table.subscription_id),
            col(Agreement.agreed_at) == accepted_at,
        )
        .correlate(table)
        .exists()
    )
    lapsed = and_(col(Subscription.status) == SubscriptionStatus.EXPIRED, agreed)
    taken = and_(_before(accepted_at, until, bounds), ~lapsed)
    return taken if table is GrantedOffer else and_(taken, col(Proposal.answer) == Answer.ACCEPTED)


@dataclass(frozen=True, slots=True)
class PauseCounts:
    """What became of the pauses of some terms: how many of each, and which of those that ended count where.

    A pause that ended without a resumption is lost on its last day, or that of the refusal: `lost_long` are
    those who can come back no more, `came_back` those of them who did in time.
    """

    running: int
    resumed: int
    over: int
    lost_long: tuple[int, ...]
    came_back: tuple[int, ...]


def pause_counts(session: Session, cohort: Cohort, days: Collection[date]) -> PauseCounts:
    """What became of the pauses after the terms that end on these days, at the end of the cohort's day."""
    at = cohort.until - timedelta(microseconds=1)
    query = (
        columns(Pause.subscription_id, Subscription.retention, Subscription.came_back_at, *COLUMNS)
        .join(Subscription, col(Subscription.id) == col(Pause.subscription_id))
        .where(
            col(Subscription.expires_on).in_(list(days)),
            col(Subscription.status) == SubscriptionStatus.PAUSED,
            col(Pause.agreed_at) <= at,
            cohort.only,
        )
    )
    states: Counter[PauseState] = Counter()
    lost, back = [], []
    for row in session.connection().execute(query):
        pause = standing(row)
        if pause is None:
            continue
        states[pause.state(at)] += 1
        if pause.state(at) not in {PauseState.REFUSED, PauseState.LAPSED}:
            continue
        last = min(pause.resume_by, day_of(pause.ends_at))
        if last < plus_days(cohort.today, -BACK_UNTIL):
            lost.append(row.subscription_id)
            came_back = pause.came_back_at(at)
            if came_back and BACK_FROM <= (day_of(came_back) - last).days <= BACK_UNTIL:
                back.append(row.subscription_id)
    over = states[PauseState.REFUSED] + states[PauseState.LAPSED]
    return PauseCounts(states[PauseState.RUNNING], states[PauseState.RESUMED], over, tuple(lost), tuple(back))


class _Terms:
    """What a term is, as conditions over `Subscription` joined to the bounds of its expiry day."""

    def __init__(self, cohort: Cohort, bounds: CTE, pauses: "PauseCounts") -> None:
        settled_at, over = col(Subscription.settled_at), col(bounds.c.over)
        self.offers, self.until, self.bounds = cohort.loyalty_offers, cohort.until, bounds
        self.heard_until = cohort.heard_until
        self.past = col(Subscription.expires_on) < cohort.today
        self.decided = and_(settled_at.is_not(None), settled_at < self.until, settled_at < over)
        self.renewed = self._kept(kept_as(SubscriptionStatus.RENEWED))
        self.retained = self._kept(RETAINED)
        self.early = and_(self.renewed, settled_at < bounds.c.early)
        self.downgraded = self._kept(kept_as(SubscriptionStatus.DOWNGRADED))
        self.paused = self._kept(kept_as(SubscriptionStatus.PAUSED))
        self.cancelled = and_(self.decided, col(Subscription.status) == SubscriptionStatus.CANCELLED)
        self.lost = and_(self.past, ~self.retained)
        number = col(Subscription.id)
        lost_long = and_(self.lost, col(Subscription.expires_on) < plus_days(cohort.today, -BACK_UNTIL))
        self.lost_long = or_(lost_long, number.in_(pauses.lost_long))
        came_back_at = col(Subscription.came_back_at)
        came_back = and_(lost_long, came_back_at >= bounds.c.back_from, came_back_at < bounds.c.back_until)
        self.came_back = or_(came_back, number.in_(pauses.came_back))
        self.undated = and_(self.renewed, col(Subscription.dated_by_import).is_(True))
        self.reminded = and_(or_(self.decided, self.past), self._reminded())

    def _kept(self, outcomes: Collection[CallOutcome]) -> ColumnElement[bool]:
        return and_(self.decided, col(Subscription.retention).in_(outcomes))

    def _reminded(self) -> ColumnElement[bool]:
        """Whether a step had left before the client decided or the last day was over: what comes after it
        moves no month."""
        sent = col(Message.sent_at)
        settled_at = func.coalesce(col(Subscription.came_back_at), col(Subscription.settled_at))
        return (
            columns(Message.id)
            .where(
                col(Message.subscription_id) == col(Subscription.id),
                sent.is_not(None),
                _before(sent, self.until, self.bounds),
                col(Message.purpose) == MessagePurpose.REMINDER,
                or_(settled_at.is_(None), sent <= settled_at),
            )
            .correlate(Subscription, self.bounds)
            .exists()
        )

    def offered(self, *, taken: bool) -> ColumnElement[bool]:
        """Whether the loyalty offer was proposed, or taken."""
        return (
            columns(Proposal.id)
            .where(
                col(Proposal.subscription_id) == col(Subscription.id),
                col(Proposal.offer).in_(self.offers),
                _taken(self.until, self.bounds, Proposal)
                if taken
                else _before(col(Proposal.at), self.until, self.bounds),
                REACHED,
            )
            .correlate(Subscription, self.bounds)
            .exists()
        )

    def behind(self, kpi: Kpi, *, running: bool, whole: bool) -> ColumnElement[bool]:
        """The terms that a figure counts above the line, or with `whole` below it."""
        every = col(Subscription.id).is_not(None)
        cost = (
            columns(GrantedOffer.id)
            .where(
                col(GrantedOffer.subscription_id) == col(Subscription.id),
                _taken(self.until, self.bounds, GrantedOffer),
                col(GrantedOffer.cost_cents) > 0,
            )
            .correlate(Subscription, self.bounds)
            .exists()
        )
        rated = (
            columns(Call.id)
            .where(
                col(Call.subscription_id) == col(Subscription.id),
                col(Call.satisfaction).is_not(None),
                col(Call.ended_at) < self.heard_until,
            )
            .correlate(Subscription)
            .exists()
        )
        above, below = {
            Kpi.RENEWAL: ((self.renewed, every) if running else (and_(self.renewed, self.past), self.past)),
            Kpi.EARLY: (self.early, self.renewed),
            Kpi.RETENTION: (and_(self.reminded, self.retained), self.reminded),
            Kpi.LOYALTY: (self.offered(taken=True), self.offered(taken=False)),
            Kpi.DOWNGRADE: (self.downgraded, every),
            Kpi.PAUSE: (self.paused, or_(self.paused, self.cancelled)),
            Kpi.CHURN: (self.lost, self.past),
            Kpi.COMEBACK: (self.came_back, self.lost_long),
            Kpi.GESTURE: (cost, self.renewed),
            Kpi.SATISFACTION: (rated, rated),
        }[kpi]
        return below if whole else above


def counts(session: Session, cohort: Cohort, days: Collection[date]) -> Counts:
    """All that the formulas need, of the terms that end on these days; a piece at most."""
    bounds = _bounds(days)
    resting = pause_counts(session, cohort, days)
    term = _Terms(cohort, bounds, resting)
    conditions = {
        "past": term.past,
        "renewed": term.renewed,
        "renewed_past": and_(term.renewed, term.past),
        "renewed_early": term.early,
        "undated": term.undated,
        # Each message is looked for once: a term is on one side only.
        "reminded_retained": and_(term.retained, term.reminded),
        "reminded_lost": and_(~term.retained, term.reminded),
        "downgraded": term.downgraded,
        "paused": term.paused,
        "cancelled": term.cancelled,
        "unproved": and_(term.retained, unproved()),
        "lost": term.lost,
        "unanswered": and_(term.past, LEFT_UNANSWERED),
        "lost_long": term.lost_long,
        "came_back": term.came_back,
    }
    sums = [func.sum(case((condition, 1), else_=0)).label(name) for name, condition in conditions.items()]
    on = bounds.c.expires_on == col(Subscription.expires_on)
    connection = session.connection()
    found = (
        connection.execute(
            columns(func.count().label("cohort"), *sums)
            .select_from(Subscription)
            .join(bounds, on)
            .where(BEGAN, cohort.only)
        )
        .mappings()
        .one()
    )
    within = col(Subscription.expires_on).between(min(days), max(days))
    gestures = (
        connection.execute(
            columns(func.sum(col(GrantedOffer.cost_cents)).label("gesture_cents"))
            .join(Subscription, col(Subscription.id) == col(GrantedOffer.subscription_id))
            .join(bounds, on)
            .where(_taken(cohort.until, bounds, GrantedOffer), cohort.only)
        )
        .mappings()
        .one()
    )
    proposed = _before(col(Proposal.at), cohort.until, bounds)
    accepted, term_id = _taken(cohort.until, bounds, Proposal), col(Proposal.subscription_id)
    offers = (
        connection.execute(
            columns(
                func.count(distinct(case((proposed, term_id)))).label("offered"),
                func.count(distinct(case((accepted, term_id)))).label("accepted"),
            )
            .join(Subscription, col(Subscription.id) == term_id)
            .join(bounds, on)
            .where(col(Proposal.offer).in_(cohort.loyalty_offers), REACHED, cohort.only)
        )
        .mappings()
        .one()
    )
    calls = (
        connection.execute(
            columns(
                func.count(col(Call.satisfaction)).label("ratings"),
                func.sum(col(Call.satisfaction)).label("rating_sum"),
            )
            .join(Subscription, col(Subscription.id) == col(Call.subscription_id))
            .where(
                within,
                col(Call.satisfaction).is_not(None),
                col(Call.ended_at) < cohort.heard_until,
                cohort.only,
            )
        )
        .mappings()
        .one()
    )
    summed = {
        name: int(n or 0) for name, n in (*found.items(), *gestures.items(), *offers.items(), *calls.items())
    }
    summed["reminded"] = summed["reminded_retained"] + summed.pop("reminded_lost")
    return Counts(
        **summed,
        pauses=resting.running,
        pauses_resumed=resting.resumed,
        pauses_over=resting.over,
        running=max(days) >= cohort.today,
    )


def correction(session: Session, cohort: Cohort) -> Correction | None:
    """What became known of the cohort once its figures stood, and moved them; None for nothing."""
    known, retained = col(Subscription.settled_known_at), col(Subscription.retention).in_(RETAINED)
    query = columns(
        func.max(known).label("last"),
        func.sum(case((retained, 1), else_=0)).label("known"),
        func.sum(case((retained, 0), else_=1)).label("withdrawn"),
    ).where(
        col(Subscription.expires_on).between(cohort.first, cohort.last),
        known > col(Subscription.settled_at),
        known >= start_of(plus_days(cohort.settled_on, 1)),
        known < cohort.until,
        cohort.only,
    )
    found = session.connection().execute(query).one()
    return Correction(day_of(found.last), found.known, found.withdrawn) if found.last else None


Key = tuple[date, str, int]
"""Where a page ended: expiry, client code and number of its last term."""


def behind(
    session: Session,
    cohort: Cohort,
    days: Mapping[date, int],
    kpi: Kpi,
    *,
    whole: bool,
    after: Key | None,
    limit: int,
) -> list[AnyRow]:
    """The terms behind a figure that come after a key, by expiry and code: the columns of `queue.CASE`, and
    `client_code` for the next key.

    `days` is what `expiries` gave.
    """
    order = col(Subscription.expires_on), col(Subscription.client_code), col(Subscription.id)
    found = list[AnyRow]()
    for piece in pieces({day: n for day, n in days.items() if after is None or day >= after[0]}):
        terms = _behind(session, columns(Subscription.id), cohort, days, kpi, piece, whole=whole)
        if after is not None:
            terms = terms.where(tuple_(*order) > tuple_(*after))
        page = terms.order_by(*order).limit(limit - len(found)).subquery()
        query = (
            columns(*CASE, Subscription.client_code)
            .join_from(Subscription, Client, col(Client.id) == col(Subscription.client_id))
            .join(page, page.c.id == col(Subscription.id))
        )
        found += session.connection().execute(query.order_by(*order)).all()
        if len(found) == limit:
            break
    return found


def size(session: Session, cohort: Cohort, days: Mapping[date, int], kpi: Kpi, *, whole: bool) -> int:
    """How many terms are behind a figure."""
    counting = (
        _behind(session, columns(func.count()), cohort, days, kpi, piece, whole=whole)
        for piece in pieces(days)
    )
    return sum(session.connection().scalar(query) or 0 for query in counting)


def _behind(
    session: Session,
    wanted: AnySelect,
    cohort: Cohort,
    days: Mapping[date, int],
    kpi: Kpi,
    piece: Collection[date],
    *,
    whole: bool,
) -> AnySelect:
    bounds = _bounds(piece)
    running = max(days) >= cohort.today
    term = _Terms(cohort, bounds, pause_counts(session, cohort, piece))
    return (
        wanted.select_from(Subscription)
        .join(bounds, bounds.c.expires_on == col(Subscription.expires_on))
        .where(
            BEGAN,
            cohort.only,
            term.behind(kpi, running=running, whole=whole),
        )
    )
