"""What the screens of the refusal journal get: frozen values, already worded in French."""

from dataclasses import dataclass
from datetime import datetime

from console.base.history import HistoryEntry


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
    since: str = ""  # what the client did afterwards: « revenue le 15/01/2026 »


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
