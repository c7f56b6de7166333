"""What the screens of callbacks and escalations get: frozen values, already worded in French."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from console.domain.waiting import Due
from console.services.views import CaseRow


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
