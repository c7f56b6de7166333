"""Named campaigns, side by side: whom each is about, by plan, department and team. Pure.

Without any (the usual case), there is one campaign, which has no name.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from console.base.vocabulary import Plan


@dataclass(frozen=True, slots=True)
class NamedCampaign:
    """What data/campagnes.toml says of one: what is empty takes everybody in. Teams are in lower case."""

    code: str
    name: str
    plans: frozenset[Plan] = frozenset()
    departments: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()

    def takes(self, plan: Plan, department: str, team: str) -> bool:
        """Whether it is about such a client's term."""
        return (
            (not self.plans or plan in self.plans)
            and (not self.departments or department in self.departments)
            and (not self.teams or team.lower() in self.teams)
        )


Campaigns = Sequence[NamedCampaign]
"""In the order of the file: a term is in the first that takes it."""


def campaign_of(campaigns: Campaigns, plan: Plan, department: str, team: str) -> str:
    """The code of the campaign that a term is in, empty for none of these."""
    return next((one.code for one in campaigns if one.takes(plan, department, team)), "")
