"""What is on an agent's screen, and what its choices lead to, worded while the agent talks."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from console.base.dates import day_of, plus_days, start_of
from console.calls import view as call_view
from console.calls.state import CallState
from console.calls.store import StoredStep
from console.calls.views import CallView
from console.context import Context
from console.rules.script import CaptureKind
from console.rules.walk import Entry, Walk


@dataclass(frozen=True, slots=True)
class Foreseen:
    """The view that a choice will give, if it is taken in time and the same drafts are left."""

    view: CallView
    drafts: Mapping[str, Any]
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """What is on the agent's screen; `ahead` is None until its choices were looked at."""

    state: CallState
    view: CallView
    drafts: Mapping[str, Any]
    closed: bool = False
    ahead: Mapping[int, Foreseen] | None = None

    def after(self, walk: Walk, now: datetime) -> CallState:
        """The call once the last entry of the walk is in its journal, with what was read before it."""
        entry = walk.journal[-1]
        step = StoredStep(
            call_id=self.state.call.id,
            seq=self.state.seq,
            at=now,
            act=entry.act,
            step=entry.step,
            said=self.view.said,
            choice=entry.choice,
            label=entry.label,
            captured=entry.captured,
        )
        return self.state.after(walk, step)

    def foreseen(self, entry: Entry, drafts: Mapping[str, Any], now: datetime) -> CallView | None:
        """The view that this entry gives, when it was worded before and is still true."""
        found = self.ahead.get(entry.choice) if self.ahead and entry.choice is not None else None
        if found is None or entry.captured or drafts != found.drafts or not found.since <= now < found.until:
            return None
        return found.view


def look_ahead(ctx: Context, shown: Shown, now: datetime) -> Shown:
    """The same with the views that its choices lead to, but those that end the call or need a text."""
    ahead: dict[int, Foreseen] = {}
    capture = shown.state.walk.step.capture
    for choice in shown.view.choices:
        if choice.enabled and not choice.final and not (capture and capture.required):
            state = shown.after(shown.state.walk.choose(choice.index, "", now), now)
            done = capture.name if capture else None
            drafts = {name: text for name, text in shown.drafts.items() if name != done}
            view = call_view.build(ctx, state, drafts, now)
            ahead[choice.index] = Foreseen(view, drafts, now, _true_until(state, now))
    return replace(shown, ahead=ahead)


def _true_until(state: CallState, now: datetime) -> datetime:
    """How long the view made at `now` stays true but for the time spent; `now` when it is not at all."""
    step, offer = state.walk.step, state.situation.offer
    capture = step.capture
    if any(choice.dials for choice in step.choices) or (capture and capture.kind is CaptureKind.MOMENT):
        return now  # the calling hours
    midnight = start_of(plus_days(day_of(now), 1))
    return min(midnight, offer.ends_at) if offer is not None and offer.runs(now) else midnight
