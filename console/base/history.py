"""One line of a history, as it is read."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line of a client's history, newest first."""

    at: datetime
    kind: str
    title: str
    detail: str
    agent: str
