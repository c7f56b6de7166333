"""Queries of the reminder timeline: which terms to look at, what was done about them, what is written."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete, exists, func, insert, inspect, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from console.base.dates import day_of, start_of
from console.base.history import EventKind
from console.base.vocabulary import Channel, MessagePurpose, SubscriptionStatus
from console.cases import facts
from console.cases.granted_offers import offer_row, open_offers
from console.cases.queue import look_on
from console.cases.shared import sharers
from console.cases.terms import follow_a_downgrade
from console.cases.told_today import CHANGED, is_changed
from console.context import Context
from console.db import dialect, history
from console.db.query import AnyRow, AnySelect, NewRow, ReadBatch, among, columns, rows
from console.db.tables import (
    ChurnRecord,
    Client,
    Event,
    GrantedOffer,
    Message,
    Proposal,
    Subscription,
    Watch,
)
from console.messages.planned import SETTLED, Key, SkipReason, Written, anew
from console.rules.offers import Grant

_DUE = (
    columns(Watch.subscription_id)
    .where(col(Watch.look_on) <= bindparam("today"), col(Watch.subscription_id) > bindparam("after"))
    .order_by(col(Watch.subscription_id))
    .limit(bindparam("limit"))
)
_STILL_DUE = columns(Watch.subscription_id).where(
    col(Watch.look_on) <= bindparam("today"), among(Watch.subscription_id, "terms")
)
_HOW_MANY = columns(func.count()).where(col(Watch.look_on) <= bindparam("today"))
_UNWATCHED = columns(func.count(col(Subscription.id))).where(
    col(Subscription.status) == SubscriptionStatus.ACTIVE,
    col(Subscription.expires_on) >= bindparam("today"),
    ~exists().where(col(Watch.subscription_id) == col(Subscription.id)),
)


def due(session: Session, today: date, after: int, limit: int) -> list[int]:
    """The next terms to look at by that day, those after the term `after`."""
    found = rows(session, _DUE, today=today, after=after, limit=limit)
    return [row.subscription_id for row in found]


def still_due(session: Session, today: date, term_ids: Sequence[int]) -> list[int]:
    """Those of these terms that are to be looked at by that day."""
    return [row.subscription_id for row in rows(session, _STILL_DUE, today=today, terms=term_ids)]


def how_many(session: Session, today: date) -> int:
    """How many terms are to be looked at by that day."""
    return int(rows(session, _HOW_MANY, today=today)[0][0])


def unwatched(session: Session, today: date) -> int:
    """How many terms the timeline forgot: they run, and no day is set on which it looks at them."""
    return int(rows(session, _UNWATCHED, today=today)[0][0])


# -- what was done -------------------------------------------------------------------------------------


@dataclass(slots=True)
class Past:
    """What was already done about one term: messages by key, and what was given up."""

    made: set[Key] = field(default_factory=set)
    waiting: set[Key] = field(default_factory=set)
    skipped: set[Key] = field(default_factory=set)
    closed: bool = False


_MESSAGES = columns(
    Message.subscription_id, Message.kind, Message.channel, Message.status, Message.created_at
).where(among(Message.subscription_id, "terms"))
_KINDS = (
    EventKind.STEP_SKIPPED,
    EventKind.FILE_CLOSED,
    EventKind.TERM_MOVED,
    EventKind.AGREEMENT_WITHDRAWN,
    EventKind.TAKEN_BACK,
)
_EVENTS = (
    columns(Event.subscription_id, Event.kind, Event.data, Event.at)
    .where(among(Event.subscription_id, "terms"), col(Event.kind).in_(_KINDS))
    .order_by(col(Event.id))
)


@dataclass(frozen=True, slots=True)
class Known:
    """What the planner is told of terms, by term.

    later: those whose client has a later one. follow_ups: when the churn record of a term, or a supervisor
    after it, says to write again.
    """

    past: defaultdict[int, Past]
    later: frozenset[int]
    follow_ups: Mapping[int, date]


@dataclass(frozen=True, slots=True)
class Answered:
    """What the base says of terms at one instant.

    rows: the columns of each term and its client. changed: whether a content came into force today.
    """

    cases: list[facts.Case]
    known: Known
    offers: Mapping[int, Sequence[Grant]]
    lower: frozenset[int]
    rows: Mapping[int, AnyRow]
    changed: bool


def ask(session: Session, ctx: Context, term_ids: Sequence[int], now: datetime) -> Answered:
    """All that a plan of these terms is made from, in one question to a server."""
    ids, batch = list(term_ids), ReadBatch(session)
    cases = facts.cases_asked(batch, ctx, ids, around_settled=False)
    offers, lower = open_offers(batch, ids, now), follow_a_downgrade(batch, ids)
    events, messages, later, follow_ups, rows = (
        batch.ask(query, terms=ids) for query in (_EVENTS, _MESSAGES, _later(), _FOLLOW_UPS, _ROWS)
    )
    changed = batch.ask(CHANGED, midnight=start_of(day_of(now)))
    known = Known(
        _past(events(), messages()),
        frozenset(row.id for row in later()),
        {row.subscription_id: row.follow_up_now for row in follow_ups()},
    )
    return Answered(
        cases(),
        known,
        offers(),
        lower(),
        {row.term: row for row in rows()},
        is_changed(changed()),
    )


def _past(events: Sequence[AnyRow], messages: Sequence[AnyRow]) -> defaultdict[int, Past]:
    """What was done about terms since their timeline last began anew.

    What was given up because of an agreement or a payment is to be done again once it is taken back.
    """
    found: defaultdict[int, Past] = defaultdict(Past)
    moved: dict[int, datetime] = {}
    begun: dict[int, datetime] = {}
    settled: defaultdict[int, set[Key]] = defaultdict(set)
    for term, kind, data, at in events:
        if kind == EventKind.TERM_MOVED:
            moved[term] = at
            if anew(data):
                begun[term] = at
                found[term] = Past()
        elif kind == EventKind.FILE_CLOSED:
            found[term].closed = True
        elif kind in {EventKind.AGREEMENT_WITHDRAWN, EventKind.TAKEN_BACK}:
            found[term].skipped -= settled.pop(term, set())
        elif data["reason"] in {*SETTLED.values(), SkipReason.CAME_BACK}:
            settled[term].update((step, Channel(channel)) for step, channel in data["steps"])
            found[term].skipped |= settled[term]
        else:
            found[term].skipped.update((step, Channel(channel)) for step, channel in data["steps"])
    for row in messages:
        if row.subscription_id in begun and row.created_at < begun[row.subscription_id]:
            continue
        if row.status == "cancelled" and row.created_at < moved.get(row.subscription_id, row.created_at):
            continue  # it was withdrawn for the day it named
        key = (row.kind, Channel(row.channel))
        found[row.subscription_id].made.add(key)
        if row.status == "queued":
            found[row.subscription_id].waiting.add(key)
    return found


_ROWS = (
    columns(
        col(Subscription.id).label("term"),
        *(column.label(f"term_{column.name}") for column in inspect(Subscription).columns),
        *(column.label(f"client_{column.name}") for column in inspect(Client).columns),
    )
    .join_from(Subscription, Client, col(Client.id) == col(Subscription.client_id))
    .where(among(Subscription.id, "terms"))
)
_PEOPLE = (
    select(Subscription, Client)
    .join(Client, col(Client.id) == col(Subscription.client_id))
    .where(among(Subscription.id, "terms"))
)


_OF_CLIENTS = columns(Subscription.id).where(
    col(Subscription.client_id).in_(select(Subscription.client_id).where(among(Subscription.id, "terms")))
)


def of_their_clients(session: Session, term_ids: Sequence[int]) -> set[int]:
    """Every term of the clients of these."""
    return {row.id for row in rows(session, _OF_CLIENTS, terms=term_ids)}


def people(session: Session, term_ids: Sequence[int]) -> dict[int, tuple[Client, Subscription]]:
    """The client and the term, by term."""
    found = session.execute(_PEOPLE, {"terms": term_ids})
    return {term.id or 0: (client, term) for term, client in found}


def written_to(session: Session, people: Mapping[int, tuple[Client, Subscription]]) -> set[Written]:
    """The steps that clients who share an address or a number with these were already written, or will be."""
    clients = {client.id: client for client, _ in people.values()}
    emails = {client.email for client in clients.values()}
    phones = {client.phone for client in clients.values()}
    met: Counter[str] = Counter(way for one in clients.values() for way in (one.email, one.phone) if way)
    others = [one.id for one in sharers(session, emails, phones) if one.id not in clients or _twice(one, met)]
    if not others:
        return set()
    query = (
        columns(Message.recipient, Message.step, Message.channel, Subscription.expires_on, Message.client_id)
        .join(Subscription, col(Subscription.id) == col(Message.subscription_id))
        .where(
            col(Message.client_id).in_(others),
            col(Message.purpose) == MessagePurpose.REMINDER,
            col(Message.status).in_(("queued", "sent")),
        )
    )
    return {(row.recipient, row.step, Channel(row.channel), row.expires_on) for row in rows(session, query)}


def _twice(one: AnyRow, met: Counter[str]) -> bool:
    return met[one.email] > 1 or met[one.phone] > 1


@cache
def _later() -> AnySelect:
    later = aliased(Subscription)
    follows = exists().where(
        col(later.client_id) == col(Subscription.client_id),
        col(later.expires_on) > col(Subscription.expires_on),
        col(later.status) != SubscriptionStatus.VOID,
    )
    return columns(Subscription.id).where(among(Subscription.id, "terms"), follows)


_FOLLOW_UPS = columns(ChurnRecord.subscription_id, ChurnRecord.follow_up_now).where(
    among(ChurnRecord.subscription_id, "terms"),
    col(ChurnRecord.follow_up_now).is_not(None),
    col(ChurnRecord.corrected_at).is_(None),
)


# -- what is written -----------------------------------------------------------------------------------


@dataclass(slots=True)
class Batch:
    """What a batch of plans writes; every mapping of a list has the same keys.

    withdrawn: queued messages, by term, kind and channel. looks: the day of the next look by term, None when
    nothing is left.
    """

    messages: list[Mapping[str, Any]] = field(default_factory=list)
    offers: list[Mapping[str, Any]] = field(default_factory=list)
    proposals: list[NewRow] = field(default_factory=list)
    events: list[NewRow] = field(default_factory=list)
    withdrawn: list[Mapping[str, Any]] = field(default_factory=list)
    looks: dict[int, date | None] = field(default_factory=dict)


_WITHDRAW = (
    update(Message)
    .where(
        col(Message.subscription_id) == bindparam("term"),
        col(Message.kind) == bindparam("of_kind"),
        col(Message.channel) == bindparam("by"),
        col(Message.status) == "queued",
    )
    .values(status="cancelled", error=bindparam("why"))
)
_NOTHING_LEFT = delete(Watch).where(among(Watch.subscription_id, "terms"))


def write(session: Session, batch: Batch) -> None:
    """Carries out the plans of a batch; a message or an event that is there already stays as it is.

    Nothing here is waited for one by one: all of it reaches a server together.
    """
    if batch.withdrawn:
        dialect.later(session, _WITHDRAW, batch.withdrawn)
    if batch.messages:
        statement = dialect.insert(session, Message).on_conflict_do_nothing(index_elements=["dedup_key"])
        dialect.later(session, statement, batch.messages)
    propose(session, batch.proposals)
    if batch.offers:
        dialect.later(session, insert(GrantedOffer), batch.offers)
    history.add_once(session, batch.events)
    look_on(session, {term: day for term, day in batch.looks.items() if day})
    if over := [term for term, day in batch.looks.items() if day is None]:
        dialect.later(session, _NOTHING_LEFT, {"terms": over})


def propose(session: Session, proposals: Sequence[NewRow]) -> None:
    """Writes what messages propose; one that is there already stays as it is."""
    if proposals:
        statement = dialect.insert(session, Proposal).on_conflict_do_nothing(index_elements=["key"])
        dialect.later(session, statement, [one.values for one in proposals])


def add_message(session: Session, values: Mapping[str, Any]) -> bool:
    """Queues one message; False when its key is taken: somebody was quicker."""
    statement = dialect.insert(session, Message).on_conflict_do_nothing(index_elements=["dedup_key"])
    return session.connection().execute(statement, [values]).rowcount > 0


def grant(session: Session, client_id: int | None, term_id: int | None, offer: Grant, now: datetime) -> None:
    """Writes an offer that a message makes for the first time."""
    links = {"client_id": client_id, "subscription_id": term_id}
    session.connection().execute(insert(GrantedOffer), [offer_row(offer, links, now).values])
