"""What a call may commit us to (engagements.toml): an act that we owe the client, by a day.

A commitment is no agreement of the client's: nothing renews by it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from console.base.dates import plus_days
from console.base.french import spoken_day
from console.rules.hours import HORIZON_DAYS, FieldRules, windows_on


@dataclass(frozen=True, slots=True)
class CommitmentKind:
    """A kind of commitment. label: as it is said to the client, article included.

    days: how many days we give ourselves. by_supervisor: a supervisor owes it, not the agent on the line.
    """

    code: str
    label: str
    days: int
    by_supervisor: bool = False


class CommitmentKinds(tuple[CommitmentKind, ...]):
    """The kinds that a call may commit us to, in their order; codes met in old rows may be others."""

    __slots__ = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """What the script may name."""
        return tuple(one.code for one in self)

    def of(self, codes: Iterable[str]) -> tuple["CommitmentKind", ...]:
        """The kinds of these codes, in their order; one that the data no longer names is left out."""
        found = {one.code: one for one in self}
        return tuple(found[code] for code in codes if code in found)


def due_on(kind: CommitmentKind, today: date, field: FieldRules) -> date:
    """The last day to keep it: so many days from today, or the next day on which the hotline is open."""
    due = plus_days(today, kind.days)
    days = (plus_days(due, later) for later in range(HORIZON_DAYS))
    return next((one for one in days if windows_on(one, "Europe/Paris", field.calls, field.holidays)), due)


def commitment_words(kinds: Iterable[CommitmentKind], today: date, field: FieldRules) -> str:
    """« un accompagnement personnel, d’ici au vendredi 26 décembre ; un atelier offert, … »."""
    until = ((one.label, spoken_day(due_on(one, today, field), today)) for one in kinds)
    return "\u202f; ".join(f"{label}, d’ici au {day}" for label, day in until)
