"""Writes an act of a call in as few statements as it takes: a refusal must be durable at once.

The statements are made once. An entry is one statement, right by its own conditions; an outcome holds the
client's row and the call's, so what its first statement has checked holds for all of them.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, exists, func, insert, select, update
from sqlmodel import SQLModel, col

from console.base.dates import day_of
from console.base.vocabulary import Channel, MessagePurpose
from console.calls.meanwhile import settled_as
from console.calls.store import STEP_COLUMNS, StoredStep
from console.calls.views import NOTE
from console.cases.agreements import close
from console.cases.queue import look_again
from console.cases.terms import open_term
from console.db import dialect
from console.db.engine import Database
from console.db.query import NewRow
from console.db.tables import (
    Agreement,
    Call,
    Callback,
    CallStep,
    ChurnRecord,
    Client,
    Commitment,
    Escalation,
    Event,
    GrantedOffer,
    Message,
    Pause,
    Proposal,
    RecordWord,
    Subscription,
    UtcDateTime,
)
from console.records import chain
from console.records.filters import search_words


@dataclass(frozen=True, slots=True)
class CallbacksDone:
    """Closes the client's open callbacks, only those that we chose ourselves unless `promised` too.

    The event is written when there was one to close.
    """

    at: datetime
    promised: bool
    event: NewRow


@dataclass(slots=True)
class Writes:
    """What the outcome of a call writes, prepared before the transaction begins.

    The four mappings change columns of the rows that the call is about; `rows` are new ones.
    `settled_as` is what the term was settled as when the outcome was worked out: another makes it void.
    """

    agent: str
    step: StoredStep
    settled_as: str
    call: dict[str, Any] = field(default_factory=dict)
    subscription: dict[str, Any] = field(default_factory=dict)
    client: dict[str, Any] = field(default_factory=dict)
    pause: dict[str, Any] = field(default_factory=dict)
    rows: list[NewRow] = field(default_factory=list)
    next_term: Subscription | None = None  # left out when the client has a term with that expiry already
    agreement: NewRow | None = None  # what the client agreed to, or the link they were sent
    offer_accepted: int | None = None  # id of a GrantedOffer
    callbacks: CallbacksDone | None = None
    cancel_reminders: frozenset[Channel] = frozenset()
    note: Callable[[str], list[NewRow]] = lambda _: []  # of a note still being typed when the call ends


@dataclass(frozen=True, slots=True)
class Done:
    """What an outcome left: the terms that it opened, or that what it replaced had opened."""

    terms: tuple[int, ...]


_REMINDER_QUEUED = (
    col(Message.status) == "queued",
    col(Message.purpose).in_([MessagePurpose.REMINDER, MessagePurpose.BY_HAND]),
)
_SEQ = select(func.count()).select_from(CallStep).where(col(CallStep.call_id) == col(Call.id))
_PROMISED = exists().where(col(Callback.client_id) == col(Call.client_id), col(Callback.done_at).is_(None))
_REMINDED = exists().where(col(Message.subscription_id) == col(Call.subscription_id), *_REMINDER_QUEUED)
_STANDS = (
    select(
        col(Call.client_id),
        col(Call.subscription_id),
        col(Call.drafts),
        col(Subscription.status),
        col(Subscription.came_back_at),
        col(Subscription.retention),
        _SEQ.scalar_subquery().label("seq"),
        _PROMISED.label("promised"),
        _REMINDED.label("reminded"),
    )
    .join_from(Call, Subscription, col(Subscription.id) == col(Call.subscription_id))
    .where(
        col(Call.id) == bindparam("call"),
        col(Call.agent) == bindparam("agent"),
        col(Call.ended_at).is_(None),
    )
    .with_for_update(of=Call)  # an entry or words from another console wait, and find the call over
)
_CALL = update(Call).where(col(Call.id) == bindparam("key"))
_CLIENT = update(Client).where(col(Client.id) == bindparam("key"))
_TERM = update(Subscription).where(col(Subscription.id) == bindparam("key"))
_FORGET_PAUSE = delete(Pause).where(col(Pause.subscription_id) == bindparam("key"))
_PAUSE = update(Pause).where(col(Pause.subscription_id) == bindparam("key"))
_OFFER = update(GrantedOffer).where(col(GrantedOffer.id) == bindparam("key"))
_CALLBACKS = update(Callback).where(
    col(Callback.client_id) == bindparam("client"), col(Callback.done_at).is_(None)
)
_OWN_CALLBACKS = _CALLBACKS.where(col(Callback.asked_by_client).is_(False))
_REMINDERS = (
    update(Message)
    .where(
        col(Message.subscription_id) == bindparam("term"),
        col(Message.channel).in_(bindparam("channels", expanding=True)),
        *_REMINDER_QUEUED,
    )
    .values(status="cancelled")
)
_TABLES: tuple[type[SQLModel], ...] = (
    Agreement,
    CallStep,
    Callback,
    ChurnRecord,
    Commitment,
    Escalation,
    Event,
    GrantedOffer,
    Message,
    Proposal,
    Pause,
)
_INSERTS = {table: insert(table) for table in _TABLES if table is not ChurnRecord}
_RECORD = insert(ChurnRecord)
_WORDS = insert(RecordWord)


def enter(
    database: Database, agent: str, step: StoredStep, done: str, dialled_at: datetime | None
) -> tuple[dict[str, Any], str] | None:
    """Writes the next entry of a journal, by itself: the call's row lets nobody else write the same one.

    Gives the drafts still being typed, without the one named `done`, and what the term is settled as.

    None, with nothing written, when the call has moved since the act was worked out.
    """
    with database.single() as connection:
        found = enter_in(connection, database.allowed, agent, step, done, dialled_at)
    if found is None:
        database.refuse()
    return found


def enter_in(
    connection: Connection,
    allowed: ColumnElement[bool],
    agent: str,
    step: StoredStep,
    done: str,
    dialled_at: datetime | None,
) -> tuple[dict[str, Any], str] | None:
    """The same in a unit that goes on."""
    # Not by the columns' own names: the update inside would set them.
    written = {f"its_{name}": value for name, value in _step(step).items()}
    values = {**written, "of": agent, "done": done, "dialled": dialled_at}
    kind = dialect.kind(connection)
    found = connection.execute(_entering(kind, allowed), values).one_or_none()
    if found is None:
        return None
    if not dialect.writes_inside(kind):
        connection.execute(_INSERTS[CallStep], _step(step))
    return dict(found.drafts), settled_as(found)


@cache
def _entering(kind: str, allowed: ColumnElement[bool]) -> Any:
    """The statement that moves a call on and, where it may be inside, writes its entry."""
    its_term = col(Subscription.id) == col(Call.subscription_id)
    move: Any = (
        update(Call)
        .where(
            col(Call.id) == bindparam("its_call_id"),
            col(Call.agent) == bindparam("of"),
            col(Call.ended_at).is_(None),
            _SEQ.scalar_subquery() == bindparam("its_seq"),
            allowed,
        )
        .values(
            drafts=dialect.without_member(kind, col(Call.drafts), bindparam("done")),
            dialled_at=func.coalesce(bindparam("dialled", type_=UtcDateTime), col(Call.dialled_at)),
        )
        .returning(
            col(Call.drafts).label("drafts"),
            *(
                select(getattr(Subscription, name))
                .where(its_term)
                .correlate(Call)
                .scalar_subquery()
                .label(name)
                for name in ("status", "retention", "came_back_at")
            ),
        )
    )
    if not dialect.writes_inside(kind):
        return move
    moved = move.cte("moved")
    written = (
        insert(CallStep)
        .from_select(
            STEP_COLUMNS,
            select(
                *(bindparam(f"its_{name}", type_=getattr(CallStep, name).type) for name in STEP_COLUMNS)
            ).select_from(moved),
        )
        .cte("written")
    )
    return select(moved).add_cte(written)


def write(connection: Connection, writes: Writes) -> Done | None:
    """Applies the outcome of a call.

    None, with nothing written, when the call or its term has moved since the outcome was worked out.
    """
    call_id = writes.step.call_id
    found = connection.execute(_STANDS, {"call": call_id, "agent": writes.agent}).one_or_none()
    if found is None or found.seq != writes.step.seq or settled_as(found) != writes.settled_as:
        return None
    for statement, key, values in (
        (_CALL, call_id, writes.call),
        (_CLIENT, found.client_id, writes.client),
        (_TERM, found.subscription_id, writes.subscription),
        (_PAUSE, found.subscription_id, writes.pause),
    ):
        if values:
            dialect.later(connection, statement, {"key": key, **values})
    rows = [NewRow(CallStep, _step(writes.step)), *writes.rows]
    if (
        found.promised
        and writes.callbacks is not None
        and _close_callbacks(connection, found.client_id, writes.callbacks)
    ):
        rows.append(writes.callbacks.event)
    if note := found.drafts.get(NOTE):
        rows += writes.note(note)
    if found.reminded and writes.cancel_reminders:
        channels = sorted(writes.cancel_reminders)
        dialect.later(connection, _REMINDERS, {"term": found.subscription_id, "channels": channels})
    settles = "status" in writes.subscription or "refused_at" in writes.pause
    left = close(connection, found.subscription_id, writes.step.at) if settles or writes.agreement else []
    if writes.offer_accepted is not None:
        dialect.later(connection, _OFFER, {"key": writes.offer_accepted, "accepted_at": writes.step.at})
    _insert(connection, rows)
    opened = None if writes.next_term is None else open_term(connection, writes.next_term)
    if writes.agreement is not None:
        agreement = writes.agreement.values | {"opened_id": opened}
        dialect.later(connection, _INSERTS[Agreement], agreement)
        look_again(connection, [found.subscription_id], day_of(writes.step.at))
    return Done(tuple(one for one in (opened, *left) if one is not None))


def add(connection: Connection, rows: Sequence[NewRow]) -> None:
    """New rows, one statement a table."""
    _insert(connection, rows)


def _close_callbacks(connection: Connection, client_id: int, done: CallbacksDone) -> bool:
    closing = _CALLBACKS if done.promised else _OWN_CALLBACKS
    return connection.execute(closing, {"client": client_id, "done_at": done.at}).rowcount > 0


def _insert(connection: Connection, rows: Sequence[NewRow]) -> None:
    """One statement a table, whatever the number of rows."""
    by_table: dict[type[SQLModel], list[dict[str, Any]]] = defaultdict(list)
    for new in rows:
        by_table[new.table].append(new.values)
    records = by_table.pop(ChurnRecord, ())
    for pause in by_table.get(Pause, ()):  # one that was agreed before for the same term gives way
        dialect.later(connection, _FORGET_PAUSE, {"key": pause["subscription_id"]})
    for table, values in by_table.items():
        dialect.later(connection, _INSERTS[table], values)
    for record in records:
        _add_record(connection, record)


def _add_record(connection: Connection, record: dict[str, Any]) -> None:
    """A churn record, chained to the one before, with the words by which it is found."""
    dialect.lock_chain(connection)
    values = record | chain.sealed(record, chain.head(connection))
    added = connection.execute(_RECORD, values).inserted_primary_key
    if added is not None and (words := sorted(set(record["search"].split()))):
        said = set(search_words(record["verbatim"]).split())
        rows = [{"word": word, "record_id": added[0], "said": word in said} for word in words]
        dialect.later(connection, _WORDS, rows)


def _step(step: StoredStep) -> dict[str, Any]:
    return {name: getattr(step, name) for name in STEP_COLUMNS}
