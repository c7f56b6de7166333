"""The tour: shown once to each agent, never over a call, on the real keys; the palette shows it again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from console.base.errors import StorageError
from console.base.roles import Role
from console.db.tables import Call, CallStep, Event
from console.people.accounts import UserService
from console.services import build
from screens.call.screen import CallScreen
from screens.dashboard.screen import DashboardScreen
from screens.dashboard.welcome import WelcomeScreen
from screens.session.sign_in import SignInScreen
from screens.training.tour import LEAVES, TourModal
from tests.dashboard.test_welcome_screen import CLIENTS
from tests.screens.desk import Desk, at_desk
from tests.screens.shown import shown
from tests.world import World, paris, plain

TRIED = ("space", "é", "A", "quotation_mark", "h", None, "f1")
"""A key of each page that something answers."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    one = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    one.add()
    yield one
    one.database.close()


def touring(desk: Desk) -> bool:
    return isinstance(desk.app.screen, TourModal)


async def replay(desk: Desk) -> None:
    await desk.press("ctrl+p")
    await desk.type("visite")
    await desk.press("enter")
    assert touring(desk)


async def test_an_agent_is_shown_around_once_whatever_the_machine(world: World) -> None:
    async with at_desk(over=world.services, tour=True) as desk:
        for number, tried in enumerate(TRIED, 1):
            assert f"Visite guidée · {number} sur 7" in desk.text
            assert "✓" not in desk.text
            if tried:
                await desk.press(tried)
                await desk.press(*["escape"] * (tried == "f1"))
                assert "✓" in desk.text
            await desk.press("enter")
        assert not touring(desk)
    assert [(one.kind, one.agent) for one in world.all(Event)] == [("tour", "Jean")]
    assert world.all(Call) == []
    async with at_desk(over=world.restart(), tour=True) as desk:
        assert not touring(desk)
        await replay(desk)
        await desk.press("escape")
    assert len(world.all(Event)) == 1
    async with at_desk(over=world.as_agent("Zoé"), tour=True) as desk:
        assert touring(desk)
        await desk.press("escape")
        assert not touring(desk)
    async with at_desk(over=world.as_agent("Zoé"), tour=True) as desk:
        assert not touring(desk)


async def test_it_can_be_switched_off(world: World) -> None:
    async with at_desk(over=world.services) as desk:
        assert not touring(desk)
    assert world.services.training.tour_due()


async def test_a_call_to_resume_comes_first_and_the_tour_waits_for_the_next_start(world: World) -> None:
    world.press(world.begin(world.add("CLT-00001")), "Composer")
    async with at_desk(over=world.restart(), tour=True) as desk:
        assert isinstance(desk.app.screen, CallScreen)
        assert not any(isinstance(one, TourModal) for one in desk.app.screen_stack)
    assert world.services.training.tour_due()


async def test_an_empty_base_is_dealt_with_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    monkeypatch.chdir(tmp_path)
    Path("clients.csv").write_text(CLIENTS, "utf-8")
    async with at_desk(over=empty.services, tour=True) as desk:
        assert isinstance(desk.app.screen, WelcomeScreen)
        await desk.press("2")
        await desk.type("clients.csv")
        await desk.press("enter")
        assert touring(desk)
    empty.database.close()


async def test_over_a_call_it_is_shown_on_demand_and_acts_on_nothing(world: World) -> None:
    async with at_desk(over=world.services) as desk:
        await desk.press("a")
        before, steps = desk.lines[1:], len(world.all(CallStep))  # the first line has the time
        await replay(desk)
        for tried in TRIED[:-1]:
            await desk.press("n", "p", "h", "1", "a", "x", "q", *([tried] if tried else []), "enter")
        await desk.press("enter")
        assert desk.lines[1:] == before
        assert len(world.all(CallStep)) == steps


async def test_whoever_signs_in_is_shown_around_after_the_dashboard_has_opened(world: World) -> None:
    UserService(world.context).add("Ada", Role.ADMINISTRATOR, "un cheval correct")
    over = build(replace(world.context, agent="Ada", role=None, demo=False))
    over.open()
    async with at_desk(over=over, tour=True) as desk:
        assert isinstance(desk.app.screen, SignInScreen)
        await desk.type("un cheval correct")
        await desk.press("enter")
        assert touring(desk)
        assert isinstance(desk.app.screen_stack[-2], DashboardScreen)
        await desk.press("escape")
    assert over.training.tour_due() is False
    assert world.services.training.tour_due()


async def test_what_cannot_be_remembered_stops_nobody() -> None:
    over, full = shown(), StorageError("Le disque est plein.")
    with patch.object(over.training, "tour_seen", side_effect=full):
        async with at_desk(over=over, tour=True) as desk:
            assert touring(desk)
            await desk.press("escape")
            assert len(desk.app.screen_stack) == 1
    with patch.object(over.training, "tour_due", side_effect=full):
        async with at_desk(over=over, tour=True) as desk:
            assert len(desk.app.screen_stack) == 1


def box(desk: Desk) -> str:
    """What is inside the frame, on one line."""
    return " ".join(" ".join(line[5:-5] for line in desk.text.splitlines()[3:-3]).replace("│", " ").split())


async def test_pages_turn_both_ways_and_nothing_is_cut_at_80_columns() -> None:
    async with at_desk() as desk:
        await replay(desk)
        tour: Any = desk.app.screen
        await desk.press("backspace")
        for number, leaf in enumerate(LEAVES, 1):
            assert f"{number} sur 7" in desk.text
            assert "Entrée : " in desk.text
            assert tour.query_one("#box").border_subtitle.strip() in "\n".join(desk.lines)
            for id, answer in leaf.answers.items():
                tour.action_try_out(id)
                await desk.settle()
                assert all(plain(words) in box(desk) for words in (leaf.title, *leaf.choices, answer))
            await desk.press("right")
        assert not touring(desk)
        await replay(desk)
        await desk.press("enter", "enter", "left", "backspace")
        assert "1 sur 7" in desk.text


async def test_a_remapped_key_is_the_one_taught() -> None:
    async with at_desk(keymap={"appel": "f5"}) as desk:
        await replay(desk)
        await desk.press("enter", "enter")
        assert "Essayez : F5" in desk.text
        await desk.press("a")
        assert "✓" not in desk.text
        await desk.press("f5")
        assert "✓ L’appel est ouvert." in desk.text
