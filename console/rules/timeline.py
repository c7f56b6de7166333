"""The reminder timeline: dated steps, all derived from the expiry date (relances.toml)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from console.base.dates import plus_days
from console.base.vocabulary import Channel


def is_monthly(starts_on: date, expires_on: date) -> bool:
    """Whether a term lasts a month, of 31 days at most; one that is paid by the month may well be longer."""
    return expires_on <= plus_days(starts_on, 30)


class Calls(StrEnum):
    """Which clients a step has called, beside its messages."""

    NOBODY = "nobody"
    SILENT_VIP = "silent_vip"  # a VIP who did nothing with the step's message
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
    """A step of the timeline; offset is in whole days from the expiry (J-7 is -7).

    canvasses: its messages stop with an opposition; a notice about the contract goes all the same.
    leaves_time: skipped for a client who reacted since the step before. after_link, lower_plan: the message
    sent instead to a client who was sent a link to renew alone, or whose term followed a downgrade; empty
    for the same one. urgent: its e-mail is marked important.
    """

    code: str
    offset: int
    title: str
    channels: tuple[Channel, ...]
    calls: Calls
    offers: tuple[StepOffer, ...]
    canvasses: bool = True
    leaves_time: bool = False
    lower_plan: str = ""
    after_link: str = ""
    urgent: bool = False

    def day(self, expires_on: date) -> date:
        """The day from which the step is due."""
        return plus_days(expires_on, self.offset)


@dataclass(frozen=True, slots=True)
class FollowUps:
    """Messages beside the steps, each sent once.

    transition: the day of a downgrade's message, from the expiry. link_hours: how long a client who
    wants to renew alone is left before the link is sent again. acceptance_hours: how long a client is left
    to agree in writing before being reminded. days: how long each is still worth sending once it is due.
    """

    transition: int = 0
    acceptance_hours: int = 48
    link_hours: int = 48
    days: int = 15


@dataclass(frozen=True, slots=True)
class Monthly:
    """What terms of a month follow; a client who renewed `alone` of them in a row gets the notices only."""

    steps: tuple[ReminderStep, ...]
    alone: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """The steps in date order; `reminders` are those before the expiry day, in time to renew.

    `campaigns`: the steps of the named campaigns that have their own, by their code (`campaigns.py`).
    A last step without a channel closes the file of who did not answer. `pauses` is the timeline of those who
    are on a pause: its steps count from the pause's last day.
    """

    steps: tuple[ReminderStep, ...]
    follow_ups: FollowUps = FollowUps()
    pauses: "Timeline | None" = None
    monthly: Monthly | None = None
    campaigns: Mapping[str, tuple[ReminderStep, ...]] = field(default_factory=dict)
    reminders: tuple[ReminderStep, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reminders", tuple(step for step in self.steps if step.offset < 0))

    def of(self, *, monthly: bool, alone: int = 0, campaign: str = "") -> "Timeline":
        """The timeline that a term follows; `monthly`, `alone` and `campaign` as in `CaseFacts`."""
        if steps := self.campaigns.get(campaign):
            return Timeline(steps, self.follow_ups, self.pauses)
        own = self.monthly
        if own is None or not monthly:
            return self
        left_alone = alone >= own.alone
        steps = tuple(step for step in own.steps if not left_alone or not step.canvasses or not step.channels)
        return Timeline(steps, self.follow_ups, self.pauses)

    @property
    def calls_anybody(self) -> bool:
        """Whether a step has anybody called; without one, nobody is reminded beside the steps either."""
        return any(step.calls is not Calls.NOBODY for step in self.steps)

    @property
    def archiving(self) -> ReminderStep | None:
        """The step that closes the file of a client who did not answer: the last, where it sends nothing."""
        return self.steps[-1] if self.steps and not self.steps[-1].channels else None

    @property
    def known(self) -> tuple[ReminderStep, ...]:
        """Every step that a message may be, in date order, those of the pauses last; each code once."""
        own = self.monthly.steps if self.monthly else ()
        theirs = (step for steps in self.campaigns.values() for step in steps)
        by_code = {step.code: step for step in (*theirs, *own, *self.steps)}
        dated = tuple(sorted(by_code.values(), key=lambda step: step.offset))
        return dated + (self.pauses.steps if self.pauses else ())

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
