"""Whether two names may be the same person's."""

import re

from console.base.text import fold


def name_words(*names: str) -> frozenset[str]:
    """The words of a name, folded; « Jean-Pierre » and « Jean Pierre » have the same."""
    return frozenset(re.findall(r"[^\W_]+", fold(" ".join(names))))


def same_person(first: str, last: str, other_first: str, other_last: str) -> bool:
    """Whether two names may be one person's: spelling, case, order and a missing first name do not count.

    A first name that is kept with another last name is a marriage; another first name is another person,
    as one of « Jean-Pierre » and « Jean-Paul » is.
    """
    one, other = name_words(first, last), name_words(other_first, other_last)
    if one == other or not one or not other:
        return True
    given, other_given = name_words(first), name_words(other_first)
    if not given or not other_given:
        return one <= other or other <= one
    return _within(given, other_given) or _within(other_given, given)


def says_less(name: str, known: str) -> bool:
    """Whether a spelling tells less of a name than the known one: its initial, its capitals, no accents."""
    if len(name.rstrip(".")) == 1 and len(known.rstrip(".")) > 1:
        return fold(known).startswith(fold(name.rstrip(".")))
    if fold(name) != fold(known) or name == known:
        return False
    return (name.isupper() and not known.isupper()) or (name.isascii() and not known.isascii())


def _within(words: frozenset[str], others: frozenset[str]) -> bool:
    return all(any(_alike(word, other) for other in others) for word in words)


def _alike(word: str, other: str) -> bool:
    """The same word, or the initial of the other."""
    return word == other or (1 in {len(word), len(other)} and word[0] == other[0])
