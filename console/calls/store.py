"""Calls: what is open, their journal, and what is known around them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, func
from sqlmodel import Session, col, delete, insert, or_, select, update

from console.base.history import EventKind
from console.base.vocabulary import SubscriptionStatus
from console.cases.granted_offers import OFFER_FIGURES
from console.cases.spoken import SPOKEN, TYPED_IN_THEM, LastCall, last_of
from console.db import dialect
from console.db.query import columns, rows, together
from console.db.tables import (
    Call,
    CallStep,
    ChurnRecord,
    Claim,
    Client,
    ContentFiles,
    ContentVersion,
    Escalation,
    Event,
    GrantedOffer,
    ScriptVersion,
    Subscription,
)
from console.team.presence import standing

Values = Mapping[str, Any]
NOTES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class StoredStep:
    """An entry of a call's journal: lighter than its table object, since each key of a call makes one."""

    call_id: str
    seq: int
    at: datetime
    act: str
    step: str
    said: str
    choice: int | None
    label: str
    captured: str


STEP_COLUMNS = tuple(field.name for field in fields(StoredStep))
_STEPS = (
    columns(*(getattr(CallStep, name) for name in STEP_COLUMNS))
    .where(col(CallStep.call_id) == bindparam("call"))
    .order_by(col(CallStep.seq))
)


@dataclass(frozen=True, slots=True)
class StoredCall:
    """A call with the client and the term it is about, and its journal in order."""

    call: Call
    client: Client
    subscription: Subscription
    steps: tuple[StoredStep, ...]


def open_of_agent(session: Session, agent: str) -> Call | None:
    """The agent's open call."""
    return session.exec(select(Call).where(col(Call.ended_at).is_(None), Call.agent == agent)).first()


def open_of_client(session: Session, client_id: int) -> Call | None:
    """The open call with a client, whoever holds it."""
    return session.exec(select(Call).where(Call.client_id == client_id, col(Call.ended_at).is_(None))).first()


def last_ended(session: Session, client_id: int, since: datetime, until: datetime) -> Call | None:
    """The client's last call that ended between these instants, if it was dialled or answered."""
    reached = or_(col(Call.dialled_at).is_not(None), col(Call.answered))
    query = select(Call).where(Call.client_id == client_id, col(Call.ended_at).between(since, until), reached)
    return session.exec(query.order_by(col(Call.ended_at).desc())).first()


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
    return StoredCall(*found, tuple(StoredStep(*step) for step in rows(session, _STEPS, call=call_id)))


def case_of(session: Session, client_id: int) -> tuple[Client, Subscription] | None:
    """The client, and the term that a call is about: the first one still running, else the latest."""
    running = col(Subscription.status) == SubscriptionStatus.ACTIVE
    first_running = select(func.min(Subscription.expires_on)).where(
        Subscription.client_id == client_id, running
    )
    latest = select(func.max(Subscription.expires_on)).where(
        Subscription.client_id == client_id, col(Subscription.status) != SubscriptionStatus.VOID
    )
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


def content_of_call(session: Session, call_id: str) -> str:
    """The hash of the content that a call began with; empty for one that does not know, or is not there."""
    return session.exec(select(Call.content).where(Call.id == call_id)).first() or ""


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


def add_fact(session: Session, call_id: str, fact: str) -> None:
    """Adds to what opens or closes choices in a call."""
    call = session.exec(select(Call).where(Call.id == call_id)).one()
    call.facts = sorted({*call.facts, fact})


def take_over(session: Session, call_id: str, agent: str) -> None:
    """Gives an open call to another agent."""
    session.exec(update(Call).where(col(Call.id) == call_id).values(agent=agent))


def begun(session: Session, call_id: str) -> bool:
    """Whether anything was done in a call."""
    return session.exec(select(CallStep.id).where(CallStep.call_id == call_id).limit(1)).first() is not None


