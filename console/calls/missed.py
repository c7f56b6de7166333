"""What a call left undone that its script had to propose."""

from contextlib import suppress
from datetime import datetime

from console.base.errors import ContentError
from console.base.vocabulary import CallOutcome
from console.checklist import rules
from console.checklist.rules import CallFact, Facts, RecordFact
from console.content import Content
from console.rules.outcomes import RETAINED
from console.rules.walk import Walk


def missed_in_call(content: Content, walk: Walk, now: datetime) -> tuple[str, ...]:
    """What a call that has just ended left out, from its walk alone; a faulty list only means no reminder.

    Nothing where the client hung up: nobody could say more.
    """
    outcome = walk.outcome
    if outcome is None or walk.hung_up:
        return ()
    record = None
    if outcome is CallOutcome.REFUSED and walk.reason:
        wordless = content.data.reasons.of(walk.reason).wordless
        record = RecordFact(0, now, walk.reason, bool(walk.values.get("verbatim")) or wordless)
    proposed = frozenset(one.option for one in walk.attempts)
    call = CallFact("", now, outcome, now, True, walk.spoke, proposed)
    known = Facts(
        now.date(), now.date(), mobile=True, retained=outcome in RETAINED, calls=(call,), record=record
    )
    with suppress(ContentError):
        return rules.missed(content.checklist, known, walk.proposable)
    return ()
