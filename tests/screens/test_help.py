"""`?` and F1: what each screen is for, then its keys, all of it within reach at 80×24."""

from __future__ import annotations

import re
from pathlib import Path

from screens.keys import with_keys
from screens.kit.canvas import folded
from screens.kit.screen import Acts
from tests.screens.desk import Desk, at_desk
from tests.world import World, paris, plain

CLOCK = re.compile(r"\d\d:\d\d  cible")
ROOM = 73
"""Cells of a line of help in a terminal of 80."""


async def the_help_fits(desk: Desk) -> None:
    """Ask for the help of what is shown, and read it to its end."""
    below = desk.app.screen
    assert isinstance(below, Acts)
    purpose = with_keys(below, below.PURPOSE)
    await desk.press("f1")
    assert "À quoi sert cet écran" in desk.text
    assert "{" not in purpose
    for sentence in purpose.split("\n"):
        for line in folded(sentence, ROOM):
            assert plain(line) in desk.text
    await desk.press("end")
    assert "efface ce qui est" in desk.text
    await desk.press("f1")
    assert desk.app.screen is below


async def test_a_call_says_it_too_and_goes_on(tmp_path: Path) -> None:
    world = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    world.add()
    async with at_desk(over=world.services) as desk:
        await desk.press("a")
        before = desk.text
        await the_help_fits(desk)
        await desk.press("question_mark")
        assert "Retour arrière : une étape en arrière · h : le client a raccroché." in desk.text
        await desk.press("escape")
        assert CLOCK.sub("", desk.text) == CLOCK.sub("", before), "but for the seconds that went by"
    world.database.close()


async def test_a_key_of_the_settings_is_the_one_that_the_help_names() -> None:
    async with at_desk(keymap={"appel": "f5"}) as desk:
        await desk.press("question_mark")
        assert "F5 : appeler le client en évidence" in desk.text


async def test_in_a_field_a_question_mark_is_typed() -> None:
    async with at_desk() as desk:
        await desk.press("n", "question_mark")
        assert desk.app.screen.query_one("#pad").text == "?"
