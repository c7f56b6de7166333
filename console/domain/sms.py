"""What a text message can carry: the GSM 7-bit alphabet and its segments (3GPP TS 23.038)."""

import re
import unicodedata

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = frozenset("^{}\\[~]|€")
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


def segments(text: str) -> int:
    """Messages billed: 160 septets or 153 each; with a char outside GSM, 70 UTF-16 units or 67 each."""
    if all(char in GSM_BASIC or char in GSM_EXTENDED for char in text):
        size, whole, part = sum(2 if char in GSM_EXTENDED else 1 for char in text), 160, 153
    else:
        size, whole, part = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if size <= whole else -(-size // part)


def _closest(char: str) -> str:
    bare = unicodedata.normalize("NFD", char)[0]
    return bare if bare in GSM_BASIC else "?"
