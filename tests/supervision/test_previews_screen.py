"""A supervisor sees, from the console, what every kind of client reads and hears."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from console.base.errors import ForbiddenError
from console.base.roles import Role
from console.services import build
from screens.app import HotlinerApp
from screens.supervision.previews import PreviewsScreen
from tests.calls.desk import FRIDAY, CallApp, press, settle, text_of
from tests.world import World, plain

ENTRY = "Aperçu des messages et des étapes"


async def test_each_kind_of_client_is_a_key_away(tmp_path: Path) -> None:
    world = World(tmp_path / "base.db", FRIDAY)
    services = build(replace(world.context, role=Role.SUPERVISOR))
    for size in ((80, 24), (120, 40)):
        app = CallApp(services, lambda: PreviewsScreen(services))
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            assert "Aperçu : toutes les sortes de clients" in plain(text_of(app))
            for kind in ("VIP", "à risque", "au mois", "Basic", "outre-mer", "échu", "sans prénom"):
                await press(pilot, "right")
                await settle(pilot)
                title, first, *_ = plain(text_of(app)).splitlines()
                assert kind in title
                assert kind in first
            await press(pilot, "enter")
            await settle(pilot)
            assert "Bonjour," in plain(text_of(app)), "whose first name is not known"
            await press(pilot, "escape", "right")
            await settle(pilot)
            assert "toutes les sortes" in plain(text_of(app))
    world.database.close()


def test_it_is_a_supervisors(tmp_path: Path) -> None:
    world = World(tmp_path / "base.db", FRIDAY)
    for role, there in ((Role.HOTLINER, False), (Role.SUPERVISOR, True)):
        services = build(replace(world.context, role=role))
        assert services.open().role is role
        names = [name for name, _ in HotlinerApp(services).commands()]
        assert (ENTRY in names) is there
        if not there:
            with pytest.raises(ForbiddenError):
                services.previews.page(None, 0, 1)
    world.database.close()
