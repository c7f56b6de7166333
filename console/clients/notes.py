"""What a note had better not say: a gentle warning while typing, never a block."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from console.base.text import fold


@dataclass(frozen=True, slots=True)
class Sensitive:
    """One kind of thing to leave out of notes: the advice, and the words that call for it.

    A word ending in « * » stands for all those that begin so; accents and capitals do not count.
    """

    name: str
    advice: str
    words: tuple[str, ...]


def advise(text: str, kinds: Iterable[Sensitive]) -> str:
    """The advice for what `text` contains, in the order of `kinds`; empty when there is nothing to say."""
    folded = fold(text)
    return " ".join(kind.advice for kind in kinds if _pattern(kind.words).search(folded))


@lru_cache(64)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Whole words only: « con » is not in « conseil »."""
    ways = [
        re.escape(fold(word.removesuffix("*"))).replace(r"\ ", r"[\s-]+")
        + (r"\w*" if word.endswith("*") else "")
        for word in words
    ]
    return re.compile(rf"\b(?:{'|'.join(ways)})\b" if ways else r"(?!)")
