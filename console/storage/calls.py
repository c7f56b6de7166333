"""Calls: what is open, their journal, and everything that an outcome writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_
from sqlmodel import Session, SQLModel, col, delete, select, update

from console.domain.model import Channel, SubscriptionStatus
from console.storage.tables import (
    Call,
    Callback,
    CallStep,
    ChurnRecord,
    Client,
    Event,
    GrantedOffer,
    Message,
    ScriptVersion,
    Subscription,
)

Values = Mapping[str, Any]
NOTES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class StoredCall:
    """A call with the client and the term it is about, and its journal in order."""

    call: Call
    client: Client
    subscription: Subscription
    steps: tuple[CallStep, ...]


@dataclass(frozen=True, slots=True)
class CallbacksDone:
    """Closes the client's open callbacks, only those that we chose ourselves unless `promised` too.

    The event is written when there was one to close.
    """

    at: datetime
    promised: bool
    event: Event


@dataclass(slots=True)
class Writes:
    """What an act of a call writes, prepared before the transaction begins.

    The three mappings change columns of the rows that the call is about; `rows` are new ones.
    `term_status` is the status that the term had when an outcome was worked out: another one makes it void.
    """

    agent: str
    step: CallStep
    term_status: str | None = None
    call: dict[str, Any] = field(default_factory=dict)
    subscription: dict[str, Any] = field(default_factory=dict)
    client: dict[str, Any] = field(default_factory=dict)
    rows: list[SQLModel] = field(default_factory=list)
    draft_done: str = ""  # the field whose text the journal now keeps
    next_term: Subscription | None = None  # left out when the client has a term with that expiry already
    offer_accepted: int | None = None  # id of a GrantedOffer
    callbacks: CallbacksDone | None = None
    cancel_reminders: frozenset[Channel] = frozenset()


def open_of_agent(session: Session, agent: str) -> Call | None:
    """The agent's open call."""
    return session.exec(select(Call).where(col(Call.ended_at).is_(None), Call.agent == agent)).first()


def open_of_client(session: Session, client_id: int) -> Call | None:
    """The open call with a client, whoever holds it."""
    return session.exec(select(Call).where(Call.client_id == client_id, col(Call.ended_at).is_(None))).first()


def load(session: Session, call_id: str) -> StoredCall | None:
    """A call as it is stored; None when there is none such (any more)."""
    query = (
        select(Call, Client, Subscription)
        .join(Client, col(Client.id) == col(Call.client_id))
        .join(Subscription, col(Subscription.id) == col(Call.subscription_id))
        .where(Call.id == call_id)
    )
    found = session.exec(query).first()
    if found is None:
        return None
    steps = session.exec(
        select(CallStep).where(CallStep.call_id == call_id).order_by(col(CallStep.seq))
    ).all()
    return StoredCall(*found, tuple(steps))


def case_of(session: Session, client_id: int) -> tuple[Client, Subscription] | None:
    """The client, and the term that a call is about: the first one still running, else the latest."""
    running = col(Subscription.status) == SubscriptionStatus.ACTIVE
    first_running = select(func.min(Subscription.expires_on)).where(
        Subscription.client_id == client_id, running
    )
    latest = select(func.max(Subscription.expires_on)).where(Subscription.client_id == client_id)
    query = (
        select(Client, Subscription)
        .join(Subscription, col(Subscription.client_id) == col(Client.id))
        .where(
            Client.id == client_id,
            Subscription.expires_on
            == func.coalesce(first_running.scalar_subquery(), latest.scalar_subquery()),
        )
    )
    return session.exec(query).first()


def script_source(session: Session, script_hash: str) -> str | None:
    """The stored script of a version."""
    return session.exec(select(ScriptVersion.content).where(ScriptVersion.hash == script_hash)).first()


def add_call(session: Session, call: Call, version: ScriptVersion) -> None:
    """Opens a call; its script version is stored once."""
    if session.get(ScriptVersion, version.hash) is None:
        session.add(version)
        session.flush()
    session.add(call)


def name_of(session: Session, client_id: int) -> str:
    """First and last name of a client."""
    found = session.exec(select(Client.first_name, Client.last_name).where(Client.id == client_id)).first()
    return " ".join(part for part in found or () if part)


def last_activity(session: Session, call: Call) -> datetime:
    """When something was last done in a call."""
    last = session.exec(
        select(CallStep.at).where(CallStep.call_id == call.id).order_by(col(CallStep.seq).desc()).limit(1)
    ).first()
    return last or call.started_at


def take_over(session: Session, call_id: str, agent: str) -> None:
    """Gives an open call to another agent."""
    session.exec(update(Call).where(col(Call.id) == call_id).values(agent=agent))


def forget(session: Session, call_id: str) -> bool:
    """Removes an open call that was only prepared; notes taken stay. False when something has happened in it."""
    if session.exec(select(CallStep.id).where(CallStep.call_id == call_id).limit(1)).first() is not None:
        return False
    session.exec(update(Event).where(col(Event.call_id) == call_id).values(call_id=None))
    gone = session.exec(delete(Call).where(col(Call.id) == call_id, col(Call.ended_at).is_(None)))
    return gone.rowcount == 1


