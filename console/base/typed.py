"""What somebody types: how much of it is kept, and how long it may be once it is written."""

from console.base.errors import RefusedInputError
from console.base.french import THIN, number
from console.base.text import clean

WORDS_LIMIT = 4_000
"""How long what somebody writes may be."""
DRAFT_LIMIT = 20_000
"""How much of what is being typed is kept, so that what is too long can still be shortened."""


def draft(text: str) -> str:
    """What is being typed, as it is kept."""
    return clean(text, newlines=True, limit=DRAFT_LIMIT)


def too_long(text: str, limit: int = WORDS_LIMIT) -> str:
    """What is wrong with the length of what is being typed, in French; empty when nothing."""
    over = len(draft(text)) - limit
    return f"{number(limit)} caractères au plus{THIN}: {number(over)} de trop." if over > 0 else ""


def words(text: str, empty: str, unchanged: str = "Rien n’a été enregistré.") -> str:
    """What somebody has written, cleaned and whole.

    Raises RefusedInputError when there is nothing (`empty` says so), or too much: it is never cut.
    """
    written = draft(text)
    if wrong := too_long(text) or ("" if written else empty):
        raise RefusedInputError(wrong, unchanged)
    return written
