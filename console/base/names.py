"""Names of people as they may be said: no address nor mark in a greeting, nobody shouted at."""

import re
import unicodedata

_ADDRESS = re.compile(
    r"https?:|www\.|//|@|\.(?:com|net|org|fr|eu|info|biz|io|me|co|xyz|top|site|shop|online|link|ru|example"
    r"|ly|gg|to|cc|tv|us|uk|de|be|ch|es|it|nl|pw|app|dev|ai|club|live|store)\b"
    r"|[^\W\d_]{2}\.[a-z]{2,6}/",
    re.IGNORECASE,
)
_MARK = re.compile(r"[{}\[\]<>|%$\\~^#=_]|\*\W*\w|&\w+;|\A[\W\d_]*\d[\W\d_]*\Z")
"""What another program left in the place of a name (« {prenom} », « %FNAME% »), markup, a number."""
_WORD = re.compile(r"[^\W\d_]+")
_SHORTEST_SHOUT = 3


def carries_address(name: str) -> bool:
    """Whether a name holds what a mail program would make a link of."""
    return bool(_ADDRESS.search(unicodedata.normalize("NFKC", name).replace("。", ".")))


def carries_mark(name: str) -> bool:
    """Whether a name holds what nobody's name does, as a placeholder or markup."""
    return bool(_MARK.search(name))


def spoken(name: str) -> str:
    """A name as it is greeted: « MARIE-CLAUDE » is « Marie-Claude »; empty with an address or mark."""
    if carries_address(name) or carries_mark(name):
        return ""
    letters = "".join(_WORD.findall(name))
    if len(letters) < _SHORTEST_SHOUT or not letters.isupper():
        return name
    return _WORD.sub(lambda word: word[0].capitalize(), name)