def next_seq(session: Session, call_id: str) -> int:
    """How many entries the journal has: the number of the next one."""
    last = session.exec(select(func.max(CallStep.seq)).where(CallStep.call_id == call_id)).one()
    return 0 if last is None else last + 1


def drafts(session: Session, call_id: str) -> dict[str, Any]:
    """What is being typed in an open call, by field."""
    found = session.exec(select(Call.drafts).where(Call.id == call_id, col(Call.ended_at).is_(None))).first()
    return dict(found or {})


def save_drafts(session: Session, call_id: str, texts: Values) -> None:
    """Replaces what is being typed in an open call."""
    session.exec(
        update(Call).where(col(Call.id) == call_id, col(Call.ended_at).is_(None)).values(drafts=texts)
    )


@dataclass(frozen=True, slots=True)
class Around:
    """What is known around a call, beside the rules' facts: what the client was told and told us."""

    offers: Sequence[GrantedOffer]  # running, not accepted yet
    notes: Sequence[Event]  # latest first
    satisfaction: int | None
    past_calls: int
    recorded: bool  # the term has its churn record


def around(session: Session, client_id: int, subscription_id: int, now: datetime) -> Around:
    """Reads it; conversations and ratings are those of the calls that are over."""
    offers = select(GrantedOffer).where(
        GrantedOffer.subscription_id == subscription_id,
        col(GrantedOffer.accepted_at).is_(None),
        col(GrantedOffer.ends_at) >= now,
    )
    notes = (
        select(Event)
        .where(Event.client_id == client_id, Event.kind == "note")
        .order_by(col(Event.at).desc(), col(Event.id).desc())
        .limit(NOTES_SHOWN)
    )
    past = (
        select(Call.satisfaction)
        .where(Call.client_id == client_id, col(Call.ended_at).is_not(None), col(Call.answered))
        .order_by(col(Call.started_at))
    )
    ratings = session.exec(past).all()
    recorded = select(ChurnRecord.id).where(ChurnRecord.subscription_id == subscription_id)
    return Around(
        offers=session.exec(offers).all(),
        notes=session.exec(notes).all(),
        satisfaction=next((rating for rating in reversed(ratings) if rating is not None), None),
        past_calls=len(ratings),
        recorded=session.exec(recorded).first() is not None,
    )


def write(session: Session, writes: Writes) -> Values | None:
    """Applies an act of a call and gives the drafts that are left.

    None, with nothing written, when the call or its term has moved since the act was worked out.
    """
    call_id = writes.step.call_id
    query = (
        select(Call, Client, Subscription)
        .join(Client, col(Client.id) == col(Call.client_id))
        .join(Subscription, col(Subscription.id) == col(Call.subscription_id))
        .where(Call.id == call_id, Call.agent == writes.agent, col(Call.ended_at).is_(None))
    )
    found = session.exec(query).first()
    if found is None or next_seq(session, call_id) != writes.step.seq:
        return None
    call, client, term = found
    if writes.term_status not in {None, term.status}:
        return None
    _close_callbacks(session, client, writes)
    if writes.offer_accepted is not None:
        accepted = update(GrantedOffer).where(col(GrantedOffer.id) == writes.offer_accepted)
        session.exec(accepted.values(accepted_at=writes.step.at))
    if writes.cancel_reminders:
        session.exec(
            update(Message)
            .where(
                col(Message.subscription_id) == term.id,
                col(Message.status) == "queued",
                or_(col(Message.kind).like("J-%"), col(Message.kind).like("J+%")),
                col(Message.channel).in_(writes.cancel_reminders),
            )
            .values(status="cancelled")
        )
    if writes.next_term is not None and not _has_term(session, writes.next_term):
        session.add(writes.next_term)
    for row, values in ((call, writes.call), (client, writes.client), (term, writes.subscription)):
        for name, value in values.items():
            setattr(row, name, value)
    if writes.draft_done in call.drafts:
        call.drafts = {name: text for name, text in call.drafts.items() if name != writes.draft_done}
    session.add_all([writes.step, *writes.rows])
    session.flush()
    return call.drafts


def _close_callbacks(session: Session, client: Client, writes: Writes) -> None:
    if writes.callbacks is None:
        return
    closing = update(Callback).where(col(Callback.client_id) == client.id, col(Callback.done_at).is_(None))
    if not writes.callbacks.promised:
        closing = closing.where(col(Callback.asked_by_client).is_(False))
    if session.exec(closing.values(done_at=writes.callbacks.at)).rowcount:
        session.add(writes.callbacks.event)


def _has_term(session: Session, term: Subscription) -> bool:
    same = select(Subscription.id).where(
        Subscription.client_id == term.client_id, Subscription.expires_on == term.expires_on
    )
    return session.exec(same).first() is not None
