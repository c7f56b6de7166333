import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.base.phone import read_phone
from console.base.vocabulary import PhoneKind

MOBILE, LANDLINE, INVALID, NONE = (
    PhoneKind.MOBILE,
    PhoneKind.LANDLINE,
    PhoneKind.INVALID,
    PhoneKind.NONE,
)


@pytest.mark.parametrize(
    ("written", "e164", "kind"),
    [
        ("06 12 34 56 78", "+33612345678", MOBILE),
        ("06.12.34.56.78", "+33612345678", MOBILE),
        ("06/12/34/56/78", "+33612345678", MOBILE),
        ("+33 (0)6 12 34 56 78", "+33612345678", MOBILE),
        ("(+33)612345678", "+33612345678", MOBILE),
        ("0033612345678", "+33612345678", MOBILE),
        ("612345678", "+33612345678", MOBILE),  # a spreadsheet ate the zero
        ("01 42 68 53 00", "+33142685300", LANDLINE),
        ("09 72 12 34 56", "+33972123456", LANDLINE),
        ("0692 12 34 56", "+262692123456", MOBILE),
        ("+33 6 92 12 34 56", "+262692123456", MOBILE),
        ("0033 692 12 34 56", "+262692123456", MOBILE),
        ("+33 6 96 12 34 56", "+596696123456", MOBILE),
        ("612345616.0", "+33612345616", MOBILE),
        ("33612345616", "+33612345616", MOBILE),
        ("33612345616,00", "+33612345616", MOBILE),
        ("612345616", "+33612345616", MOBILE),
        ("'0612345678", "+33612345678", MOBILE),  # what a spreadsheet writes before a text
        ("06.12.34.56.78 ;", "+33612345678", MOBILE),
        ("0262 20 12 34", "+262262201234", LANDLINE),
        ("0690 12 34 56", "+590690123456", MOBILE),
        ("0694 12 34 56", "+594694123456", MOBILE),
        ("0696 12 34 56", "+596696123456", MOBILE),
        ("+32 470 12 34 56", "+32470123456", MOBILE),
        ("+1 415 555 2671", "+14155552671", LANDLINE),  # may be either: no SMS
        ("", "", NONE),
        (" \t\x00", "", NONE),
        ("08 99 12 34 56", "", INVALID),
        ("0800 123 456", "", INVALID),
        ("0 806 00 00 00", "", INVALID),
        ("3639", "", INVALID),
        ("112", "", INVALID),
        ("06 12 34 56 78 ou 79", "", INVALID),
        ("06 12 34 56 78 x12", "", INVALID),
        ("0612345678 0612345679", "", INVALID),
        ("6,12E+08", "", INVALID),
        ("+", "", INVALID),
        ("(", "", INVALID),
        ("jamais", "", INVALID),
        ("06 39 98 12 34", "", INVALID),
    ],
)
def test_usual_writings(written: str, e164: str, kind: PhoneKind) -> None:
    phone = read_phone(written)
    assert (phone.e164, phone.kind) == (e164, kind)


def test_an_invalid_number_is_shown_as_it_was_given() -> None:
    assert read_phone("06 12\u202e34").national == "06 1234"


@pytest.mark.parametrize(
    ("written", "timezone"),
    [
        ("0692 12 34 56", "Indian/Reunion"),
        ("+33 6 92 12 34 56", "Indian/Reunion"),
        ("+33 6 96 12 34 56", "America/Martinique"),
        ("0690 12 34 56", "America/Guadeloupe"),
        ("0612345678", "Europe/Paris"),
    ],
)
def test_an_overseas_number_tells_the_time_zone(written: str, timezone: str) -> None:
    assert read_phone(written).timezone == timezone


@pytest.mark.parametrize("prefix", ["01 99 00", "02 61 91", "03 53 01", "04 65 71", "05 36 49", "06 39 98"])
def test_numbers_kept_for_fiction_serve_the_demo(prefix: str) -> None:
    phone = read_phone(f"{prefix} 12 34", fiction=True)
    assert phone.kind is (MOBILE if prefix.startswith("06") else LANDLINE)
    assert phone.national == f"{prefix} 12 34"
    assert read_phone(phone.e164, fiction=True) == phone


@given(st.integers(100_000_000, 999_999_999))
def test_the_quick_way_agrees_with_the_library(digits: int) -> None:
    number = phonenumbers.parse(f"0{digits}", "FR")
    found = read_phone(f"0{digits}")
    if phonenumbers.is_valid_number(number) and found.kind is not INVALID:
        assert found.e164 == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        assert found.national == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
        is_mobile = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
        assert (found.kind is MOBILE) == is_mobile
    elif found.kind is not INVALID:
        assert not found.e164.startswith("+33")


@given(st.text())
def test_any_text_is_answered(text: str) -> None:
    phone = read_phone(text)
    assert bool(phone.e164) == (phone.kind in (MOBILE, LANDLINE))
