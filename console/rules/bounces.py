"""What a message that came back says of the address it was sent to (rebonds.toml)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from console.base.text import fold


@dataclass(frozen=True, slots=True)
class Bounces:
    """The words of carriers, folded; one that ends with « * » stands for all that begin so."""

    hard: frozenset[str] = field(default_factory=frozenset)
    soft: frozenset[str] = field(default_factory=frozenset)

    def is_hard(self, said: str) -> bool | None:
        """Whether a word is for good; None for one that nobody knows. A bounce without a word is not."""
        word = bounce_word(said)
        if _among(word, self.hard):
            return True
        return False if not word or _among(word, self.soft) else None


def bounce_word(said: str) -> str:
    """A word as it is compared: folded, only letters, digits, points and the final star."""
    return re.sub(r"[^a-z0-9.*]", "", fold(said))


def _among(word: str, known: Iterable[str]) -> bool:
    return any(word.startswith(one[:-1]) if one.endswith("*") else word == one for one in known)
