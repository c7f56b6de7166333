"""What the dashboard shows, read at one instant."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from console.base.vocabulary import Figure
from console.cases.views import Campaign, CaseRow
from console.figures.rules import Measure
from console.records.views import RefusalRow


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
    cohort: int  # terms that end in the campaign, whatever became of them
    over: bool  # their last expiry day is over: what they became is said, no pace any more
    pace_expected: Decimal  # percent of the cohort that should have renewed by now
    renewals: Measure  # those of the whole cohort, judged by that pace
    urgent: tuple[CaseRow, ...]  # first page of each pane, in order
    week: tuple[CaseRow, ...]
    retained: tuple[CaseRow, ...]
    refused: tuple[RefusalRow, ...]
    token: str  # changes whenever anything shown may have changed
    fresh_until: datetime | None  # when time alone will next change something
    empty: bool = False  # there is no client at all, in any campaign
    day: DayFigures = DayFigures()
    who: str = ""  # whom the console is open for
