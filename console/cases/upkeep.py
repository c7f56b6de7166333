"""Keeps every case where the rules put it, and the figures that count the cases, in step with the facts."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from time import monotonic
from typing import Any

from sqlmodel import Session

from console.base.dates import day_of, month_end, start_of
from console.base.vocabulary import Action, CallOutcome, Figure, Pane, SubscriptionStatus
from console.cases import facts as stored
from console.cases import queue
from console.cases.queue import IN_QUEUE, QUEUED
from console.cases.terms import over_at
from console.context import Context
from console.db.dialect import Unit
from console.db.query import ReadBatch
from console.db.turns import Turns
from console.rules.agreements import Agreement, AgreementState
from console.rules.facts import CaseFacts
from console.rules.files import Data
from console.rules.outcomes import STAYS, figure_of, kept_status
from console.rules.pauses import Pause, PauseState
from console.rules.priority import Assessment, assess, assess_pause

_ALL = 2**31 - 1
BATCH = 500
"""How many cases one transaction brings up to date: short enough for the others to get their turn."""

_SETTLED = dict.fromkeys(STAYS, Pane.RETAINED) | {
    SubscriptionStatus.CANCELLED: Pane.REFUSED,
    SubscriptionStatus.EXPIRED: Pane.LAPSED,
    SubscriptionStatus.VOID: Pane.VOID,
}
_PAUSED = {
    PauseState.RUNNING: Pane.RETAINED,
    PauseState.RESUMED: Pane.RETAINED,
    PauseState.REFUSED: Pane.REFUSED,
    PauseState.LAPSED: Pane.LAPSED,
}


def reassess(unit: Unit, ctx: Context, subscription_ids: Iterable[int]) -> None:
    """Recomputes where these terms stand and moves the figures that count them, in the caller's transaction.

    To be called by every act after it has written its facts. A term whose expiry day is over without an
    answer becomes expired, one whose day is still to come awaits an answer again; a settled term stands where
    it stood at the end of its last day. A case that moves is looked at by the next planning. Calling it again
    changes nothing.
    """
    if isinstance(unit, Session):
        unit.flush()
    now, data = ctx.clock.now(), ctx.content.data
    wanted = sorted(set(subscription_ids))
    deltas: Counter[tuple[date, str]] = Counter()
    for start in range(0, len(wanted), BATCH):
        places: list[dict[str, Any]] = []
        moved: list[int] = []
        for case in cases_at(unit, ctx, wanted[start : start + BATCH]):
            place = place_of(case, now, data)
            if place["tally"] != case.tally:
                deltas.subtract(queue.read_tally(case.tally))
                deltas.update(queue.read_tally(place["tally"]))
            settled = place["status"] != SubscriptionStatus.ACTIVE  # what is answered late moves no figure
            if place["tally"] != case.tally or settled or _too_late(case, now):
                moved.append(case.subscription_id)
            places.append(place)
        queue.place(unit, places)
        queue.look_again(unit, moved, day_of(now))
    queue.shift_counts(unit, deltas)  # once, in their order: two units would else wait for each other


def stale(ctx: Context) -> list[int]:
    """All the terms whose place time alone has changed, in the order of their ids."""
    with ctx.database.reading() as session:
        return sorted(queue.stale_ids(session, ctx.clock.now(), _ALL))


def cases_at(unit: Unit, ctx: Context, term_ids: Sequence[int]) -> list[stored.Case]:
    """The cases of these terms with all that their places depend on, by the clock of `ctx`."""
    cases = stored.cases(unit, ctx, term_ids, around_settled=False)
    if any(_awaits_again(case, ctx.clock.now()) for case in cases):
        cases = stored.cases(unit, ctx, term_ids)
    return cases


def place_of(case: stored.Case, now: datetime, data: Data) -> dict[str, Any]:
    """The columns that say where a case stands at an instant, and how figures count it."""
    place = _place(case, now, data)
    tally = queue.write_tally(case.facts.expires_on, _figures(case, place), _queued(case, place))
    return place | {"tally": tally}


def refresh_stale(ctx: Context, *, seconds: float = 1.0) -> int:
    """Brings up to date what time alone has changed; gives how many cases that were.

    Works in short transactions, and stops after about so many seconds: what is left stays due, is shown as
    it was, and is taken up by the next call.
    """
    done = 0
    until = monotonic() + seconds
    turns = Turns(ctx.database)
    while True:
        with ctx.database.reading() as session:
            due = queue.stale_ids(session, ctx.clock.now(), wanted := turns.size)
        if not due:
            return done
        with turns.writing() as session:
            reassess(session, ctx, due)
        done += len(due)
        if len(due) < wanted or monotonic() > until:
            return done


def place_again(ctx: Context) -> None:
    """Places again all that a clock too far ahead had placed, before anything is done with it.

    Takes about as long as that clock was believed; next to nothing when there was none.
    """
    turns = Turns(ctx.database)
    while True:
        with ctx.database.reading() as session:
            found = queue.placed_ahead(ReadBatch(session), ctx.clock.now(), turns.size)()
        if not found:
            return
        with turns.writing() as session:
            reassess(session, ctx, found)


def _awaits_again(case: stored.Case, now: datetime) -> bool:
    """Whether it awaits an answer and did not: a clock too far ahead had it expired, or never begun."""
    stands = _stands(case, day_of(now)).status
    return stands is SubscriptionStatus.ACTIVE and case.status is not SubscriptionStatus.ACTIVE


def _too_late(case: stored.Case, now: datetime) -> bool:
    """Whether a clock too far ahead placed it: all that was found by that clock is found again."""
    return case.placed_at is not None and case.placed_at > now + queue.APART


def _place(case: stored.Case, now: datetime, data: Data) -> dict[str, Any]:
    """The columns that say where a case stands."""
    stands = _stands(case, day_of(now))
    place: dict[str, Any] = {
        "term": case.subscription_id,
        "status": stands.status,
        "retention": stands.retention,
        "settled_at": stands.settled_at,
        "came_back_at": _came_back_at(case, day_of(now)),
        "client_code": case.code,
        "deadline": month_end(case.facts.expires_on),
        "placed_at": now,
    }
    over = over_at(case.facts.expires_on)
    changes = [
        start_of(made.lapses_on)
        for made in (case.agreement, case.opener)
        if made is not None and made.state(day_of(now)) is AgreementState.ORAL and made.lapses_on
    ]
    if stands.status is SubscriptionStatus.PAUSED and case.facts.pause is not None:
        place |= _NOTHING_TO_DO | _paused(case.facts, case.facts.pause, now, data)
    elif stands.status is SubscriptionStatus.ACTIVE:
        place |= _found(assess(case.facts, now, data.priorities, data.timeline, data.field))
    else:
        in_time = stands.settled_at is None or stands.settled_at < over
        place |= _NOTHING_TO_DO | {"pane": _SETTLED[stands.status] if in_time else Pane.LAPSED}
    until = [*changes, *([place["fresh_until"]] if place["fresh_until"] else [])]
    return place | {"fresh_until": min(until, default=None)}


def _found(found: Assessment) -> dict[str, Any]:
    """The columns that an assessment fills."""
    return {
        "pane": found.pane,
        "action": found.action,
        "rule": found.rule,
        "reason": found.reason,
        "due_on": found.due_on,
        "act_at": found.act_at,
        "at_risk": found.at_risk,
        "rank": found.rank,
        "rank_at": found.rank_at,
        "minus_score": -found.score,
        "fresh_until": found.fresh_until,
    }


@dataclass(frozen=True, slots=True)
class _Stands:
    """What a term is on a day: the columns that say it."""

    status: SubscriptionStatus
    retention: str
    settled_at: datetime | None


def _stands(case: stored.Case, today: date) -> _Stands:
    """What stands of a term, from its facts and the day alone: an earlier day gives back what was.

    An agreement that nothing proved lapses, and the term that it opened never began; without an answer, a
    term expires.
    """
    stands = _Stands(case.status, case.retention, case.settled_at)
    made, opener = case.agreement, case.opener
    if opener is not None and case.status in _NOT_SETTLED:
        if not opener.holds(today):
            return _Stands(SubscriptionStatus.VOID, "", None)
        if case.status is SubscriptionStatus.VOID:
            stands = _Stands(SubscriptionStatus.ACTIVE, "", None)
    if made is not None and (agreed := _agreed(case, made, today)):
        return agreed
    over = today > case.facts.expires_on
    if stands.status is SubscriptionStatus.ACTIVE and over:
        return _Stands(SubscriptionStatus.EXPIRED, "", over_at(case.facts.expires_on))
    if stands.status is SubscriptionStatus.EXPIRED and not over:
        return _Stands(SubscriptionStatus.ACTIVE, "", None)
    return stands


def _agreed(case: stored.Case, made: Agreement, today: date) -> _Stands | None:
    """What the latest agreement about a term makes of it, as long as it holds and once it has lapsed."""
    if made.lapses_on is None:
        return None
    resumed = made.outcome is CallOutcome.RESUMED  # in time: a pause that had not begun was renewed instead
    if made.holds(today) and made.agreed_at < over_at(case.facts.expires_on):
        first = case.settled_at is None or made.agreed_at < case.settled_at
        given_back = resumed and case.status is SubscriptionStatus.PAUSED
        if first or given_back or case.status in _NOT_SETTLED:
            outcome = CallOutcome.RENEWED if resumed else made.outcome
            return _Stands(kept_status(outcome), outcome, made.agreed_at)
    lapsed = made.state(today) is AgreementState.LAPSED
    if not lapsed or case.status not in STAYS or case.settled_at != made.agreed_at:
        return None
    if resumed and case.facts.pause is not None:
        return _Stands(SubscriptionStatus.PAUSED, CallOutcome.PAUSED, case.facts.pause.agreed_at)
    return _Stands(SubscriptionStatus.EXPIRED, "", start_of(made.lapses_on))


def _came_back_at(case: stored.Case, today: date) -> datetime | None:
    """When the client came back after the end; an agreement given then counts as long as it holds."""
    made = case.agreement
    if made is None or made.lapses_on is None or case.status in STAYS:
        return case.came_back_at
    if made.agreed_at < over_at(case.facts.expires_on):  # who agreed in time never left
        return None if made.holds(today) else case.came_back_at
    if made.holds(today):
        return case.came_back_at or made.agreed_at
    return None if case.came_back_at == made.agreed_at else case.came_back_at


_NOT_SETTLED = frozenset({SubscriptionStatus.ACTIVE, SubscriptionStatus.EXPIRED, SubscriptionStatus.VOID})


_NOTHING_TO_DO: dict[str, Any] = {
    "action": Action.WAIT,
    "rule": "",
    "reason": "",
    "due_on": None,
    "act_at": None,
    "at_risk": False,
    "rank": 9,
    "rank_at": None,
    "minus_score": 0,
    "fresh_until": None,
}


def _paused(facts: CaseFacts, pause: Pause, now: datetime, data: Data) -> dict[str, Any]:
    """Where a paused term stands: retained until its client refuses or its last day is over.

    When its end is near it is in the queue too, with the campaign of the month in which the pause ends.
    """
    state = pause.state(now)
    resumed = state is PauseState.RESUMED
    place: dict[str, Any] = {
        "pane": _PAUSED[state],
        "retention": CallOutcome.RESUMED if resumed else CallOutcome.PAUSED,
        "came_back_at": pause.came_back_at(now),
    }
    if state is not PauseState.RUNNING:
        return place
    place["fresh_until"] = pause.lapses_at
    steps = data.timeline.pauses
    found = assess_pause(facts, pause, now, data.priorities, steps, data.field) if steps else None
    if found is None:
        return place
    if found.pane in IN_QUEUE:
        return place | _found(found) | {"deadline": month_end(pause.resume_by)}
    return place | _found(found) | {"pane": place["pane"]}


def _figures(case: stored.Case, place: dict[str, Any]) -> dict[str, int]:
    """What a case adds to the figures of its expiry day."""
    pane = place["pane"]
    if pane is Pane.VOID:
        return {}
    paused = place["status"] == SubscriptionStatus.PAUSED
    queued = paused and pane in IN_QUEUE
    if queued:
        pane = Pane.RETAINED
    figures = {str(pane): 1}
    if queued:
        figures[QUEUED] = 1
    if paused and pane is not Pane.RETAINED:
        figures[Figure.PAUSE_OVER] = 1
        if pane is Pane.REFUSED:
            figures[Figure.PAUSE_REFUSED] = 1
    if place["at_risk"]:
        figures[Figure.AT_RISK] = 1
    if pane is Pane.RETAINED:
        figures[figure_of(place["retention"])] = 1
        if case.workshops_given:
            figures[Figure.WORKSHOPS] = case.workshops_given
    return figures


def _queued(case: stored.Case, place: dict[str, Any]) -> dict[tuple[date, str], int]:
    """What a pause that comes to its end adds to the queue of another campaign than its own."""
    if case.status is SubscriptionStatus.PAUSED and place["pane"] in IN_QUEUE:
        return {(place["deadline"], f"{QUEUED}_{place['pane']}"): 1}
    return {}
