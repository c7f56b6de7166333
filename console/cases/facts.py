"""What the rules are given about each case, read in batches: as many queries for one case as for hundreds."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from console.base.dates import plus_days, start_of
from console.base.history import EventKind
from console.base.vocabulary import (
    OPPOSED_COLUMNS,
    Billing,
    CallOutcome,
    Channel,
    Direction,
    MessagePurpose,
    PhoneKind,
    Plan,
    SubscriptionStatus,
)
from console.cases import agreements
from console.cases.pauses import COLUMNS, pause_of, standing
from console.context import Context
from console.db.dialect import Unit
from console.db.query import AnyRow, ReadBatch, among, columns, rows, together_pays
from console.db.tables import (
    Call,
    Callback,
    ChurnRecord,
    Client,
    Escalation,
    Event,
    Message,
    Pause,
    Subscription,
)
from console.rules.agreements import Agreement
from console.rules.campaigns import campaign_of
from console.rules.facts import CallAttempt, CaseFacts, Mail
from console.rules.outcomes import AGREEMENTS
from console.rules.pauses import Pause as PauseOf
from console.rules.signals import Signal
from console.rules.timeline import is_monthly

REACTIONS = frozenset({EventKind.REPLY, EventKind.CONVERSATION, EventKind.PROMISE})
"""Events that show the client reacted; so does a click that a person made (`Message.clicked_at`)."""
_TOLD = (
    *sorted(REACTIONS),
    *(kind for signal in Signal for kind in (signal.told, signal.taken_back)),
    EventKind.MESSAGE_BY_HAND,
)


@dataclass(frozen=True, slots=True)
class Case:
    """One term of a subscription: what is stored of it, and what the rules look at."""

    subscription_id: int
    client_id: int
    code: str
    plan: Plan
    billing: Billing
    status: SubscriptionStatus
    retention: str
    settled_at: datetime | None
    came_back_at: datetime | None
    workshops_given: int
    tally: str
    placed_at: datetime | None
    facts: CaseFacts
    left_unanswered: bool  # a supervisor owed the client an answer when the last day was over
    agreement: Agreement | None  # the latest about this term
    opener: Agreement | None  # the one that opened it


_TERMS = (
    columns(
        Subscription.id,
        Subscription.client_id,
        Subscription.plan,
        Subscription.billing,
        Subscription.status,
        Subscription.retention,
        Subscription.settled_at,
        Subscription.came_back_at,
        Subscription.workshops_given,
        Subscription.tally,
        Subscription.placed_at,
        Subscription.starts_on,
        Subscription.expires_on,
        Client.code,
        Client.client_since,
        Client.timezone,
        Client.team,
        Client.department,
        Client.phone_kind,
        Client.email_usable,
        Client.sms_usable,
        Client.call_consent_at,
        Client.tracking_consent_at,
        *(getattr(Client, column) for column in OPPOSED_COLUMNS.values()),
        *COLUMNS,
    )
    .join_from(Subscription, Client, col(Client.id) == col(Subscription.client_id))
    .outerjoin(Pause, col(Pause.subscription_id) == col(Subscription.id))
    .where(among(Subscription.id, "terms"))
    .order_by(col(Subscription.id))
)


_AWAITING = frozenset({SubscriptionStatus.ACTIVE, SubscriptionStatus.PAUSED})


def cases(
    unit: Unit, ctx: Context, subscription_ids: Sequence[int], *, around_settled: bool = True
) -> list[Case]:
    """The cases of these terms, in the order of their ids.

    Without `around_settled`, what happened around the terms that await no answer is not read; a paused
    client is awaited until the pause ends.
    """
    return cases_asked(ReadBatch(unit), ctx, subscription_ids, around_settled=around_settled)()


def cases_asked(
    batch: ReadBatch, ctx: Context, subscription_ids: Sequence[int], *, around_settled: bool = True
) -> Callable[[], list[Case]]:
    """The same, in a batch."""
    ids, unit = list(subscription_ids), batch.unit
    if not ids:
        return list
    if together_pays(unit):
        asked = [batch.ask(query, terms=ids) for query in (_TERMS, *_AROUND)]

        def at_once() -> list[Case]:
            terms, *found = (answer() for answer in asked)
            return _cases(ctx, terms, _awaited(terms, around_settled), found)

        return at_once

    def one_by_one() -> list[Case]:
        terms = rows(unit, _TERMS, terms=ids)
        looked_at = _awaited(terms, around_settled)
        return _cases(ctx, terms, looked_at, list(_one_by_one(unit, terms, looked_at)))

    return one_by_one


def _cases(
    ctx: Context, terms: Sequence[AnyRow], looked_at: Sequence[AnyRow], found: Sequence[Sequence[Any]]
) -> list[Case]:
    around = _Surroundings(looked_at, found)
    made = {row.subscription_id: agreements.made(row) for row in around.made}
    opened = {row.opened_id: agreements.made(row) for row in around.opened}
    today = ctx.clock.today()
    return [_case(term, around, ctx, today, made.get(term.id), opened.get(term.id)) for term in terms]


def _awaited(terms: Sequence[AnyRow], around_settled: bool) -> list[AnyRow]:
    return [term for term in terms if around_settled or term.status in _AWAITING]


def _one_by_one(unit: Unit, terms: Sequence[AnyRow], looked_at: Sequence[AnyRow]) -> Iterator[Sequence[Any]]:
    """What happened around a batch of terms, as `_AROUND` has it; what is not looked at is not asked for."""
    ids, looked = [term.id for term in terms], [term.id for term in looked_at]
    monthly = [term.id for term in looked_at if is_monthly(term.starts_on, term.expires_on)]
    for query in _AROUND:
        wanted = ids if query in _OF_ALL else monthly if query is _PAST else looked
        yield rows(unit, query, terms=wanted) if wanted else ()


def _standing_pause(term: AnyRow, made: Agreement | None, today: date) -> PauseOf | None:
    """The pause of a term whose choice it still is; a resumption that was agreed and never proved is none."""
    resumed = made is not None and made.outcome is CallOutcome.RESUMED
    lapsed = resumed and made is not None and made.withdrawn_at is None and not made.holds(today)
    pause = pause_of(term) if term.status == SubscriptionStatus.PAUSED or lapsed else None
    if pause is None or made is None:
        return pause
    if pause.resumed_at == made.agreed_at:
        return pause if made.holds(today) else replace(pause, resumed_at=None)
    return standing(term)  # one agreed before that, and never proved, is none either


def _case(
    term: AnyRow,
    around: "_Surroundings",
    ctx: Context,
    today: date,
    made: Agreement | None,
    opener: Agreement | None,
) -> Case:
    plan, billing = Plan(term.plan), Billing(term.billing)
    messages = around.messages.get(term.id, ())
    sent = [message for message in messages if message.sent_at is not None]
    events = around.events.get(term.id, {})
    written = events.get(EventKind.MESSAGE_BY_HAND)
    if any(message.created_at == written and _lost(message) for message in messages):
        written = None
    calls = around.calls.get(term.client_id, ())
    about_it = [call for call in calls if call.subscription_id == term.id]
    callback_at, asked = around.callbacks.get(term.id, (None, False))
    escalations, over = around.escalations.get(term.id, ()), start_of(plus_days(term.expires_on, 1))
    conversation = _latest(
        [
            events.get(EventKind.CONVERSATION),
            *(call.dialled_at or call.started_at for call in about_it if call.answered),
        ]
    )
    reaction = _latest(
        [
            conversation,
            *(events.get(kind) for kind in REACTIONS),
            *(message.clicked_at for message in sent),
            *(call.started_at for call in about_it if call.direction == Direction.INBOUND),
        ]
    )
    return Case(
        subscription_id=term.id,
        client_id=term.client_id,
        code=term.code,
        plan=plan,
        billing=billing,
        status=SubscriptionStatus(term.status),
        retention=term.retention,
        settled_at=term.settled_at,
        came_back_at=term.came_back_at,
        workshops_given=term.workshops_given,
        tally=term.tally,
        placed_at=term.placed_at,
        facts=CaseFacts(
            expires_on=term.expires_on,
            campaign=campaign_of(ctx.content.data.campaigns, plan, term.department, term.team),
            client_since=term.client_since,
            timezone=term.timezone,
            phone=PhoneKind(term.phone_kind),
            email_usable=term.email_usable,
            sms_usable=term.sms_usable,
            opposed=opposed(term),
            consent_after_expiry=term.call_consent_at is not None,
            mails=tuple(
                Mail(
                    message.step,
                    message.sent_at,
                    message.opened_at,
                    message.clicked_at,
                    ctx.openings.measured(message.sent_at, term.tracking_consent_at),
                    _returned(message),
                )
                for message in sent
                if message.channel == Channel.EMAIL and message.purpose == MessagePurpose.REMINDER
            ),
            texted=any(
                message.channel == Channel.SMS
                and message.purpose == MessagePurpose.REMINDER
                and not _returned(message)
                for message in sent
            ),
            attempts=tuple(
                # of one that is under way nobody knows yet that it was not answered
                CallAttempt(call.dialled_at, call.answered or call.ended_at is None)
                for call in calls
                if call.dialled_at
            ),
            last_reaction_at=reaction,
            last_conversation_at=conversation,
            last_message_by_hand_at=written,
            wants_lower_price=_stands(events, Signal.PRICE),
            complained=_stands(events, Signal.COMPLAINT),
            callback_at=callback_at,
            callback_asked_by_client=asked,
            escalated=any(answered is None for _, answered in escalations),
            refused_at=around.refusals.get(term.client_id),
            monthly=is_monthly(term.starts_on, term.expires_on),
            alone=around.renewed_alone(term),
            value_cents=ctx.content.data.catalogue.yearly_value(plan, billing),
            pause=_standing_pause(term, made, today),
        ),
        left_unanswered=any(
            handed_over < over and (answered is None or answered >= over)
            for handed_over, answered in escalations
        ),
        agreement=made,
        opener=opener,
    )


def _returned(message: AnyRow) -> bool:
    """Whether a message came back; one that was read all the same did arrive."""
    return message.bounced_at is not None and message.opened_at is None and message.clicked_at is None


def _lost(message: AnyRow) -> bool:
    """Whether nobody will ever have a message."""
    return message.status in {"failed", "cancelled"} or _returned(message)


def _stands(events: Mapping[str, datetime], signal: Signal) -> bool:
    """Whether a signal was told, and not taken back since."""
    told, taken_back = events.get(signal.told), events.get(signal.taken_back)
    return told is not None and (taken_back is None or told > taken_back)


def opposed(client: Client | AnyRow) -> frozenset[Channel]:
    """The channels that a client refuses, from a row with their columns."""
    return frozenset(channel for channel, column in OPPOSED_COLUMNS.items() if getattr(client, column))


def _latest(instants: Iterable[datetime | None]) -> datetime | None:
    return max((instant for instant in instants if instant is not None), default=None)


_CLIENTS = select(col(Subscription.client_id)).where(among(Subscription.id, "terms"))
_MESSAGES = (
    columns(
        Message.subscription_id,
        Message.channel,
        Message.purpose,
        Message.step,
        Message.status,
        Message.created_at,
        Message.sent_at,
        Message.opened_at,
        Message.clicked_at,
        Message.bounced_at,
    )
    .where(among(Message.subscription_id, "terms"))
    .order_by(col(Message.sent_at))
)
_EVENTS = (
    columns(Event.subscription_id, Event.kind, func.max(Event.at))
    .where(among(Event.subscription_id, "terms"), col(Event.kind).in_(_TOLD))
    .group_by(col(Event.subscription_id), col(Event.kind))
)
_CALLS = (
    columns(
        Call.client_id,
        Call.subscription_id,
        Call.direction,
        Call.started_at,
        Call.dialled_at,
        Call.ended_at,
        Call.answered,
        Call.outcome,
    )
    .where(col(Call.client_id).in_(_CLIENTS))
    .order_by(col(Call.started_at))
)
_CALLBACKS = (
    columns(Callback.subscription_id, Callback.promised_at, Callback.asked_by_client)
    .where(among(Callback.subscription_id, "terms"), col(Callback.done_at).is_(None))
    .order_by(col(Callback.promised_at).desc())
)
_ESCALATIONS = columns(Escalation.subscription_id, Escalation.created_at, Escalation.answered_at).where(
    among(Escalation.subscription_id, "terms")
)
_REFUSALS = (
    columns(ChurnRecord.client_id, func.max(ChurnRecord.at))
    .where(col(ChurnRecord.client_id).in_(_CLIENTS), col(ChurnRecord.corrected_at).is_(None))
    .group_by(col(ChurnRecord.client_id))
)


def signals_of(batch: ReadBatch, term_ids: Sequence[int]) -> Callable[[], dict[int, tuple[Signal, ...]]]:
    """The signals that stand, by term."""
    found = batch.ask(_EVENTS, terms=list(term_ids))

    def answer() -> dict[int, tuple[Signal, ...]]:
        events: dict[int, dict[str, datetime]] = defaultdict(dict)
        for term, kind, at in found():
            events[term][kind] = at
        return {term: tuple(one for one in Signal if _stands(told, one)) for term, told in events.items()}

    return answer


_PAST = (
    columns(
        Subscription.client_id,
        Subscription.id,
        Subscription.starts_on,
        Subscription.expires_on,
        Subscription.status,
    )
    .where(col(Subscription.client_id).in_(_CLIENTS))
    .order_by(col(Subscription.expires_on).desc())
)


_AROUND = (
    _MESSAGES,
    _EVENTS,
    _CALLS,
    _CALLBACKS,
    _ESCALATIONS,
    _REFUSALS,
    _PAST,
    agreements.OF_TERMS,
    agreements.OPENERS,
)
_OF_ALL = (_ESCALATIONS, agreements.OF_TERMS, agreements.OPENERS)
"""What is looked at of all terms: a supervisor owes an answer after the expiry too."""


class _Surroundings:
    """What happened around the terms that are looked at, by term or by client: the rows of `_AROUND`."""

    def __init__(self, looked_at: Sequence[AnyRow], found: Sequence[Sequence[Any]]) -> None:
        messages, events, calls, callbacks, escalations, refusals, past, self.made, self.opened = found
        ids, clients = {term.id for term in looked_at}, {term.client_id for term in looked_at}
        self.messages: dict[int, list[AnyRow]] = defaultdict(list)
        for message in messages:
            if message.subscription_id in ids:
                self.messages[message.subscription_id].append(message)
        self.events: dict[int, dict[str, datetime]] = defaultdict(dict)
        for term, kind, at in events:
            if term in ids:
                self.events[term][kind] = at
        self.calls: dict[int, list[AnyRow]] = defaultdict(list)
        for call in calls:
            if call.client_id in clients:
                self.calls[call.client_id].append(call)
        self.callbacks: dict[int, tuple[datetime, bool]] = {
            term: (at, asked) for term, at, asked in callbacks if term in ids
        }
        self.escalations: dict[int, list[tuple[datetime, datetime | None]]] = defaultdict(list)
        for term, asked_at, answered_at in escalations:
            self.escalations[term].append((asked_at, answered_at))
        self.refusals: dict[int, datetime] = {client: at for client, at in refusals if client in clients}
        monthly = {one.client_id for one in looked_at if is_monthly(one.starts_on, one.expires_on)}
        self.past: dict[int, list[AnyRow]] = defaultdict(list)
        for term in past:
            if term.client_id in monthly:
                self.past[term.client_id].append(term)

    def renewed_alone(self, term: AnyRow) -> int:
        """How many terms in a row, up to this one, the client renewed without an agent's call."""
        agreed = {
            call.subscription_id for call in self.calls.get(term.client_id, ()) if call.outcome in AGREEMENTS
        }
        starts_on, found = term.starts_on, 0
        for before in self.past.get(term.client_id, ()):
            if before.expires_on >= starts_on:
                continue
            follows = plus_days(before.expires_on, 1) == starts_on
            if before.status != SubscriptionStatus.RENEWED or before.id in agreed or not follows:
                break
            starts_on, found = before.starts_on, found + 1
        return found


_OF_CLIENTS = (
    columns(Subscription.client_id, Subscription.id, Subscription.expires_on)
    .where(among(Subscription.client_id, "clients"), col(Subscription.status) != SubscriptionStatus.VOID)
    .order_by(col(Subscription.expires_on).desc())
)


def current_terms(session: Session, client_ids: Sequence[int], today: date) -> dict[int, int]:
    """For each client, the id of the term that is theirs today: the first not over yet, else the last one."""
    found: dict[int, int] = {}
    for client, term, expires_on in rows(session, _OF_CLIENTS, clients=client_ids):
        if client not in found or expires_on >= today:
            found[client] = term
    return found
