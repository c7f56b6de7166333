"""How messages are delivered: which ones canvass, when a failed try is repeated, and when it stops."""

from datetime import datetime, timedelta

from console.messages.planned import FOLLOW_UP, REMINDER
from console.rules.timeline import ReminderStep, Timeline

MAX_ATTEMPTS = 12
"""Tries before a message is given up: with the delays below, about sixteen hours."""
MAX_UNCERTAIN = 2
"""Tries of unknown result before a message is given up: the client has it at most once too often."""
LEASE = timedelta(minutes=5)
"""How long a sender keeps a message to itself: longer than any try can take."""
_FIRST_DELAY = timedelta(minutes=1)
_LONGEST_DELAY = timedelta(hours=4)


def step_of(kind: str, timeline: Timeline) -> ReminderStep | None:
    """The step of the timeline that a message is, if it is one."""
    return next((step for step in timeline.steps if step.code == kind), None)


def canvasses(kind: str, timeline: Timeline) -> bool:
    """Whether an opposition stops a message; notices, confirmations and the closing still go."""
    step = step_of(kind, timeline)
    return step.canvasses if step else kind in {FOLLOW_UP, REMINDER}


def next_try(attempts: int, now: datetime) -> datetime:
    """When to try again after so many tries: 1 min, 2 min, 4 min … 4 h at most."""
    return now + min(_LONGEST_DELAY, _FIRST_DELAY * (1 << min(attempts - 1, 20)))
