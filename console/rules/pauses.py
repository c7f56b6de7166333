"""A pause: the subscription rests after its term until the client resumes, refuses, or lets it lapse.

The choice is made on the term and never undone by what follows: its fate at expiry stays « paused ». What the
pause has become is worked out from its row and the time, so that nothing has to be written when it ends.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from console.base.dates import end_of, plus_days, start_of


class PauseState(StrEnum):
    """What a pause has become."""

    RUNNING = "running"  # agreed, or under way
    RESUMED = "resumed"  # a new term began in time
    REFUSED = "refused"  # the client left before its end
    LAPSED = "lapsed"  # its last day is over without a word


@dataclass(frozen=True, slots=True)
class Pause:
    """One pause; days are days in Paris, both included.

    agreed_at: when the client chose it. resumed_at: when the client began again; after the pause has ended
    that is a come-back. refused_at: when they said that they will not.
    """

    agreed_at: datetime
    starts_on: date
    resume_by: date
    resumed_at: datetime | None = None
    refused_at: datetime | None = None

    @property
    def lapses_at(self) -> datetime:
        """The end of its last day."""
        return start_of(plus_days(self.resume_by, 1))

    @property
    def ends_at(self) -> datetime:
        """When it ends for want of a resumption: a refusal, else the end of its last day."""
        return self.lapses_at if self.refused_at is None else min(self.refused_at, self.lapses_at)

    def state(self, now: datetime) -> PauseState:
        """What it is at an instant; a fact dated later is not known yet."""
        if self.resumed_at is not None and self.resumed_at <= now and self.resumed_at < self.ends_at:
            return PauseState.RESUMED
        if now < self.ends_at:
            return PauseState.RUNNING
        return PauseState.LAPSED if self.ends_at == self.lapses_at else PauseState.REFUSED

    def since(self, now: datetime) -> datetime:
        """Since when it is what `state` says: when it was chosen, resumed or refused, or its last second."""
        match self.state(now):
            case PauseState.RESUMED if self.resumed_at is not None:
                return self.resumed_at
            case PauseState.REFUSED:
                return self.ends_at
            case PauseState.LAPSED:
                return end_of(self.resume_by)
        return self.agreed_at

    def came_back_at(self, now: datetime) -> datetime | None:
        """When the client came back after the pause had ended, if they did by now."""
        back = self.resumed_at
        return back if back is not None and self.ends_at <= back <= now else None
