"""How messages are delivered: which ones canvass, when a failed try is repeated, and when it stops."""

from datetime import datetime, timedelta
from enum import StrEnum


class MessageStatus(StrEnum):
    """Where a message stands."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"


MAX_ATTEMPTS = 12
"""Tries before a message is given up: with the delays below, about sixteen hours."""
MAX_UNCERTAIN = 2
"""Tries of unknown result before a message is given up: the client has it at most once too often."""
LEASE = timedelta(minutes=5)
"""How long a sender keeps a message to itself: longer than any try can take."""
_FIRST_DELAY = timedelta(minutes=1)
_LONGEST_DELAY = timedelta(hours=4)

_STEPS = ("J-", "J+")
_NOTICE = "J-0"
_FOLLOW_UP = "suivi-3-mois"


def is_step(kind: str) -> bool:
    """Whether a message is a step of the timeline: of no use any more once the client has answered."""
    return kind.startswith(_STEPS)


def canvasses(kind: str) -> bool:
    """Whether an opposition stops a message; the notice of expiry, confirmations and the closing still go."""
    return (is_step(kind) and kind != _NOTICE) or kind == _FOLLOW_UP


def before_expiry(kind: str) -> bool:
    """Whether a message makes sense only until the expiry day is over."""
    return kind.startswith("J-") and kind != _NOTICE


def next_try(attempts: int, now: datetime) -> datetime:
    """When to try again after so many tries: 1 min, 2 min, 4 min … 4 h at most."""
    return now + min(_LONGEST_DELAY, _FIRST_DELAY * (1 << min(attempts - 1, 20)))
