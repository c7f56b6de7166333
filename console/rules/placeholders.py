"""What people type when they do not know: it is no address, no number, no day and no code."""

import re
from datetime import date

from console.base.text import fold

_WORDS = frozenset({
    "null", "nul", "none", "nan", "nil", "n/a", "na", "nc", "nr", "?", "-", "--", "---", ".", "x", "xx",
    "xxx", "xxxx", "inconnu", "inconnue", "aucun", "aucune", "neant", "vide", "sans", "non-communique",
    "non-renseigne", "non-connu", "pas-de-mail", "pas-d'email", "pas-de-telephone", "sans-email",
    "sans-mail", "sans-telephone", "a-completer", "a-renseigner", "unknown", "undefined", "tbd", "test",
})  # fmt: skip
_LOCAL_PARTS = re.compile(
    r"(?:no|non|ne)[-_.]?(?:reply|repondre|reponse)|ne-pas-repondre|donotreply|do-not-reply|null|none|noemail"
    r"|nomail|no-?mail|sans(?:-?e?mail)?|test|xx+|pasdemail|pas-?d-?e?mail|aucun|inconnu|unknown|mailer-daemon|postmaster"
)
_DOMAINS = re.compile(
    r"(?:null|none|inconnu|sansmail|nomail|noemail|localhost|invalid|test|xx+)(?:\.[a-z]+)?"
)
_IN_ORDER = re.compile(r"(?:(?:00)?33)?0?(?:123456789|987654321)|1234567890|9876543210")
_DAYS = frozenset({date(1970, 1, 1), date(1900, 1, 1), date(1899, 12, 30), date(1, 1, 1), date(9999, 12, 31)})
_NO_DAY = re.compile(r"0{1,4}[-/. ]0{1,2}[-/. ]0{1,4}(?:[ T][0:.]+Z?)?")


def is_filler(text: str) -> bool:
    """Whether a cell says that nothing is known: « Inconnu », « NULL », « N/A », « - »."""
    return re.sub(r"\s+", "-", fold(text).strip()) in _WORDS


def is_filler_address(address: str) -> bool:
    """Whether an e-mail address is nobody's: noreply@…, null@…, x@inconnu.fr."""
    local, _, domain = address.lower().partition("@")
    return bool(_LOCAL_PARTS.fullmatch(local) or _DOMAINS.fullmatch(domain))


def is_filler_number(typed: str) -> bool:
    """Whether a number is a key held down, or the digits in order: 06 00 00 00 00, 01 23 45 67 89."""
    digits = re.sub(r"\D", "", typed)
    national = digits[-9:] if len(digits) >= 9 else digits
    if len(digits) > 3 and (len(set(digits)) == 1 or (len(digits) > 8 and len(set(national[1:])) == 1)):
        return True
    pairs = f"0{national}"
    if len(pairs) == 10 and len({pairs[i : i + 2] for i in range(0, 10, 2)}) == 1:
        return True
    return bool(_IN_ORDER.fullmatch(digits))


def is_filler_day(text: str, day: date | None) -> bool:
    """Whether a day is what programs write for none: 0000-00-00, 01/01/1970, 31/12/9999."""
    return bool(_NO_DAY.fullmatch(text)) or day in _DAYS
