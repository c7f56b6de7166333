"""What clients are called, and what agents paste, is never read as markup nor sent to the terminal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from textual.events import Paste

from screens.common.period import read_period
from tests.screens.desk import Desk, at_desk
from tests.screens.fakes import REFUSALS, URGENT, WEEK

HOSTILE = {
    "markup": "=Dupont [/] x [Martin] [@click=app.quit]x $text-error [$primary]",
    "escapes": "\x1b]52;c;aGVsbG8=\x07\x1b[6n\x1b[2J\x9b31m a\u202eb\u2066c\u200fd 🐈\u200d⬛",
    "long": "x" * 5_000,
    "empty": "",
}
PATHS: tuple[list[str], ...] = (
    [], ["2"], ["4"], ["enter"], ["enter", "2"], ["enter", "3"], ["enter", "4"], ["space"], ["t"], ["2", "t"],
    ["4", "t"], ["4", "enter"], ["r"], ["b"], ["n"],
)  # fmt: skip


def shown_safely(desk: Desk, *secrets: str) -> None:
    for line in desk.lines:
        assert all(char.isprintable() or char in "\u202f\u00a0" for char in line), repr(line)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
async def test_nothing_is_interpreted_on_any_screen(text: str) -> None:
    changes: dict[str, Any] = dict.fromkeys(
        ("name", "note", "reason", "offer", "mails", "action_label", "when_label", "status"), text
    )
    urgent = tuple(replace(row, **changes) for row in URGENT)
    week = tuple(replace(row, name=text) for row in WEEK)
    refused = tuple(replace(row, name=text, verbatim=text, reason_label=text) for row in REFUSALS)
    async with at_desk((100, 30), urgent=urgent, week=week, refused=refused) as desk:
        for path in PATHS:
            await desk.press(*path)
            shown_safely(desk)
            if text == HOSTILE["markup"] and path == []:
                assert "Dupont [/] x" in desk.text
            await desk.press("escape", "escape")
        assert desk.app.is_running
        desk.app.screen.tell(text)
        await desk.settle()
        shown_safely(desk)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
async def test_what_is_pasted_is_cleaned(text: str) -> None:
    async with at_desk() as desk:
        await desk.press("slash")
        desk.app.screen.focused.post_message(Paste(text))
        await desk.settle()
        value = desk.app.screen.focused.value
        assert value.isprintable()
        assert len(value) <= 200
        shown_safely(desk)


@pytest.mark.parametrize(
    "text", ["", "demain", "31/02 15/03", "15/12 01/12", "1/1 2/2 3/3", "99/99", "15/12 7"]
)
def test_a_period_that_is_not_understood_is_refused(text: str) -> None:
    assert read_period(text, 2025) is None


def test_a_period_is_read_as_it_is_typed() -> None:
    period = read_period("du 15/12 au 5.1.26", 2025)
    assert period is not None
    assert (period.first.isoformat(), period.last.isoformat()) == ("2025-12-15", "2026-01-05")
    one = read_period("24/12", 2025)
    assert one is not None
    assert one.first == one.last
