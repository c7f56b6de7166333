"""What clients are called, and what agents paste, is never read as markup nor sent to the terminal."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import fields, is_dataclass, replace
from typing import Any
from unittest.mock import patch

import pytest
from textual.events import Paste

from console.cases.views import CaseRow
from screens.common.period import read_period
from tests.screens.desk import Desk, at_desk
from tests.screens.shown import shown

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
SAID = {
    "name", "first_name", "note", "offer", "mails", "action_label", "when_label", "status", "verbatim",
    "title", "offers", "reason_label", "detail", "last_call", "there", "with_agent", "attempts", "agent",
    "plan", "tariff", "email", "phone", "price", "saving", "since",
}  # fmt: skip
"""What somebody typed, or what is made of it."""


def said(answer: Any, text: str) -> Any:
    """A service's answer whose every word is `text`."""
    if isinstance(answer, tuple):
        return tuple(text if type(one) is str else said(one, text) for one in answer)
    if not is_dataclass(answer) or isinstance(answer, type):
        return answer
    names = SAID | {"reason"} if isinstance(answer, CaseRow) else SAID
    found = {one.name: getattr(answer, one.name) for one in fields(answer)}
    return replace(
        answer, **{n: text if n in names and type(v) is str else said(v, text) for n, v in found.items()}
    )


def saying(text: str, read: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *given, **named: said(read(*given, **named), text)


def shown_safely(desk: Desk, *secrets: str) -> None:
    for line in desk.lines:
        assert all(char.isprintable() or char in "\u202f\u00a0" for char in line), repr(line)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
async def test_nothing_is_interpreted_on_any_screen(text: str) -> None:
    over = shown()
    with ExitStack() as answers:
        for service, name in (
            (over.dashboard, "view"),
            (over.dashboard, "rows"),
            (over.clients, "file"),
            (over.refusals, "page"),
            (over.refusals, "file"),
            (over.review, "page"),
        ):
            answers.enter_context(patch.object(service, name, saying(text, getattr(service, name))))
        async with at_desk((100, 30), over=over) as desk:
            await walk(desk, text)


async def walk(desk: Desk, text: str) -> None:
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
