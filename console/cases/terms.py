"""Terms of a subscription: which are running, and the one that follows when a client renews."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, assert_never

from sqlalchemy import bindparam, insert, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from console.base.dates import anchor_of, plus_days, start_of, term_end
from console.base.french import day, euros
from console.base.history import EventKind
from console.base.vocabulary import Billing, CallOutcome, Plan, SubscriptionStatus
from console.cases.pauses import change, pauses, resumption
from console.db.dialect import Unit, connected
from console.db.query import AnySelect, ReadBatch, among, columns, rows
from console.db.tables import Agreement, Client, Event, Subscription
from console.rules.client_columns import read_code
from console.rules.offers import Catalogue, Grant
from console.rules.outcomes import OUTCOMES, STAYS, NextTerm

TERM_MONTHS = 12


def next_days(term: Subscription, months: int, today: date) -> dict[str, Any]:
    """`starts_on`, `expires_on` and `anchor_day` of the term that follows another.

    It starts the day after the other's expiry, or today once that is past.
    """
    starts_on = max(plus_days(term.expires_on, 1), today)
    unbroken = starts_on == plus_days(term.expires_on, 1)
    anchor = anchor_of(starts_on, (term.anchor_day or term.starts_on.day) if unbroken else 0)
    return {"starts_on": starts_on, "expires_on": term_end(starts_on, months, anchor), "anchor_day": anchor}


def next_term(term: Subscription, *, plan: Plan, billing: Billing, months: int, today: date) -> Subscription:
    """The term that follows another, of this plan and for so many months."""
    return Subscription(
        client_id=term.client_id, plan=plan, billing=billing, **next_days(term, months, today)
    )


def renewed_term(term: Subscription, catalogue: Catalogue, today: date, months: int) -> Subscription:
    """The term that a renewal opens: the same plan, for so many months."""
    billing = sold_billing(term, catalogue)
    return next_term(term, plan=Plan(term.plan), billing=billing, months=months, today=today)


def following_term(
    term: Subscription, catalogue: Catalogue, today: date, terms: NextTerm, offer: Grant | None = None
) -> Subscription | None:
    """The term that follows the present one on such terms, never overlapping it; none for a pause."""
    match terms:
        case NextTerm.NONE:
            return None
        case NextTerm.OFFERED:
            return renewed_term(term, catalogue, today, period_months(term, catalogue, offer))
        case NextTerm.SAME:
            return renewed_term(term, catalogue, today, period_months(term, catalogue, None))
        case NextTerm.DISCOUNTED:
            plan, months = catalogue.discount.plan, catalogue.discount.months
        case NextTerm.LOWER:
            plan, months = catalogue.downgrade_plan, TERM_MONTHS
        case _:
            assert_never(terms)
    return next_term(term, plan=plan, billing=Billing.MONTHLY, months=months, today=today)


def term_words(term: Subscription, catalogue: Catalogue, terms: NextTerm) -> str:
    """« Premium du 01/01/2026 au 31/12/2026 »; no end is given for a plan that is paid month by month."""
    plan = term.plan.capitalize()
    if terms is NextTerm.LOWER:
        price = euros(catalogue.tariff(Plan(term.plan), Billing.MONTHLY))
        return f"{plan} à {price} par mois à partir du {day(term.starts_on)}"
    price = f" à {euros(catalogue.discount.price_cents)} par mois" if terms is NextTerm.DISCOUNTED else ""
    return f"{plan}{price} du {day(term.starts_on)} au {day(term.expires_on)}"


def paused_until(term: Subscription, catalogue: Catalogue) -> date:
    """The last day of the longest pause after a term."""
    anchor = term.anchor_day or term.starts_on.day
    return term_end(plus_days(term.expires_on, 1), catalogue.pause_months, anchor)


_SAME = columns(Subscription.id, Subscription.status).where(
    col(Subscription.client_id) == bindparam("client"), col(Subscription.expires_on) == bindparam("day")
)
_ADD = insert(Subscription)
_BEGIN = update(Subscription).where(col(Subscription.id) == bindparam("key"))


def open_term(unit: Unit, term: Subscription) -> int | None:
    """Writes the term that follows; gives its id, None where the client has a term with that expiry.

    One that never began, opened by an agreement that did not hold, begins now.
    """
    connection = connected(unit)
    values = {name: value for name, value in vars(term).items() if name not in {"id", "_sa_instance_state"}}
    found = connection.execute(_SAME, {"client": term.client_id, "day": term.expires_on}).one_or_none()
    if found is None:
        added = connection.execute(_ADD, values).inserted_primary_key
        return None if added is None else int(added[0])
    if found.status != SubscriptionStatus.VOID:
        return None
    connection.execute(update(Agreement).where(col(Agreement.opened_id) == found.id).values(opened_id=None))
    names = ("plan", "billing", "starts_on", "anchor_day", "status")
    connection.execute(_BEGIN, {"key": found.id, **{name: values[name] for name in names}})
    return int(found.id)


def period_months(term: Subscription, catalogue: Catalogue, offer: Grant | None) -> int:
    """The months that a renewal is for: those of an offer such as « pay 3, have 5 », else one period."""
    made = catalogue.offers.get(offer.offer) if offer else None
    if made and made.paid_months:
        return made.paid_months + made.free_months
    return TERM_MONTHS if sold_billing(term, catalogue) is Billing.ANNUAL else 1


def sold_billing(term: Subscription, catalogue: Catalogue) -> Billing:
    """The period of the term; a plan that is not sold by the year is paid by the month."""
    sold = (Plan(term.plan), Billing(term.billing)) in catalogue.tariffs
    return Billing(term.billing) if sold else Billing.MONTHLY


def settlement(outcome: CallOutcome, expires_on: date, *, at: datetime, known_at: datetime) -> dict[str, Any]:
    """The columns of a term whose client decides to stay, at an instant that became known later or not.

    On its last day at the latest, that is the term's fate. Afterwards it is a come-back, and changes no fate.
    """
    if at >= over_at(expires_on):
        return {"came_back_at": at, "came_back_how": outcome}
    return {
        "status": OUTCOMES[outcome].status,
        "retention": outcome,
        "settled_at": at,
        "settled_known_at": known_at,
        "came_back_at": None,
        "came_back_how": "",
    }


def settle(
    session: Session,
    term: Subscription,
    outcome: CallOutcome,
    *,
    at: datetime,
    known_at: datetime,
    by_import: bool = False,
) -> None:
    """Writes that the client of a term stays, and ends its pause. `by_import`: a file says so and no date.

    The true instant takes the place of one that an import gave, and with it the fate that it proves.
    """
    columns = settlement(outcome, term.expires_on, at=at, known_at=known_at)
    pause = pauses(session, [term.id or 0]).get(term.id or 0)
    if pause is not None and term.status == SubscriptionStatus.PAUSED:
        change(session, term.id or 0, resumed_at=at)
        if "status" not in columns:
            columns = resumption(pause, at)
    if term.dated_by_import and term.status in STAYS:
        if "status" in columns:  # the fate was known, only its day was not
            columns["settled_known_at"] = term.settled_known_at
        else:
            columns |= _without_import(session, term, known_at)
    for name, value in (columns | {"dated_by_import": by_import}).items():
        setattr(term, name, value)


def told_again(term: Subscription, at: datetime) -> bool:
    """Whether a renewal at an instant is one that is known of a term; it is news where an import dated that
    one, and a renewal in time is of a client who was thought to have come back."""
    if term.dated_by_import:
        return False
    if term.status == SubscriptionStatus.PAUSED:
        resumed = term.retention == CallOutcome.RESUMED or term.came_back_at is not None
        return resumed and at >= over_at(term.expires_on)
    return term.status in STAYS or (term.came_back_at is not None and at >= over_at(term.expires_on))


def settle_earlier(session: Session, term: Subscription, at: datetime) -> None:
    """A renewal told again by a fact of an earlier instant was made by then."""
    pause = pauses(session, [term.id or 0]).get(term.id or 0)
    if term.status == SubscriptionStatus.PAUSED and pause is not None and pause.resumed_at is not None:
        if at < pause.resumed_at:
            change(session, term.id or 0, resumed_at=at)
            columns = {"came_back_at": None, "came_back_how": ""} | resumption(pause, at)
            for name, value in columns.items():
                setattr(term, name, value)
    elif term.status == SubscriptionStatus.RENEWED and term.settled_at is not None:
        term.settled_at = min(term.settled_at, at)
    elif term.came_back_at is not None and at >= over_at(term.expires_on):
        term.came_back_at = min(term.came_back_at, at)


def await_again(session: Session, term: Subscription, known_at: datetime, *, chosen: bool) -> None:
    """What renewed a term is taken back: its client is awaited again, unless what they had `chosen` before, a
    pause or a refusal, stands. Once its month stood, that corrects it."""
    columns: dict[str, Any] = {"status": SubscriptionStatus.ACTIVE, "retention": "", "settled_at": None}
    pause = pauses(session, [term.id or 0]).get(term.id or 0)
    if pause is not None and pause.resumed_at is not None:
        change(session, term.id or 0, resumed_at=None)
    if chosen:
        columns |= _chosen_before(session, term)
    late = known_at if known_at >= over_at(term.expires_on) else None
    for name, value in (columns | {"settled_known_at": late}).items():
        setattr(term, name, value)


def _without_import(session: Session, term: Subscription, known_at: datetime) -> dict[str, Any]:
    """What stood at the end of a term, but for the renewal that an import dated."""
    silent = {"status": SubscriptionStatus.EXPIRED, "retention": "", "settled_at": over_at(term.expires_on)}
    return silent | _chosen_before(session, term) | {"settled_known_at": known_at}


def _chosen_before(session: Session, term: Subscription) -> dict[str, Any]:
    """The columns of the last pause or refusal of a term by its last day; empty without one."""
    over = over_at(term.expires_on)
    kinds = (EventKind.REFUSED, EventKind.PAUSED, EventKind.AGREEMENT_WITHDRAWN)
    mine = (col(Event.subscription_id) == term.id, col(Event.kind).in_(kinds), col(Event.at) < over)
    found = session.scalars(select(Event).where(*mine).order_by(col(Event.at).desc(), col(Event.id).desc()))
    left = EventKind.AGREEMENT_WITHDRAWN  # of something else it says nothing
    told = next(
        (one for one in found if one.kind != left or one.data.get("outcome") == CallOutcome.PAUSED), None
    )
    if told is None or told.kind == left:
        return {}
    paused = told.kind == EventKind.PAUSED
    return {
        "status": SubscriptionStatus.PAUSED if paused else SubscriptionStatus.CANCELLED,
        "retention": CallOutcome.PAUSED if paused else "",
        "settled_at": told.at,
    }


def over_at(expires_on: date) -> datetime:
    """The first instant after a term, in Paris."""
    return start_of(plus_days(expires_on, 1))


def stays(term: Subscription) -> bool:
    """Whether the client of a term stayed, in time or by coming back."""
    return term.status in STAYS or term.came_back_at is not None


def client_of_code(session: Session, code: str) -> Client | None:
    """The client of that code, however it is spelt: CLT-00013, clt-13, 13."""
    spelt = dict.fromkeys(one for one in (code.strip(), read_code(code), code.strip().upper()) if one)
    found = {one.code: one for one in session.scalars(select(Client).where(col(Client.code).in_(spelt)))}
    return next((found[one] for one in spelt if one in found), None)


def begun_terms(session: Session, client_id: int) -> list[Subscription]:
    """Every term of a client that began, or will, in the order of their expiry."""
    query = select(Subscription).where(
        col(Subscription.client_id) == client_id, col(Subscription.status) != SubscriptionStatus.VOID
    )
    return list(session.scalars(query.order_by(col(Subscription.expires_on))))


def active_terms(session: Session, client_id: int) -> list[int]:
    """Ids of the client's terms whose place an act may move: running, to come, or followed by a pause."""
    query = columns(Subscription.id).where(
        col(Subscription.client_id) == client_id,
        col(Subscription.status).in_((SubscriptionStatus.ACTIVE, SubscriptionStatus.PAUSED)),
    )
    return [row.id for row in rows(session, query)]


@cache
def _after_downgrade() -> AnySelect:
    """Asks which of `terms` began where a downgraded one ended."""
    before = aliased(Subscription)
    return (
        columns(Subscription.id)
        .join(before, col(before.client_id) == col(Subscription.client_id))
        .where(
            among(Subscription.id, "terms"),
            col(before.status) == SubscriptionStatus.DOWNGRADED,
            col(before.expires_on) < col(Subscription.starts_on),
        )
    )


def follow_a_downgrade(batch: ReadBatch, term_ids: Sequence[int]) -> Callable[[], frozenset[int]]:
    """Those of the terms that began where a downgraded one ended."""
    found = batch.ask(_after_downgrade(), terms=list(term_ids))
    return lambda: frozenset(row.id for row in found())
