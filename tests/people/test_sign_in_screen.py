"""Who sits at the console: signing in, the lock above an open call, roles in the palette and the keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event as Signal
from typing import Any

import pytest
from textual.events import Paste

from console.base.errors import HotlinerError
from console.base.roles import Role
from console.calls.service import CallService
from console.db.tables import Call, Event
from console.people.accounts import UserService
from console.services import build
from screens.app import HotlinerApp
from screens.call.screen import CallScreen
from screens.common.note import NoteModal
from screens.dashboard.screen import DashboardScreen
from screens.session.sign_in import SignInScreen
from tests.calls.desk import FIELDS, FRIDAY, press, settle, text_of, write
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


async def test_what_is_typed_while_a_password_is_looked_at_is_read_by_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, looking = UserService.sign_in, Signal()

    def slow(*asked: Any) -> Any:
        looking.wait(10)
        return look(*asked)

    monkeypatch.setattr(UserService, "sign_in", slow)
    app = console(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press(*"faux", "enter", *"bavard", "enter")
        await pilot.pause()
        assert "Vérification" in shown(app)
        assert "bavard" not in shown(app)
        looking.set()
        await settle(pilot)
        assert "Ce nom ou ce mot de passe est refusé." in shown(app)
        assert "bavard" not in shown(app)


async def test_a_pasted_password_is_taken_as_it_is(world: World) -> None:
    UserService(replace(world.context, agent="Ada")).set_password("Jean", " deux  espaces, un de côté ")
    app = console(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.post_message(Paste(" deux  espaces, un de côté \r\n"))
        await settle(pilot)
        await press(pilot, "enter")
        await settle(pilot)
        assert isinstance(app.screen, DashboardScreen)


async def test_a_hotliner_has_no_key_for_what_is_a_supervisor_s(world: World) -> None:
    app = console(world)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await write(pilot, RIGHT)
        await press(pilot, "enter")
        await press(pilot, "r", "k", "x", "m")
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
        app.session._tick()
        assert isinstance(app.screen, NoteModal)
        app.session._touched -= 601
        app.session._tick()
        await settle(pilot)
        assert "L’appel en cours est gardé" in shown(app)
        assert "Dupuis" not in shown(app)
        assert "matin" not in shown(app)
        await press(pilot, "escape", "ctrl+p", "ctrl+s", "f1", "backspace")
        app.session._tick()
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


async def test_the_lock_loses_nothing_that_a_field_holds(world: World) -> None:
    app: Any = console(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await write(pilot, RIGHT)
        await press(pilot, "enter", "a")
        for field in ("service-analyse", "verbatim-libre", "question", "rappel"):
            before, keys, said = FIELDS[field]
            await press(pilot, *before, *keys)
            call = app.screen
            await pilot.press(*["backspace"] * len(call.capture.field.value))
            await pilot.press(*("space" if char == " " else char for char in said))
            app.session.lock()
            await settle(pilot)
            locked: object = app.screen
            assert isinstance(locked, SignInScreen), field
            assert said not in shown(app), field
            (open_call,) = world.all(Call)
            assert said in open_call.drafts.values(), field
            await write(pilot, RIGHT)
            await press(pilot, "enter")
            assert app.screen is call, field
            assert (call.capture.field.value, call.focused) == (said, call.capture.field), field
            await press(pilot, "escape")
            while call.view.can_go_back:
                await press(pilot, "backspace")


async def test_a_key_keeps_it_open(world: World) -> None:
    app = console(world, lock_minutes=10)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await write(pilot, RIGHT)
        await press(pilot, "enter")
        app.session._touched -= 400
        await press(pilot, "down")
        app.session._touched -= 400
        app.session._tick()
        assert isinstance(app.screen, DashboardScreen)


async def test_a_key_that_comes_too_late_finds_the_door_shut(world: World) -> None:
    """As where the machine slept: nothing ticked meanwhile."""
    app = console(world, lock_minutes=10)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await write(pilot, RIGHT)
        await press(pilot, "enter")
        app.session._touched -= 601
        await press(pilot, "a")
        assert isinstance(app.screen, SignInScreen)
        assert not world.all(Call)


async def test_nothing_shows_above_the_lock_and_all_of_it_once_it_is_lifted(world: World) -> None:
    app = console(world)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await settle(pilot)
        await write(pilot, RIGHT)
        await press(pilot, "enter")
        app.home.tell("Rappel promis : Marie Dupuis attend votre appel.")
        await settle(pilot)
        assert "attend votre appel" in shown(app)
        app.session.lock()
        await settle(pilot)
        assert "Dupuis" not in shown(app)
        app.home.tell("Rappel promis : Marie Dupuis attend votre appel.")
        app.home.show_error(HotlinerError("Le dossier de Marie Dupuis a changé."))
        await settle(pilot)
        assert isinstance(app.screen, SignInScreen)
        assert "Dupuis" not in shown(app)
        await write(pilot, RIGHT)
        await press(pilot, "enter")
        await settle(pilot)
        assert "Le dossier de Marie Dupuis a changé." in shown(app)
        assert "attend votre appel" in shown(app)


@pytest.fixture
def slow_begin(monkeypatch: pytest.MonkeyPatch) -> Iterator[Signal]:
    """Calls begin once it is set."""
    go, begin = Signal(), CallService.begin

    def slow(*arguments: Any, **named: Any) -> Any:
        assert go.wait(5)
        return begin(*arguments, **named)

    monkeypatch.setattr(CallService, "begin", slow)
    yield go
    go.set()


async def test_a_call_that_was_slow_to_open_waits_below_the_lock(world: World, slow_begin: Signal) -> None:
    app = console(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await write(pilot, RIGHT)
        await press(pilot, "enter")
        await pilot.press("a")
        await pilot.pause()
        app.session.lock()
        slow_begin.set()
        await settle(pilot)
        assert isinstance(app.screen, SignInScreen)
        await write(pilot, RIGHT)
        await press(pilot, "enter")
        await settle(pilot)
        assert isinstance(app.screen, CallScreen)


async def test_what_was_asked_for_by_who_left_is_not_shown_to_who_comes(
    world: World, slow_begin: Signal
) -> None:
    app = console(world)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        await write(pilot, RIGHT)
        await press(pilot, "enter", "slash")
        await write(pilot, "dupuis")
        await press(pilot, "enter")
        await pilot.press("a")
        await pilot.pause()
        app.session.sign_out()
        while not isinstance(app.screen, SignInScreen):
            await pilot.pause()
        app.home.tell("Marie Dupuis attend votre appel.")
        slow_begin.set()
        await settle(pilot)
        assert isinstance(app.screen, SignInScreen)
        assert "Dupuis" not in shown(app)
        await press(pilot, "shift+tab", "end", *["backspace"] * 4)
        await write(pilot, "ana")
        await press(pilot, "tab")
        await write(pilot, RIGHT)
        await press(pilot, "enter")
        await settle(pilot)
        assert isinstance(app.screen, DashboardScreen)
        assert "attend votre appel" not in shown(app)
        await press(pilot, "i")  # the way to a call is open again
        assert not isinstance(app.screen, DashboardScreen)


async def test_who_comes_back_with_a_lower_role_finds_their_call_and_nothing_else(world: World) -> None:
    admin = UserService(replace(world.context, agent="Ada"))
    services = build(replace(world.context, agent="Ana", role=None, demo=False))
    services.open()
    app = HotlinerApp(services)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await write(pilot, RIGHT)
        await press(pilot, "enter", "a", "d", "k")
        assert "Indicateurs" in shown(app)
        admin.deactivate("Ana")
        admin.add("Ana", Role.HOTLINER, RIGHT)
        app.session._tick()
        await settle(pilot)
        await write(pilot, RIGHT)
        await press(pilot, "enter")
        await settle(pilot)
        assert isinstance(app.screen, CallScreen)
        assert len(app.screen_stack) == 2


async def test_an_account_that_is_closed_or_changed_has_to_sign_in_again(world: World) -> None:
    app = console(world)
    admin = UserService(replace(world.context, agent="Ada"))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await write(pilot, RIGHT)
        await press(pilot, "enter")
        app.session._tick()
        await settle(pilot)
        assert isinstance(app.screen, DashboardScreen)
        admin.deactivate("Jean")
        app.session._tick()
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
        await press(pilot, "ctrl+p")
        await write(pilot, "devenir hotliner")
        await press(pilot, "enter")
        await settle(pilot)
        assert isinstance(app.screen, DashboardScreen)  # what a hotliner may not see is closed
        assert "démo · Jean · hotliner" in shown(app)


async def test_a_supervisor_lifts_the_hours_in_the_call(world: World) -> None:
    world.now = paris("2025-12-20T11:00")  # a Saturday
    app = HotlinerApp(build(replace(world.context, role=Role.SUPERVISOR)))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "a", "&")
        assert "Hors des heures d’appel (samedi)" in shown(app)
        await press(pilot, "l")
        await write(pilot, "Elle part ce")
        await press(pilot, "escape", "l")  # kept for later, as it says
        await write(pilot, " soir")
        await press(pilot, "ctrl+s", "&")
        assert "Hors des heures" not in shown(app)
        assert world.one(Call).dialled_at == world.now
    (lifted,) = [one for one in world.all(Event) if one.kind == "hours_lifted"]
    assert lifted.text == "Elle part ce soir"


async def test_a_hotliner_cannot(world: World) -> None:
    world.now = paris("2025-12-20T11:00")
    app = HotlinerApp(build(replace(world.context, role=Role.HOTLINER)))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "a", "l")
        assert isinstance(app.screen, CallScreen)
