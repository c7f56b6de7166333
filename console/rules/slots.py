"""By which channel, and from when, a client can be reached before the expiry of the term."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from console.base.dates import day_of, plus_days, start_of
from console.base.vocabulary import Channel
from console.rules.facts import CaseFacts
from console.rules.hours import (
    FieldRules,
    Schedule,
    calls_open_at,
    half_day_end,
    next_window,
    standing_obstacle,
)

PAST_EXPIRY = "echeance"
"""The obstacle of a channel that has no lawful slot left before the expiry."""


class Look:
    """The only way the priority rules see the time: each question notes when its answer will change."""

    __slots__ = ("now", "until")

    def __init__(self, now: datetime, until: datetime) -> None:
        self.now = now
        self.until = until

    def reached(self, instant: datetime) -> bool:
        """Whether that instant has come."""
        if self.now >= instant:
            return True
        self.until = min(self.until, instant)
        return False

    def reached_day(self, day: date) -> bool:
        """Whether that day has begun in Paris."""
        return self.reached(start_of(day))

    def today(self) -> date:
        """The day in Paris, over at midnight."""
        today = day_of(self.now)
        self.reached_day(plus_days(today, 1))
        return today


@dataclass(frozen=True, slots=True)
class Slot:
    """From when a channel can be used; without that, `obstacle` says why (a key of the data file's words).

    retry: it waits for another half-day after an attempt without answer. missed: what stood in the way of the
    channels that would have come first.
    """

    channel: Channel
    at: datetime | None
    obstacle: str = ""
    retry: bool = False
    missed: tuple[str, ...] = ()

    def possible(self, now: datetime) -> bool:
        """Whether the channel can be used already."""
        return self.at is not None and self.at <= now


@dataclass(frozen=True, slots=True)
class Slots:
    """The lawful slots of one case; `over` is the end of its expiry day."""

    facts: CaseFacts
    field: FieldRules
    look: Look
    over: datetime

    def first(self, order: tuple[Channel, ...], base: datetime | None) -> Slot:
        """The first channel with a lawful slot from `base` on (None: from now), else what each one lacks."""
        missed: tuple[str, ...] = ()
        for channel in order:
            slot = self.slot(channel, base)
            if slot.at is not None:
                return replace(slot, missed=missed) if missed else slot
            missed = (*missed, slot.obstacle)
        return Slot(order[-1], None, missed=missed)

    def slot(self, channel: Channel, base: datetime | None) -> Slot:
        """A channel's first lawful slot from `base` on; None asks for now."""
        obstacle = standing_obstacle(self.facts, channel)
        if obstacle is not None:
            return Slot(channel, None, f"{obstacle}_{channel}")
        if channel is Channel.EMAIL:
            return Slot(channel, base or self.look.now)
        if channel is Channel.SMS:
            return self._within(channel, base, self.field.sms)
        return self._call(base)

    def _call(self, base: datetime | None) -> Slot:
        open_at, limit = calls_open_at(self.facts, self.field)
        tried = self.facts.attempts[-1] if self.facts.attempts else None
        if base is None and tried is not None and not tried.answered:
            over = half_day_end(tried.at, self.facts.timezone, self.field)
            again = self._within(Channel.CALL, max(over, open_at) if open_at else over, self.field.calls)
            if again.at is None:
                return replace(again, obstacle=limit or PAST_EXPIRY)
            if not self.look.reached(again.at):
                return replace(again, retry=True)
        if open_at is not None:
            if base is not None:
                base = max(base, open_at)
            elif not self.look.reached(open_at):
                base = open_at
        slot = self._within(Channel.CALL, base, self.field.calls)
        return slot if slot.at is not None else replace(slot, obstacle=limit or PAST_EXPIRY)

    def _within(self, channel: Channel, base: datetime | None, schedule: Schedule) -> Slot:
        after = self.look.now if base is None else base
        window = next_window(after, self.facts.timezone, schedule, self.field)
        if window is None or window.start >= self.over or after >= self.over:
            return Slot(channel, None, PAST_EXPIRY)
        if base is not None:
            return Slot(channel, max(base, window.start))
        if not self.look.reached(window.start):
            return Slot(channel, window.start)
        self.look.reached(window.end)
        return Slot(channel, self.look.now)
