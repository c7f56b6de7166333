"""How messages are delivered: which ones canvass, when a failed try is repeated, and when it stops."""

from datetime import datetime, timedelta

from console.base.vocabulary import MessagePurpose
from console.rules.timeline import ReminderStep, Timeline

MAX_ATTEMPTS = 12
"""Tries before a message is given up: with the delays below, about sixteen hours."""
MAX_UNCERTAIN = 2
"""Tries of unknown result before a message is given up: the client has it at most once too often."""
REFUSED_FIRST = 5
"""Messages refused in a row before any is taken: the others would be too, so they wait."""
LEASE = timedelta(minutes=5)
"""How long a sender keeps a message to itself: longer than any try can take."""
_FIRST_DELAY = timedelta(minutes=1)
_LONGEST_DELAY = timedelta(hours=4)


_CANVASSING = frozenset({MessagePurpose.REMINDER, MessagePurpose.BY_HAND, MessagePurpose.FOLLOW_UP})


def step_of(code: str, timeline: Timeline) -> ReminderStep | None:
    """The step of that code; None when it is empty, or not in the timeline any more."""
    return next((step for step in timeline.known if step.code == code), None)


def canvasses(purpose: str, code: str, timeline: Timeline) -> bool:
    """Whether an opposition stops a message; notices, confirmations and the closing still go.

    `code` is that of the step the message is, if it is one: a step may say that it is a notice.
    """
    step = step_of(code, timeline)
    return step.canvasses if step else purpose in _CANVASSING


def next_try(attempts: int, now: datetime) -> datetime:
    """When to try again after so many tries: 1 min, 2 min, 4 min … 4 h at most."""
    return now + min(_LONGEST_DELAY, _FIRST_DELAY * (1 << min(attempts - 1, 20)))
