"""The outbox as it is seen and acted on: what waits, what failed, what was sent."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlmodel import Session

from console.domain.delivery import MessageStatus
from console.domain.model import Channel
from console.domain.sms import measure
from console.domain.text import clean
from console.errors import ConflictError, RefusedInputError
from console.services.context import Context
from console.services.delivery import Delivery, SendReport, WaysOut
from console.services.views import MessageFile, MessageRow
from console.storage import outbox as storage
from console.storage.facts import AnyRow
from console.storage.tables import Event, Message


class OutboxService:
    """The messages that wait, their delivery, and those that failed. May be called from any thread."""

    def __init__(self, ctx: Context, gateways: WaysOut | None = None) -> None:
        """gateways: the ways out, made anew for each delivery; those of the settings if left out."""
        self._ctx = ctx
        self._gateways = gateways

    def send_due(self, limit: int | None = None, *, stop: Callable[[], bool] | None = None) -> SendReport:
        """Sends what is due; see `Delivery.run`."""
        return Delivery(self._ctx, self._gateways).run(limit, stop=stop)

    def next_due(self) -> datetime | None:
        """When the next message may be tried, possibly in the past; None when none waits."""
        with self._ctx.database.reading() as session:
            found = [storage.next_due(session, channel) for channel in (Channel.EMAIL, Channel.SMS)]
        return min((at for at in found if at is not None), default=None)

    def counts(self) -> dict[MessageStatus, int]:
        """How many messages are in each state. Raises StorageError."""
        with self._ctx.database.reading() as session:
            found = storage.counts(session)
        return {status: found.get(status, 0) for status in MessageStatus}

    def page(
        self, state: MessageStatus, offset: int = 0, limit: int = 50
    ) -> tuple[int, tuple[MessageRow, ...]]:
        """How many messages are in a state, and some of them. Raises StorageError."""
        with self._ctx.database.reading() as session:
            total = storage.counts(session).get(state, 0)
            return total, tuple(_row(row) for row in storage.page(session, state, offset, limit))

    def file(self, message_id: int) -> MessageFile:
        """A message as it is, or was, sent. Raises RefusedInputError when there is none, StorageError."""
        with self._ctx.database.reading() as session:
            found = _known(session, message_id)
        message: Message = found[0]
        sms = message.channel == Channel.SMS
        return MessageFile(
            row=_row(found, message),
            text=message.text,
            html=message.html,
            message_id=message.message_id,
            size=measure(message.text) if sms else None,
        )

    def retry(self, message_id: int) -> None:
        """Puts a failed message back in the queue, with all its tries before it.

        Raises ConflictError when it has not failed, or not any more, RefusedInputError when it is too late
        for it, StorageError.
        """
        now = self._ctx.clock.now()
        with self._ctx.database.writing() as session:
            message: Message = _known(session, message_id)[0]
            if message.status != MessageStatus.FAILED:
                raise ConflictError("Ce message n’est pas, ou n’est plus, en échec.")
            if message.valid_until is not None and now > message.valid_until:
                raise RefusedInputError("Ce message n’est plus d’actualité.", "Il reste en échec.")
            storage.change(
                session,
                message_id,
                status=MessageStatus.QUEUED,
                not_before=now,
                attempts=0,
                uncertain=0,
                error="",
            )
            session.add(
                Event(
                    at=now,
                    kind="message_retried",
                    client_id=message.client_id,
                    subscription_id=message.subscription_id,
                    agent=self._ctx.agent,
                    text="Message remis dans la file d’envoi",
                    data={"message": message_id, "kind": message.kind, "channel": message.channel},
                )
            )


def _known(session: Session, message_id: int) -> AnyRow:
    found = storage.message(session, message_id)
    if found is None:
        raise RefusedInputError("Ce message n’est pas dans la base.")
    return found


def _row(row: AnyRow, message: Any = None) -> MessageRow:
    """From a row of the page, or from a row that holds the whole message."""
    one = row if message is None else message
    return MessageRow(
        id=one.id,
        client_id=one.client_id,
        code=row.code,
        name=clean(f"{row.first_name or row.civility} {row.last_name}"),
        channel=Channel(one.channel),
        kind=one.kind,
        recipient=one.recipient,
        subject=one.subject,
        status=MessageStatus(one.status),
        created_at=one.created_at,
        not_before=one.not_before,
        sent_at=one.sent_at,
        delivered_at=one.delivered_at,
        opened_at=one.opened_at,
        clicked_at=one.clicked_at,
        bounced_at=one.bounced_at,
        attempts=one.attempts,
        error=one.error,
    )
