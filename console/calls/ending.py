"""A call that has just ended, and the growing account of what its outcome writes."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from typing import Any

from console.base.dates import day_of
from console.base.french import THIN
from console.base.history import EventKind
from console.base.vocabulary import CallOutcome, Channel, SubscriptionStatus
from console.calls.store import StoredCall, StoredStep
from console.calls.writing import Writes
from console.cases.granted_offers import offer_row
from console.cases.signals import note_rows
from console.db import history
from console.db.query import NewRow, row
from console.db.tables import Agreement, Subscription
from console.messages.queueing import message_row, way_to
from console.messages.sources import RenderedMessage
from console.rules.churn import Background
from console.rules.files import Data
from console.rules.offers import Catalogue, Grant
from console.rules.pauses import Pause
from console.rules.walk import Walk

REMINDERS = frozenset({Channel.EMAIL, Channel.SMS})
HELD = timedelta(minutes=1)
"""How long what an outcome sends waits: so long its agent takes the outcome back and nobody has read it."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A call that has just ended, and what its outcome is worked out from.

    offer is what the call presents, offer_id the row it was granted by before this call, if it was.
    recorded: the term has its churn record already; settled: it was by somebody else, while the call lasted,
    and what this outcome would make of it is not done; pause is the one agreed for it. render gives a message
    by its name and channel.
    """

    stored: StoredCall
    walk: Walk
    step: StoredStep
    offer: Grant | None
    offer_id: int | None
    background: Background
    recorded: bool
    settled: bool
    pause: Pause | None
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
    def resting(self) -> bool:
        """Whether the client had chosen a pause: the term then stays paused, whatever follows it."""
        return self.term.status == SubscriptionStatus.PAUSED

    @property
    def catalogue(self) -> Catalogue:
        """Prices and settings in force."""
        return self.ending.data.catalogue

    @property
    def links(self) -> dict[str, Any]:
        """The keys of the client, the term and the call, for a new row."""
        call = self.ending.stored.call
        return {"client_id": call.client_id, "subscription_id": call.subscription_id, "call_id": call.id}

    def event(self, kind: EventKind, text: str, *, mark: str = "", **data: Any) -> NewRow:
        """A line of the client's history; `mark` tells two of a kind in one call apart."""
        key = f"{self.ending.stored.call.id}:{kind}{mark}"
        return history.event(kind, self.now, text, agent=self.writes.agent, data=data, key=key, **self.links)

    def record(self, kind: EventKind, text: str, *, mark: str = "", **data: Any) -> None:
        """Adds a line to the client's history."""
        self.writes.rows.append(self.event(kind, text, mark=mark, **data))

    def note(self, text: str) -> list[NewRow]:
        """A note that was still being typed, and the signals that its words tell."""
        key, words = f"{self.ending.stored.call.id}:{EventKind.NOTE}", self.ending.data.signals
        return note_rows(text, self.now, words, key=key, agent=self.writes.agent, **self.links)

    def queue(self, name: str, what: str) -> None:
        """Queues a message that is due whatever the client opposed: it is about what was just agreed.

        An e-mail, else an SMS at a lawful hour where there is such a text and a mobile number.
        """
        way = way_to(self.ending.stored.client, name, self.now + HELD, self.ending.data.field)
        if way is None:
            self.told.append(f"Pas d’adresse e-mail utilisable{THIN}: {what} n’a pas été préparé.")
            return
        self.writes.rows.append(
            message_row(
                name,
                way,
                self.ending.render(name, way.channel),
                self.catalogue,
                links=self.links,
                dedup_key=f"call:{self.ending.stored.call.id}:{name}",
                now=self.now,
            )
        )
        by = "" if way.channel is Channel.EMAIL else " par SMS"
        self.told.append(f"{what[0].upper()}{what[1:]} est prêt à partir{by} pour {way.recipient}.")

    def grant(self, offer: Grant, *, accepted: bool) -> None:
        """Grants an offer in this call, with its figures as they are now."""
        self.writes.rows.append(offer_row(offer, self.links, self.now, self.now if accepted else None))

    def agree(self, outcome: CallOutcome) -> None:
        """What the client agreed to, until they prove it; the term that it opens is known when written."""
        agent = self.writes.agent
        self.writes.agreement = row(Agreement, **self.links, agent=agent, outcome=outcome, agreed_at=self.now)

    def cancel_reminders(self) -> None:
        """The rest of the timeline is not for this client any more."""
        self.writes.cancel_reminders = REMINDERS
        self.told.append("Les relances à venir sont annulées.")


def shallow(value: Any) -> dict[str, Any]:
    """The fields of a dataclass, as they are: `asdict` copies all that is in them, which takes long."""
    return {one.name: getattr(value, one.name) for one in fields(value)}
