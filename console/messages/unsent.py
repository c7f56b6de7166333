"""Whether sending has stopped: messages that are due wait, and none of their channel has left for an hour."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlmodel import Session

from console.base.vocabulary import Channel
from console.cases.runs import ENVOYER, Runs, sent
from console.messages import outbox_store as storage
from console.messages.held import is_held
from console.rules.habits import is_habit

PATIENCE = timedelta(hours=1)


def unsent_since(session: Session, runs: Mapping[str, Runs], now: datetime) -> Mapping[Channel, datetime]:
    """Since when the oldest message of each channel that does not leave has been due.

    Only on a base from which some have left. Where no job sends day after day, the consoles do: nothing is
    said before one of them has tried, as what was due overnight leaves once a console is open. What a
    restoration holds back is said elsewhere.
    """
    found: dict[Channel, datetime] = {}
    by_job = ENVOYER in runs and is_habit(runs[ENVOYER].firsts)
    if is_held(session):
        return found
    for channel in (Channel.EMAIL, Channel.SMS):
        left = runs.get(sent(channel))
        if left is None or now - left.last <= PATIENCE:
            continue
        due = storage.next_due(session, channel)
        if due is None or now - due <= PATIENCE:
            continue
        if by_job or storage.was_tried(session, channel):
            found[channel] = due
    return found
