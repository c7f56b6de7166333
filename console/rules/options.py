"""What an agent can propose to a hesitating client: a row says all the words of an option."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from console.base.vocabulary import RetentionOption


@dataclass(frozen=True, slots=True)
class Option:
    """word: its name in the script's files. brief: in lists, where room is scarce."""

    word: str
    label: str
    brief: str


OPTIONS: Mapping[RetentionOption, Option] = MappingProxyType(
    {
        RetentionOption.LOYALTY: Option("offre", "offre en cours", "offre"),
        RetentionOption.DOWNGRADE: Option("basic", "passage à Basic", "Basic"),
        RetentionOption.DISCOUNT: Option("remise", "remise temporaire", "remise"),
        RetentionOption.PAUSE: Option("pause", "pause", "pause"),
        RetentionOption.ALTERNATIVE: Option("alternative", "autre atelier ou accompagnement", "atelier"),
        RetentionOption.GESTURE: Option("geste", "geste commercial", "geste"),
        RetentionOption.ESCALATION: Option("superviseur", "échange avec le superviseur", "superviseur"),
    }
)

OPTIONS_BY_WORD: Mapping[str, RetentionOption] = {row.word: option for option, row in OPTIONS.items()}
"""The options by their names in the script's files."""
