"""What the screens of callbacks, escalations and « À reprendre » get: frozen values, worded in French."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from console.base.history import HistoryEntry
from console.cases.views import CaseRow
from console.rules.presence import PresenceState
from console.rules.waiting import Due


class Promises(StrEnum):
    """Which callbacks are shown."""

    ALL = "all"
    MINE = "mine"
    UNASSIGNED = "unassigned"


@dataclass(frozen=True, slots=True)
class CallbackRow:
    """A promise to call again. `owner` answers for it, or is away: then it is `unassigned`."""

    id: int
    case: CaseRow
    promised_at: datetime
    due: Due
    when: str  # « en retard de 2 h », « aujourd’hui à 16:00 »
    asked_by_client: bool
    agent: str  # who promised
    owner: str
    unassigned: bool
    mine: bool
    note: str


@dataclass(frozen=True, slots=True)
class CallbacksPage:
    """Some of the callbacks, how many there are of each sort, and whether the reader is away."""

    total: int
    rows: tuple[CallbackRow, ...]
    counts: dict[Promises, int]
    due: int  # of all, those whose moment has come
    away: bool


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who works here."""

    agent: str
    away: bool
    me: bool


class TodoKind(StrEnum):
    """Why something waits for somebody of ours."""

    CALLBACK = "callback"
    COMMITMENT = "commitment"
    ESCALATION = "escalation"
    AGREEMENT = "agreement"
    PAUSE = "pause"
    FOLLOW_UP = "follow_up"
    QUESTION = "question"
    ANSWER = "answer"
    REMARK = "remark"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class TodoRow:
    """A line of « À reprendre ». `owner` is who answers for it, empty: any supervisor.

    id: of the callback, the commitment, the escalation, the term of an agreement, the pause, the record, the
    question or the event, as its kind has it.
    record_id: of the churn record that opens, for the kinds that have one.
    """

    kind: TodoKind
    id: int
    case: CaseRow
    due: Due
    when: str  # « en retard de 2 h », « d’ici au 22/12/2025 »
    why: str  # a sentence
    closes: str  # what takes it off the list
    owner: str
    mine: bool
    record_id: int | None = None


@dataclass(frozen=True, slots=True)
class Stopped:
    """A job that has stopped: which one, since when, and what to do, in sentences."""

    job: str
    words: str
    todo: str


@dataclass(frozen=True, slots=True)
class TodoCounts:
    """How much there is to take up again, and how much of it is late.

    questions: the numbers of those that are put to the reader. For a supervisor, set_aside: how many events
    that services posted could not be taken; stopped: the jobs that do not run any more.
    """

    total: int = 0
    late: int = 0
    questions: frozenset[int] = frozenset()
    set_aside: int = 0
    stopped: tuple[Stopped, ...] = ()


@dataclass(frozen=True, slots=True)
class TodoPage:
    """Some of the lines of one kind, or of all; how many each kind has, and how much there is in all."""

    total: int
    rows: tuple[TodoRow, ...]
    counts: dict[TodoKind, int]
    every: TodoCounts


class Desk(StrEnum):
    """The lists on a supervisor's desk."""

    ESCALATIONS = "escalations"
    TO_SEE = "to_see"


class Wait(StrEnum):
    """How long somebody has waited, as it is told: in words and in colour."""

    CALM = "calm"
    LONG = "long"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class DeskRow:
    """One line of a supervisor's list. `id` is the escalation's, else the term's."""

    id: int
    desk: Desk
    case: CaseRow
    wait: Wait
    age: str  # « attend depuis 5 h, trop longtemps »
    state: str  # « à prendre », « prise par Anne », « réponse donnée » ...
    detail: str
    answered: bool = False


@dataclass(frozen=True, slots=True)
class DeskPage:
    """Some of the lines of a list, and how many each list has."""

    total: int
    rows: tuple[DeskRow, ...]
    counts: dict[Desk, int]


@dataclass(frozen=True, slots=True)
class EscalationFile:
    """An escalation: label and value, in order, and the call it came from."""

    row: DeskRow
    fields: tuple[tuple[str, str], ...]
    spoken: tuple[HistoryEntry, ...]


@dataclass(frozen=True, slots=True)
class FloorRow:
    """Somebody of the team. `since`: when they began what they are at, None where that is not known.

    Of the client in a call, nothing but the code. freed: a colleague may take that call over. dialled: calls
    of today. times: whole seconds of today, by state.
    """

    agent: str
    state: PresenceState
    words: str  # « en pause : repas »
    since: datetime | None
    machine: str
    code: str
    client_id: int | None
    step: str
    call_since: datetime | None
    step_since: datetime | None
    freed: bool
    away: bool = False
    dialled: int = 0
    times: Mapping[PresenceState, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FloorPage:
    """Some of the team, and what waits: urgent clients, callbacks due, callbacks without anybody."""

    total: int
    rows: tuple[FloorRow, ...]
    now: datetime
    urgent: int
    due: int
    unassigned: int
