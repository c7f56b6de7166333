"""The priority rules as the data file gives them (priorites.toml): order, figures and words."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class RuleCode(StrEnum):
    """The rules known to the code; the data file gives their order, figures and words."""

    CALLBACK = "rappel"
    SUPERVISOR = "superviseur"
    LAST_DAYS = "derniers-jours"
    REACTED = "a-reagi"
    UNHAPPY = "prix-ou-plainte"
    VIP_UNDECIDED = "vip-sans-decision"
    VIP_SILENT = "vip-non-ouvert"
    OPENED = "ouvert-sans-clic"
    SILENT = "aucune-ouverture"
    OTHERWISE = "attente"


OF_OPENINGS = frozenset({RuleCode.UNHAPPY, RuleCode.VIP_SILENT, RuleCode.SILENT})
"""Rules about e-mails that were not opened: where that is not known they go by reactions."""


UNASKED = frozenset(
    {RuleCode.LAST_DAYS, RuleCode.VIP_UNDECIDED, RuleCode.VIP_SILENT, RuleCode.OPENED, RuleCode.SILENT}
)
"""Rules that have an agent reach a client who asked for nothing: only where the timeline calls anybody."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table: what is said when it gives the action, and whether it puts the case at risk.

    days is the rule's own delay (opened so long ago, so many days left). risk_days: at risk only with at most
    so many days left; None: whatever the day. stops: nothing below it counts once it matches. unmeasured and
    unmeasured_risk: the same for a case whose openings are not known, where the rule looks at openings.
    unreached: what is said then to whom no reminder has gone, or where all came back.
    """

    code: RuleCode
    reason: str
    at_risk: bool = False
    risk_days: int | None = None
    days: int = 0
    stops: bool = False
    unmeasured: str = ""
    unmeasured_risk: bool = False
    unreached: str = ""


@dataclass(frozen=True, slots=True)
class ScoreWeights:
    """Points that order the queue; bands: (at most so many days left, points), nearest first."""

    vip: int
    at_risk: int
    bands: tuple[tuple[int, int], ...]
    cents_per_point: int
    value_max: int


@dataclass(frozen=True, slots=True, eq=False)
class PriorityRules:
    """The rules in the order they are tried, and the words around them.

    call_step and talk_step: the step whose call is due (J-3) and the one since which a talk counts (J-7).
    words: sentences for what the rules have in common (fall-backs, attempts, obstacles), by key.
    """

    rules: tuple[Rule, ...]
    week_days: int
    call_step: str
    talk_step: str
    vip_months: int
    score: ScoreWeights
    words: Mapping[str, str]
