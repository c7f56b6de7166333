"""The date is asked before anything is read or written, and a key held down does not answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from console.base.errors import StorageError
from console.base.roles import Role
from console.dashboard.service import DashboardService
from console.people.accounts import UserService
from console.services import build
from screens.app import HotlinerApp
from screens.dashboard.screen import DashboardScreen
from screens.kit.screen import ErrorModal
from screens.session.date import PAUSE_SECONDS, DateModal
from screens.session.sign_in import SignInScreen
from tests.calls.desk import FRIDAY, press, settle, text_of
from tests.screens.shown import shown as demo
from tests.world import World, plain

WHY = (
    "Dernier fait connu\u202f: vendredi 20 novembre 2026 à 18:02."
    " Sommes-nous bien le jeudi 10 décembre 2026\u202f?"
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    one = World(tmp_path / "base.db", FRIDAY)
    one.add()
    yield one
    one.database.close()


class Kept:
    """What was said to be the right date; fails as often as told."""

    def __init__(self, failures: int = 0) -> None:
        self.times = 0
        self._failures = failures

    def __call__(self) -> None:
        self.times += 1
        if self.times <= self._failures:
            raise StorageError("La base est occupée.")


def shown(app: HotlinerApp) -> str:
    return plain(text_of(app))


async def test_nothing_is_read_before_the_answer_and_no_held_key_is_one(world: World) -> None:
    kept, services = Kept(), world.services
    app = HotlinerApp(services, doubt=WHY, sure=kept)
    with patch.object(DashboardService, "view", side_effect=AssertionError) as read:
        async with app.run_test(size=(80, 24)) as pilot:
            await press(pilot, *["enter", "escape", "space", "a", "backspace"] * 5)
            await settle(pilot)
            assert isinstance(app.screen, DateModal)
            assert "Sommes-nous bien le jeudi 10 décembre 2026 ?" in " ".join(shown(app).split())
            assert "1  Continuer à cette date" in shown(app)
            assert "2  Quitter" in shown(app)
            assert "Dupuis" not in shown(app)
            await press(pilot, "2")
            await settle(pilot)
    assert (kept.times, read.call_count, app.return_code) == (0, 0, 0)


@pytest.mark.parametrize("key", ["1", "ampersand"])
async def test_the_console_opens_at_the_date_that_is_said_to_be_right(world: World, key: str) -> None:
    kept = Kept()
    app = HotlinerApp(world.services, doubt=WHY, sure=kept)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, key)
        await settle(pilot)
        assert isinstance(app.screen, DashboardScreen)
        assert "Marie Dupuis" in shown(app)
    assert kept.times == 1


async def test_a_base_that_is_held_is_asked_again(world: World) -> None:
    kept = Kept(failures=1)
    app = HotlinerApp(world.services, doubt=WHY, sure=kept)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "1")
        assert isinstance(app.screen, ErrorModal)
        await press(pilot, "enter")
        assert isinstance(app.screen, DateModal)
        await press(pilot, "1")
        await settle(pilot)
        assert "Marie Dupuis" in shown(app)


async def test_a_clock_that_jumps_under_an_open_console_is_asked_about(world: World) -> None:
    kept = Kept()
    jumped = False

    def doubted() -> str:
        return "" if kept.times or not jumped else "L’horloge de cette machine a changé."

    with patch("screens.app.DATE_SECONDS", 0.05):
        app = HotlinerApp(world.services, sure=kept, doubted=doubted)
        async with app.run_test(size=(80, 24)) as pilot:
            await press(pilot, "slash", *"dupuis")
            jumped = True
            await pilot.pause(0.3)
            assert not isinstance(app.screen, DateModal), "nothing opens over what is being typed"
            await press(pilot, "escape")
            for _ in range(200):
                if isinstance(app.screen, DateModal):
                    break
                await pilot.pause(0.02)
            await press(pilot, "1")
            await settle(pilot)
            assert isinstance(app.screen, DateModal), "a key that was meant for what it covers"
            time.sleep(PAUSE_SECONDS)  # the pilot's pauses are short
            assert "L’horloge de cette machine a changé." in shown(app)
            await press(pilot, "1")
            await settle(pilot)
            assert isinstance(app.screen, DashboardScreen)
            assert "Marie Dupuis" in shown(app)
    assert kept.times == 1


async def test_with_accounts_the_date_comes_before_the_password(world: World) -> None:
    UserService(world.context).add("Jean", Role.ADMINISTRATOR, "un cheval correct")
    services = build(replace(world.context, agent="Jean", role=None, demo=False))
    services.open()
    kept = Kept()
    app = HotlinerApp(services, doubt=WHY, sure=kept)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert isinstance(app.screen, DateModal)
        await press(pilot, "1")
        await settle(pilot)
        assert isinstance(app.screen, SignInScreen)
    assert kept.times == 1


@pytest.mark.parametrize("width", [80, 100, 140])
async def test_a_trial_base_is_named_at_the_foot_of_every_screen(width: int) -> None:
    async with HotlinerApp(demo()).run_test(size=(width, 30)) as pilot:
        await settle(pilot)
        headline = text_of(pilot.app).splitlines()[:2]
    app = HotlinerApp(demo(), mark="base d’essai")
    async with app.run_test(size=(width, 30)) as pilot:
        await settle(pilot)
        assert text_of(app).splitlines()[:2] == headline, "the headline gives nothing up"
        for key in ("enter", "escape", "t", "escape", "f3", "escape", "a"):
            await settle(pilot)
            foot = text_of(app).splitlines()[-1].rstrip()
            assert foot.endswith("base d’essai"), key
            assert "Aide" in foot
            await press(pilot, key)
