"""What a text message can carry: the GSM 7-bit alphabet and its segments (3GPP TS 23.038)."""

import re
import unicodedata
from dataclasses import dataclass

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = frozenset("\f^{}\\[~]|€")
"""These count for two."""

_PLAIN = str.maketrans(
    {"\u00a0": " ", "\u202f": " ", "’": "'", "‘": "'", "«": '"', "»": '"', "–": "-", "—": "-", "…": "..."}
    | {"œ": "oe", "Œ": "OE", "ç": "c"}
)


def to_gsm(text: str) -> str:
    """The text in the GSM alphabet: accents that it lacks are dropped (« ê » → « e »), é è à ù stay."""
    return "".join(
        char if char in GSM_BASIC or char in GSM_EXTENDED else _closest(char)
        for char in re.sub("«\\s|\\s»", '"', text).translate(_PLAIN)
    )


@dataclass(frozen=True, slots=True)
class SmsSize:
    """What a text takes: units are septets in the GSM alphabet, else UTF-16 units; segments are billed."""

    gsm: bool
    units: int
    segments: int


def measure(text: str) -> SmsSize:
    """How many messages are billed: 160 septets or 153 each; with a char outside GSM, 70 units or 67 each.

    What counts for two is never cut in two: it goes whole into the next segment.
    """
    gsm = all(char in GSM_BASIC or char in GSM_EXTENDED for char in text)
    whole, part = (160, 153) if gsm else (70, 67)
    sizes = [2 if (char in GSM_EXTENDED if gsm else ord(char) > 0xFFFF) else 1 for char in text]
    units = sum(sizes)
    if units <= whole:
        return SmsSize(gsm, units, 1)
    count, room = 1, part
    for size in sizes:
        if size > room:
            count, room = count + 1, part
        room -= size
    return SmsSize(gsm, units, count)


def segments(text: str) -> int:
    """How many messages an operator bills for this text."""
    return measure(text).segments


def mentions_stop(text: str) -> bool:
    """Whether a text says how to receive no more of them: the word STOP, in capitals."""
    return re.search(r"\bSTOP\b", text) is not None


def _closest(char: str) -> str:
    bare = unicodedata.normalize("NFD", char)[0]
    return bare if bare in GSM_BASIC else "?"
