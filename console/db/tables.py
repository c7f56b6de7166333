"""The tables. Instants are stored in UTC, days are days in Paris, money is in cents.

What the dashboard sorts and counts on (pane, rank, score, ...) is kept in columns of `Subscription`,
written in the transaction of the fact that changes it; `fresh_until` says when time alone changes it.
"""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.engine import Dialect
from sqlmodel import Field, SQLModel

from console.db import dialect

SCHEMA = "0042"
"""The migration these tables stand at; a test holds it equal to the last one in `migrations`."""
READABLE_FROM = "0037"
"""The oldest SCHEMA whose program may go on in a base at ours: moved by a migration that does more than add
what an older program leaves alone (a table, an index, a column that is nullable or has a server default)."""

# Every constraint has a name, so that a later migration can change it on both databases.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, stored in UTC; SQLite gives naive values back, so the zone is put on again here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; a naive value is a programming error."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Back as an aware UTC instant."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def instant(*, nullable: bool = False, index: bool = False) -> Any:
    """A column for an instant."""
    return Field(default=None, sa_column=Column(UtcDateTime, nullable=nullable, index=index))


def document() -> Any:
    """A column for a small JSON object."""
    return Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


def number() -> Any:
    """A column for a number that starts at 0, whoever inserts the row."""
    return Field(default=0, sa_column_kwargs={"server_default": text("0")})


def words() -> Any:
    """A column for a text that starts empty, whoever inserts the row."""
    return Field(default="", sa_column_kwargs={"server_default": text("''")})


def flag() -> Any:
    """A column for a yes or no that starts at no, whoever inserts the row."""
    return Field(default=False, sa_column_kwargs={"server_default": false()})


class Table(SQLModel):
    """What the tables have in common: rows are not validated by pydantic, so its validators are not built."""

    model_config = {"defer_build": True}


NEVER_AGAIN = {"sqlite_autoincrement": True}
"""Of tables that lose rows: a number is never given twice, as on a server; the seals know rows by it."""


class Meta(Table, table=True):
    """Facts about the database itself: a trial or not, when it was last opened, the demonstration's clock."""

    key: str = Field(primary_key=True)
    value: str


class Forgotten(Table, table=True):
    """A code, address or number of a person who was erased, as a salted digest: `cases/forgotten.py`."""

    digest: str = Field(primary_key=True)
    at: datetime = instant()


class Client(Table, table=True):
    """A person. `search` holds name, code, phone and e-mail folded (no accents, lower case).

    `sound` is how the last name sounds (see `base/sounds.py`). On PostgreSQL `search` has an index of its
    own where the server allows one (`dialect.index_search`).
    """

    __table_args__ = (
        # Whose they are, as it is asked: capitals apart. Most clients are nobody's.
        Index("ix_client_advisor", text("lower(advisor)"), sqlite_where=text("advisor <> ''")),
        Index("ix_client_team", text("lower(team)"), sqlite_where=text("team <> ''")),
    )

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    civility: str = ""
    first_name: str = ""
    last_name: str
    email: str = Field(default="", index=True)
    email_usable: bool = False
    phone_raw: str = ""
    phone: str = Field(default="", index=True)  # E.164, empty when none or not understood
    phone_kind: str = "none"
    sms_usable: bool = Field(default=True, sa_column_kwargs={"server_default": true()})  # none came back
    timezone: str = "Europe/Paris"
    client_since: date
    opposed_call: bool = False
    opposed_email: bool = False
    opposed_sms: bool = False
    call_consent_at: datetime | None = instant(nullable=True)  # to calls after the expiry
    tracking_consent_at: datetime | None = instant(nullable=True)  # to the openings of e-mails being measured
    search: str = ""
    sound: str = Field(default="", index=True, sa_column_kwargs={"server_default": text("''")})
    team: str = words()  # of a team, or of one agent: whom they are proposed to first
    advisor: str = words()
    department: str = words()  # « 31 », « 2A », « 974 »
    created_at: datetime = instant()
    updated_at: datetime = instant()


