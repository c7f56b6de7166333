"""Agreements given on the phone: proved, withdrawn, and those that somebody has to take up again."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from sqlalchemy import ColumnElement, and_, bindparam, exists, or_, text, update
from sqlmodel import col

from console.base.dates import day_of, end_of, plus_days, start_of
from console.base.french import THIN, day, moment, plural
from console.base.history import EventKind
from console.base.vocabulary import CallOutcome, SubscriptionStatus
from console.cases.proposals import leave
from console.db import history
from console.db.dialect import Unit, connected
from console.db.query import AnyRow, AnySelect, ReadBatch, among, columns, rows
from console.db.tables import Agreement, GrantedOffer, Pause, Subscription
from console.rules import agreements as rules
from console.rules.agreements import REMIND_AFTER, Proof
from console.rules.offers import DISCOUNT, GESTURES
from console.rules.outcomes import RETAINED, STAYS

OPEN = text("agreement.confirmed_at IS NULL AND agreement.withdrawn_at IS NULL")
"""Spelt as the partial index has it."""

_MADE = columns(
    Agreement.subscription_id,
    Agreement.opened_id,
    Agreement.outcome,
    Subscription.expires_on,
    Agreement.agreed_at,
    Agreement.confirmed_at,
    Agreement.withdrawn_at,
).join(Subscription, col(Subscription.id) == col(Agreement.subscription_id))
OF_TERMS = _MADE.where(among(Agreement.subscription_id, "terms")).order_by(col(Agreement.id))
_OF_CLIENT = _MADE.where(col(Agreement.client_id) == bindparam("client")).order_by(col(Agreement.id))
OPENERS = _MADE.where(among(Agreement.opened_id, "terms")).order_by(col(Agreement.id))
"""Agreements about some terms, and those that opened them; of several the last counts."""


def made(row: AnyRow) -> rules.Agreement:
    """What the rules look at of an agreement."""
    return rules.Agreement(
        CallOutcome(row.outcome), row.expires_on, row.agreed_at, row.confirmed_at, row.withdrawn_at
    )


def of_terms(unit: Unit, term_ids: Sequence[int]) -> dict[int, rules.Agreement]:
    """The latest agreement about each of these terms that has one."""
    return {row.subscription_id: made(row) for row in rows(unit, OF_TERMS, terms=term_ids)}


def of_client(batch: ReadBatch, client_id: int) -> Callable[[], list[tuple[int, rules.Agreement]]]:
    """Every agreement of a client, the oldest first, each with its term."""
    found = batch.ask(_OF_CLIENT, client=client_id)
    return lambda: [(row.subscription_id, made(row)) for row in found()]


def unproved() -> ColumnElement[bool]:
    """A condition on `Subscription`: retained by an agreement without acceptance nor payment."""
    return (
        columns(Agreement.id)
        .where(
            col(Agreement.subscription_id) == col(Subscription.id),
            col(Agreement.outcome).in_(RETAINED),
            OPEN,
        )
        .correlate(Subscription)
        .exists()
    )


_PROVE = (
    update(Agreement)
    .where(
        col(Agreement.client_id) == bindparam("client"),
        or_(col(Agreement.confirmed_at).is_(None), col(Agreement.confirmed_at) > bindparam("at")),
        col(Agreement.withdrawn_at).is_(None),
        col(Agreement.subscription_id).in_(
            columns(Subscription.id).where(
                col(Subscription.client_id) == bindparam("client"),
                col(Subscription.expires_on) <= bindparam("until"),
            )
        ),
    )
    .values(confirmed_at=bindparam("at"), confirmed_by=bindparam("proof"))
    .returning(col(Agreement.subscription_id), col(Agreement.opened_id))
)


def prove(unit: Unit, term: Subscription, at: datetime, proof: Proof) -> list[int]:
    """The client accepted or paid for a term: so they did agree to it, and to those before it.

    Gives the terms to reassess: those agreed to, and those that the agreements opened.
    """
    values = {"client": term.client_id, "at": at, "until": term.expires_on, "proof": proof}
    found = connected(unit).execute(_PROVE, values).all()
    return [one for row in found for one in row if one is not None]


_OPENED = (
    columns(
        Agreement.id,
        Agreement.subscription_id,
        Agreement.opened_id,
        Agreement.client_id,
        Agreement.confirmed_at,
        Subscription.expires_on,
    )
    .outerjoin(Subscription, col(Subscription.id) == col(Agreement.opened_id))
    .where(col(Agreement.withdrawn_at).is_(None), among(Agreement.client_id, "clients"))
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the company's file shows of a client: subscribed until a day; where that is news, since which day
    and after which term."""

    until: date
    renewed_on: date | None = None
    renewed: int = 0


