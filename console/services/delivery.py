"""Delivers the outbox: one message at a time, looked at again just before it goes.

A message is leased in a durable transaction before it is handed over, and what became of it is written in the
next one. A sender that dies in between leaves a lease that ends: the message then goes once more, under the
same Message-ID, and never a third time without somebody asking.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlmodel import Session

from console.domain.dates import day_of, plus_days
from console.domain.delivery import (
    LEASE,
    MAX_ATTEMPTS,
    MAX_UNCERTAIN,
    MessageStatus,
    before_expiry,
    canvasses,
    is_step,
    next_try,
)
from console.domain.french import THIN
from console.domain.hours import next_sms_slot
from console.domain.links import Link, Purpose
from console.domain.model import Channel, PhoneKind, SubscriptionStatus
from console.domain.sms import mentions_stop
from console.gateways.gate import (
    DeliveryError,
    Gateway,
    Outgoing,
    RejectedError,
    UncertainError,
    UnreachableError,
)
from console.gateways.outside import Outside
from console.services.context import Context
from console.services.upkeep import reassess
from console.storage import demo
from console.storage import outbox as storage
from console.storage.facts import AnyRow
from console.storage.tables import Client, Event

_log = logging.getLogger("hotliner")
_UNSUBSCRIBE_DAYS = 365
_SETTLED = {
    SubscriptionStatus.RENEWED: "l’abonnement est renouvelé",
    SubscriptionStatus.DOWNGRADED: "le client est passé à la formule inférieure",
    SubscriptionStatus.PAUSED: "l’abonnement est en pause",
    SubscriptionStatus.CANCELLED: "le client a refusé",
}
_INTERRUPTED = "L’envoi a été interrompu ; le client a peut-être reçu ce message."


WaysOut = Callable[[], Mapping[Channel, Gateway]]


@dataclass(slots=True)
class SendReport:
    """What a delivery did. `unreachable` says in French which ways out could not be used."""

    sent: int = 0
    postponed: int = 0
    failed: int = 0
    cancelled: int = 0
    unreachable: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 all that was due is sent · 1 in part · 3 nothing could be sent."""
        if self.unreachable and not self.sent:
            return 3
        return int(bool(self.postponed or self.failed or self.unreachable))


@dataclass(frozen=True, slots=True)
class _Taken:
    """A message under lease; `uncertain` counts the tries of unknown result before this one."""

    id: int
    token: str
    attempts: int
    uncertain: int
    client_id: int
    term_id: int | None
    outgoing: Outgoing


@dataclass(frozen=True, slots=True)
class _Result:
    """What became of a message that was taken; no error when it was sent."""

    taken: _Taken
    at: datetime
    error: DeliveryError | None = None