class Subscription(Table, table=True):
    """One term of a client's subscription, and where it stands on the dashboard."""

    __table_args__ = (
        UniqueConstraint("client_id", "expires_on"),
        CheckConstraint(
            "status IN ('active','renewed','downgraded','paused','expired','cancelled','void')",
            name="status",
        ),
        # One index per order in which a pane is read; a month is an equality, so a page costs a page.
        Index(
            "ix_subscription_queue",
            "deadline",
            "pane",
            "rank",
            "rank_at",
            "minus_score",
            "expires_on",
            "client_code",
            "at_risk",
        ),
        Index(
            "ix_subscription_settled", "deadline", "pane", "settled_at", "id", "retention", "workshops_given"
        ),
        Index("ix_subscription_fresh", "fresh_until"),
        Index("ix_subscription_placed", "placed_at"),
        # A cohort of the key figures, counted without a look at the terms.
        Index(
            "ix_subscription_cohort",
            *("expires_on", "client_code", "id", "status", "retention", "settled_at", "came_back_at"),
            "dated_by_import",
        ),
        # What was known late of a cohort.
        Index("ix_subscription_late", "expires_on", sqlite_where=text("settled_known_at > settled_at")),
        # Few rows: what a supervisor has to see to.
        Index("ix_subscription_supervisor", "expires_on", sqlite_where=text("action = 'supervisor'")),
        NEVER_AGAIN,
    )

    id: int | None = Field(default=None, primary_key=True)
    client_id: int = Field(foreign_key="client.id")
    plan: str
    billing: str
    starts_on: date
    expires_on: date
    status: str = "active"
    retention: str = ""  # CallOutcome value of the retention, empty while awaiting or lost
    settled_at: datetime | None = instant(nullable=True)  # when what stands of it happened
    settled_known_at: datetime | None = instant(nullable=True)  # NULL: as it happened
    dated_by_import: bool = flag()  # the renewal or come-back is known by a file that gave no date
    came_back_at: datetime | None = instant(nullable=True)  # stayed after the end: the fate at expiry stands
    came_back_how: str = words()  # CallOutcome value
    workshops_given: int = 0
    pane: str = "later"
    action: str = "wait"
    rule: str = ""
    reason: str = ""
    due_on: date | None = None
    act_at: datetime | None = instant(nullable=True)
    at_risk: bool = False
    rank: int = 9
    rank_at: datetime | None = instant(nullable=True)  # promised callback: oldest first
    minus_score: int = 0  # so that one ascending index gives the queue, the highest score first
    fresh_until: datetime | None = instant(nullable=True)  # NULL: time alone changes nothing any more
    placed_at: datetime | None = instant(nullable=True)  # the clock that these places were found by
    deadline: date | None = None  # last day of the month of expires_on: the usual campaign
    client_code: str = ""  # the client's, so that an index gives the order of the queue
    tally: str = ""  # how CampaignCount counts this row at present, empty when it does not
    anchor_day: int = number()  # of the month, where the chain of terms began; 0: the day of starts_on


class Watch(Table, table=True):
    """The day on which the reminder timeline has to look at a term; without a row there is nothing left.

    A case that moves is looked at again by the next planning. There is no index on the day: every act writes
    here, and a run reads the whole table once.
    """

    subscription_id: int = Field(primary_key=True, foreign_key="subscription.id", ondelete="CASCADE")
    look_on: date


class Pause(Table, table=True):
    """A subscription that rests after a term: agreed once, then resumed, refused, or lapsed with time.

    The term stays `paused` whatever follows: that is its fate. That it has lapsed is written nowhere: its row
    and the clock tell it (see `console.rules.pauses`).
    """

    __table_args__ = (NEVER_AGAIN,)

    id: int | None = Field(default=None, primary_key=True)
    client_id: int = Field(foreign_key="client.id", index=True)
    subscription_id: int = Field(foreign_key="subscription.id", unique=True)
    agreed_at: datetime = instant()
    starts_on: date
    resume_by: date = Field(index=True)  # its last day
    resumed_at: datetime | None = instant(nullable=True)  # after the end it is a come-back
    refused_at: datetime | None = instant(nullable=True)


class CampaignCount(Table, table=True):
    """How many cases a figure counts, per expiry day; kept by every transaction that moves a case."""

    __tablename__ = "campaign_count"

    expires_on: date = Field(primary_key=True)
    figure: str = Field(primary_key=True)
    n: int