def forget(session: Session, call_id: str) -> bool:
    """Removes a call in which nothing was dialled, answered or typed; its notes stay."""
    session.exec(delete(CallStep).where(col(CallStep.call_id) == call_id))
    session.exec(update(Event).where(col(Event.call_id) == call_id).values(call_id=None))
    gone = session.exec(delete(Call).where(col(Call.id) == call_id, col(Call.ended_at).is_(None)))
    return gone.rowcount == 1


_TYPED_IN = (
    col(Call.id) == bindparam("key"),
    col(Call.agent) == bindparam("of"),
    col(Call.ended_at).is_(None),
)
_DRAFTS = select(col(Call.drafts)).where(*_TYPED_IN)


def drafts(session: Session, call_id: str, agent: str) -> dict[str, Any]:
    """What is being typed in an agent's open call, by field."""
    return dict(session.connection().scalar(_DRAFTS, {"key": call_id, "of": agent}) or {})


def save_draft(
    connection: Connection, allowed: ColumnElement[bool], call_id: str, agent: str, field: str, text: str
) -> bool:
    """Keeps what is being typed in one field of an agent's open call, beside the others; whether it is one.

    One statement, right by itself whoever else writes.
    """
    values = {"key": call_id, "of": agent, "field": field, "words": text}
    return connection.execute(_saving(dialect.kind(connection), allowed), values).rowcount > 0


@cache
def _saving(kind: str, allowed: ColumnElement[bool]) -> Any:
    words = dialect.with_member(kind, col(Call.drafts), bindparam("field"), bindparam("words"))
    return update(Call).where(*_TYPED_IN, allowed).values(drafts=words)


def handler(session: Session, subscription_id: int) -> str:
    """The supervisor who has taken the escalation that waits for an answer, empty while nobody has."""
    waiting = select(Escalation.taken_by).where(
        Escalation.subscription_id == subscription_id,
        col(Escalation.answered_at).is_(None),
        Escalation.taken_by != "",
    )
    return session.exec(waiting).first() or ""


def drop_draft(session: Session, call_id: str, agent: str, field: str) -> None:
    """Forgets what was being typed in one field: it is written as what it is."""
    values = {"key": call_id, "of": agent, "field": field}
    session.connection().execute(_dropping(dialect.kind(session)), values)


@cache
def _dropping(kind: str) -> Any:
    left = dialect.without_member(kind, col(Call.drafts), bindparam("field"))
    return update(Call).where(*_TYPED_IN).values(drafts=left)


@dataclass(frozen=True, slots=True)
class Around:
    """What is known around a call, beside the rules' facts: what the client was told and told us."""

    offers: Sequence[Any]  # columns of GrantedOffer: running, not accepted yet
    notes: Sequence[Any]  # columns of Event, latest first
    satisfaction: int | None
    past_calls: int
    recorded: bool  # the term has its churn record
    last: LastCall | None  # conversation with the client


_OFFERS = columns(GrantedOffer.id, *(getattr(GrantedOffer, name) for name in OFFER_FIGURES)).where(
    col(GrantedOffer.subscription_id) == bindparam("term"),
    col(GrantedOffer.accepted_at).is_(None),
    col(GrantedOffer.ends_at) >= bindparam("now"),
)
_NOTES = (
    columns(Event.text, Event.call_id)
    .where(col(Event.client_id) == bindparam("client"), col(Event.kind) == EventKind.NOTE)
    .order_by(col(Event.at).desc(), col(Event.id).desc())
    .limit(NOTES_SHOWN)
)
_RATINGS = (
    columns(Call.satisfaction)
    .where(col(Call.client_id) == bindparam("client"), col(Call.ended_at).is_not(None), col(Call.answered))
    .order_by(col(Call.started_at))
)
_RECORDED = columns(ChurnRecord.id).where(
    col(ChurnRecord.subscription_id) == bindparam("term"), col(ChurnRecord.corrected_at).is_(None)
)


