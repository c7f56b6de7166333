"""What the timeline is given about a term, and what it answers: messages, steps skipped, files closed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from console.base.vocabulary import Billing, Channel, Plan, SubscriptionStatus
from console.rules.facts import CaseFacts
from console.rules.offers import Grant

TRANSITION = "transition"
ACCEPTANCE = "acceptation"
FOLLOW_UP = "suivi-3-mois"
LINK = "rappel-lien"
REMINDER = "rappel"
"""A reminder sent by hand, that is no step of the timeline."""

Key = tuple[str, Channel]
"""A message of a term: its kind and its channel. There is at most one of each."""
Written = tuple[str, str, Channel, date]
"""A step written to an address: the address or number, the step, the channel, the day of expiry."""


_ANEW_FROM = 7
"""Days by which an expiry moves from which its timeline begins anew."""


def anew(data: Mapping[str, Any]) -> bool:
    """Whether a corrected expiry (the data of its event) has every step sent again; not for a few days.

    A client who was reminded of the 30th is not reminded again of the 31st the next morning.
    """
    days: int = data.get("days", _ANEW_FROM)
    return abs(days) >= _ANEW_FROM


class SkipReason(StrEnum):
    """Why a message of the timeline was not sent."""

    RENEWED = "renewed"
    DOWNGRADED = "downgraded"
    PAUSED = "paused"
    REFUSED = "refused"
    CAME_BACK = "came_back"
    OPPOSED = "opposed"
    NO_ADDRESS = "no_address"
    REACTED = "reacted"
    OFFER_OVER = "offer_over"
    NO_SLOT = "no_slot"
    ESCALATED = "escalated"
    MISSED = "missed"
    SAME_ADDRESS = "same_address"


SETTLED = {
    SubscriptionStatus.RENEWED: SkipReason.RENEWED,
    SubscriptionStatus.DOWNGRADED: SkipReason.DOWNGRADED,
    SubscriptionStatus.PAUSED: SkipReason.PAUSED,
    SubscriptionStatus.CANCELLED: SkipReason.REFUSED,
}
"""Why the steps of a term that awaits no answer are not sent."""

SKIP_LABELS = {
    SkipReason.RENEWED: "abonnement renouvelé",
    SkipReason.DOWNGRADED: "passage à la formule inférieure",
    SkipReason.PAUSED: "abonnement en pause",
    SkipReason.REFUSED: "refus de renouveler",
    SkipReason.CAME_BACK: "abonnement plus récent",
    SkipReason.OPPOSED: "opposition du client",
    SkipReason.NO_ADDRESS: "pas d’adresse utilisable",
    SkipReason.REACTED: "a réagi",
    SkipReason.OFFER_OVER: "offre terminée",
    SkipReason.ESCALATED: "dossier chez le superviseur",
    SkipReason.NO_SLOT: "aucun créneau permis avant l’étape suivante",
    SkipReason.MISSED: "date passée sans planification",
    SkipReason.SAME_ADDRESS: "déjà écrit à cette adresse pour un autre client",
}


@dataclass(frozen=True, slots=True)
class Watched:
    """One term, and what was already done about it.

    known_on: since when the client is in the database; what was due before was never ours to send.
    offers: those granted and not taken. made: messages that exist, whatever became of them; waiting: those of
    them that have not left yet; skipped: those given up. awaits_agreement: an oral agreement still to be
    confirmed in writing. came_back: the client has a later term, or stayed after this one ended.
    left_unanswered: a supervisor had not answered when the last day was over.
    """

    status: SubscriptionStatus
    plan: Plan
    billing: Billing
    starts_on: date
    known_on: date
    facts: CaseFacts
    settled_at: datetime | None = None
    awaits_agreement: bool = False
    link_sent_at: datetime | None = None
    follow_up_on: date | None = None
    after_downgrade: bool = False
    came_back: bool = False
    offers: tuple[Grant, ...] = ()
    made: frozenset[Key] = frozenset()
    waiting: frozenset[Key] = frozenset()
    skipped: frozenset[Key] = frozenset()
    closed: bool = False
    left_unanswered: bool = False


@dataclass(frozen=True, slots=True)
class Send:
    """A message to queue: `template` is the name of its text, `kind` what it is known by.

    step: whether it is one of the timeline's. offer is what it presents, if anything. From valid_until on it
    would be stale.
    """

    kind: str
    channel: Channel
    template: str
    offer: Grant | None
    not_before: datetime
    valid_until: datetime
    step: bool = False


@dataclass(frozen=True, slots=True)
class Skip:
    """A message that will not be sent."""

    kind: str
    channel: Channel
    reason: SkipReason


@dataclass(slots=True)
class StepPlan:
    """What to do now about a term. look_on: the day of the next look, None when nothing is left.

    granted: the offer that a message makes for the first time. withdrawn: queued messages not to be sent.
    """

    sends: list[Send] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    withdrawn: set[Key] = field(default_factory=set)
    granted: Grant | None = None
    closes: bool = False
    look_on: date | None = None

    def look(self, day: date) -> None:
        """Have the term looked at again on that day, unless it is sooner already."""
        self.look_on = day if self.look_on is None else min(self.look_on, day)
