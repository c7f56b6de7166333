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