class Event(Table, table=True):
    """Something that happened to a client; append-only. `key` makes an act idempotent.

    `at` is when it happened, which every figure goes by; `known_at` when the console was told.
    """

    __table_args__ = (
        Index("ix_event_client", "client_id", "kind", "at"),
        Index("ix_event_subscription", "subscription_id", "kind", "at"),
        Index("ix_event_call", "call_id"),
        # Few rows: what agents say of the script.
        Index("ix_event_remark", "id", sqlite_where=text("kind = 'script_remark'")),
        # Fewer still: what calls did while the base was away, and could not be written.
        Index("ix_event_kept", "id", sqlite_where=text("kind = 'kept_apart'")),
    )

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = instant()
    known_at: datetime | None = instant(nullable=True)  # never NULL, but SQLite cannot add such a column
    kind: str
    client_id: int | None = Field(default=None, foreign_key="client.id")
    subscription_id: int | None = Field(default=None, foreign_key="subscription.id")
    call_id: str | None = Field(default=None, foreign_key="call.id")
    agent: str = ""
    text: str = ""
    data: dict[str, Any] = document()
    key: str | None = Field(default=None, unique=True)


class Draft(Table, table=True):
    """What an agent is typing about a client outside the steps of a call, saved at each key."""

    agent: str = Field(primary_key=True)
    client_id: int = Field(primary_key=True, foreign_key="client.id")
    field: str = Field(primary_key=True)  # a DraftField
    about: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})  # the row written about
    text: str


class Message(Table, table=True):
    """Outbox and history of e-mails and SMS. Written rendered, with the fact that causes it.

    `not_before` is the earliest instant of the first try, then of the next one. A message being sent is
    leased: `lease_token` is the sender's, and only that sender may say what became of it.
    """

    __table_args__ = (
        UniqueConstraint("dedup_key"),
        CheckConstraint("status IN ('queued','sent','failed','unsure','cancelled')", name="status"),
        Index("ix_message_client", "client_id", "created_at"),
        Index("ix_message_subscription", "subscription_id", "channel", "sent_at", "purpose"),
        Index("ix_message_queue", "status", "channel", "not_before", "id"),
        Index("ix_message_call", "call_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    message_id: str = Field(unique=True)  # RFC 5322 Message-ID, stable over retries
    dedup_key: str
    client_id: int = Field(foreign_key="client.id")
    subscription_id: int | None = Field(default=None, foreign_key="subscription.id")
    call_id: str | None = Field(default=None, foreign_key="call.id")
    channel: str
    kind: str  # what it is known by: its step's code (« J-30 ») or its text's name (« cloture »)
    recipient: str
    subject: str = ""
    text: str
    html: str = ""
    status: str = "queued"
    created_at: datetime = instant()
    not_before: datetime = instant()
    sent_at: datetime | None = instant(nullable=True)
    opened_at: datetime | None = instant(nullable=True)
    clicked_at: datetime | None = instant(nullable=True)
    attempts: int = number()  # tries made, the one under way included
    uncertain: int = number()  # tries that may have reached the client, nobody knows
    error: str = words()  # the last failure, or why it was cancelled, in French
    valid_until: datetime | None = instant(nullable=True)  # not sent any more from then on
    lease_token: str = words()
    lease_until: datetime | None = instant(nullable=True)
    delivered_at: datetime | None = instant(nullable=True)
    bounced_at: datetime | None = instant(nullable=True)
    purpose: str = words()  # a MessagePurpose
    step: str = words()  # the code of its step of the timeline, empty when it is none


class ScriptVersion(Table, table=True):
    """The script as it was: an open call resumes with it, a reviewer reads what was spoken from."""

    __tablename__ = "script_version"

    hash: str = Field(primary_key=True)
    stored_at: datetime = instant()
    content: str


class ContentFiles(Table, table=True):
    """Every file of a content folder, by path, as JSON; its hash is theirs (`base/tree.py`)."""

    __tablename__ = "content_files"

    hash: str = Field(primary_key=True)
    files: str


class ContentVersion(Table, table=True):
    """The content that was in force from a moment on: the last one is.

    origin: the folder that it was found in; empty for one that somebody published.
    """

    __tablename__ = "content_version"

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    hash: str = Field(foreign_key="content_files.hash")
    at: datetime = instant()
    agent: str
    origin: str = words()


class ShortLink(Table, table=True):
    """A short address of a message that left: what it opens, and only the digest of what it ends with."""

    __tablename__ = "short_link"

    digest: str = Field(primary_key=True)
    client_id: int = Field(foreign_key="client.id", index=True)
    purpose: str  # `rules/links.py`
    expires_on: date
    until: date
    offer: str = ""
    made_at: datetime = instant()


class SetAsideEvent(Table, table=True):
    """An event that a service posted and that could not be taken: as it came, why, and why nothing is made of
    it once somebody has closed it."""

    __tablename__ = "set_aside_event"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = instant()
    source: str
    reason: str
    event: str
    closed_at: datetime | None = instant(nullable=True)
    closed_by: str = words()
    closed_why: str = words()


class Call(Table, table=True):
    """One conversation or attempt. At most one open call (ended_at NULL) per client and per agent."""

    __table_args__ = (
        Index("ix_call_client", "client_id", "started_at"),
        Index("ix_call_open", "ended_at", "agent"),
        Index("uq_call_open_agent", "agent", unique=True, sqlite_where=text("ended_at IS NULL")),
        Index("uq_call_open_client_id", "client_id", unique=True, sqlite_where=text("ended_at IS NULL")),
        Index(
            "ix_call_rated", "subscription_id", "satisfaction", sqlite_where=text("satisfaction IS NOT NULL")
        ),
    )

    id: str = Field(primary_key=True)  # uuid4 hex
    client_id: int = Field(foreign_key="client.id")
    subscription_id: int = Field(foreign_key="subscription.id")
    agent: str
    direction: str
    facts: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))  # given to Walk
    script_hash: str = Field(foreign_key="script_version.hash")
    started_at: datetime = instant()
    dialled_at: datetime | None = instant(nullable=True)  # an outbound attempt, answered or not
    answered: bool = False  # the client was spoken to
    ended_at: datetime | None = instant(nullable=True)
    outcome: str = ""
    satisfaction: int | None = None
    drafts: dict[str, Any] = document()  # text being typed, by field, saved while typing
    objection: str = words()  # the Phase 4 door taken first, once the call has ended
    content: str = words()  # the hash of the files that it goes by; empty for calls from before versions
    attempts: list[dict[str, Any]] = Field(  # what was proposed to a client who hesitates, and the answers
        default_factory=list, sa_column=Column(JSON, server_default=text("'[]'"), nullable=False)
    )


