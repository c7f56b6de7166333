"""A call that has just ended, and the growing account of what its outcome writes."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from console.base.dates import day_of
from console.base.french import THIN
from console.base.vocabulary import Channel, PhoneKind
from console.calls.store import StoredCall, StoredStep
from console.calls.writing import Writes
from console.db.query import NewRow, row
from console.db.tables import Event, GrantedOffer, Message, Subscription
from console.messages.sources import SMS, RenderedMessage
from console.rules.churn import Background
from console.rules.files import Data
from console.rules.hours import next_sms_slot
from console.rules.offers import Catalogue, Grant
from console.rules.walk import Walk

REMINDERS = frozenset({Channel.EMAIL, Channel.SMS})


@dataclass(frozen=True, slots=True)
class Ending:
    """A call that has just ended, and what its outcome is worked out from.

    offer is what the call presents, offer_id the row it was granted by before this call, if it was.
    recorded: the term has its churn record already. render gives a message by its name and channel.
    """

    stored: StoredCall
    walk: Walk
    step: StoredStep
    offer: Grant | None
    offer_id: int | None
    background: Background
    recorded: bool
    data: Data
    duration_s: int
    render: Callable[[str, Channel], RenderedMessage]


@dataclass(slots=True)
class Written:
    """What the transaction will write, and the French lines that tell the agent."""

    ending: Ending
    writes: Writes
    told: list[str] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        """The instant of the choice that ended the call."""
        return self.ending.step.at

    @property
    def today(self) -> date:
        """Its day in Paris."""
        return day_of(self.now)

    @property
    def term(self) -> Subscription:
        """The term that the call was about."""
        return self.ending.stored.subscription

    @property
    def catalogue(self) -> Catalogue:
        """Prices and settings in force."""
        return self.ending.data.catalogue

    @property
    def links(self) -> dict[str, Any]:
        """The keys of the client, the term and the call, for a new row."""
        call = self.ending.stored.call
        return {"client_id": call.client_id, "subscription_id": call.subscription_id, "call_id": call.id}

    def event(self, kind: str, text: str, *, mark: str = "", **data: Any) -> NewRow:
        """A line of the client's history; `mark` tells two of a kind in one call apart."""
        key = f"{self.ending.stored.call.id}:{kind}{mark}"
        return row(
            Event,
            at=self.now,
            kind=kind,
            agent=self.writes.agent,
            text=text,
            data=data,
            key=key,
            **self.links,
        )

    def record(self, kind: str, text: str, *, mark: str = "", **data: Any) -> None:
        """Adds a line to the client's history."""
        self.writes.rows.append(self.event(kind, text, mark=mark, **data))

    def queue(self, name: str, what: str) -> None:
        """Queues a message that is due whatever the client opposed: it is about what was just agreed.

        An e-mail, else an SMS at a lawful hour where there is such a text and a mobile number.
        """
        client = self.ending.stored.client
        if client.email_usable and client.email:
            channel, recipient, at = Channel.EMAIL, client.email, self.now
        elif client.phone_kind == PhoneKind.MOBILE and name in SMS:
            slot = next_sms_slot(self.now, client.timezone, self.ending.data.field)
            channel, recipient, at = Channel.SMS, client.phone, slot or self.now
        else:
            self.told.append(f"Pas d’adresse e-mail utilisable{THIN}: {what} n’a pas été préparé.")
            return
        message = self.ending.render(name, channel)
        host = self.catalogue.company.support_email.rpartition("@")[2]
        self.writes.rows.append(
            row(
                Message,
                message_id=f"<{uuid4().hex}@{host}>",
                dedup_key=f"call:{self.ending.stored.call.id}:{name}",
                channel=channel,
                kind=name,
                recipient=recipient,
                subject=message.subject,
                text=message.text,
                html=message.html,
                created_at=self.now,
                not_before=at,
                **self.links,
            )
        )
        way = "" if channel is Channel.EMAIL else " par SMS"
        self.told.append(f"{what[0].upper()}{what[1:]} est prêt à partir{way} pour {recipient}.")

    def cancel_reminders(self) -> None:
        """The rest of the timeline is not for this client any more."""
        self.writes.cancel_reminders = REMINDERS
        self.told.append("Les relances à venir sont annulées.")


def shallow(value: Any) -> dict[str, Any]:
    """The fields of a dataclass, as they are: `asdict` copies all that is in them, which takes long."""
    return {one.name: getattr(value, one.name) for one in fields(value)}


def granted(written: Written, offer: Grant, *, accepted: bool) -> NewRow:
    """The row of an offer granted in this call, with its figures as they are now."""
    return row(
        GrantedOffer,
        **written.links,
        granted_at=written.now,
        accepted_at=written.now if accepted else None,
        **shallow(offer),
    )
