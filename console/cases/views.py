"""What the screens get: frozen values, already worded in French where a person reads them.

Texts that come from clients are cleaned (see `console.base.text`); screens still show them without markup.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Generic, TypeVar

from console.base.sms_size import SmsSize
from console.base.vocabulary import Action, CallOutcome, Channel, Direction, Pane
from console.messages.delivery_rules import MessageStatus

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Campaign:
    """The deadlines shown: every term expiring from `first` to `last`, both included."""

    first: date
    last: date


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
    RENEWED = "renewed"
    DISCOUNTED = "discounted"
    DOWNGRADED = "downgraded"
    PAUSED = "paused"
    WORKSHOPS = "workshops"  # workshops given; opens the clients who got one


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case in a list: a line each; the urgent pane draws it as a card."""

    client_id: int
    subscription_id: int
    code: str
    name: str
    pane: Pane
    vip: bool
    seniority_months: int
    expires_on: date
    days_left: int
    status: str  # derived, agreeing with the person: « en attente de réaction », « renouvelée » ...
    action: Action
    action_label: str  # « Appel recommandé », « E-mail ou SMS », « Attendre J-7 (24/12) » ...
    reason: str  # why, in words
    at_risk: bool
    act_at: datetime | None  # next lawful moment for the action
    when_label: str  # « maintenant », « lun. 22/12 à 10:00 », « 24/12 »
    mails: str  # « 2 e-mails envoyés, dernier non ouvert »
    offer: str  # « 34,99 € + 1 atelier jusqu'au 24/12 », empty when none runs
    note: str  # latest internal note, first line
    callable_now: bool
    callback_at: datetime | None = None  # promised and still to be kept


@dataclass(frozen=True, slots=True)
class RowsPage(Generic[Row]):
    """Some of the rows of a list, and how many there are in all."""

    total: int
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """One refusal in a list."""

    record_id: int
    client_id: int
    code: str
    name: str
    at: datetime
    reason: str  # code; « PRIX → PROJET » once re-coded
    reason_label: str  # in words, both of them too
    verbatim: str
    agent: str
    offers: str = ""  # what was tried, in a word each
    reviewed: bool = False
    asked: bool = False  # a question waits for the agent's answer


@dataclass(frozen=True, slots=True)
class DayFigures:
    """The agent's own day: calls ended, clients kept, refusals, seconds of a conversation on average."""

    calls: int = 0
    saved: int = 0
    refused: int = 0
    average_s: int = 0


@dataclass(frozen=True, slots=True)
class NextCall:
    """Whom to call after a call; no client when nobody can be called now: `words` then say so."""

    client_id: int | None
    words: str


@dataclass(frozen=True, slots=True)
class DashboardView:
    """Everything the dashboard paints, read at one instant."""

    now: datetime
    campaign: Campaign
    deadline: date  # last day of the campaign
    counts: dict[Figure, int]
    pace_expected: int  # percent renewed expected today, by the campaign's pace
    pace_actual: int  # percent
    urgent: tuple[CaseRow, ...]  # first page of each pane, in order
    week: tuple[CaseRow, ...]
    retained: tuple[CaseRow, ...]
    refused: tuple[RefusalRow, ...]
    token: str  # changes whenever anything shown may have changed
    fresh_until: datetime | None  # when time alone will next change something
    empty: bool = False  # there is no client at all, in any campaign
    day: DayFigures = DayFigures()
    callbacks_late: int = 0  # of every campaign
    escalations: int = 0  # without an answer yet; told to supervisors only
    who: str = ""  # whom the console is open for


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line of a client's history, newest first."""

    at: datetime
    kind: str
    title: str
    detail: str
    agent: str


@dataclass(frozen=True, slots=True)
class OfferView:
    """An offer granted to, or open for, the client."""

    title: str
    price: str
    saving: str
    ends: str
    running: bool


class StepState(StrEnum):
    """Where a step of the timeline stands for a client."""

    SENT = "sent"
    OPENED = "opened"
    CLICKED = "clicked"
    WAITING = "waiting"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    NEXT = "next"
    COMING = "coming"
    NONE = "none"  # nothing was sent, and nothing will be


