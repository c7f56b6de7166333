"""The refusals: a list, the newest first, and each record with the call as it was spoken."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from console.cases.views import Campaign
from screens.kit.rows import RowList
from screens.records.file import RefusalFileScreen
from screens.records.journal import RefusalsScreen
from tests.calls.desk import FRIDAY, CallApp, press, settle, text_of
from tests.world import REFUSAL, World, plain

DECEMBER = Campaign(date(2025, 12, 1), date(2025, 12, 31))
JANUARY = Campaign(date(2026, 1, 1), date(2026, 1, 31))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    one = World(tmp_path / "base.db", FRIDAY)
    for number, name in ((245, "Dupuis"), (246, "Durand [/] x"), (247, "N’Guyen")):
        client = one.add(f"CLT-{number:05d}", last_name=name)
        one.walk(one.begin(client), *REFUSAL)
    yield one
    one.database.close()


def screen_of(app: Any) -> str:
    """With ordinary spaces."""
    return plain(text_of(app))


async def test_the_newest_comes_first_and_opens_its_record(world: World) -> None:
    app = CallApp(world.services, lambda: RefusalsScreen(world.services, DECEMBER))
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        screen = screen_of(app)
        assert "Refus 3 · échéances de décembre 2025" in screen
        assert screen.index("N’Guyen") < screen.index("Durand [/] x") < screen.index("Dupuis")
        await press(pilot, "down", "enter")
        assert isinstance(app.screen, RefusalFileScreen)
        assert "Durand [/] x" in screen_of(app)
        await press(pilot, "d")
        assert app.opened == [world.services.refusals.page(None, 1, 1).rows[0].client_id]
        await press(pilot, "escape")
        assert app.screen.query_one(RowList).cursor == 1


async def test_a_record_is_read_whole_with_the_call_as_it_was_said(world: World) -> None:
    (row, *_) = world.services.refusals.page(None, 2, 1).rows
    app = CallApp(world.services, lambda: RefusalFileScreen(world.services, row.record_id))
    async with app.run_test(size=(100, 120)) as pilot:
        await settle(pilot)
        screen = screen_of(app)
    for label in ("Motif exprimé", "Code motif", "Première objection", "Contexte", "Résultat", "Statut"):
        assert label in screen
    assert "Je dois faire des économies en ce moment" in screen
    assert "L’appel, comme il s’est dit" in screen
    assert "▌ Je comprends" in screen
    assert "→ « Je dois faire des économies en ce moment. » → Noté, conclure" in " ".join(screen.split())


async def test_another_campaign_is_empty_until_all_are_asked_for(world: World) -> None:
    app = CallApp(world.services, lambda: RefusalsScreen(world.services, JANUARY))
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        assert "Aucun refus" in screen_of(app)
        await press(pilot, "t")
        assert "Refus 3 · toutes les échéances" in screen_of(app)
        await press(pilot, "t")
        assert "Aucun refus" in screen_of(app)
