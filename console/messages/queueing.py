"""How a message to a client comes to wait in the outbox: one row, whatever causes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from console.base.vocabulary import Channel, MessagePurpose, PhoneKind
from console.db.query import NewRow, row
from console.db.tables import Client, Message
from console.messages.sources import PURPOSES, SMS, RenderedMessage
from console.rules.hours import FieldRules, next_sms_slot
from console.rules.offers import Catalogue


@dataclass(frozen=True, slots=True)
class Way:
    """By which channel a message goes, to which address, and not before when."""

    channel: Channel
    recipient: str
    not_before: datetime


def way_to(client: Client, name: str, now: datetime, field: FieldRules) -> Way | None:
    """The way of a message about what was just agreed: it is due whatever the client opposed.

    By e-mail, else by SMS at a lawful hour where there is such a text and a mobile number; None when the
    client cannot be written to.
    """
    if client.email_usable and client.email:
        return Way(Channel.EMAIL, client.email, now)
    if client.phone_kind == PhoneKind.MOBILE and client.sms_usable and name in SMS:
        slot = next_sms_slot(now, client.timezone, field)
        return Way(Channel.SMS, client.phone, slot or now)
    return None


def message_row(
    kind: str,
    way: Way,
    text: RenderedMessage,
    catalogue: Catalogue,
    *,
    links: Mapping[str, Any],
    dedup_key: str,
    now: datetime,
    step: bool = False,
    valid_until: datetime | None = None,
) -> NewRow:
    """The row of a message to send: a second one with its `dedup_key` is not written.

    kind is the code of its step of the timeline if it is a `step`, else one of the named texts. links are
    the columns of the client, the term and the call that it is about. From valid_until on it is not sent.
    """
    host = catalogue.company.support_email.rpartition("@")[2]
    return row(
        Message,
        **links,
        message_id=f"<{uuid4().hex}@{host}>",
        dedup_key=dedup_key,
        channel=way.channel,
        kind=kind,
        purpose=MessagePurpose.REMINDER if step else PURPOSES[kind],
        step=kind if step else "",
        recipient=way.recipient,
        subject=text.subject,
        text=text.text,
        html=text.html,
        created_at=now,
        not_before=way.not_before,
        valid_until=valid_until,
    )
