"""What waits for somebody of ours, source by source: light rows that say for whom, and since when."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    String,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from console.base.dates import day_of, plus_days
from console.base.history import EventKind
from console.base.vocabulary import CallOutcome, MessagePurpose, MessageStatus, SubscriptionStatus
from console.db.query import AnyRow, AnySelect, ReadBatch, columns
from console.db.tables import (
    Call,
    Callback,
    ChurnRecord,
    Client,
    Commitment,
    Escalation,
    Event,
    Message,
    Pause,
    RecordAmendment,
    SetAsideEvent,
    Subscription,
)
from console.records.filters import Amendment
from console.supervision.callbacks_store import OPEN, OWNER

Answer = Callable[[], Sequence[AnyRow]]


def _of(column: Any, one_agent: bool) -> ColumnElement[bool]:
    theirs: ColumnElement[bool] = column == bindparam("agent")
    return theirs if one_agent else true()


def _ask(batch: ReadBatch, query: Callable[[bool], AnySelect], agent: str | None, **values: Any) -> Answer:
    """A query of which there is one for an agent, and one for all."""
    if agent is None:
        return batch.ask(query(False), **values)
    return batch.ask(query(True), agent=agent, **values)


@cache
def _callbacks(one_agent: bool) -> AnySelect:
    return columns(
        Callback.id,
        Callback.subscription_id,
        Callback.promised_at,
        Callback.asked_by_client,
        Callback.note,
        OWNER.label("owner"),
    ).where(OPEN, _of(OWNER, one_agent))


def callbacks(batch: ReadBatch, agent: str | None) -> Answer:
    """The open callbacks of an agent, or of all."""
    return _ask(batch, _callbacks, agent)


@cache
def _commitments(one_agent: bool) -> AnySelect:
    query = columns(
        Commitment.id,
        Commitment.subscription_id,
        Commitment.due_on,
        Commitment.created_at,
        Commitment.what,
        Commitment.words,
        Commitment.agent,
        Commitment.owner,
    )
    return query.where(col(Commitment.done_at).is_(None), _of(Commitment.owner, one_agent))


def commitments(batch: ReadBatch, agent: str | None) -> Answer:
    """What an agent owes, or everybody."""
    return _ask(batch, _commitments, agent)


@cache
def _escalations(one_agent: bool) -> AnySelect:
    query = columns(
        Escalation.id,
        Escalation.subscription_id,
        Escalation.created_at,
        Escalation.summary,
        Escalation.agent,
        Escalation.taken_by,
        Subscription.expires_on,
    ).join(Subscription, col(Subscription.id) == col(Escalation.subscription_id))
    return query.where(col(Escalation.answered_at).is_(None), _of(Escalation.agent, one_agent))


def escalations(batch: ReadBatch, agent: str | None) -> Answer:
    """The escalations without an answer that an agent handed over, or all."""
    return _ask(batch, _escalations, agent)


_TO_BE_TOLD = (SubscriptionStatus.ACTIVE, SubscriptionStatus.EXPIRED, SubscriptionStatus.PAUSED)
"""Who has not decided otherwise since."""


@cache
def _untold_answers(one_agent: bool) -> AnySelect:
    callback = exists().where(
        col(Callback.subscription_id) == col(Escalation.subscription_id),
        col(Callback.created_at) == col(Escalation.answered_at),
    )
    spoken = exists().where(
        col(Call.client_id) == col(Escalation.client_id),
        col(Call.answered).is_(True),
        col(Call.ended_at) > col(Escalation.answered_at),
    )
    return (
        columns(
            Escalation.id,
            Escalation.subscription_id,
            Escalation.answered_at,
            Escalation.answered_by,
            Escalation.answer,
            Escalation.agent,
            Subscription.expires_on,
        )
        .join(Subscription, col(Subscription.id) == col(Escalation.subscription_id))
        .where(
            col(Escalation.answered_at).is_not(None),
            col(Escalation.closed_at).is_(None),
            col(Subscription.status).in_(_TO_BE_TOLD),
            col(Subscription.came_back_at).is_(None),
            ~callback,
            ~spoken,
            _of(Escalation.agent, one_agent),
        )
    )


def untold_answers(batch: ReadBatch, agent: str | None) -> Answer:
    """The answers of which no callback could be made, for who handed the case over: until the client is
    spoken to, stays after all, or a supervisor closes the escalation."""
    return _ask(batch, _untold_answers, agent)


@cache
def _questions(one_agent: bool) -> AnySelect:
    mine = _of(RecordAmendment.addressee, one_agent)
    return _asked().where(col(RecordAmendment.answered_at).is_(None), mine)


def questions(batch: ReadBatch, agent: str | None) -> Answer:
    """The questions on records that an agent has not answered, or nobody has."""
    return _ask(batch, _questions, agent)


_answer = aliased(RecordAmendment)
_ANSWER_ID = (
    select(func.max(col(_answer.id)))
    .where(col(_answer.question_id) == col(RecordAmendment.id))
    .correlate(RecordAmendment)
    .scalar_subquery()
)


@cache
def _answers() -> AnySelect:
    later = aliased(RecordAmendment)
    seen = exists().where(
        col(later.record_id) == col(RecordAmendment.record_id),
        col(later.id) > func.coalesce(_ANSWER_ID, 0),
        col(later.kind) != Amendment.ANSWER,
    )
    return _asked().where(col(RecordAmendment.answered_at).is_not(None), ~seen)


def answers(batch: ReadBatch, agent: str | None) -> Answer:
    """The questions answered since a supervisor last did something on the record: theirs alone to read."""
    return batch.ask(_answers()) if agent is None else tuple


def _asked() -> AnySelect:
    return (
        columns(
            RecordAmendment.id,
            RecordAmendment.record_id,
            ChurnRecord.subscription_id,
            RecordAmendment.at,
            RecordAmendment.answered_at,
            RecordAmendment.author,
            RecordAmendment.addressee,
            RecordAmendment.text,
        )
        .join(ChurnRecord, col(ChurnRecord.id) == col(RecordAmendment.record_id))
        .where(col(RecordAmendment.kind) == Amendment.QUESTION)
    )


@cache
def _follow_ups(one_agent: bool) -> AnySelect:
    later = aliased(Subscription)
    written = exists().where(
        col(Message.subscription_id) == col(ChurnRecord.subscription_id),
        col(Message.purpose) == MessagePurpose.FOLLOW_UP,
        col(Message.status).in_([MessageStatus.SENT, MessageStatus.QUEUED]),
    )
    came_back = exists().where(
        col(later.client_id) == col(ChurnRecord.client_id),
        col(later.expires_on) > col(Subscription.expires_on),
        col(later.status) != SubscriptionStatus.VOID,
    )
    spoken = (
        select(func.max(col(Call.ended_at)))
        .where(col(Call.client_id) == col(ChurnRecord.client_id), col(Call.answered).is_(True))
        .correlate(ChurnRecord)
        .scalar_subquery()
    )
    by_job = and_(col(Client.email_usable).is_(True), col(Client.opposed_email).is_(False))
    return (
        columns(
            ChurnRecord.id,
            ChurnRecord.subscription_id,
            ChurnRecord.follow_up_now,
            ChurnRecord.agent,
            ChurnRecord.verbatim,
            Client.email_usable,
            spoken.label("spoken_at"),
        )
        .join(Subscription, col(Subscription.id) == col(ChurnRecord.subscription_id))
        .join(Client, col(Client.id) == col(ChurnRecord.client_id))
        .where(
            col(ChurnRecord.follow_up_now) <= bindparam("until"),
            col(ChurnRecord.corrected_at).is_(None),
            col(Subscription.status) == SubscriptionStatus.CANCELLED,
            ~written,
            ~came_back,
            or_(~by_job, col(ChurnRecord.follow_up_now) <= bindparam("written_by")),
            _of(ChurnRecord.agent, one_agent),
        )
    )


def follow_ups(batch: ReadBatch, agent: str | None, until: date, written_days: int) -> Answer:
    """The follow-ups due by a day that no message and no conversation has made yet.

    A client who can be written to is written to by the daily job, in so many days: only what it could not
    write is somebody's to do. One who came back is not to be followed up.
    """
    written_by = plus_days(until, -written_days)
    found = _ask(batch, _follow_ups, agent, until=until, written_by=written_by)
    return lambda: [row for row in found() if not _spoken_since(row.spoken_at, row.follow_up_now)]


def _spoken_since(spoken_at: datetime | None, day: date) -> bool:
    return spoken_at is not None and day_of(spoken_at) >= day


REMARK_READ = "remark:read:"
"""Before a remark's number, the key of the event that says it was read."""


