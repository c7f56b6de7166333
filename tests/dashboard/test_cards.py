"""What a card and a line keep when there is little room: names, deadlines, how to reach, what can be done."""

from dataclasses import replace
from datetime import timedelta

import pytest

from console.cases.views import CaseRow
from screens.common.case_lines import CaseCard, CaseLine, FoundLine
from tests.screens.shown import demo_view
from tests.world import plain

LAST = "Dernier appel 18/12 11:20, Jean : rappel convenu"
WIDTHS = (58, 66, 74, 78, 99)


@pytest.fixture(scope="module")
def marie() -> CaseRow:
    """Urgent, on a card."""
    (row,) = [row for row in demo_view().urgent if row.name == "Marie Dupuis"]
    return row


@pytest.fixture(scope="module")
def maelys() -> CaseRow:
    """Of the week, on a line."""
    (row,) = [row for row in demo_view().week if row.name == "Maëlys Saint-Aubin"]
    return row


def painted(painter: CaseCard | CaseLine, row: object, width: int) -> list[str]:
    lines = painter.paint(row, 0, width)  # type: ignore[arg-type]
    return [plain("".join(text for text, _ in line)) for line in lines]


@pytest.mark.parametrize("note", ["", "Préfère le matin"])
def test_the_last_day_of_a_long_offer_is_not_cut(marie: CaseRow, note: str) -> None:
    offer = "au téléphone, 34,99 € + 1 atelier offert (20,00 €) jusqu’au 24/12"
    text = "\n".join(
        painted(CaseCard(), replace(marie, offer=offer, note=note, reason="VIP", last_call=""), 58)
    )
    assert "jusqu’au 24/12" in text
    assert note in text


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("at_risk", [False, True])
def test_a_card_says_who_how_and_what_can_be_done(marie: CaseRow, width: int, at_risk: bool) -> None:
    row = replace(
        marie,
        phone="06 39 98 02 45",
        last_call=LAST,
        attempts="1 essai sur 4",
        there="08:00 chez le client",
        at_risk=at_risk,
        callable_now=False,
        act_at=demo_view().now + timedelta(days=2),
        when_label="lun. 22/12 à 10:00",
    )
    card = painted(CaseCard(), row, width)
    text = "\n".join(card)
    assert row.name in card[0]
    assert "31/12 · J-11" in card[0]
    assert "a appel" in card[1]
    assert "s SMS" in card[1]
    assert ("à risque" in card[1]) is at_risk
    for told in (
        "06 39 98 02 45",
        "08:00 chez le client",
        "1 essai sur 4",
        "Dernier appel 18/12 11:20, Jean",
    ):
        assert told in text, told
    assert len(card) <= CaseCard().height(width)


@pytest.mark.parametrize("width", [58, 78, 99])
@pytest.mark.parametrize("name", ["Jean-Baptiste Le Goff", "Hélène Lefèvre-Maçon", "Zoé Roy"])
@pytest.mark.parametrize("at_risk", [False, True])
def test_a_line_cuts_neither_name_nor_deadline(maelys: CaseRow, width: int, name: str, at_risk: bool) -> None:
    soon = demo_view().now + timedelta(days=2)
    row = replace(maelys, name=name, at_risk=at_risk, act_at=soon, when_label="22/12")
    (line,) = painted(CaseLine(), row, width)
    assert name in line
    assert "28/12 · J-8" in line
    assert len(line) <= width


def test_two_of_a_name_are_told_apart_in_eighty_columns(maelys: CaseRow) -> None:
    first = replace(maelys, name="Jean-Baptiste Le Goff", code="CLT-00102", phone="02 61 91 40 08")
    second = replace(
        first, code="CLT-00777", phone="06 39 98 11 11", expires_on=first.expires_on.replace(day=3)
    )
    lines = [painted(FoundLine(), row, 68)[0] for row in (first, second)]
    for row, line in zip((first, second), lines, strict=True):
        assert row.name in line
        assert row.code in line
        assert row.phone in line
    assert lines[0] != lines[1]
