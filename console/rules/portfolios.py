"""To whom a client is proposed first: their own advisor, then that one's team, then all. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import IntEnum

from console.base.text import fold
from console.rules.presence import TeamRules


class Portfolio(IntEnum):
    """Whose a client is, seen by an agent: in this order they are proposed."""

    MINE = 0
    MY_TEAM = 1
    ANYBODY = 2
    OTHERS = 3


def same(one: str, other: str) -> bool:
    """Whether two names of people or teams, as they are typed, are one; never where one is empty."""
    return bool(one) and fold(one) == fold(other)


def team_of(agent: str, rules: TeamRules) -> str:
    """The name of the agent's team, empty where they are in none."""
    return next((team.name for team in rules.teams if any(same(agent, one) for one in team.members)), "")


def per_day(agent: str, rules: TeamRules) -> int:
    """How many calls a day the agent is proposed, 0 for any number."""
    own = next((team.per_day for team in rules.teams if same(team.name, team_of(agent, rules))), 0)
    return own or rules.per_day


@dataclass(frozen=True, slots=True)
class Agent:
    """Who asks for a client, and who is away meanwhile."""

    name: str
    rules: TeamRules
    away: Collection[str] = ()

    def whose(self, advisor: str, team: str) -> Portfolio:
        """Whose a client of this advisor or team is. An advisor who is away hands over to the team."""
        if same(advisor, self.name):
            return Portfolio.MINE
        if advisor and not any(same(advisor, one) for one in self.away):
            return Portfolio.OTHERS
        team = team or (team_of(advisor, self.rules) if advisor else "")
        if not team:
            return Portfolio.ANYBODY
        return Portfolio.MY_TEAM if same(team, team_of(self.name, self.rules)) else Portfolio.OTHERS


def has_share(mine: int, others: Sequence[int], waiting: int) -> bool:
    """Whether an agent who has called `mine` today may be proposed one more of `waiting` clients.

    others: the calls of the colleagues who are there. Of all who are there, whoever has called least always
    may: as long as one waits, somebody is proposed them.
    """
    return mine * (1 + len(others)) < mine + sum(others) + waiting
