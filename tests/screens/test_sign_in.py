"""Who sits at the console: signing in, the lock above an open call, roles in the palette and the keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest

from console.domain.roles import Role
from console.services.context import build
from console.services.users import UserService
from console.storage.tables import Call, Event
from screens.app import HotlinerApp
from screens.call import CallScreen
from screens.dashboard import DashboardScreen
from screens.note import NoteModal
from screens.sign_in import SignInScreen
from tests.screens.call_desk import FRIDAY, press, settle, text_of, write
from tests.world import World, paris, plain

RIGHT = "un cheval correct"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    one = World(tmp_path / "base.db", FRIDAY)
    one.add()
    users = UserService(one.context)
    for name, role in (("Ada", Role.ADMINISTRATOR), ("Ana", Role.SUPERVISOR), ("Jean", Role.HOTLINER)):
        users.add(name, role, RIGHT)
    yield one
    one.database.close()


def console(world: World, lock_minutes: int = 0) -> HotlinerApp:
    """The console as it opens where there are accounts."""
    services = build(replace(world.context, agent="Jean", role=None, demo=False))
    services.open()
    return HotlinerApp(services, lock_minutes=lock_minutes)


def shown(app: HotlinerApp) -> str:
    return plain(text_of(app))


async def test_nothing_is_shown_before_the_right_password(world: World) -> None:
    app = console(world)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert "Connexion" in shown(app)
        assert "Jean" in shown(app)
        await press(pilot, "ctrl+p", "f1", "escape", "enter", "f2")
        assert isinstance(app.screen, SignInScreen)
        await write(pilot, "pas le bon")
        assert "pas le bon" not in shown(app)
        await press(pilot, "enter")
        assert "Ce nom ou ce mot de passe est refusé." in shown(app)
        assert "Dupuis" not in shown(app)
        await write(pilot, RIGHT)
        await press(pilot, "enter")
        await settle(pilot)
        assert isinstance(app.screen, DashboardScreen)
        assert "Marie Dupuis" in shown(app)
        assert "Jean · hotliner" in shown(app)


async def test_a_hotliner_has_no_key_for_what_is_a_supervisor_s(world: World) -> None:
    app = console(world)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await write(pilot, RIGHT)
        await press(pilot, "enter")
        await press(pilot, "r", "k", "x")
        assert isinstance(app.screen, DashboardScreen)
        await press(pilot, "ctrl+p")
        await write(pilot, "indicateurs")
        assert "Aucune commande de ce nom" in shown(app)


async def test_the_console_locks_above_a_call_and_gives_it_back_as_it_was(world: World) -> None:
    app = console(world, lock_minutes=10)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await write(pilot, RIGHT)
        await press(pilot, "enter")
        await press(pilot, "a", "n")
        await write(pilot, "préfère le matin")
        assert isinstance(app.screen, NoteModal)
        app._tick()
        assert isinstance(app.screen, NoteModal)
        app._touched = monotonic() - 601
        app._tick()
        await settle(pilot)
        assert "L’appel en cours est gardé" in shown(app)
        assert "Dupuis" not in shown(app)
        assert "matin" not in shown(app)
        await press(pilot, "escape", "ctrl+p", "ctrl+s", "f1", "backspace")
        app._tick()
        await settle(pilot)
        assert sum(isinstance(one, SignInScreen) for one in app.screen_stack) == 1
        await write(pilot, "x" * 12)
        await press(pilot, "enter")
        assert isinstance(app.screen, SignInScreen)
        await write(pilot, RIGHT)
        await press(pilot, "enter")
        assert isinstance(app.screen, NoteModal)
        assert "préfère le matin" in shown(app)
        await press(pilot, "ctrl+s")
        assert isinstance(app.screen, CallScreen)
        await press(pilot, "&")
        assert isinstance(app.screen, CallScreen)
    texts = [one.text for one in world.all(Event) if one.kind == "audit"]
    assert texts[-4:] == ["user.signed_in", "user.locked", "user.refused", "user.signed_in"]


async def test_a_key_keeps_it_open(world: World) -> None:
    app = console(world, lock_minutes=10)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await write(pilot, RIGHT)
        await press(pilot, "enter")
        app._touched = monotonic() - 601
        await press(pilot, "down")
        app._tick()
        assert isinstance(app.screen, DashboardScreen)


async def test_an_account_that_is_closed_or_changed_has_to_sign_in_again(world: World) -> None:
    app = console(world)
    admin = UserService(replace(world.context, agent="Ada"))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await write(pilot, RIGHT)
        await press(pilot, "enter")
        app._tick()
        await settle(pilot)
        assert isinstance(app.screen, DashboardScreen)
        admin.deactivate("Jean")
        app._tick()
        await settle(pilot)
        assert isinstance(app.screen, SignInScreen)
        await write(pilot, RIGHT)
        await press(pilot, "enter")
        assert "refusé" in shown(app)
        admin.add("Jean", Role.SUPERVISOR, RIGHT)
        await write(pilot, RIGHT)
        await press(pilot, "enter")
        await press(pilot, "k")
        assert "Indicateurs" in shown(app)


async def test_the_place_is_left_to_somebody_else_but_not_in_a_call(world: World) -> None:
    app = console(world)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await settle(pilot)
        await write(pilot, RIGHT)
        await press(pilot, "enter", "a", "ctrl+p")
        await write(pilot, "connecter")
        await press(pilot, "enter")
        assert "Terminez d’abord l’appel." in shown(app)
        await press(pilot, "escape")
        while isinstance(app.screen, CallScreen) or len(app.screen_stack) > 1:
            await press(pilot, "1")
            if len(app.screen_stack) == 1:
                break
        await press(pilot, "slash", "escape", "ctrl+p")
        await write(pilot, "connecter")
        await press(pilot, "enter")
        await settle(pilot)
        assert "Connexion" in shown(app)
        assert "Dupuis" not in shown(app)
        await press(pilot, "shift+tab", "end", *["backspace"] * 4)
        await write(pilot, "ana")
        await press(pilot, "tab")
        await write(pilot, RIGHT)
        await press(pilot, "enter")
        await settle(pilot)
        assert "Ana · superviseur" in shown(app)


async def test_the_demonstration_takes_another_role_from_the_palette(world: World) -> None:
    app = HotlinerApp(build(replace(world.context, role=Role.SUPERVISOR)))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert "démo · Jean · superviseur" in shown(app)
        await press(pilot, "ctrl+p")
        await write(pilot, "devenir hotliner")
        await press(pilot, "enter")
        await settle(pilot)
        assert "démo · Jean · hotliner" in shown(app)
        await press(pilot, "k")
        assert isinstance(app.screen, DashboardScreen)
        await press(pilot, "ctrl+p")
        await write(pilot, "devenir administrateur")
        await press(pilot, "enter", "k")
        assert "Indicateurs" in shown(app)


async def test_a_supervisor_lifts_the_hours_in_the_call(world: World) -> None:
    world.now = paris("2025-12-20T11:00")  # a Saturday
    app = HotlinerApp(build(replace(world.context, role=Role.SUPERVISOR)))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "a", "&")
        assert "Hors des heures d’appel (samedi)" in shown(app)
        await press(pilot, "l")
        await write(pilot, "Elle part ce soir")
        await press(pilot, "ctrl+s", "&")
        assert "Hors des heures" not in shown(app)
        assert world.one(Call).dialled_at == world.now


async def test_a_hotliner_cannot(world: World) -> None:
    world.now = paris("2025-12-20T11:00")
    app = HotlinerApp(build(replace(world.context, role=Role.HOTLINER)))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "a", "l")
        assert isinstance(app.screen, CallScreen)
