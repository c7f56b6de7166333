"""Words of a client as management may read them: nothing that says who it was."""

import re
from collections.abc import Iterable

from console.base.text import fold

HIDDEN = "[…]"
_EMAIL = re.compile(r"\S+@\S+")
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_CODE = re.compile(r"\bCLT\W?\d+\b", re.IGNORECASE)
_NUMBER = re.compile(r"\+?\d(?:[\s.\-/()]?\d){5,}")
_WORD = re.compile(r"[^\W\d_]+")


def anonymous(text: str, names: Iterable[str]) -> str:
    """The text without addresses, links, codes, long numbers, nor any word of these names."""
    known = {fold(word) for name in names for word in _WORD.findall(name) if len(word) > 1}
    for pattern in (_EMAIL, _LINK, _CODE, _NUMBER):
        text = pattern.sub(HIDDEN, text)
    return _WORD.sub(lambda found: HIDDEN if fold(found[0]) in known else found[0], text)