def show(unit: Unit, shown: Mapping[int, Shown], now: datetime) -> list[int]:
    """The company's file shows what was agreed to, and a link or a pause that ended by renewing: it is proved
    by the day on which they renewed, else by now.

    Gives the terms to reassess.
    """
    if not shown:
        return []
    proved = []
    for one in rows(unit, _OPENED, clients=[*shown]):
        said = shown[one.client_id]
        at = min(end_of(said.renewed_on), now) if said.renewed_on else now
        opened = one.opened_id is not None
        its_own = one.expires_on == said.until if opened else one.subscription_id == said.renewed
        if its_own and (one.confirmed_at is None or one.confirmed_at > at):
            proved.append((one, at))
    if proved:
        written = update(Agreement).where(col(Agreement.id) == bindparam("agreement"))
        connected(unit).execute(
            written.values(confirmed_at=bindparam("at"), confirmed_by=Proof.FILE),
            [{"agreement": one.id, "at": at} for one, at in proved],
        )
        history.add_once(
            unit,
            [
                history.event(
                    EventKind.UPDATED,
                    now,
                    "Accord prouvé par le fichier de l’entreprise",
                    client_id=one.client_id,
                    subscription_id=one.subscription_id,
                    key=f"shown:{one.id}:{at.isoformat()}",
                )
                for one, at in proved
            ],
        )
    touched = (term for one, _ in proved for term in (one.subscription_id, one.opened_id))
    return [term for term in touched if term is not None]


def begin_again(unit: Unit, term_id: int) -> list[int]:
    """The client accepts what has lapsed: the terms that were agreed about a term begin after all.

    Gives them, to reassess.
    """
    connection, mine = connected(unit), col(Agreement.subscription_id) == term_id
    opened = [row.opened_id for row in connection.execute(columns(Agreement.opened_id).where(mine))]
    connection.execute(update(Agreement).where(mine).values(opened_id=None))
    begun = col(Subscription.id).in_(opened), col(Subscription.status) == SubscriptionStatus.VOID
    connection.execute(update(Subscription).where(*begun).values(status=SubscriptionStatus.ACTIVE))
    return [one for one in opened if one is not None]


_CLOSE = (
    update(Agreement)
    .where(
        col(Agreement.subscription_id) == bindparam("term"),
        col(Agreement.confirmed_at).is_(None),
        col(Agreement.withdrawn_at).is_(None),
    )
    .values(withdrawn_at=bindparam("at"), withdrawn_why=bindparam("why"))
    .returning(col(Agreement.opened_id), col(Agreement.agreed_at))
)


def close(unit: Unit, term_id: int, at: datetime, why: str = "") -> list[int]:
    """What waited for the client about a term waits no more, and the offer taken with it is left.

    Gives the terms that it opened.
    """
    found = connected(unit).execute(_CLOSE, {"term": term_id, "at": at, "why": why}).all()
    if taken := [row.agreed_at for row in found]:
        leave_offers(unit, term_id, taken, at)
    return [row.opened_id for row in found if row.opened_id is not None]


