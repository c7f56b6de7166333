"""What the rules are given about each case, read in batches: as many queries for one case as for hundreds."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlmodel import Session, col

from console.domain.facts import Attempt, CaseFacts, Mail
from console.domain.model import Billing, Channel, Direction, PhoneKind, Plan, SubscriptionStatus
from console.domain.money import Cents
from console.storage.tables import (
    Call,
    Callback,
    ChurnRecord,
    Client,
    Escalation,
    Event,
    Message,
    Subscription,
)

AnyRow = Row[*tuple[Any, ...]]

REACTIONS = frozenset({"mail_clicked", "reply", "conversation", "promise"})
PRICE_REQUEST = "price_request"
COMPLAINT = "complaint"
BY_HAND = "message_by_hand"
_SIGNALS = (*sorted(REACTIONS), PRICE_REQUEST, COMPLAINT, BY_HAND)
REMINDERS = ("J-", "J+")
"""How the kind of a message begins when it is a step of the timeline."""


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
    workshops_given: int
    tally: str
    facts: CaseFacts


def columns(*wanted: Any) -> Select[*tuple[Any, ...]]:
    """A query for columns rather than table objects: what is read often and never changed."""
    return select(*wanted)


def rows(session: Session, query: Select[*tuple[Any, ...]]) -> Sequence[AnyRow]:
    """The rows of a query for columns, without the cost of the object layer."""
    return session.connection().execute(query).all()


def cases(
    session: Session, subscription_ids: Sequence[int], value: Callable[[Plan, Billing], Cents]
) -> list[Case]:
    """The cases of these terms, in the order of their ids; `value` gives a plan's yearly value in cents."""
    query = (
        columns(
            Subscription.id,
            Subscription.client_id,
            Subscription.plan,
            Subscription.billing,
            Subscription.status,
            Subscription.retention,
            Subscription.settled_at,
            Subscription.workshops_given,
            Subscription.tally,
            Subscription.expires_on,
            Client.code,
            Client.client_since,
            Client.timezone,
            Client.phone_kind,
            Client.email_usable,
            Client.opposed_call,
            Client.opposed_email,
            Client.opposed_sms,
        )
        .join_from(Subscription, Client, col(Client.id) == col(Subscription.client_id))
        .where(col(Subscription.id).in_(subscription_ids))
        .order_by(col(Subscription.id))
    )
    terms = rows(session, query)
    signals = _Signals(session, [term.id for term in terms], list({term.client_id for term in terms}))
    return [_case(term, signals, value) for term in terms]


