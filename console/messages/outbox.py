"""The outbox as it is seen and acted on: what waits, what failed, what was sent."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlmodel import Session

from console.base.errors import ConflictError, RefusedInputError
from console.base.french import THIN
from console.base.history import EventKind
from console.base.roles import Role
from console.base.sms_size import measure
from console.base.vocabulary import CHANNEL_WORDS, Channel, MessageStatus
from console.cases.client_rows import person
from console.cases.views import RowsPage
from console.context import Context
from console.db import history
from console.db.query import ReadBatch
from console.db.tables import Client, Message
from console.messages import outbox_store as storage
from console.messages.delivery import Delivery, WaysOut, by_job_only, unset
from console.messages.doors import Door, door, keep
from console.messages.held import is_held, release
from console.messages.leases import SendReport
from console.messages.views import MessageFile, MessageRow, WaysView
from console.outside.outside import Outside


class OutboxService:
    """The messages that wait, their delivery, and those that failed. May be called from any thread."""

    def __init__(self, ctx: Context, gateways: WaysOut | None = None) -> None:
        """gateways: the ways out, made anew for each delivery; those of the settings if left out."""
        self._ctx = ctx
        self._gateways = gateways

    def send_due(self, limit: int | None = None, *, stop: Callable[[], bool] | None = None) -> SendReport:
        """Sends what is due; see `Delivery.run`."""
        return Delivery(self._ctx, self._gateways).run(limit, stop=stop)

    @property
    def by_job_only(self) -> bool:
        """Whether `hotliner envoyer` alone delivers, and consoles do not."""
        return by_job_only(self._ctx)

    def doors(self) -> list[str]:
        """By which door each channel leaves, in words; nothing for one that none has left by. Raises
        StorageError."""
        with self._ctx.database.reading() as session:
            found = _doors(session)
        return [one.told(channel) for channel, one in found.items()]

    def ways(self) -> WaysView:
        """How messages leave. Raises StorageError."""
        with self._ctx.database.reading() as session:
            held, found = is_held(ReadBatch(session))(), _doors(session)
        doors = [f"{CHANNEL_WORDS[channel]} par {one.words}" for channel, one in found.items()]
        by_job = ["remis par hotliner envoyer"] if self.by_job_only else []
        return WaysView(held, " · ".join((*by_job, *doors)))

    def change_doors(self) -> list[str]:
        """A supervisor says that messages leave by the door of this machine from now on; gives it in words.

        Raises RefusedInputError where this machine has none, ForbiddenError, StorageError.
        """
        ctx = self._ctx
        ctx.need(Role.SUPERVISOR)
        doors = (ctx.outside or Outside()).doors(ctx.content.data.catalogue.company.support_email)
        with ctx.database.writing() as session:
            for channel, here in doors.items():
                known = door(session, channel)
                if channel not in unset(ctx) and (known is None or known.words != here):
                    keep(session, ctx, channel, here)
        return self.doors()

    def release(self) -> bool:
        """A supervisor lets leave what a restoration held back; False when nothing was.

        Raises ForbiddenError, StorageError.
        """
        self._ctx.need(Role.SUPERVISOR)
        with self._ctx.database.writing() as session:
            return release(session, self._ctx)

    def next_due(self) -> datetime | None:
        """When the next message may be tried, possibly in the past; None when none waits."""
        with self._ctx.database.reading() as session:
            batch = ReadBatch(session)
            asked = [storage.next_due(batch, channel) for channel in (Channel.EMAIL, Channel.SMS)]
            found = [answer() for answer in asked]
        return min((at for at in found if at is not None), default=None)

    def counts(self) -> dict[MessageStatus, int]:
        """How many messages are in each state. Raises StorageError."""
        with self._ctx.database.reading() as session:
            found = storage.counts(session)
        return {status: found.get(status, 0) for status in MessageStatus}

    def page(self, state: MessageStatus, offset: int = 0, limit: int = 50) -> RowsPage[MessageRow]:
        """How many messages are in a state, and some of them. Raises StorageError."""
        with self._ctx.database.reading() as session:
            total = storage.counts(session).get(state, 0)
            rows = tuple(_row(row, row) for row in storage.page(session, state, offset, limit))
        return RowsPage(total, rows)

    def file(self, message_id: int) -> MessageFile:
        """A message as it is, or was, sent. Raises RefusedInputError when there is none, StorageError."""
        with self._ctx.database.reading() as session:
            message, client = _known(session, message_id)
        sms = message.channel == Channel.SMS
        return MessageFile(
            row=_row(message, client),
            text=message.text,
            html=message.html,
            message_id=message.message_id,
            size=measure(message.text) if sms else None,
        )

    def retry(self, message_id: int) -> None:
        """Puts a message that failed, or may have been received, back in the queue, all its tries before it.

        Raises ConflictError when it is in neither state any more, RefusedInputError when it is too late for
        it, StorageError.
        """
        now = self._ctx.clock.now()
        with self._ctx.database.writing() as session:
            message = _stopped(session, message_id, MessageStatus.FAILED, MessageStatus.UNSURE)
            if message.valid_until is not None and now >= message.valid_until:
                raise RefusedInputError("Ce message n’est plus d’actualité.", "Rien n’a changé.")
            self._again(session, message, now)

    def retry_all(self) -> int:
        """Puts every message that failed and is still of use back in the queue; how many.

        Raises StorageError.
        """
        now = self._ctx.clock.now()
        with self._ctx.database.writing() as session:
            failed = storage.failed(session, now)
            for message in failed:
                self._again(session, message, now)
        return len(failed)

    def _again(self, session: Session, message: Message, now: datetime) -> None:
        again: dict[str, Any] = {"not_before": now, "attempts": 0, "uncertain": 0, "error": ""}
        storage.change(session, message.id or 0, status=MessageStatus.QUEUED, **again)
        self._tell(session, message, EventKind.MESSAGE_RETRIED, "Message remis dans la file d’envoi")

    def let_be(self, message_id: int) -> None:
        """A message that may have been received is not sent again.

        Raises ConflictError when it is in that state no more, StorageError.
        """
        words = f"Peut-être reçu{THIN}: laissé ainsi"
        with self._ctx.database.writing() as session:
            message = _stopped(session, message_id, MessageStatus.UNSURE)
            storage.change(session, message_id, status=MessageStatus.CANCELLED, error=words)
            self._tell(session, message, EventKind.MESSAGE_CANCELLED, words)

    def _tell(self, session: Session, message: Message, kind: EventKind, words: str) -> None:
        history.add(
            session,
            kind,
            self._ctx.clock.now(),
            words,
            client_id=message.client_id,
            subscription_id=message.subscription_id,
            agent=self._ctx.agent,
            data={"message": message.id, "kind": message.kind, "channel": message.channel},
        )


def _stopped(session: Session, message_id: int, *states: MessageStatus) -> Message:
    """A message that waits for somebody. Raises ConflictError when it does not."""
    message, _ = _known(session, message_id)
    if message.status not in states:
        raise ConflictError("Ce message n’attend pas, ou n’attend plus, de décision.")
    return message


def _doors(session: Session) -> dict[Channel, Door]:
    found = {channel: door(session, channel) for channel in (Channel.EMAIL, Channel.SMS)}
    return {channel: one for channel, one in found.items() if one is not None}


def _known(session: Session, message_id: int) -> tuple[Message, Client]:
    found = storage.message(session, message_id)
    if found is None:
        raise RefusedInputError("Ce message n’est pas dans la base.")
    return found


def _row(message: Any, client: Any) -> MessageRow:
    """From a message and its client; a row of the page is both."""
    return MessageRow(
        id=message.id,
        client_id=message.client_id,
        code=client.code,
        name=person(client.first_name or client.civility, client.last_name),
        channel=Channel(message.channel),
        kind=message.kind,
        recipient=message.recipient,
        subject=message.subject,
        status=MessageStatus(message.status),
        created_at=message.created_at,
        not_before=message.not_before,
        sent_at=message.sent_at,
        delivered_at=message.delivered_at,
        opened_at=message.opened_at,
        clicked_at=message.clicked_at,
        bounced_at=message.bounced_at,
        attempts=message.attempts,
        error=message.error,
    )
