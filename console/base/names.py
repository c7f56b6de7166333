"""Names of people as they may be said: no address in a greeting, nobody shouted at."""

import re

_ADDRESS = re.compile(
    r"https?:|www\.|//|@|\.(?:com|net|org|fr|eu|info|biz|io|me|co|xyz|top|site|shop|online|link|ru|example)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+")
_SHORTEST_SHOUT = 3


def carries_address(name: str) -> bool:
    """Whether a name holds what a mail program would make a link of."""
    return bool(_ADDRESS.search(name))


def spoken(name: str) -> str:
    """A name as it is greeted: « MARIE-CLAUDE » is « Marie-Claude »; empty where it holds an address."""
    if carries_address(name):
        return ""
    letters = "".join(_WORD.findall(name))
    if len(letters) < _SHORTEST_SHOUT or not letters.isupper():
        return name
    return _WORD.sub(lambda word: word[0].capitalize(), name)