def _case(term: AnyRow, signals: "_Signals", value: Callable[[Plan, Billing], Cents]) -> Case:
    plan, billing = Plan(term.plan), Billing(term.billing)
    mails = tuple(signals.mails.get(term.id, ()))
    events = signals.events.get(term.id, {})
    calls = signals.calls.get(term.client_id, ())
    callback_at, asked = signals.callbacks.get(term.id, (None, False))
    conversation = _latest(
        [events.get("conversation"), *(call.dialled_at or call.started_at for call in calls if call.answered)]
    )
    reaction = _latest(
        [
            conversation,
            *(events.get(kind) for kind in REACTIONS),
            *(mail.clicked_at for mail in mails),
            *(call.started_at for call in calls if call.direction == Direction.INBOUND),
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
        workshops_given=term.workshops_given,
        tally=term.tally,
        facts=CaseFacts(
            expires_on=term.expires_on,
            client_since=term.client_since,
            timezone=term.timezone,
            phone=PhoneKind(term.phone_kind),
            email_usable=term.email_usable,
            opposed=opposed(term.opposed_call, term.opposed_email, term.opposed_sms),
            mails=mails,
            attempts=tuple(Attempt(call.dialled_at, call.answered) for call in calls if call.dialled_at),
            last_reaction_at=reaction,
            last_conversation_at=conversation,
            last_message_by_hand_at=events.get(BY_HAND),
            wants_lower_price=PRICE_REQUEST in events,
            complained=COMPLAINT in events,
            callback_at=callback_at,
            callback_asked_by_client=asked,
            escalated=term.id in signals.escalated,
            refused_at=signals.refusals.get(term.client_id),
            value_cents=value(plan, billing),
        ),
    )


def opposed(call: bool, email: bool, sms: bool) -> frozenset[Channel]:
    """The channels that a client refuses, from the three columns."""
    flags = ((Channel.CALL, call), (Channel.EMAIL, email), (Channel.SMS, sms))
    return frozenset(channel for channel, refused in flags if refused)


def _latest(instants: Iterable[datetime | None]) -> datetime | None:
    return max((instant for instant in instants if instant is not None), default=None)


class _Signals:
    """What happened around a batch of terms, by term or by client."""

    def __init__(self, session: Session, terms: list[int], clients: list[int]) -> None:
        self.mails: dict[int, list[Mail]] = defaultdict(list)
        self.events: dict[int, dict[str, datetime]] = defaultdict(dict)
        self.calls: dict[int, list[AnyRow]] = defaultdict(list)
        self.callbacks: dict[int, tuple[datetime, bool]] = {}
        self._read_mails(session, terms)
        self._read_events(session, terms)
        self._read_calls(session, clients)
        self._read_callbacks(session, terms)
        self.escalated = frozenset(
            row.subscription_id
            for row in rows(
                session,
                columns(Escalation.subscription_id).where(
                    col(Escalation.subscription_id).in_(terms), col(Escalation.answered_at).is_(None)
                ),
            )
        )
        self.refusals: dict[int, datetime] = dict(
            tuple(row)
            for row in rows(
                session,
                columns(ChurnRecord.client_id, func.max(ChurnRecord.at))
                .where(col(ChurnRecord.client_id).in_(clients))
                .group_by(col(ChurnRecord.client_id)),
            )
        )

    def _read_mails(self, session: Session, terms: list[int]) -> None:
        query = (
            columns(
                Message.subscription_id, Message.kind, Message.sent_at, Message.opened_at, Message.clicked_at
            )
            .where(
                col(Message.subscription_id).in_(terms),
                col(Message.channel) == Channel.EMAIL,
                col(Message.sent_at).is_not(None),
            )
            .order_by(col(Message.sent_at))
        )
        for term, kind, sent_at, opened_at, clicked_at in rows(session, query):
            if kind.startswith(REMINDERS):
                self.mails[term].append(Mail(kind, sent_at, opened_at, clicked_at))

    def _read_events(self, session: Session, terms: list[int]) -> None:
        query = (
            columns(Event.subscription_id, Event.kind, func.max(Event.at))
            .where(col(Event.subscription_id).in_(terms), col(Event.kind).in_(_SIGNALS))
            .group_by(col(Event.subscription_id), col(Event.kind))
        )
        for term, kind, at in rows(session, query):
            self.events[term][kind] = at

    def _read_calls(self, session: Session, clients: list[int]) -> None:
        query = (
            columns(Call.client_id, Call.direction, Call.started_at, Call.dialled_at, Call.answered)
            .where(col(Call.client_id).in_(clients))
            .order_by(col(Call.started_at))
        )
        for call in rows(session, query):
            self.calls[call.client_id].append(call)

    def _read_callbacks(self, session: Session, terms: list[int]) -> None:
        query = (
            columns(Callback.subscription_id, Callback.promised_at, Callback.asked_by_client)
            .where(col(Callback.subscription_id).in_(terms), col(Callback.done_at).is_(None))
            .order_by(col(Callback.promised_at).desc())
        )
        for term, promised_at, asked in rows(session, query):
            self.callbacks[term] = (promised_at, asked)


def current_terms(session: Session, client_ids: Sequence[int], today: date) -> dict[int, int]:
    """For each client, the id of the term that is theirs today: the first not over yet, else the last one."""
    found: dict[int, int] = {}
    query = (
        columns(Subscription.client_id, Subscription.id, Subscription.expires_on)
        .where(col(Subscription.client_id).in_(client_ids))
        .order_by(col(Subscription.expires_on).desc())
    )
    for client, term, expires_on in rows(session, query):
        if client not in found or expires_on >= today:
            found[client] = term
    return found
