"""E-mail addresses: whether one can be written to, and the one form in which it is kept and compared."""

import re
import unicodedata

_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
_LABEL = r"[^\W_](?:(?:[^\W_]|-){0,61}[^\W_])?"
_EMAIL = re.compile(
    rf"({_ATOM}(?:\.{_ATOM})*)@((?:{_LABEL}\.)+(?:[^\W\d_]{{2,63}}|xn--[a-z0-9-]+))", re.IGNORECASE
)

_AROUND = re.compile(r"^[\"“«'‘\s]+|(?:\s*\([^()@]*\)|[\"”»'’.\s])+$")
"""What is written around an address: quotes, a word in brackets, a final point."""


def read_address(given: str) -> tuple[str, bool]:
    """An address, in lower case where it is valid, and whether it is.

    Letters of any alphabet are taken; a domain spelt « xn--… » is kept as people write it.
    """
    found = _EMAIL.fullmatch(unicodedata.normalize("NFC", given))
    if not found:
        return given, False
    local, domain = found[1].lower(), found[2].lower()
    spelt = domain.encode()
    if not domain.isascii() or "xn--" in domain:
        try:
            spelt = domain.encode("idna")
            domain = spelt.decode("idna")
        except UnicodeError:
            return given, False
    size = len(local.encode())
    return (f"{local}@{domain}", True) if size <= 64 and size + len(spelt) < 254 else (given, False)


def plain_address(given: str) -> str:
    """What stands around an address taken off: « Ada <a@x.fr> », « mailto:a@x.fr », « a@x.fr (perso) ».

    Of several whole addresses the first; the text as it is where it is anything else.
    """
    parts = [_bare(part) for part in re.split(r"[,;/]", given)]
    return parts[0] if all(read_address(part)[1] for part in parts) else given


def _bare(part: str) -> str:
    named = re.fullmatch(r"[^<>@]*<([^<>]+)>", part.strip())
    found = _AROUND.sub("", (named[1] if named else part).strip())
    return found.partition("?")[0].removeprefix("mailto:") if found.startswith("mailto:") else found
