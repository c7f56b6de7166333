"""SMS segments against the standard's table as Perl's Encode has it, packed one septet after the other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.base.sms_size import measure, mentions_stop, segments, to_gsm

# 3GPP TS 23.038, printed by Perl's Encode::GSM0338: the code of each position, 0x1b left out.
BASIC = """
0040 00a3 0024 00a5 00e8 00e9 00f9 00ec 00f2 00c7 000a 00d8 00f8 000d 00c5 00e5
0394 005f 03a6 0393 039b 03a9 03a0 03a8 03a3 0398 039e 00c6 00e6 00df 00c9
0020 0021 0022 0023 00a4 0025 0026 0027 0028 0029 002a 002b 002c 002d 002e 002f
0030 0031 0032 0033 0034 0035 0036 0037 0038 0039 003a 003b 003c 003d 003e 003f
00a1 0041 0042 0043 0044 0045 0046 0047 0048 0049 004a 004b 004c 004d 004e 004f
0050 0051 0052 0053 0054 0055 0056 0057 0058 0059 005a 00c4 00d6 00d1 00dc 00a7
00bf 0061 0062 0063 0064 0065 0066 0067 0068 0069 006a 006b 006c 006d 006e 006f
0070 0071 0072 0073 0074 0075 0076 0077 0078 0079 007a 00e4 00f6 00f1 00fc 00e0
"""
ESCAPED = {"0a": 0x0C, "14": 0x5E, "28": 0x7B, "29": 0x7D, "2f": 0x5C} | {
    "3c": 0x5B,
    "3d": 0x7E,
    "3e": 0x5D,
    "40": 0x7C,
    "65": 0x20AC,
}
POSITIONS = [n for n in range(128) if n != 0x1B]
TABLE = {chr(int(code, 16)): (at,) for at, code in zip(POSITIONS, BASIC.split(), strict=True)} | {
    chr(code): (0x1B, int(at, 16)) for at, code in ESCAPED.items()
}


def packed(text: str) -> int:
    """How many messages a phone network would carry it in, worked out by filling them."""
    letters: list[tuple[int, ...]]
    if all(char in TABLE for char in text):
        letters, whole, part = [TABLE[char] for char in text], 160, 153
    else:
        letters = [tuple(char.encode("utf-16-be")) for char in text]
        whole, part = 140, 134  # bytes
    if sum(map(len, letters)) <= whole:
        return 1
    messages: list[int] = [0]
    for letter in letters:
        if messages[-1] + len(letter) > part:
            messages.append(0)
        messages[-1] += len(letter)
    return len(messages)


gsm = st.text(st.sampled_from(sorted(TABLE)), max_size=500)
mixed = st.text(st.sampled_from("aé€^ç’😀𝕏ê\n "), max_size=320)


@given(gsm)
def test_gsm_texts(text: str) -> None:
    assert segments(text) == packed(text)
    assert measure(text).gsm


@given(mixed)
def test_texts_with_anything(text: str) -> None:
    assert segments(text) == packed(text)


@given(st.text(max_size=400))
def test_any_text(text: str) -> None:
    assert segments(text) == packed(text)
    assert all(char in TABLE for char in to_gsm(text))


@pytest.mark.parametrize(
    ("text", "gsm_alphabet", "units", "count"),
    [
        ("", True, 0, 1),
        ("a" * 160, True, 160, 1),
        ("a" * 161, True, 161, 2),
        ("€" * 80, True, 160, 1),
        ("€" * 81, True, 162, 2),
        ("a" * 306, True, 306, 2),
        ("a" * 307, True, 307, 3),
        ("a" * 152 + "€" + "a" * 152, True, 306, 3),  # the escape does not part from its letter
        ("ê" + "a" * 69, False, 70, 1),
        ("ê" + "a" * 70, False, 71, 2),
        ("ç" * 134, False, 134, 2),
        ("ç" * 135, False, 135, 3),
        ("😀" * 35, False, 70, 1),
        ("😀" * 36, False, 72, 2),
        ("a" * 66 + "😀" + "a" * 66, False, 134, 3),
    ],
)
def test_the_edges(text: str, gsm_alphabet: bool, units: int, count: int) -> None:
    size = measure(text)
    assert (size.gsm, size.units, size.segments) == (gsm_alphabet, units, count)
    assert packed(text) == count


@pytest.mark.parametrize(
    ("text", "mentioned"),
    [
        ("Bonjour. STOP au 36105", True),
        ("STOP", True),
        ("Non-STOP", True),
        ("stop", False),
        ("STOPPER", False),
    ],
)
def test_the_word_that_ends_it(text: str, mentioned: bool) -> None:
    assert mentions_stop(text) is mentioned
