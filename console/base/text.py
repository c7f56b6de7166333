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


_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def decoded(written: bytes) -> str:
    """A file that a person wrote, as Notepad or LibreOffice saves it, with its line ends as ours.

    UTF-8, UTF-16 with its mark or plainly so, else Windows-1252. Raises UnicodeError where it is none.
    """
    named = next((name for mark, name in _BOMS if written.startswith(mark)), "")
    if not named and written[1:200:2].count(0) > len(written[:200]) // 4:
        named = "utf-16-le"
    try:
        text = written.decode(named or "utf-8")
    except UnicodeDecodeError:
        if named:
            raise
        text = written.decode("cp1252")
    return text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def decoded_once(text: str) -> str:
    """Text that was taken for Windows-1252 while it was UTF-8, read again: « HÃ©lÃ¨ne » is « Hélène ».

    As often as it was taken so: one program after another may have done it.
    """
    if not _TWICE.search(text):
        return text
    try:
        # A byte that Windows-1252 gives no letter to, or that was read as Latin-1, is kept as it was.
        found = b"".join(
            bytes([ord(char)]) if "\x80" <= char <= "\x9f" else char.encode("cp1252") for char in text
        ).decode("utf-8")
    except UnicodeError:
        return text
    return decoded_once(found)


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