class Claim(Table, table=True):
    """A client proposed to an agent, and to nobody else until then: see `console.team.presence`."""

    client_id: int = Field(primary_key=True, foreign_key="client.id")
    agent: str
    until: datetime = instant()  # by the base's clock


class Seat(Table, table=True):
    """The console that is an agent's, while it is open: `console.team.seats`.

    `seen` is in seconds by the base's clock (`base_clock.py`). `freed_call`: the call that a supervisor lets
    a colleague take over at once.
    """

    agent: str = Field(primary_key=True)
    machine: str
    console: str  # that of several on one machine
    seen: int = Field(sa_type=BigInteger)
    freed_call: str = words()


class PresenceSpan(Table, table=True):
    """What an agent was at from one instant to another: a PresenceState, for a break its reason."""

    __tablename__ = "presence"
    __table_args__ = (
        Index("ix_presence_day", "began_at", "agent"),
        Index("uq_presence_agent", "agent", unique=True, sqlite_where=text("ended_at IS NULL")),
        NEVER_AGAIN,
    )

    id: int | None = Field(default=None, primary_key=True)
    agent: str
    state: str
    reason: str = ""
    began_at: datetime = instant()
    ended_at: datetime | None = instant(nullable=True)


class CallUndo(Table, table=True):
    """What the outcome of a call changed, so that it can be taken back whole: `calls/undo.py`.

    `changes`: by table, the rows changed (each column before and after), those written and those removed.
    """

    __tablename__ = "call_undo"

    call_id: str = Field(primary_key=True, foreign_key="call.id")
    changes: dict[str, Any] = document()


class CallStep(Table, table=True):
    """Journal of a call: what was read, what was chosen, when. `seq` is unique per call."""

    __tablename__ = "call_step"
    __table_args__ = (UniqueConstraint("call_id", "seq"),)

    id: int | None = Field(default=None, primary_key=True)
    call_id: str = Field(foreign_key="call.id")
    seq: int
    at: datetime = instant()
    act: str  # an Act: choice | back | jump | correct
    step: str
    said: str = ""
    choice: int | None = None
    label: str = ""
    captured: str = ""


