"""E-mail addresses: whether one can be written to, and the one form in which it is kept and compared."""

import re

_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)


def read_address(given: str) -> tuple[str, bool]:
    """An address, in lower case where it is valid, and whether it is."""
    valid = bool(_EMAIL.fullmatch(given)) and len(given) <= 254 and len(given.split("@", maxsplit=1)[0]) <= 64
    return given.lower() if valid else given, valid


def plain_address(given: str) -> str:
    """What stands around an address taken off: « Ada <a@x.fr> », « mailto:a@x.fr », a final point.

    Of several whole addresses the first; the text as it is where it is anything else.
    """
    parts = [_bare(part) for part in re.split(r"[,;/]", given)]
    return parts[0] if all(read_address(part)[1] for part in parts) else given


def _bare(part: str) -> str:
    named = re.fullmatch(r"[^<>@]*<([^<>]+)>", part.strip())
    return (named[1] if named else part).strip().removeprefix("mailto:").rstrip(".")
