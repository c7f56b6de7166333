"""The refusal journal by its keys: narrowed, read, re-coded, asked about, answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from console.base.roles import Role
from console.cases.views import Campaign
from console.content import Content, default_root
from console.db.tables import Event
from console.records.filters import Filters
from console.services import Services, build
from screens.app import HotlinerApp
from screens.records.criteria import Unclear, in_words, read_criteria, written
from screens.records.file import RefusalFileScreen
from screens.records.journal import RefusalsScreen
from tests.calls.desk import FRIDAY, CallApp, press, settle, text_of, write
from tests.world import REFUSAL, World, plain

REASONS = Content(default_root()).data.reasons


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    one = World(tmp_path / "base.db", FRIDAY)
    for number, name in ((245, "Dupuis"), (246, "Durand [/] x"), (247, "N’Guyen")):
        client = one.add(f"CLT-{number:05d}", last_name=name, email=f"{number}@example.org")
        one.walk(one.begin(client), *REFUSAL)
    yield one
    one.database.close()


def acting(world: World, agent: str, role: Role) -> Services:
    return build(replace(world.context, agent=agent, role=role))


def screen_of(app: CallApp | HotlinerApp) -> str:
    return plain(text_of(app))


async def test_criteria_narrow_the_journal_and_are_kept_under_a_name(world: World) -> None:
    ana = acting(world, "Ana", Role.SUPERVISOR)
    ana.review.recode(2, "PROJET")
    app = CallApp(ana, lambda: RefusalsScreen(ana))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "Refus 3 · toutes les échéances" in screen_of(app)
        assert "PRIX → PROJET" in screen_of(app)
        await press(pilot, "c")
        await write(pilot, "econom")
        await press(pilot, "down", "down")
        await write(pilot, "perdu")
        await press(pilot, "enter")
        assert "Motif inconnu : PERDU." in screen_of(app)
        await press(pilot, *["backspace"] * 5)
        await write(pilot, "projet")
        await press(pilot, "enter")
        assert "Refus 1 · autre projet · « econom »" in screen_of(app)
        assert "N’Guyen" not in screen_of(app)
        await press(pilot, "g", "1")
        await write(pilot, "projets")
        await press(pilot, "enter", "t")
        assert "Refus 3" in screen_of(app)
        await press(pilot, "g", "1")
        assert "Refus 1 · autre projet" in screen_of(app)
        await press(pilot, "l")
        assert "lu " in screen_of(app)
        await press(pilot, "g", "3", "1")
    assert ana.review.views() == ()
    assert [one.title for one in ana.refusals.file(2).amendments][-1] == "Lu"


async def test_long_journals_are_fetched_as_they_are_gone_through(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screens.kit.lists.PAGE", 2)
    monkeypatch.setattr("screens.kit.pages.PAGE", 2)
    app = CallApp(world.services, lambda: RefusalsScreen(world.services))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "end", "end")
        screen = screen_of(app)
        assert screen.index("N’Guyen") < screen.index("Durand") < screen.index("Dupuis")
        assert "Refus 3" in screen


async def test_a_review_by_keys_then_the_agents_answer(world: World) -> None:
    ana = acting(world, "Ana", Role.SUPERVISOR)
    app = CallApp(ana, lambda: RefusalFileScreen(ana, 1))
    async with app.run_test(size=(80, 60)) as pilot:
        await settle(pilot)
        await press(pilot, "l", "n")
        await write(pilot, "bien dit")
        await press(pilot, "ctrl+s", "m", "3", "u")
        await write(pilot, "un concurrent")
        await press(pilot, "escape", "u", "ctrl+s", "j")
        screen = screen_of(app)
    for said in ("Ana : Lu", "bien dit", "Motif recodé : PRIX → SERVICE", "Question à Jean", "un concurrent"):
        assert said in screen, said
    assert "Suivi décidé            aucun : suivi levé" in screen
    assert "trop cher → service insatisfaisant (PRIX → SERVICE)" in screen

    jean = acting(world, "Jean", Role.HOTLINER)
    console = HotlinerApp(jean)
    async with console.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        assert "1 question d’un superviseur" in screen_of(console)
        await press(pilot, "u")
        assert "un concurrent" in screen_of(console)
        await press(pilot, "enter", "m", "l", "n", "j")
        assert "SERVICE" in screen_of(console)
        await press(pilot, "u")
        await write(pilot, "aucun")
        await press(pilot, "ctrl+s", "escape")
        assert "Rien à reprendre" in screen_of(console)
        await press(pilot, "escape", "r", "k", "x")
        assert console.screen is console.screen_stack[0]
    assert [one.detail for one in ana.refusals.file(1).amendments if one.agent == "Jean"] == ["aucun"]


async def test_what_the_journal_shows_goes_to_a_file(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DOCUMENTS_DIR", str(tmp_path))
    ana = acting(world, "Ana", Role.SUPERVISOR)
    ana.review.recode(2, "PROJET")
    december = Campaign(date(2025, 12, 1), date(2025, 12, 31))
    app = CallApp(ana, lambda: RefusalsScreen(ana, december))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "ctrl+e", "2", "c")
        await write(pilot, "econom")
        await press(pilot, "down", "down")
        await write(pilot, "projet")
        await press(pilot, "enter", "ctrl+e", "3")
        told = [one.message for one in app._notifications]
        await press(pilot, "ctrl+e", "escape", "t", "ctrl+e", "1")
    name = "hotliner-refus-echeances-2025-12-01-2025-12-31"
    assert [plain(one) for one in told] == [
        f"3 lignes. Écrit : {tmp_path / name}.csv",
        f"1 ligne. Écrit : {tmp_path / name}.json",
    ]
    (only,) = json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))
    assert (only["code"], only["motif"], only["motif_recode"]) == ("CLT-00246", "PRIX", "PROJET")
    assert (tmp_path / "hotliner-refus.xlsx").exists()
    trail = [one.data for one in world.all(Event) if one.text == "export.refus"]
    assert trail == [
        {"form": "csv", "expires_from": "2025-12-01", "expires_to": "2025-12-31", "words": False},
        {"form": "json", "expires_from": "2025-12-01", "expires_to": "2025-12-31", "words": True}
        | {"reasons": ["PROJET"]},
        {"form": "xlsx", "words": False},
    ]


def test_criteria_come_back_as_they_were_typed() -> None:
    typed = {
        "text": "école", "period": "01/12 31/12", "reasons": "prix, usage", "agent": "Jean", "plan": "prem",
        "vip": "oui", "reviewed": "non", "campaign": "Sud",
    }  # fmt: skip
    campaigns = {"sud": "Équipe Sud"}
    found = read_criteria(typed, Filters(), 2025, REASONS, campaigns)
    assert read_criteria(written(found), Filters(), 1999, REASONS, campaigns) == found
    with pytest.raises(Unclear, match="Laissez la ligne vide"):  # the campaign has gone since, as all have
        read_criteria(written(found), Filters(), 2025, REASONS, {})
    assert plain(in_words(found, REASONS, campaigns)) == (
        "Équipe Sud · 01/12/2025 – 31/12/2025"
        " · trop cher, pas assez utilisé · Jean · Premium · VIP · à lire · « école »"
    )
