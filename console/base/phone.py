"""Telephone numbers: read in any usual writing, kept in E.164, shown in national format."""

import re
from dataclasses import dataclass
from functools import lru_cache

from console.base.text import clean
from console.base.vocabulary import PhoneKind

_WRITTEN = re.compile(r"\(?\+?[0-9(][0-9\s.\-‐‑–/()]*")
_MAINLAND = re.compile(r"(?:0|\+330?|00330?)([1-9][0-9]{8})")
_WITHOUT_PLUS = re.compile(r"33[1-9][0-9]{8}|262[269][0-9]{8}|59[046][0-9]{9}")
"""A country code whose « + » a spreadsheet took off."""
_SPREADSHEET = re.compile(r"(\+?[0-9]{8,15})[.,]0+")
"""A number that a spreadsheet took for a quantity: « 612345678.0 »."""
_AROUND = re.compile(
    r"^(?:['’]|(?:tel|tél|mobile|port|gsm)\w*\.?\s*:?\s*(?=[+(0-9]))|\s*(?:\([^)0-9]*\)|[;,])$", re.IGNORECASE
)
"""What is written beside a number: « tel: », « (bureau) », an apostrophe before it, a comma after it."""
_HOME_REGIONS = ("FR", "RE", "GP", "GF", "MQ", "YT")
"""Where a number written without country code may be: mainland France, then overseas."""

_TIMEZONES = {
    "RE": "Indian/Reunion",
    "YT": "Indian/Mayotte",
    "GP": "America/Guadeloupe",
    "BL": "America/Guadeloupe",
    "MF": "America/Guadeloupe",
    "MQ": "America/Martinique",
    "GF": "America/Cayenne",
    "PM": "America/Miquelon",
    "NC": "Pacific/Noumea",
    "PF": "Pacific/Tahiti",
    "WF": "Pacific/Wallis",
}
_FICTION_MOBILE = "+3363998"
_FICTION_LANDLINES = ("+3319900", "+3326191", "+3335301", "+3346571", "+3353649")
_LIMIT = 40


@dataclass(frozen=True, slots=True)
class Phone:
    """A number as understood. `national` is how a person reads it; the text as given when it is not valid."""

    e164: str
    kind: PhoneKind
    national: str
    timezone: str = "Europe/Paris"


NEIGHBOURS = ("BE", "CH", "LU", "MC")
"""Where French is spoken and a number written as at home may read as a French one."""
_SEPARATORS = re.compile(r"[\s.\-‐‑–/()]+")


def neighbour(raw: str) -> str:
    """The country whose way of writing a number this is, where it is not the French one; else empty.

    « 0470 12 34 56 » is a mobile in Belgium, and would read as a number of the Allier.
    """
    import phonenumbers as lib

    written = _SEPARATORS.sub(" ", clean(raw, limit=_LIMIT)).strip()
    if written.startswith(("+", "00")) or " " not in written or re.fullmatch(r"0\d(?: \d\d){4}", written):
        return ""
    for region in NEIGHBOURS:
        try:
            number = lib.parse(written, region)
        except lib.NumberParseException:
            return ""
        at_home = lib.format_number(number, lib.PhoneNumberFormat.NATIONAL)
        if lib.is_valid_number_for_region(number, region) and _SEPARATORS.sub(" ", at_home) == written:
            return region
    return ""


@lru_cache(256)  # the same client's at every step of a call
def read_phone(raw: str, *, fiction: bool = False, country: str = "") -> Phone:
    """Understand a number; never raises: NONE for an empty text, INVALID for what is no client's number.

    The whole text must be the number: « 06 12 34 56 78 ou 79 » is not one. A number without country code
    is tried in France, then overseas. Premium-rate and other service numbers are refused.
    country: the region, in two capitals, whose number it is where it has no country code; overseas France and
    France are one. `fiction` accepts the ranges that the French regulator keeps for fiction (demo only).
    """
    text = clean(raw, limit=_LIMIT)
    text = _SPREADSHEET.sub(r"\1", _AROUND.sub("", text))
    if not text:
        return Phone("", PhoneKind.NONE, "")
    invalid = Phone("", PhoneKind.INVALID, text)
    if not _WRITTEN.fullmatch(text):
        return invalid
    compact = "".join(char for char in text if char in "+0123456789")
    if _WITHOUT_PLUS.fullmatch(compact):
        compact = f"+{compact}"
    if country in NEIGHBOURS and not compact.startswith(("+", "00")):
        return _anywhere(compact, fiction, (country,)) or invalid
    mainland = _MAINLAND.fullmatch(compact)
    found = _mainland(mainland[1], fiction) if mainland else None
    if found is None and mainland:  # « +33 6 92… » is how a number of La Réunion is often written
        found = _anywhere(f"0{mainland[1]}", fiction)
    return found or _anywhere(compact, fiction) or invalid


def _mainland(digits: str, fiction: bool) -> Phone | None:
    """The usual case without the general parser, three times faster on long files."""
    import phonenumbers as lib

    e164 = f"+33{digits}"
    kind = _fiction_kind(e164) if fiction else None
    if kind is None:
        kind = _kind(lib.number_type(lib.PhoneNumber(country_code=33, national_number=int(digits))))
    if kind is PhoneKind.INVALID:
        return None
    return Phone(e164, kind, " ".join(f"0{digits}"[i : i + 2] for i in range(0, 10, 2)))


def _anywhere(compact: str, fiction: bool, regions: tuple[str, ...] = _HOME_REGIONS) -> Phone | None:
    import phonenumbers as lib

    for region in regions:
        try:
            number = lib.parse(compact, region)
        except lib.NumberParseException:
            return None
        e164 = lib.format_number(number, lib.PhoneNumberFormat.E164)
        kind = _fiction_kind(e164) if fiction else None
        if kind is None and lib.is_valid_number(number):
            kind = _kind(lib.number_type(number))
            if kind is PhoneKind.INVALID:
                return None
        if kind is not None:
            home = lib.region_code_for_number(number) or region
            at_home = home in _TIMEZONES or home == "FR"
            style = lib.PhoneNumberFormat.NATIONAL if at_home else lib.PhoneNumberFormat.INTERNATIONAL
            return Phone(e164, kind, lib.format_number(number, style), _TIMEZONES.get(home, "Europe/Paris"))
        if compact.startswith(("+", "00")):
            return None
    return None


def _fiction_kind(e164: str) -> PhoneKind | None:
    if len(e164) != len("+33639981234"):
        return None
    if e164.startswith(_FICTION_MOBILE):
        return PhoneKind.MOBILE
    return PhoneKind.LANDLINE if e164.startswith(_FICTION_LANDLINES) else None


def _kind(number_type: int) -> PhoneKind:
    from phonenumbers import PhoneNumberType as Type

    if number_type == Type.MOBILE:
        return PhoneKind.MOBILE
    reachable = (Type.FIXED_LINE, Type.FIXED_LINE_OR_MOBILE, Type.VOIP, Type.PERSONAL_NUMBER)
    return PhoneKind.LANDLINE if number_type in reachable else PhoneKind.INVALID