class Delivery:
    """Sends what is due. May be called from any thread."""

    def __init__(self, ctx: Context, gateways: WaysOut | None = None) -> None:
        """gateways: the ways out, made anew for each delivery; those of the settings if left out."""
        self._ctx = ctx
        self._gateways = gateways
        self._tries = 0

    def run(self, limit: int | None = None, *, stop: Callable[[], bool] | None = None) -> SendReport:
        """Sends what is due, `limit` messages at most, until `stop` says so.

        A way out that cannot be used is left for this time, and the other one goes on. Raises StorageError:
        what was being sent then goes once more.
        """
        report = SendReport()
        self._tries = 0
        for channel, gateway in self._ways_out().items():
            try:
                self._drain(channel, gateway, report, limit, stop or (lambda: False))
            finally:
                gateway.close()
        return report

    def _ways_out(self) -> Mapping[Channel, Gateway]:
        """Those of the settings; a demonstration's database only ever writes to the folder."""
        company = self._ctx.content.data.catalogue.company
        outside = self._ctx.outside or Outside()
        with self._ctx.database.reading() as session:
            is_demo = self._ctx.demo or bool(demo.read_meta(session, "demo"))
        if is_demo:
            outside = Outside(folder=outside.folder)
        elif self._gateways is not None:
            return self._gateways()
        return outside.gateways(company.name, company.support_email)

    def _drain(
        self,
        channel: Channel,
        gateway: Gateway,
        report: SendReport,
        limit: int | None,
        stop: Callable[[], bool],
    ) -> None:
        result: _Result | None = None
        while not stop() and (limit is None or self._tries < limit):
            closed = None
            if result is None and not self._is_due(channel):
                return
            try:
                gateway.open()
            except UnreachableError as error:
                closed = error
            taken = self._turn(channel, result, report)
            if taken is None:
                return
            self._tries += 1
            result = self._try(gateway, taken, closed)
            if isinstance(result.error, UnreachableError):
                report.unreachable.append(str(result.error))
                break
        self._turn(channel, result, report, last=True)

    def _is_due(self, channel: Channel) -> bool:
        with self._ctx.database.reading() as session:
            return storage.is_due(session, channel, self._ctx.clock.now())

    def _try(self, gateway: Gateway, taken: _Taken, closed: UnreachableError | None) -> _Result:
        error: DeliveryError | None = closed
        if closed is None:
            try:
                gateway.send(taken.outgoing)
            except DeliveryError as failure:
                error = failure
            except Exception:
                # One message that cannot be written must not hold back all those behind it.
                _log.exception("message not sent")
                error = RejectedError("Ce message ne peut pas être envoyé tel quel")
        return _Result(taken, self._ctx.clock.now(), error)

    # -- one transaction a message: what became of the last one, and the lease of the next ------------

    def _turn(
        self, channel: Channel, result: _Result | None, report: SendReport, *, last: bool = False
    ) -> _Taken | None:
        if last and result is None:
            return None
        with self._ctx.database.writing() as session:
            told = self._record(session, result) if result else ""
            taken, dropped = (None, 0) if last else self._take(session, channel)
        if told:
            setattr(report, told, getattr(report, told) + 1)
        report.cancelled += dropped
        return taken

    def _take(self, session: Session, channel: Channel) -> tuple[_Taken | None, int]:
        """Leases the next message that may go, and how many were cancelled on the way to it."""
        dropped = 0
        while True:
            now = self._ctx.clock.now()
            row = storage.due(session, channel, now)
            if row is None:
                return None, dropped
            if row.lease_token and row.uncertain + 1 >= MAX_UNCERTAIN:
                self._give_up(session, row, row.uncertain + 1, _INTERRUPTED)
            elif why := _obstacle(row, now):
                status = MessageStatus.CANCELLED if canvasses(row.kind) or is_step(row.kind) else None
                self._drop(session, row, why, status or MessageStatus.FAILED)
                dropped += 1
            elif later := self._later(row, now):
                storage.change(session, row.id, not_before=later, lease_token="", lease_until=None)
            else:
                return self._lease(session, row, now), dropped

    def _lease(self, session: Session, row: AnyRow, now: datetime) -> _Taken:
        token = uuid4().hex
        recipient = row.email if row.channel == Channel.EMAIL else row.phone
        uncertain = row.uncertain + bool(row.lease_token)
        storage.change(
            session,
            row.id,
            lease_token=token,
            lease_until=now + LEASE,
            attempts=row.attempts + 1,
            uncertain=uncertain,
            recipient=recipient,
        )
        outgoing = Outgoing(
            message_id=row.message_id,
            channel=Channel(row.channel),
            kind=row.kind,
            recipient=recipient,
            subject=row.subject,
            text=row.text,
            html=row.html,
            created_at=row.created_at,
            at=now,
            unsubscribe=self._unsubscribe(row, now),
        )
        return _Taken(
            row.id, token, row.attempts + 1, uncertain, row.client_id, row.subscription_id, outgoing
        )

    def _unsubscribe(self, row: AnyRow, now: datetime) -> str:
        if row.channel != Channel.EMAIL:
            return ""
        until = plus_days(day_of(now), _UNSUBSCRIBE_DAYS)
        return self._ctx.links.url(Link(Purpose.UNSUBSCRIBE, row.code, row.expires_on or day_of(now), until))

    def _later(self, row: AnyRow, now: datetime) -> datetime | None:
        """When an SMS may go at the earliest, if not now."""
        if row.channel != Channel.SMS:
            return None
        slot = next_sms_slot(now, row.timezone, self._ctx.content.data.field)
        if slot is None:
            return now + timedelta(days=1)
        return slot if slot > now else None

    # -- what became of a message --------------------------------------------------------------------

    def _record(self, session: Session, result: _Result) -> str:
        """Writes it, and gives the figure of the report that it adds to."""
        taken, error, now = result.taken, result.error, result.at
        if error is None:
            held = storage.settle(
                session, taken.id, taken.token, status=MessageStatus.SENT, sent_at=now, error=""
            )
            if held:
                self._tell(session, taken, "mail_sent", f"sent:{taken.id}:{taken.token}", now, "")
                if taken.term_id is not None:
                    reassess(session, self._ctx, [taken.term_id])
            return "sent"
        uncertain = taken.uncertain + isinstance(error, UncertainError)
        over = taken.attempts >= MAX_ATTEMPTS or uncertain >= MAX_UNCERTAIN
        words = str(error)
        if isinstance(error, RejectedError) or over:
            held = storage.settle(
                session, taken.id, taken.token, status=MessageStatus.FAILED, error=words, uncertain=uncertain
            )
            if held:
                self._tell(session, taken, "message_failed", f"failed:{taken.id}:{taken.token}", now, words)
            if isinstance(error, RejectedError) and error.address:
                self._unusable(session, taken, now)
            return "failed"
        storage.settle(
            session,
            taken.id,
            taken.token,
            not_before=next_try(taken.attempts, now),
            error=words,
            uncertain=uncertain,
        )
        return "postponed"

    def _unusable(self, session: Session, taken: _Taken, now: datetime) -> None:
        """The server does not know the address: nobody writes to it again."""
        client = session.get(Client, taken.client_id)
        if client is None or client.email != taken.outgoing.recipient or not client.email_usable:
            return
        client.email_usable = False
        client.updated_at = now
        text = f"L’adresse {client.email} est refusée par le serveur de messagerie"
        self._tell(session, taken, "bounced", f"refused:{taken.id}:{taken.token}", now, text)
        if taken.term_id is not None:
            reassess(session, self._ctx, [taken.term_id])

    def _give_up(self, session: Session, row: AnyRow, uncertain: int, words: str) -> None:
        self._drop(session, row, words, MessageStatus.FAILED, uncertain=uncertain)

    def _drop(self, session: Session, row: AnyRow, words: str, status: MessageStatus, **values: Any) -> None:
        storage.change(
            session, row.id, status=status, error=words, lease_token="", lease_until=None, **values
        )
        kind = "message_failed" if status is MessageStatus.FAILED else "message_cancelled"
        session.add(
            Event(
                at=self._ctx.clock.now(),
                kind=kind,
                client_id=row.client_id,
                subscription_id=row.subscription_id,
                text=words,
                data={"message": row.id, "kind": row.kind, "channel": row.channel},
                key=f"{kind}:{row.id}:{row.attempts}",
            )
        )

    def _tell(self, session: Session, taken: _Taken, kind: str, key: str, now: datetime, text: str) -> None:
        outgoing = taken.outgoing
        session.add(
            Event(
                at=now,
                kind=kind,
                client_id=taken.client_id,
                subscription_id=taken.term_id,
                text=text,
                data={"message": taken.id, "kind": outgoing.kind, "channel": outgoing.channel},
                key=key,
            )
        )


def _obstacle(row: AnyRow, now: datetime) -> str:
    """Why a message must not go any more; empty when it may. What was true when it was written may not be."""
    email, step = row.channel == Channel.EMAIL, is_step(row.kind)
    opposed = row.opposed_email if email else row.opposed_sms
    expired = row.expires_on is not None and day_of(now) > row.expires_on
    mobile = row.phone_kind == PhoneKind.MOBILE and row.phone
    reasons = (
        (canvasses(row.kind) and opposed, "Le client ne veut plus être joint par ce moyen."),
        (email and not (row.email and row.email_usable), "L’adresse e-mail du client est inutilisable."),
        (not email and not mobile, "Le client n’a pas de numéro de mobile valide."),
        (step and row.term_status in _SETTLED, f"Relance sans objet{THIN}: {_SETTLED.get(row.term_status)}."),
        (expired and before_expiry(row.kind), "L’abonnement est arrivé à échéance."),
        (row.valid_until is not None and now > row.valid_until, "Le message n’est plus d’actualité."),
        (
            not email and canvasses(row.kind) and not mentions_stop(row.text),
            "Ce SMS ne dit pas comment ne plus en recevoir (STOP).",
        ),
    )
    return next((words for stands, words in reasons if stands), "")
