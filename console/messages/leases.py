"""A message from its lease to what became of it; each step is one transaction, or part of the caller's."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile
from time import monotonic
from typing import Any
from uuid import uuid4

from sqlmodel import Session

from console.base.dates import day_of, plus_days
from console.base.french import THIN
from console.base.history import EventKind
from console.base.sms_size import mentions_stop
from console.base.vocabulary import Channel, MessagePurpose, MessageStatus, PhoneKind, SubscriptionStatus
from console.cases.pauses import standing
from console.cases.shared import level
from console.cases.upkeep import reassess
from console.context import Context
from console.db import history
from console.db.query import AnyRow, NewRow
from console.db.tables import Client
from console.messages import outbox_store as storage
from console.messages.delivery_rules import LEASE, MAX_ATTEMPTS, MAX_UNCERTAIN, canvasses, next_try, step_of
from console.messages.links import UNSUBSCRIBE_DAYS
from console.outside.gate import (
    DeliveryError,
    MisconfiguredError,
    Outgoing,
    RejectedError,
    UncertainError,
    WithdrawnError,
)
from console.rules.hours import next_sms_slot
from console.rules.links import Link, Purpose
from console.rules.pauses import PauseState
from console.rules.timeline import Timeline

_SETTLED = {
    SubscriptionStatus.RENEWED: "l’abonnement est renouvelé",
    SubscriptionStatus.DOWNGRADED: "le client est passé à la formule inférieure",
    SubscriptionStatus.PAUSED: "le client s’est mis en pause",
    SubscriptionStatus.CANCELLED: "le client a refusé",
    SubscriptionStatus.VOID: "l’abonnement n’a pas commencé",
}
_REMINDING = frozenset({MessagePurpose.REMINDER, MessagePurpose.BY_HAND})
_FRESH_SECONDS = 0.5
"""How long what was looked at for several messages at once holds for the last of them."""
_INTERRUPTED = "L’envoi a été interrompu deux fois\u202f; le client a peut-être reçu ce message."


@dataclass(slots=True)
class SendReport:
    """What a delivery did. `unreachable` says in French which ways out could not be used, or were left.

    answer: what was answered most often to what was refused for good.
    """

    sent: int = 0
    postponed: int = 0
    failed: int = 0
    cancelled: int = 0
    unreachable: list[str] = field(default_factory=list)
    answer: str = field(default="", compare=False)

    @property
    def exit_code(self) -> int:
        """0 all that was due is sent · 1 in part · 3 nothing could be sent."""
        if self.unreachable and not self.sent:
            return 3
        return int(bool(self.postponed or self.failed or self.unreachable))


class UnfitError(DeliveryError):
    """This message must not go as things stand; `status` is what it comes to."""

    def __init__(self, words: str, status: MessageStatus) -> None:
        super().__init__(words.rstrip("."))
        self.status = status


@dataclass(frozen=True, slots=True)
class Taken:
    """A message under lease, whose token those taken with it share.

    `uncertain` counts the tries of unknown result before this one. One that is `unfit` is not tried.
    canvasses: whether an opposition stops it.
    """

    id: int
    token: str
    attempts: int
    uncertain: int
    client_id: int
    term_id: int | None
    outgoing: Outgoing
    canvasses: bool
    unfit: UnfitError | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a message that was taken; no error when it was sent."""

    taken: Taken
    at: datetime
    error: DeliveryError | None = None


