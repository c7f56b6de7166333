"""What the rules are given about one case: a client and the term of a subscription awaiting an answer."""

from dataclasses import dataclass, field
from datetime import date, datetime

from console.base.dates import day_of
from console.base.vocabulary import Channel, PhoneKind
from console.rules.pauses import Pause


@dataclass(frozen=True, slots=True)
class Mail:
    """A reminder e-mail that was sent, and what became of it.

    measured: its opening would be known; without that, one that was not seen tells nothing. returned: it
    bounced, and nobody has it.
    """

    step: str
    sent_at: datetime
    opened_at: datetime | None = None
    clicked_at: datetime | None = None
    measured: bool = True
    returned: bool = False

    @property
    def opened(self) -> bool:
        """A click proves the opening, even where the opening itself was not seen."""
        return self.opened_at is not None or self.clicked_at is not None


@dataclass(frozen=True, slots=True)
class CallAttempt:
    """One outbound call; answered when the client was spoken to."""

    at: datetime
    answered: bool


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """Everything the priority rules and the calling-hours verdict look at, but the time.

    mails and attempts are in the order they happened. callback_at is the open promise, if any;
    refused_at a refusal on the phone; value_cents the yearly value of the term in cents; pause the one that
    was agreed for this term. monthly: the term lasts a month; alone: how many terms in a row, up to this one,
    the client renewed without an agent; texted: whether a reminder went by SMS and did not come back;
    campaign: the code of the named campaign that the term is in.
    """

    expires_on: date
    client_since: date
    timezone: str = "Europe/Paris"
    phone: PhoneKind = PhoneKind.NONE
    email_usable: bool = False
    sms_usable: bool = True
    opposed: frozenset[Channel] = field(default_factory=frozenset)
    mails: tuple[Mail, ...] = ()
    texted: bool = False
    attempts: tuple[CallAttempt, ...] = ()
    last_reaction_at: datetime | None = None
    last_conversation_at: datetime | None = None
    last_message_by_hand_at: datetime | None = None
    wants_lower_price: bool = False
    complained: bool = False
    callback_at: datetime | None = None
    callback_asked_by_client: bool = False
    escalated: bool = False
    refused_at: datetime | None = None
    consent_after_expiry: bool = False
    value_cents: int = 0
    pause: Pause | None = None
    monthly: bool = False
    alone: int = 0
    campaign: str = ""

    @property
    def bound_until(self) -> date:
        """The last day on which the client is one of ours: of the term, or of the pause that follows it."""
        if self.pause is None or self.pause.resumed_at is not None:
            return self.expires_on
        return max(self.expires_on, min(self.pause.resume_by, day_of(self.pause.ends_at)))

    @property
    def received(self) -> tuple[Mail, ...]:
        """The e-mails sent that did not come back."""
        return tuple(mail for mail in self.mails if not mail.returned)

    @property
    def openings_known(self) -> bool:
        """Whether it can be said of the e-mails that the client has that none, or which, was opened."""
        return bool(self.received) and all(mail.measured for mail in self.received)
