"""The promised callbacks, by keys, over the real services."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from console.db.tables import Callback
from console.supervision.views import TodoCounts
from screens.kit.banner import Banner
from screens.supervision.callbacks import CallbacksScreen
from tests.calls.desk import FRIDAY, CallApp, press, settle, text_of, write
from tests.screens.desk import at_desk
from tests.world import World, plain


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    one = World(tmp_path / "base.db", FRIDAY)
    for number, (name, hours, agent) in enumerate(
        (("Dupuis [/] x", -2, "Zoé"), ("Martin", 1, "Zoé"), ("Petit", 48, "Jean")), 1
    ):
        client = one.add(f"CLT-{number:05d}", last_name=name)
        with one.database.writing() as session:
            at = one.now + timedelta(hours=hours)
            session.add(
                Callback(
                    client_id=client, subscription_id=client, promised_at=at, agent=agent, created_at=one.now
                )
            )
    yield one
    one.database.close()


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_promise_is_taken_handed_over_and_cancelled_by_keys(
    world: World, size: tuple[int, int]
) -> None:
    app = CallApp(world.services, lambda: CallbacksScreen(world.services))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        screen = plain(text_of(app))
        assert "1 à appeler" in screen
        assert "En retard de 2 h · Marie Dupuis [/] x CLT-00001" in screen
        assert screen.index("Dupuis") < screen.index("Martin") < screen.index("Petit")
        await press(pilot, "m", "2")
        assert "2 Les miens (2)" in plain(text_of(app))
        assert "Martin" not in text_of(app)
        await press(pilot, "j", "2")  # Zoé, whom an administrator may note as away
        await press(pilot, "3")
        assert "sans agent · Zoé n’est pas là" in plain(text_of(app))
        await press(pilot, "enter")
        assert app.opened == [2]
        await press(pilot, "u")
        await write(pilot, "Il rappellera")
        await press(pilot, "escape", "u", "ctrl+s")
        assert "Aucun rappel promis" in text_of(app)
        done = world.all(Callback)[1]
        assert (done.done_at, done.cancelled_why) == (world.now, "Il rappellera")
        await press(pilot, "1", "down", "g", "1")
        assert {row.taken_by for row in world.all(Callback)} == {"Jean", ""}
        await press(pilot, "escape")
        assert app.left == [None]


async def test_the_dashboard_says_who_waits() -> None:
    async with at_desk((120, 30)) as desk:
        view = desk.services.dashboard.view()
        banner = desk.app.screen.query_one(Banner)
        assert "mis à jour à 14:00" in desk.text
        banner.show(view)
        banner.show_todo(TodoCounts(4, 2))
        await desk.settle()
        assert "4 à reprendre, 2 en retard" in desk.lines[0]