class Leases:
    """Takes messages and says what became of them, counted in `report`."""

    def __init__(self, ctx: Context, report: SendReport) -> None:
        self._ctx = ctx
        self._report = report
        self._marked: dict[int, float] = {}  # as perhaps gone; when that was, in seconds

    def take(self, session: Session, channel: Channel, many: int = 1) -> list[Taken]:
        """Leases the messages that wait for longest, also those that must not go: `record` drops them, in a
        unit that holds their clients."""
        token = uuid4().hex
        taken: list[Taken] = []
        while not taken:
            now = self._ctx.clock.now()
            found = storage.due(session, channel, now, many)
            leases: list[dict[str, Any]] = []
            links: list[dict[str, Any]] = []
            for row in found:
                unfit = self._unfit(row, now)
                if unfit is None and (later := self._later(row, now)):
                    storage.change(session, row.id, not_before=later, lease_token="", lease_until=None)
                else:
                    lease, one, made = self._lease(row, token, now, unfit)
                    taken.append(one)
                    leases.append(lease)
                    links += made
            storage.lease(session, leases)
            storage.keep_links(session, links)
            if not found:
                break
        return taken

    def hand_over(self, taken: Taken, following: Sequence[Taken] = ()) -> None:
        """Marks, durably, that the message may have gone from now on. Raises WithdrawnError, StorageError.

        A sender that lost its lease goes no further, nor does a message that was cancelled in the meantime,
        or whose client opposed it or has another address. Those that follow at once are looked at and marked
        with it; one of unknown result is marked by itself, so that what kills the sender again is laid to the
        one under way alone.
        """
        now = monotonic()
        if now - self._marked.get(taken.id, -_FRESH_SECONDS) < _FRESH_SECONDS:
            return
        group = [taken]
        if not taken.uncertain:
            group += takewhile(lambda one: not (one.uncertain or one.unfit), following)
        database, until = self._ctx.database, self._ctx.clock.now() + LEASE
        with database.single() as connection:
            marked = storage.hand_over(
                connection,
                database.allowed,
                taken.outgoing.channel,
                {one.id: one.uncertain + 1 for one in group},
                [one.id for one in group if one.canvasses],
                taken.token,
                until,
            )
        if not marked:
            database.refuse()
        self._marked |= dict.fromkeys(marked, now)
        if taken.id not in marked:
            raise WithdrawnError

    def let_go(self, session: Session, waiting: Sequence[Taken]) -> None:
        """Messages that were taken and not tried wait again as they did."""
        if waiting:
            marked = [one.id for one in waiting if one.id in self._marked]
            storage.let_go(session, [one.id for one in waiting], marked, waiting[0].token)

    def record_all(self, session: Session, results: Sequence[Result]) -> None:
        """Writes what became of messages, unless their lease was lost."""
        by_token: dict[str, list[Result]] = defaultdict(list)
        for result in results:
            if result.error is None:
                by_token[result.taken.token].append(result)
            else:
                self.record(session, result)
        for token, sent in by_token.items():
            self._sent(session, token, sent)

    def record(self, session: Session, result: Result) -> None:
        """Writes what became of a message, unless its lease was lost."""
        taken, error, now = result.taken, result.error, result.at
        if isinstance(error, WithdrawnError):
            self.let_go(session, [taken])
            return
        if isinstance(error, UnfitError):
            self._drop(session, taken, error, now)
            return
        if error is None:
            self._sent(session, taken.token, [result])
            return
        uncertain = taken.uncertain + isinstance(error, UncertainError)
        words = str(error)
        known: dict[str, Any] = {"error": words, "uncertain": uncertain}
        ours = isinstance(error, MisconfiguredError)  # waits for whoever sets it up, however long
        over = (taken.attempts >= MAX_ATTEMPTS and not ours) or uncertain >= MAX_UNCERTAIN
        if not (over or isinstance(error, RejectedError)):
            later = next_try(taken.attempts, now)
            if storage.settle(session, taken.id, taken.token, not_before=later, **known):
                self._report.postponed += 1
            return
        refused = isinstance(error, RejectedError) or not uncertain
        status = MessageStatus.FAILED if refused else MessageStatus.UNSURE
        if storage.settle(session, taken.id, taken.token, status=status, **known):
            self._report.failed += 1
            self._tell(session, taken, EventKind.MESSAGE_FAILED, now, words)
        if isinstance(error, RejectedError) and error.address:
            self._unusable(session, taken, now)

    # -- before ------------------------------------------------------------------------------------

    def _unfit(self, row: AnyRow, now: datetime) -> UnfitError | None:
        """Why a message must not go any more, and what it comes to."""
        timeline = self._ctx.content.data.timeline
        if row.uncertain >= MAX_UNCERTAIN:
            return UnfitError(_INTERRUPTED, MessageStatus.UNSURE)
        why = _obstacle(row, now, timeline)
        if not why:
            return None
        if row.purpose == MessagePurpose.REMINDER or canvasses(row.purpose, row.step, timeline):
            return UnfitError(why, MessageStatus.CANCELLED)
        return UnfitError(why, MessageStatus.UNSURE if row.uncertain else MessageStatus.FAILED)

    def _lease(
        self, row: AnyRow, token: str, now: datetime, unfit: UnfitError | None
    ) -> tuple[dict[str, Any], Taken, list[dict[str, Any]]]:
        """The columns of a message under lease, what is sent, and the rows of its short links."""
        timeline, attempts = self._ctx.content.data.timeline, row.attempts + 1
        self._marked.pop(row.id, None)  # of an earlier lease
        recipient = row.email if row.channel == Channel.EMAIL else row.phone
        lease = {
            "key": row.id,
            "lease_token": token,
            "lease_until": now + LEASE,
            "attempts": attempts,
            "recipient": recipient,
        }
        text, html, unsubscribe = row.text, row.html, ""
        kept: list[dict[str, Any]] = []
        if unfit is None:
            links = self._ctx.links
            (text, made), (html, named) = links.shortened(row.text), links.shortened(row.html)
            unsubscribe, asked = links.shortened(self._unsubscribe(row, now))
            kept = storage.link_rows(row.client_id, made | named | asked, now)
        outgoing = Outgoing(
            message_id=row.message_id,
            channel=Channel(row.channel),
            kind=row.kind,
            recipient=recipient,
            subject=row.subject,
            text=text,
            html=html,
            created_at=row.created_at,
            at=now,
            unsubscribe=unsubscribe,
            urgent=bool((step := step_of(row.step, timeline)) and step.urgent),
        )
        taken = Taken(
            row.id,
            token,
            attempts,
            row.uncertain,
            row.client_id,
            row.subscription_id,
            outgoing,
            canvasses(row.purpose, row.step, timeline),
            unfit,
        )
        return lease, taken, kept

    def _unsubscribe(self, row: AnyRow, now: datetime) -> str:
        if row.channel != Channel.EMAIL:
            return ""
        until = plus_days(day_of(now), UNSUBSCRIBE_DAYS)
        return self._ctx.links.url(Link(Purpose.UNSUBSCRIBE, row.code, row.expires_on or day_of(now), until))

    def _later(self, row: AnyRow, now: datetime) -> datetime | None:
        """When an SMS may go at the earliest, if not now: whatever date was asked for, on a real base the
        hour is the one at which the client would read it."""
        if row.channel != Channel.SMS:
            return None
        true = now if self._ctx.trial or self._ctx.demo else self._ctx.machine.now()
        slot = next_sms_slot(true, row.timezone, self._ctx.content.data.field)
        if slot is None:
            return now + timedelta(days=1)
        return now + (slot - true) if slot > true else None

    # -- after -------------------------------------------------------------------------------------

    def _drop(self, session: Session, taken: Taken, unfit: UnfitError, now: datetime) -> None:
        """It was not tried, and is not any more."""
        words, untried = str(unfit), taken.attempts - 1
        if not storage.settle(
            session, taken.id, taken.token, status=unfit.status, error=words, attempts=untried
        ):
            return
        if unfit.status is MessageStatus.CANCELLED:
            self._report.cancelled += 1
            self._tell(session, taken, EventKind.MESSAGE_CANCELLED, now, words)
        else:
            self._report.failed += 1
            self._tell(session, taken, EventKind.MESSAGE_FAILED, now, words)

    def _sent(self, session: Session, token: str, results: Sequence[Result]) -> None:
        self._report.sent += len(results)
        at = {one.taken.id: one.at for one in results}
        kept = storage.sent(session, at, {one.taken.id: one.taken.uncertain for one in results}, token)
        told = [one for one in results if one.taken.id in kept]
        history.add_once(session, [_event(one.taken, EventKind.MAIL_SENT, one.at, "") for one in told])
        if terms := [one.taken.term_id for one in told if one.taken.term_id is not None]:
            reassess(session, self._ctx, terms)

    def _unusable(self, session: Session, taken: Taken, now: datetime) -> None:
        """The server does not know the address: nobody writes to it again."""
        client = session.get(Client, taken.client_id)
        if client is None or client.email != taken.outgoing.recipient or not client.email_usable:
            return
        client.email_usable = False
        client.updated_at = now
        text = f"L’adresse {client.email} est refusée par le serveur de messagerie"
        self._tell(session, taken, EventKind.BOUNCED, now, text)
        if taken.term_id is not None:
            reassess(session, self._ctx, [taken.term_id])
        level(session, self._ctx, [taken.client_id], now)

    def _tell(self, session: Session, taken: Taken, kind: EventKind, now: datetime, text: str) -> None:
        history.add_once(session, [_event(taken, kind, now, text)])