class GrantedOffer(Table, table=True):
    """A catalogue offer granted to one client, with its own deadline and figures as they were."""

    __tablename__ = "granted_offer"
    __table_args__ = (
        Index("ix_granted_offer_subscription", "subscription_id"),
        Index("ix_granted_offer_client", "client_id"),
        NEVER_AGAIN,
    )

    id: int | None = Field(default=None, primary_key=True)
    client_id: int = Field(foreign_key="client.id")
    subscription_id: int = Field(foreign_key="subscription.id")
    call_id: str | None = Field(default=None, foreign_key="call.id")
    offer: str
    granted_at: datetime = instant()
    ends_at: datetime = instant()
    price_cents: int
    normal_price_cents: int
    face_value_cents: int = 0
    cost_cents: int = 0
    workshops: int = 0
    accepted_at: datetime | None = instant(nullable=True)


class Agreement(Table, table=True):
    """What a client agreed to on the phone, until they have accepted in writing or paid.

    The latest of a term is the one that counts; what it is at present is in `rules.agreements`. `opened_id`
    is the term that it opened, which never began if the agreement does not hold.
    """

    __table_args__ = (
        Index("ix_agreement_subscription", "subscription_id"),
        Index("ix_agreement_opened", "opened_id"),
        # Few rows: what still waits for the client.
        Index(
            "ix_agreement_awaited",
            "agreed_at",
            sqlite_where=text("confirmed_at IS NULL AND withdrawn_at IS NULL"),
        ),
        NEVER_AGAIN,
    )

    id: int | None = Field(default=None, primary_key=True)
    client_id: int = Field(foreign_key="client.id")
    subscription_id: int = Field(foreign_key="subscription.id")
    call_id: str | None = Field(default=None, foreign_key="call.id")
    opened_id: int | None = Field(default=None, foreign_key="subscription.id")
    agent: str
    outcome: str  # a CallOutcome
    agreed_at: datetime = instant()
    confirmed_at: datetime | None = instant(nullable=True)
    confirmed_by: str = words()  # a Proof
    withdrawn_at: datetime | None = instant(nullable=True)
    withdrawn_why: str = words()  # in the client's words


class Proposal(Table, table=True):
    """Something proposed to a client, and the answer: by a call or by a message.

    `what` is a RetentionOption; an offer of the catalogue is LOYALTY with its code in `offer`. `key` makes it
    unique. What a message proposes counts once the message has left.
    """

    __table_args__ = (
        Index("ix_proposal_subscription", "subscription_id", "offer"),
        Index("ix_proposal_call", "call_id"),
        Index("ix_proposal_client", "client_id"),
        NEVER_AGAIN,
    )

    id: int | None = Field(default=None, primary_key=True)
    client_id: int = Field(foreign_key="client.id")
    subscription_id: int = Field(foreign_key="subscription.id")
    call_id: str | None = Field(default=None, foreign_key="call.id")
    message_id: str = words()  # the Message-ID of the message that proposes it, empty for a call
    at: datetime = instant()
    what: str
    offer: str = words()
    answer: str = "none"  # an Answer
    answered_at: datetime | None = instant(nullable=True)
    key: str = Field(unique=True)


class Callback(Table, table=True):
    """A promise to call again at a time; done when a call to the client has been made and answered."""

    __table_args__ = (Index("ix_callback_open", "done_at", "promised_at"), NEVER_AGAIN)

    id: int | None = Field(default=None, primary_key=True)
    client_id: int = Field(foreign_key="client.id")
    subscription_id: int = Field(foreign_key="subscription.id", index=True)
    call_id: str | None = Field(default=None, foreign_key="call.id")
    promised_at: datetime = instant()
    asked_by_client: bool = True  # documents the legal exception; False for a slot chosen by us
    agent: str
    created_at: datetime = instant()
    note: str = ""
    done_at: datetime | None = instant(nullable=True)
    taken_by: str = words()  # who answers for it now, empty: the agent who promised
    cancelled_why: str = words()  # in the client's words, when it was done without a call


class Absence(Table, table=True):
    """An agent who is away: until the row goes, what was promised is anybody's to take."""

    agent: str = Field(primary_key=True)
    since: datetime = instant()
    noted_by: str


