"""The reminder timeline: dated steps, all derived from the expiry date (relances.toml)."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from console.domain.dates import plus_days
from console.domain.model import Channel


class Calls(StrEnum):
    """Which clients a step has called, beside its messages."""

    NOBODY = "nobody"
    VIP = "vip"
    SILENT = "silent"  # whoever did not react so far


class Profile(StrEnum):
    """Whom a step's offer is for; the first profile that fits gives the offer."""

    VIP = "vip"
    WAVERING = "wavering"  # at risk, or asked for a lower price
    ALL = "all"


@dataclass(frozen=True, slots=True)
class StepOffer:
    """An offer of the catalogue that a step makes to a profile, running until that offset from the expiry."""

    profile: Profile
    offer: str
    until: int


@dataclass(frozen=True, slots=True)
class ReminderStep:
    """A step of the timeline; offset is in whole days from the expiry (J-7 is -7)."""

    code: str
    offset: int
    title: str
    channels: tuple[Channel, ...]
    calls: Calls
    offers: tuple[StepOffer, ...]

    def day(self, expires_on: date) -> date:
        """The day from which the step is due."""
        return plus_days(expires_on, self.offset)


@dataclass(frozen=True, slots=True)
class Timeline:
    """The steps in date order; `reminders` are those before the expiry day, in time to renew."""

    steps: tuple[ReminderStep, ...]
    reminders: tuple[ReminderStep, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reminders", tuple(step for step in self.steps if step.offset < 0))

    def step(self, code: str) -> ReminderStep:
        """The step of that code; KeyError when the timeline has none."""
        for step in self.steps:
            if step.code == code:
                return step
        raise KeyError(code)

    def current(self, expires_on: date, today: date) -> ReminderStep | None:
        """The step that is due: from its date until the next step's date."""
        due = [step for step in self.steps if step.day(expires_on) <= today]
        return due[-1] if due else None

    def next_step(
        self, expires_on: date, today: date, done: frozenset[str] = frozenset()
    ) -> ReminderStep | None:
        """The first step whose date is still to come, today's one included unless it is done."""
        for step in self.steps:
            on = step.day(expires_on)
            if on > today or (on == today and step.code not in done):
                return step
        return None
