import sys
import unicodedata
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.base.text import clean, decoded_once, fold, search_text

UNWANTED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
ANY_TEXT = st.text(st.characters(codec=None)) | st.text(
    st.sampled_from("a é\u0301\u202e\u200d\x1b[]\n\r\t\u2028 \x00")
)


@given(ANY_TEXT, st.booleans(), st.integers(0, 60))
def test_cleaning_twice_changes_nothing(text: str, newlines: bool, limit: int) -> None:
    once = clean(text, newlines=newlines, limit=limit)
    assert clean(once, newlines=newlines, limit=limit) == once
    assert len(once) <= limit


@given(ANY_TEXT, st.booleans())
def test_nothing_invisible_or_dangerous_is_left(text: str, newlines: bool) -> None:
    for char in clean(text, newlines=newlines):
        assert unicodedata.category(char) not in UNWANTED or (newlines and char == "\n"), hex(ord(char))


def test_every_character_alone_is_either_kept_or_dropped_whole() -> None:
    for point in range(sys.maxunicode + 1):
        kept = clean(chr(point))
        assert not kept or unicodedata.category(chr(point)) not in UNWANTED


@pytest.mark.parametrize(
    ("given_text", "wanted"),
    [
        ("  Jean\tDupont \r\n", "Jean Dupont"),
        ("e\u200d\u0301", "é"),
        ("\x1b]52;c;x\x07Anne", "]52;c;xAnne"),
        ("Du\u202epont", "Dupont"),
        ("Dupont [/] x", "Dupont [/] x"),
        ("34,99\u00a0€", "34,99\u00a0€"),
        ("\ud800", ""),
    ],
)
def test_what_becomes_of_usual_dirt(given_text: str, wanted: str) -> None:
    assert clean(given_text) == wanted


def test_notes_keep_their_lines_but_not_heaps_of_empty_ones() -> None:
    assert clean(" a \r\n\r\n\r\n\r\n b\u2028c\n", newlines=True) == "a\n\nb\nc"


@pytest.mark.parametrize(
    ("one", "other"),
    [("Éléonore", "eleonore"), ("D’Œuvre", "d'oeuvre"), ("Le–Goff", "le-goff"), ("STRASSE", "straße")],
)
def test_search_ignores_accents_case_ligatures_and_kinds_of_apostrophe(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_a_client_is_found_by_name_both_ways_code_address_and_number() -> None:
    text = search_text(
        code="CLT-00245", first_name="Zoé", last_name="Lefèvre", email="z@x.fr", phone="+33639981234"
    )
    for typed in ("zoe lefevre", "lefevre zoe", "clt-00245", "z@x.fr", "+33639981234", "0639981234"):
        assert typed in text


@pytest.mark.parametrize("text", ["Hélène Lefèvre", "François d’Été", "Zoë À CÔTÉ", "Œuvre €", "Ça"])
def test_text_encoded_twice_is_read_again(text: str) -> None:
    twice = text.encode().decode("latin-1")
    assert decoded_once(twice) == text
    with suppress(UnicodeDecodeError):  # where Windows-1252 has a letter for every byte
        assert decoded_once(text.encode().decode("cp1252")) == text
    assert decoded_once(text) == text
    assert decoded_once(twice.encode().decode("latin-1")) == text, "and once more by another program"


@pytest.mark.parametrize("text", ["JOÃO", "SÃO PAULO", "Ångström", "Â", "Mâcon", ""])
def test_other_letters_stay(text: str) -> None:
    assert decoded_once(text) == text