@dataclass(frozen=True, slots=True)
class StepMark:
    """A step of the timeline for a client; `details` is one French line a message: what became of it."""

    code: str
    on: date
    title: str
    state: StepState
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClientFile:
    """The client's file."""

    case: CaseRow
    civility: str
    first_name: str
    email: str
    email_usable: bool
    phone: str  # national format
    phone_state: str  # « mobile », « fixe », « numéro invalide », « aucun numéro »
    timezone: str
    client_since: date
    plan: str
    tariff: str
    opposed: frozenset[Channel]
    written_agreement: str
    notes: tuple[HistoryEntry, ...]
    history: tuple[HistoryEntry, ...]
    offers: tuple[OfferView, ...]
    score: int
    score_parts: tuple[tuple[str, int], ...]
    next_steps: tuple[str, ...]  # timeline steps to come
    journey: tuple[StepMark, ...] = ()  # every step of the timeline, in date order


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """A choice of a script step. A disabled one says why."""

    index: int  # 0-based; key is index + 1
    label: str
    enabled: bool = True
    why_not: str = ""
    dials: bool = False  # what follows it is the client's telephone ringing
    final: bool = False  # closes the call and writes its outcome: a key pressed ahead never takes it


@dataclass(frozen=True, slots=True)
class ExitView:
    """A way to end the call that is open from the present step; `where` is for `CallService.jump`."""

    where: str  # callback | escalate | hung_up | a step that a script's `anywhere` names
    label: str  # « Le client a raccroché », « Le client refuse, définitivement » ...


@dataclass(frozen=True, slots=True)
class CaptureView:
    """What the step asks to type."""

    name: str
    label: str
    kind: str  # text | datetime
    required: bool
    draft: str  # typed so far


@dataclass(frozen=True, slots=True)
class CallView:
    """The call as it stands: one script step to read, and what can be pressed."""

    call_id: str
    seq: int  # guards against choosing twice: a choice names the seq it answers
    client_id: int
    code: str
    name: str
    vip: bool
    facts: tuple[str, ...]  # short lines always in view: expiry, days left, offer, risk, phone, last note
    phase: str
    step: str
    title: str
    said: str  # what to read aloud, paragraphs separated by a blank line; may be empty
    hints: tuple[str, ...]
    choices: tuple[ChoiceView, ...]
    highlighted: int  # index of the preselected choice
    capture: CaptureView | None
    note_draft: str  # an unsaved note being typed, to be reopened
    direction: Direction
    started_at: datetime
    can_go_back: bool
    can_escalate: bool
    trail: tuple[str, ...]  # labels chosen so far
    outcome: CallOutcome | None = None  # set once the call is closed
    summary: tuple[str, ...] = ()  # what was written, shown when closed
    exits: tuple[ExitView, ...] = ()  # ways to end from here, offered when the agent wants to leave
    can_abandon: bool = False  # preparation: nothing happened yet, leaving writes nothing
    can_lift: bool = False  # nothing but the hour forbids dialling: a supervisor can lift it
    notes: tuple[str, ...] = ()  # notes taken during this call, oldest first
    missed: tuple[str, ...] = ()  # points of the checklist that the call left out, once it is closed
    elapsed_s: int = 0  # whole seconds from `started_at` to the instant of this view
    simulated: bool = False  # training: the client is fictitious, and nothing of it is kept
    heard: str = ""  # in a simulated call, what the client has just said, or what happens


@dataclass(frozen=True, slots=True)
class RefusalFile:
    """A churn record as a fiche: label and value, in order, and the call as it was spoken."""

    row: RefusalRow
    fields: tuple[tuple[str, str], ...]
    spoken: tuple[HistoryEntry, ...]
    notes: tuple[HistoryEntry, ...] = ()  # taken during the call
    amendments: tuple[HistoryEntry, ...] = ()  # what was added, in order
    reason_now: str = ""  # code in force
    follow_up: str = ""  # day in force, ISO; empty for none
    question_id: int | None = None  # the question that waits for whoever reads


@dataclass(frozen=True, slots=True)
class JournalPage:
    """Some refusals, the newest first, and where the next ones begin: None at the end."""

    rows: tuple[RefusalRow, ...]
    after: tuple[datetime, int] | None


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A question that a supervisor put to an agent about a record."""

    question_id: int
    record_id: int
    name: str
    author: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message in the outbox. `not_before` is when it may be tried next, `error` why it did not go yet."""

    id: int
    client_id: int
    code: str
    name: str
    channel: Channel
    kind: str
    recipient: str
    subject: str
    status: MessageStatus
    created_at: datetime
    not_before: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    opened_at: datetime | None
    clicked_at: datetime | None
    bounced_at: datetime | None
    attempts: int
    error: str


@dataclass(frozen=True, slots=True)
class MessageFile:
    """A message whole; `size` is what an SMS takes, None for an e-mail."""

    row: MessageRow
    text: str
    html: str
    message_id: str
    size: SmsSize | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A message that would be sent by hand, whole, as the client would read it; nothing is written yet.

    leaves_at: None at once, else the first lawful moment.
    """

    client_id: int
    name: str
    code: str
    channel: Channel
    kind: str
    why: str
    recipient: str
    subject: str
    text: str
    size: SmsSize | None
    leaves_at: datetime | None
