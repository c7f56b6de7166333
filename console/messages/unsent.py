"""Whether sending has stopped: messages that are due wait, and none of their channel has left for an hour."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from console.base.vocabulary import Channel
from console.cases.runs import ENVOYER, Runs, sent
from console.db.query import ReadBatch
from console.messages import outbox_store as storage
from console.messages.held import is_held
from console.rules.habits import is_habit

PATIENCE = timedelta(hours=1)


def unsent_since(
    batch: ReadBatch, runs: Callable[[], Mapping[str, Runs]], now: datetime
) -> Callable[[], Mapping[Channel, datetime]]:
    """Since when the oldest message of each channel that does not leave has been due.

    Only on a base from which some have left. Where no job sends day after day, the consoles do: nothing is
    said before one of them has tried, as what was due overnight leaves once a console is open. What a
    restoration holds back is said elsewhere.
    """
    held = is_held(batch)
    next_due = {channel: storage.next_due(batch, channel) for channel in (Channel.EMAIL, Channel.SMS)}

    def answer() -> Mapping[Channel, datetime]:
        found: dict[Channel, datetime] = {}
        known = runs()
        by_job = ENVOYER in known and is_habit(known[ENVOYER].firsts)
        for channel, waits in next_due.items():
            left, due = known.get(sent(channel)), waits()
            if left is None or due is None or now - max(left.last, due) <= PATIENCE:
                continue
            if by_job or storage.was_tried(batch.unit, channel):
                found[channel] = due
        return {} if held() else found

    return answer