@cache
def _remarks() -> AnySelect:
    read = aliased(Event)
    key = literal(REMARK_READ) + cast(col(Event.id), String)
    return (
        columns(Event.id, Event.subscription_id, Event.at, Event.agent, Event.text)
        .where(text("event.kind = 'script_remark'"), ~exists().where(col(read.key) == key))
        .order_by(col(Event.id))
    )


def remarks(batch: ReadBatch, agent: str | None) -> Answer:
    """What agents said of the script and no supervisor has read, the oldest first: theirs alone to read."""
    return batch.ask(_remarks()) if agent is None else tuple


KEPT_READ = "kept:read:"
"""Before the number of what was kept apart, the key of the event that says it was read."""


@cache
def _kept(one_agent: bool) -> AnySelect:
    read = aliased(Event)
    key = literal(KEPT_READ) + cast(col(Event.id), String)
    return (
        columns(Event.id, Event.subscription_id, Event.at, Event.agent, Event.text)
        .where(
            text("event.kind = 'kept_apart'"),
            col(Event.subscription_id).is_not(None),
            ~exists().where(col(read.key) == key),
            _of(Event.agent, one_agent),
        )
        .order_by(col(Event.id))
    )


def kept(batch: ReadBatch, agent: str | None) -> Answer:
    """What calls did while the base was away and could not be written, and nobody has read."""
    return _ask(batch, _kept, agent)