class Escalation(Table, table=True):
    """A case handed to a supervisor: taken, answered, closed; `draft` is the answer being typed."""

    __table_args__ = (
        Index("ix_escalation_open", "closed_at", "created_at"),
        Index("ix_escalation_answered", "answered_at"),
        NEVER_AGAIN,
    )

    id: int | None = Field(default=None, primary_key=True)
    client_id: int = Field(foreign_key="client.id")
    subscription_id: int = Field(foreign_key="subscription.id", index=True)
    call_id: str | None = Field(default=None, foreign_key="call.id", unique=True)
    agent: str
    created_at: datetime = instant()
    summary: str
    answered_at: datetime | None = instant(nullable=True)
    taken_by: str = words()
    taken_at: datetime | None = instant(nullable=True)
    draft: str = words()
    answer: str = words()
    answered_by: str = words()
    closed_at: datetime | None = instant(nullable=True)
    closed_by: str = words()


class Commitment(Table, table=True):
    """An act that we owe a client since a call, or since what they asked online (no `call_id`, no `agent`).

    `kind`: its code in engagements.toml; `what`: as it was said. Nobody's name as `owner`: any supervisor
    owes it. `words`: what the client said that it answers.
    """

    __table_args__ = (Index("ix_commitment_open", "done_at", "due_on"), NEVER_AGAIN)

    id: int | None = Field(default=None, primary_key=True)
    client_id: int = Field(foreign_key="client.id", index=True)
    subscription_id: int = Field(foreign_key="subscription.id")
    call_id: str | None = Field(default=None, foreign_key="call.id", index=True)
    kind: str
    what: str
    words: str = ""
    agent: str  # who promised
    owner: str
    created_at: datetime = instant()
    due_on: date
    done_at: datetime | None = instant(nullable=True)
    done_by: str = ""


_CRITERIA = (
    "reason_now",
    "plan",
    "vip",
    "reviewed",
    "agent",
    "first_objection",
    "seniority",
    "effective_on",
    "corrected_at",
)
_STANDING = text("corrected_at IS NULL")
_FOLLOWED_UP = text("follow_up_now IS NOT NULL")


def _journal(*equal: str) -> tuple[str, ...]:
    """The columns of an index of the refusal journal, those that are searched by equality first."""
    return (*equal, "at", "id", *(name for name in _CRITERIA if name not in equal))


class ChurnRecord(Table, table=True):
    """Fiche de résiliation: immutable, one that stands per call and term, chained to the one before.

    `reason_now`, `follow_up_now`, `reviewed` and `corrected_at` repeat what the last amendments say, for
    lists. One taken back by a correction stays, in no count.
    """

    __tablename__ = "churn_record"
    __table_args__ = (
        # Each gives the order of the journal and holds every criterion: whatever they are, only the records
        # shown are read. The first one also holds all that the analysis of reasons counts by.
        Index("ix_churn_record_at", *_journal(), "cancelled_on", "reason"),
        Index("ix_churn_record_campaign", *_journal("effective_on")),
        Index("ix_churn_record_reason", *_journal("reason_now")),
        Index("ix_churn_record_agent", *_journal("agent")),
        Index(
            "ix_churn_record_unread",
            *_journal(),
            sqlite_where=text("reviewed IS FALSE"),
        ),
        Index("ix_churn_record_vip", *_journal(), sqlite_where=text("vip IS TRUE")),
        Index("ix_churn_record_basic", *_journal(), sqlite_where=text("plan = 'basic'")),
        # Few rows: who is to be followed up and by when, by everybody or by one agent.
        Index("ix_churn_record_follow_up", "follow_up_now", sqlite_where=_FOLLOWED_UP),
        Index("ix_churn_record_follow_up_agent", "agent", "follow_up_now", sqlite_where=_FOLLOWED_UP),
        Index("ix_churn_record_client", "client_id", "at"),
        Index("ix_churn_record_seq", "seq", unique=True),
        # One that stands for a call and for a term; those taken back by a correction stay beside it.
        Index("uq_churn_record_call_id", "call_id", unique=True, sqlite_where=_STANDING),
        Index("uq_churn_record_subscription_id", "subscription_id", unique=True, sqlite_where=_STANDING),
    )

    id: int | None = Field(default=None, primary_key=True)
    call_id: str = Field(foreign_key="call.id")
    client_id: int = Field(foreign_key="client.id")
    subscription_id: int = Field(foreign_key="subscription.id")
    client_code: str
    client_name: str
    at: datetime = instant()
    cancelled_on: date
    effective_on: date
    reason: str
    verbatim: str = ""
    first_objection: str
    context: str
    attempts: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    result: str
    status: str
    note: str = ""
    resumable: bool = True
    follow_up_on: date | None = None
    recommendation: str
    agent: str
    script_hash: str
    duration_s: int
    plan: str = words()  # of the term that was cancelled
    vip: bool = flag()  # that day
    search: str = words()  # verbatim and note as they are searched
    reason_now: str = words()
    follow_up_now: date | None = None
    reviewed: bool = flag()
    seq: int | None = None  # place in the chain, from 1
    previous_hash: str = words()
    hash: str = words()
    digests: str = words()
    salt: str = words()
    erased_at: datetime | None = instant(nullable=True)
    seniority: int = number()  # whole months, the day of the cancellation
    corrected_at: datetime | None = instant(nullable=True)  # taken back by a correction