def _event(taken: Taken, kind: EventKind, now: datetime, text: str) -> NewRow:
    """What happened to a message, as its client's history tells it; once for each time it is taken."""
    outgoing = taken.outgoing
    return history.event(
        kind,
        now,
        text,
        client_id=taken.client_id,
        subscription_id=taken.term_id,
        data={"message": taken.id, "kind": outgoing.kind, "channel": outgoing.channel},
        key=f"{kind}:{taken.token}:{taken.id}",
    )


def _obstacle(row: AnyRow, now: datetime, timeline: Timeline) -> str:
    """Why a message must not go any more; empty when it may. What was true when it was written may not be."""
    email, step = row.channel == Channel.EMAIL, step_of(row.step, timeline)
    to_sell = canvasses(row.purpose, row.step, timeline)
    opposed = row.opposed_email if email else row.opposed_sms
    expired = row.expires_on is not None and day_of(now) > row.expires_on
    of_term = step is not None and (timeline.pauses is None or step not in timeline.pauses.steps)
    mobile = row.phone_kind == PhoneKind.MOBILE and row.phone
    reasons = (
        (to_sell and opposed, "Le client ne veut plus être joint par ce moyen."),
        (email and not (row.email and row.email_usable), "L’adresse e-mail du client est inutilisable."),
        (not email and not mobile, "Le client n’a pas de numéro de mobile valide."),
        (not email and not row.sms_usable, "Les SMS ne passent pas sur le numéro du client."),
        (
            row.purpose in _REMINDING and row.term_status in _SETTLED and (of_term or not _rests(row, now)),
            f"Relance sans objet{THIN}: {_SETTLED.get(row.term_status)}.",
        ),
        (
            expired and step is not None and of_term and step.offset < 0,
            "L’abonnement est arrivé à échéance.",
        ),
        (row.valid_until is not None and now >= row.valid_until, "Le message n’est plus d’actualité."),
        (
            not email and to_sell and not mentions_stop(row.text),
            "Ce SMS ne dit pas comment ne plus en recevoir (STOP).",
        ),
    )
    return next((words for stands, words in reasons if stands), "")


def _rests(row: AnyRow, now: datetime) -> bool:
    """Whether the client is on a pause: its own reminders then go."""
    pause = standing(row)
    return (
        row.term_status == SubscriptionStatus.PAUSED
        and pause is not None
        and pause.state(now) is PauseState.RUNNING
    )