def leave_offers(unit: Unit, term_id: int, taken: Collection[datetime], at: datetime) -> None:
    """What a client took at these instants to stay is open again, a discount over; a gesture stays given."""
    offers = update(GrantedOffer).where(
        col(GrantedOffer.subscription_id) == term_id,
        col(GrantedOffer.accepted_at).in_(list(taken)),
        col(GrantedOffer.offer).not_in(list(GESTURES.values())),
    )
    connected(unit).execute(
        offers.where(col(GrantedOffer.offer) == DISCOUNT).values(accepted_at=None, ends_at=at)
    )
    connected(unit).execute(offers.values(accepted_at=None))
    leave(unit, term_id, taken)


def take_back(unit: Unit, term_id: int, at: datetime) -> list[datetime]:
    """What proved the agreements about a term was paid back: they hold no more, nor what they opened.

    Gives the instants at which they had been made.
    """
    left = update(Agreement).where(
        col(Agreement.subscription_id) == term_id, col(Agreement.withdrawn_at).is_(None)
    )
    left = left.values(withdrawn_at=at, opened_id=None)
    return [row.agreed_at for row in connected(unit).execute(left.returning(col(Agreement.agreed_at)))]


# -- what somebody has to take up again ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Awaited:
    """An agreement that waits for the client's acceptance or payment, given on the phone to `agent`."""

    subscription_id: int
    client_id: int
    agent: str
    made: rules.Agreement

    def why(self, today: date) -> str:
        """Why somebody has to take it up: since when it waits, and until when it may."""
        gap = (self.made.expires_on - today).days
        ends = {1: ", l’échéance est demain", 0: ", l’échéance est aujourd’hui"}.get(gap, "")
        if gap < 0:
            ends = f", échéance passée depuis {plural(-gap, 'jour')}"
        until = ""
        if self.made.lapses_on is not None:
            until = f"{THIN}; sans elle il ne vaut plus le {day(self.made.lapses_on)}"
        return (
            f"Accord donné au téléphone {moment(self.made.agreed_at)}, sans acceptation écrite{ends}{until}."
        )


@cache
def _awaited(one_agent: bool) -> AnySelect:
    """Two days after it was given, or from J-1 on the day after it: `REMIND_AFTER`. That to a pause ends with
    the pause: nothing is left to confirm."""
    near = and_(
        col(Subscription.expires_on) <= bindparam("tomorrow"), col(Agreement.agreed_at) < bindparam("today")
    )
    rested = exists().where(
        col(Agreement.outcome) == CallOutcome.PAUSED,
        col(Pause.subscription_id) == col(Agreement.subscription_id),
        col(Pause.resume_by) < bindparam("on"),
    )
    query = (
        columns(Agreement.agent, Agreement.client_id, *_MADE.selected_columns)
        .join(Subscription, col(Subscription.id) == col(Agreement.subscription_id))
        .where(
            OPEN,
            col(Agreement.outcome).in_(RETAINED),
            or_(col(Subscription.status).in_(STAYS), col(Subscription.came_back_at).is_not(None)),
            or_(col(Agreement.agreed_at) <= bindparam("before"), near),
            ~rested,
        )
    )
    query = query.order_by(col(Agreement.agreed_at), col(Agreement.id))
    return query.where(col(Agreement.agent) == bindparam("agent")) if one_agent else query


def awaited(batch: ReadBatch, now: datetime, *, agent: str = "") -> Callable[[], list[Awaited]]:
    """The agreements to take up again, the oldest first; those of one agent, or all."""
    today = day_of(now)
    found = batch.ask(
        _awaited(bool(agent)),
        before=now - REMIND_AFTER,
        today=start_of(today),
        on=today,
        tomorrow=plus_days(today, 1),
        **({"agent": agent} if agent else {}),
    )
    return lambda: [Awaited(row.subscription_id, row.client_id, row.agent, made(row)) for row in found()]