def around(session: Session, client_id: int, subscription_id: int, now: datetime) -> Around:
    """Reads it; conversations and ratings are those of the calls that are over."""
    queries = (_OFFERS, _NOTES, _RATINGS, _RECORDED, SPOKEN, TYPED_IN_THEM)
    values = {"client": client_id, "clients": [client_id], "term": subscription_id, "now": now}
    offers, notes, past, recorded, spoken, typed = together(session, queries, **values)
    ratings = [row.satisfaction for row in past]
    return Around(
        offers=offers,
        notes=notes,
        satisfaction=next((rating for rating in reversed(ratings) if rating is not None), None),
        past_calls=len(ratings),
        recorded=bool(recorded),
        last=last_of(spoken, typed).get(client_id),
    )


@dataclass(frozen=True, slots=True)
class AtHand:
    """What a call is opened from: its client and term, and what may be in the way.

    open: calls that are open with the client, or by the agent. just: the client was called
    lately, or is proposed to another.
    content: the hash of the content in force, known where its files are in the base; script: whether the
    script is. changed: whether another content came into force today.
    """

    client: Client
    term: Subscription
    open: int
    just: bool
    content: str
    known: bool
    script: bool
    changed: bool


@cache
def _at_hand(kind: str) -> Any:
    running = col(Subscription.status) == SubscriptionStatus.ACTIVE
    its = col(Subscription.client_id) == bindparam("client")
    first_running = select(func.min(Subscription.expires_on)).where(its, running).scalar_subquery()
    latest = select(func.max(Subscription.expires_on)).where(
        its, col(Subscription.status) != SubscriptionStatus.VOID
    )
    theirs = or_(col(Call.client_id) == bindparam("client"), col(Call.agent) == bindparam("agent"))
    open_calls = select(func.count()).select_from(Call).where(theirs, col(Call.ended_at).is_(None))
    reached = or_(col(Call.dialled_at).is_not(None), col(Call.answered))
    claimed = (
        select(func.count())
        .select_from(Claim)
        .where(
            col(Claim.client_id) == bindparam("client"),
            col(Claim.agent) != bindparam("agent"),
            standing(kind),
        )
    )
    just = (
        select(func.count())
        .select_from(Call)
        .where(
            col(Call.client_id) == bindparam("client"),
            col(Call.ended_at).between(bindparam("since"), bindparam("until")),
            reached,
        )
    )
    last = select(func.max(ContentVersion.number)).scalar_subquery()
    of_today = select(func.max(ContentVersion.number)).where(col(ContentVersion.at) >= bindparam("midnight"))
    in_force = select(ContentVersion.hash).where(col(ContentVersion.number) == last)
    files = select(func.count()).select_from(ContentFiles).where(col(ContentFiles.hash) == bindparam("files"))
    script = (
        select(func.count()).select_from(ScriptVersion).where(col(ScriptVersion.hash) == bindparam("script"))
    )
    return (
        select(
            Client,
            Subscription,
            *(
                one.scalar_subquery()
                for one in (open_calls, just, claimed, in_force, files, script, of_today)
            ),
        )
        .join(Subscription, col(Subscription.client_id) == col(Client.id))
        .where(
            col(Client.id) == bindparam("client"),
            col(Subscription.expires_on) == func.coalesce(first_running, latest.scalar_subquery()),
        )
    )


def at_hand(session: Session, **values: Any) -> AtHand | None:
    """What a call is opened from, in one statement; None where there is no such client.

    Values: client, agent, since and until (when a call is one of lately), midnight, files and script (the
    hashes of the content and of the script that the console has).
    """
    found = session.execute(_at_hand(dialect.kind(session)), values).one_or_none()
    if found is None:
        return None
    client, term, open_calls, just, claimed, content, files, script, of_today = found
    return AtHand(
        client,
        term,
        open_calls,
        just + claimed > 0,
        content or "",
        files > 0,
        script > 0,
        (of_today or 0) > 1,
    )


def insert_call(session: Session, call: Call) -> None:
    """Opens a call; written with the end of the unit. One open call an agent and a client: the base refuses
    another."""
    values = {name: value for name, value in vars(call).items() if name != "_sa_instance_state"}
    dialect.later(session, insert(Call), values)
