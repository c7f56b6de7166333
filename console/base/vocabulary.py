"""The field's vocabulary: the words that every other room shares."""

from enum import StrEnum


class Plan(StrEnum):
    """What a client subscribes to."""

    PREMIUM = "premium"
    BASIC = "basic"


class Billing(StrEnum):
    """How often a plan is billed; tariffs are compared within one period only."""

    ANNUAL = "annual"
    MONTHLY = "monthly"


class SubscriptionStatus(StrEnum):
    """State of one term of a subscription. At risk is an overlay, never a state.

    VOID: it was opened by an agreement that did not hold, and never began; no figure counts it.
    """

    ACTIVE = "active"
    RENEWED = "renewed"
    DOWNGRADED = "downgraded"
    PAUSED = "paused"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    VOID = "void"


class Channel(StrEnum):
    """A way to reach a client, opposed or not one by one."""

    CALL = "call"
    EMAIL = "email"
    SMS = "sms"


CHANNEL_WORDS = {Channel.CALL: "appel", Channel.EMAIL: "e-mail", Channel.SMS: "SMS"}
CHANNEL_LABELS = {Channel.CALL: "Appel", Channel.EMAIL: "E-mail", Channel.SMS: "SMS"}
"""One of what a channel carries, in French: within a sentence, and alone."""
OPPOSED_WORDS = {Channel.CALL: "appels", Channel.EMAIL: "e-mails", Channel.SMS: "SMS"}
"""What a client who is opposed to a channel does not want any more, in French."""
OPPOSITION_WORDS = {
    Channel.CALL: "ne plus l’appeler",
    Channel.EMAIL: "ne plus lui écrire par e-mail",
    Channel.SMS: "ne plus lui envoyer de SMS",
}
"""What a client asks for who opposes a channel, in French."""
OPPOSED_COLUMNS = {channel: f"opposed_{channel}" for channel in Channel}
"""The column of a client that tells whether they are opposed to a channel."""


class PhoneKind(StrEnum):
    """What a client's number can serve for; only MOBILE may receive SMS."""

    MOBILE = "mobile"
    LANDLINE = "landline"
    INVALID = "invalid"
    NONE = "none"


class Direction(StrEnum):
    """Who dialled: calling hours and limits bind OUTBOUND calls only."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"


class CallOutcome(StrEnum):
    """How a call ended."""

    RENEWED = "renewed"
    DISCOUNTED = "discounted"
    DOWNGRADED = "downgraded"
    PAUSED = "paused"
    RESUMED = "resumed"  # after a pause
    ESCALATED = "escalated"
    CALLBACK = "callback"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"
    VOICEMAIL = "voicemail"
    BUSY = "busy"
    WRONG_NUMBER = "wrong_number"
    THIRD_PARTY = "third_party"
    OPPOSED = "opposed"
    HUNG_UP = "hung_up"
    ALREADY_RENEWED = "already_renewed"
    UNDECIDED = "undecided"
    QUESTION = "question"  # answered, and nothing decided
    INTERRUPTED = "interrupted"  # nobody knows how it ended
    LINK_SENT = "link_sent"  # the client wants to renew alone: nothing is agreed
    ALREADY_SETTLED = "already_settled"  # by somebody else, while the call lasted


class Objection(StrEnum):
    """The Phase 4 door taken first."""

    PRICE = "price"
    SERVICE = "service"
    TIMING = "timing"
    OTHER = "other"
    USAGE = "usage"
    DEFINITIVE = "definitive"


class RetentionOption(StrEnum):
    """What an agent can propose to a hesitating client."""

    LOYALTY = "loyalty"
    DOWNGRADE = "downgrade"
    DISCOUNT = "discount"
    PAUSE = "pause"
    ALTERNATIVE = "alternative"
    GESTURE = "gesture"
    ESCALATION = "escalation"


class Gesture(StrEnum):
    """What an agent may give freely for a service problem; either is worth one workshop's face value."""

    WORKSHOP = "workshop"
    CREDIT = "credit"


class Relation(StrEnum):
    """How a final refusal leaves the relation: it decides the record's recommendation."""

    FOLLOW_UP = "follow_up"  # good; a follow-up at +3 months is welcome
    OPEN = "open"  # good; no follow-up, the client comes back alone
    CLOSED = "closed"  # do not contact


class Pane(StrEnum):
    """Where a case stands on the dashboard. The first four make up « clients à relancer ».

    VOID is shown nowhere: a term that never began.
    """

    URGENT = "urgent"
    WEEK = "week"
    LATER = "later"
    RETAINED = "retained"
    REFUSED = "refused"
    LAPSED = "lapsed"
    VOID = "void"


class Action(StrEnum):
    """What is recommended next for a case awaiting an answer."""

    CALL = "call"
    MESSAGE = "message"
    EMAIL = "email"
    SMS = "sms"
    WAIT = "wait"
    SUPERVISOR = "supervisor"


class MessagePurpose(StrEnum):
    """What a message is for. REMINDER is a step of the timeline, whatever the step is named."""

    REMINDER = "reminder"
    BY_HAND = "by_hand"
    LINK = "link"
    CONFIRMATION = "confirmation"
    ACCEPTANCE = "acceptance"
    TRANSITION = "transition"
    CLOSING = "closing"
    FOLLOW_UP = "follow_up"
    ACKNOWLEDGEMENT = "acknowledgement"


class MessageStatus(StrEnum):
    """Where a message stands."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    UNSURE = "unsure"  # may have been received: nobody refused it
    CANCELLED = "cancelled"


class DraftField(StrEnum):
    """What an agent may be typing about a client outside the steps of a call."""

    NOTE = "note"
    REPLY = "reply"  # of the client, in their words
    COMMENT = "comment"  # about a churn record
    QUESTION = "question"  # about a churn record
    ANSWER = "answer"  # to a question
    CANCELLATION = "cancellation"  # of a callback, in the client's words
    WITHDRAWAL = "withdrawal"  # of an agreement, in the client's words
    LIFTED = "lifted"  # why an opposition is lifted
    MOVED = "moved"  # of a callback, the new moment
    CORRECTION = "correction"  # why the outcome of a call is taken back
    ESCALATION = "escalation"  # a supervisor's answer to one


class Figure(StrEnum):
    """A figure of the dashboard; each opens the rows behind it."""

    TO_CONTACT = "to_contact"  # clients à relancer = urgent + week + later + retained
    RETAINED = "retained"
    AWAITING = "awaiting"  # urgent + week + later
    AT_RISK = "at_risk"
    URGENT = "urgent"
    WEEK = "week"
    LATER = "later"
    REFUSED = "refused"
    LAPSED = "lapsed"
    UNPROVED = "unproved"  # of the retained, those of whom no acceptance or payment is known
    UNANSWERED = "unanswered"  # of the lapsed, those whom numi owed an answer
    RENEWED = "renewed"
    DISCOUNTED = "discounted"
    DOWNGRADED = "downgraded"
    PAUSED = "paused"  # under way; those that were resumed are a figure of their own, those that ended too
    RESUMED = "resumed"
    PAUSE_OVER = "pause_over"  # refused or lapsed: no longer retained
    PAUSE_REFUSED = "pause_refused"  # of these, the refused
    WORKSHOPS = "workshops"  # workshops given; opens the clients who got one
    # The fates at expiry, beside « downgraded »: whatever became of a pause, it was one.
    FATE_RENEWED = "fate_renewed"  # a temporary discount among them
    FATE_PAUSED = "fate_paused"
    FATE_REFUSED = "fate_refused"
    FATE_SILENT = "fate_silent"