def kept_by(session: Session, kept_id: int) -> str | None:
    """Whose it is; None where there is none such."""
    event = session.get(Event, kept_id)
    return event.agent if event is not None and event.kind == EventKind.KEPT_APART else None


_SET_ASIDE = columns(func.count()).select_from(SetAsideEvent).where(col(SetAsideEvent.closed_at).is_(None))


def set_aside(batch: ReadBatch) -> Callable[[], int]:
    """How many events that services posted could not be taken, and nobody has closed."""
    found = batch.ask(_SET_ASIDE)
    return lambda: int(found()[0][0])


def commitment(session: Session, commitment_id: int) -> Commitment | None:
    """One commitment."""
    return session.get(Commitment, commitment_id)


@cache
def _pauses(one_agent: bool) -> AnySelect:
    said = select(func.max(col(Event.agent))).where(
        col(Event.subscription_id) == col(Pause.subscription_id), col(Event.kind) == EventKind.PAUSED
    )
    agreed_by = func.coalesce(said.scalar_subquery(), "").label("owner")
    return (
        columns(Pause.id, Pause.subscription_id, Pause.resume_by, agreed_by)
        .join(Subscription, col(Subscription.id) == col(Pause.subscription_id))
        .where(
            col(Subscription.status) == SubscriptionStatus.PAUSED,
            col(Subscription.retention) == CallOutcome.PAUSED,
            col(Pause.refused_at).is_(None),
            col(Pause.resume_by).between(bindparam("today"), bindparam("until")),
            _of(agreed_by, one_agent),
        )
    )


def pauses(batch: ReadBatch, agent: str | None, today: date, until: date) -> Answer:
    """The pauses under way that end by a day, by who agreed on them."""
    return _ask(batch, _pauses, agent, today=today, until=until)
