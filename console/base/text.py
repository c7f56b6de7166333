"""The one cleaning function for text that comes from outside, and the folding used for search."""

import json
import re
import unicodedata
from collections.abc import Callable
from typing import Any

_LINE_BREAKS = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")
_SPACES = re.compile(r"[ \t]+")
_EMPTY_LINES = re.compile(r"\n{3,}")
_UNWANTED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_FRENCH_CODES = ("+33", "+262", "+590", "+594", "+596")
_TWICE = re.compile("[ÂÃ][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€|Å[\x80-\xbf“’]")
_LETTERS = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i"}
    | dict.fromkeys("’‘ʼ´`", "'")
    | dict.fromkeys("‐‑‒–—−", "-")
)


def clean(text: str, *, newlines: bool = False, limit: int = 200) -> str:
    """Text that is safe to store, sort and show: the door of imports, pastes and fields.

    NFC, without control, format, surrogate, private or unassigned characters, so that no terminal
    escape and no change of writing direction gets through; outer space removed, runs of spaces made one.
    Line breaks become a space, or stay (never more than one empty line) with `newlines`.
    At most `limit` characters. Applying it twice changes nothing.
    """
    if not text.isprintable():
        text = _LINE_BREAKS.sub("\n" if newlines else " ", text)
        text = "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in _UNWANTED)
    text = _SPACES.sub(" ", unicodedata.normalize("NFC", text))
    if newlines:
        text = _EMPTY_LINES.sub("\n\n", "\n".join(line.strip() for line in text.split("\n")))
    return text.strip()[:limit].rstrip()


def printed(text: str) -> str:
    """Text that a terminal may be given: its lines and spaces as they are, nothing that acts on it."""
    if text.isprintable():
        return text
    return "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in _UNWANTED)


def as_json(value: Any, *, indent: int | None = None, default: Callable[[Any], Any] | None = None) -> str:
    """JSON that says all and does nothing to whoever prints it: what acts on a terminal is escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=default)
    if text.isprintable():
        return text
    return "".join(
        json.dumps(char)[1:-1] if char != "\n" and unicodedata.category(char) in _UNWANTED else char
        for char in text
    )


def decoded_once(text: str) -> str:
    """Text that was taken for Windows-1252 while it was UTF-8, read again: « HÃ©lÃ¨ne » is « Hélène »."""
    if not _TWICE.search(text):
        return text
    try:
        # A byte that Windows-1252 gives no letter to, or that was read as Latin-1, is kept as it was.
        return b"".join(
            bytes([ord(char)]) if "\x80" <= char <= "\x9f" else char.encode("cp1252") for char in text
        ).decode("utf-8")
    except UnicodeError:
        return text


def fold(text: str) -> str:
    """Text as it is searched: lower case, no accents, ligatures apart, one kind of apostrophe and dash."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in plain if not unicodedata.combining(char)).translate(_LETTERS)


def search_text(*, code: str, first_name: str, last_name: str, email: str, phone: str) -> str:
    """What a client is searched in, folded: name both ways round, code, e-mail, number (E.164, dialled)."""
    dialled = f"0{phone[-9:]}" if phone.startswith(_FRENCH_CODES) else ""
    parts = (last_name, first_name, last_name, code, email, phone, dialled)
    return " ".join(fold(part) for part in parts if part)
