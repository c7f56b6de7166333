"""Keys: no two actions on one key in a context, AZERTY included; none that a French hand cannot reach."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from itertools import pairwise
from unittest.mock import Mock, patch

import pytest
from textual.binding import Binding
from textual.dom import DOMNode

from console.base.errors import RefusedInputError
from console.services import Services
from screens.keys import DIGIT_ROW, french_key
from screens.kit.keybar import KeyBar
from screens.kit.rows import RowList
from tests.screens.desk import Desk, at_desk
from tests.screens.shown import shown
from tests.world import plain

CONTEXTS: dict[str, list[str]] = {
    "dashboard, cards": [],
    "dashboard, week": ["2"],
    "dashboard, refused": ["4"],
    "dashboard, figures": ["shift+tab"],
    "search": ["slash"],
    "palette": ["ctrl+p"],
    "help": ["question_mark"],
    "tour": ["ctrl+p", *"visite", "enter"],
    "details": ["space"],
    "period": ["f4"],
    "opposition": ["b"],
    "note": ["n"],
    "account": ["v"],
    "checklist": ["c"],
    "list": ["t"],
    "file": ["enter"],
    "refusals": ["r"],
    "criteria": ["r", "c"],
    "views kept": ["r", "g"],
    "callbacks": ["p"],
    "escalations": ["x"],
    "refusal": ["4", "enter"],
    "kpis": ["k"],
    "reasons": ["m"],
    "proposals": ["m", "4", "enter"],
    "training": ["f"],
    "quiz": ["f", "1"],
    "simulator": ["f", "3"],
    "simulated call": ["f", "3", "enter"],
    "simulated file": ["f", "3", "enter", "d"],
    "debrief": ["f", "3", "enter", "1", "1", "4", "1", "enter"],
    "outbox": ["o"],
    "message": ["e"],
    "call": ["a"],
    "error": ["a"],
}


def own_bindings(node: DOMNode) -> Iterator[Binding]:
    """Every binding of a node's classes, those that a subclass shadows included."""
    for base in type(node).__mro__:
        if issubclass(base, DOMNode):
            yield from Binding.make_bindings(base.__dict__.get("BINDINGS", []))
            if not base._inherit_bindings:
                return


@contextmanager
def no_call(over: Services) -> Iterator[Mock]:
    """No call begins."""
    refused = RefusedInputError("Aucun appel n’est possible ici.", "Rien n’a changé.", "Fermez ce message.")
    with patch.object(over.calls, "begin", side_effect=refused) as begin:
        yield begin


@asynccontextmanager
async def at_context(name: str) -> AsyncIterator[Desk]:
    """A desk where the keys that lead to a context were pressed."""
    over = shown()
    with no_call(over) if name == "error" else nullcontext():
        async with at_desk(over=over) as desk:
            await desk.press(*CONTEXTS[name])
            yield desk


async def test_every_binding_of_ours_can_be_remapped_and_is_told_in_french() -> None:
    english = {"focus", "next", "previous", "copy", "quit", "page", "scroll", "move", "cursor"} - {"page"}
    async with at_desk() as desk:
        seen: dict[str, str] = {}
        for node in [desk.app.screen.focused, desk.app.screen, desk.app]:
            for binding in own_bindings(node):
                assert binding.id, binding
                assert binding.tooltip, binding
                assert not english & set(binding.tooltip.lower().split()), binding
                assert seen.setdefault(binding.id, binding.action) == binding.action


async def test_the_keymap_of_the_settings_replaces_a_key_everywhere() -> None:
    over = shown()
    with no_call(over) as begin:
        async with at_desk(over=over, keymap={"appel": "c,f5"}) as desk:
            await desk.press("a")
            assert not begin.called
            await desk.press("f5")
            assert begin.called
            assert "Aucun appel n’est possible ici." in desk.text
            await desk.press("enter")
            assert "c Appeler" in desk.text
            await desk.press("question_mark")
            assert "c F5" in desk.text


async def test_fast_escapes_never_close_the_dashboard() -> None:
    async with at_desk() as desk:
        await desk.press("enter")
        await desk.pilot.press("escape", "escape", "escape")
        await desk.settle()
        assert len(desk.app.screen_stack) == 1
        assert desk.app.is_running


async def test_the_footer_asks_nothing_of_a_screen_that_was_left() -> None:
    async with at_desk() as desk:
        await desk.press("x")
        left = desk.app.screen
        footer = left.query_one(KeyBar)
        desk.app.pop_screen()
        await left.query_one(RowList).remove()
        assert footer.is_attached
        footer._renew()


async def test_letters_are_typed_in_a_field_and_do_nothing_else() -> None:
    async with at_desk() as desk:
        await desk.press("slash")
        await desk.type("qanrt12?")
        assert desk.app.screen.query_one("Field").value == "qanrt12?"
        assert desk.app.is_running


async def test_the_palette_runs_what_it_names() -> None:
    async with at_desk() as desk:
        await desk.press("ctrl+p")
        await desk.type("echeances suiv")
        await desk.press("enter")
        assert "décembre 2026" in desk.text
        await desk.press("ctrl+p")
        await desk.type("theme clair")
        await desk.pilot.press("enter", "enter")
        await desk.settle()
        assert desk.app.theme == "jour"
        assert len(desk.app.screen_stack) in {1, 2}


async def test_the_help_tells_every_key_of_the_screen() -> None:
    async with at_desk((80, 60)) as desk:
        ids = {binding.id: binding for node in (desk.app.screen.focused, desk.app.screen)
               for binding in own_bindings(node)}  # fmt: skip
        await desk.press("question_mark")
        for binding in ids.values():
            if binding.id not in {"retour", "presence", "en_ligne"}:  # alone, one has no team
                assert plain(binding.tooltip) in desk.text, binding


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("escape", "Échap"), ("enter", "Entrée"), ("backspace", "Retour arrière"), ("space", "Espace"),
        ("ctrl+p", "Ctrl+P"), ("shift+tab", "Maj+Tab"), ("f1", "F1"), ("question_mark", "?"), ("comma", ","),
        ("ampersand", "&"), ("é", "é"), ("a", "a"), ("pageup", "Page préc."), ("ctrl+enter", "Ctrl+Entrée"),
    ],
)  # fmt: skip
def test_keys_have_french_names(name: str, said: str) -> None:
    assert french_key(name) == said


def test_the_digit_row_repeats_no_key() -> None:
    keys = [one for row in DIGIT_ROW for one in row.split(",")]
    assert len(keys) == len(set(keys))
    assert all(first[0] < second[0] for first, second in pairwise(DIGIT_ROW))
