"""What a console is told of its agent's place, as it opens."""

from dataclasses import dataclass
from enum import StrEnum

from console.rules.presence import TeamRules


class Place(StrEnum):
    """Where an agent finds themselves when a console opens."""

    ALONE = "alone"  # no team: nothing of all this is for them
    HERE = "here"
    ELSEWHERE = "elsewhere"  # their console is open already: nothing has changed


@dataclass(frozen=True, slots=True)
class SeatTaken:
    """The answer. `machine`: where the agent's other console is open; for a team, its rules."""

    place: Place
    machine: str = ""
    same_machine: bool = False
    rules: TeamRules | None = None