class RecordAmendment(Table, table=True):
    """Something added beside a churn record, signed and dated; append-only, chained to the one before.

    What may be added: `console.records.filters.Amendment`; how it is chained: `console.records.chain`.
    """

    __tablename__ = "record_amendment"
    __table_args__ = (
        Index("ix_record_amendment_record", "record_id", "id"),
        Index("ix_record_amendment_addressee", "addressee", "answered_at"),
        Index("ix_record_amendment_kind", "kind", "answered_at"),
        Index("ix_record_amendment_question", "question_id", sqlite_where=text("question_id IS NOT NULL")),
        Index("ix_record_amendment_seq", "seq", unique=True),
    )

    id: int | None = Field(default=None, primary_key=True)
    record_id: int = Field(foreign_key="churn_record.id")
    at: datetime = instant()
    author: str
    kind: str
    text: str = ""
    value: str = ""
    before: str = ""
    addressee: str = ""  # of a question
    answered_at: datetime | None = instant(nullable=True)  # of a question, when its answer was added
    question_id: int | None = Field(default=None, foreign_key="record_amendment.id")  # of an answer
    seq: int | None = None  # place in the chain, from 1
    previous_hash: str = words()
    hash: str = words()
    digests: str = words()
    salt: str = words()


class RecordWord(Table, table=True):
    """The words of a churn record's verbatim and note: an index the same on both databases.

    `said`: the word is in the verbatim, not only in the note.
    """

    __tablename__ = "record_word"
    __table_args__ = ({"sqlite_with_rowid": False},)

    word: str = Field(sa_column=Column(dialect.exact_text(), primary_key=True))
    record_id: int = Field(foreign_key="churn_record.id", primary_key=True)
    said: bool = flag()


class JournalView(Table, table=True):
    """Criteria of the refusal journal that an agent gave a name."""

    __tablename__ = "journal_view"

    agent: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    filters: dict[str, Any] = document()
    saved_at: datetime = instant()


class UserAccount(Table, table=True):
    """Who may sign in. `name` is the agent's name everywhere else; `password` is an argon2 hash.

    `failures` counts the wrong passwords in a row; until `locked_until` no password is looked at.
    """

    __tablename__ = "user_account"

    id: int | None = Field(default=None, primary_key=True)
    name: str
    folded: str = Field(unique=True)
    role: str
    password: str
    active: bool = True
    created_at: datetime = instant()
    created_by: str
    failures: int = number()
    locked_until: datetime | None = instant(nullable=True)
    signed_in_at: datetime | None = instant(nullable=True)


class Seal(Table, table=True):
    """What the base held one day, in one hash over all that was sealed until then: `console.ledger`.

    `data` says what it covers: how far each table went, the hash of its entries, the heads of the chains of
    the refusal journal, how many rows there were by state.
    """

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = instant()
    data: dict[str, Any] = document()
    previous: str = words()
    hash: str


class SealEntry(Table, table=True):
    """The digests of the rows about one client that a seal added, a line each; append-only.

    subject: the client's number; 0 for what is about nobody, -1 for the base itself.
    """

    __tablename__ = "seal_entry"

    subject: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    seal: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    lines: str


class SealSalt(Table, table=True):
    """What makes the digests of a person's texts unguessable; it goes with the person."""

    __tablename__ = "seal_salt"

    client_id: int = Field(
        primary_key=True, foreign_key="client.id", sa_column_kwargs={"autoincrement": False}
    )
    salt: str
