"""`f` then `3`: a call with a fictitious client on the real call screen, which nothing real ever sees."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from console.base.roles import Role
from console.base.vocabulary import Direction
from console.calls.dialling import DialService
from console.db.tables import Call, Event
from console.services import build
from screens.call.screen import CallScreen
from screens.kit.screen import OpenCall
from screens.training.debrief import DebriefScreen
from screens.training.screen import TrainingScreen
from screens.training.simulator import SimulatedCall, SimulatedFile
from tests.screens.desk import Desk, at_desk
from tests.training.trainee import tables
from tests.world import World, paris

REFUSAL = 5
"""A seed: Julien hesitates, it is not the moment; nothing suits, then a reason and no return."""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def world(tmp_path: Path, temporary: Path) -> Iterator[World]:
    one = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    one.add()
    yield one
    one.database.close()


async def begin(desk: Desk, seed: int = REFUSAL) -> SimulatedCall:
    await desk.press("f", "3")
    await desk.type(str(seed))
    await desk.press("enter")
    assert isinstance(desk.app.screen, SimulatedCall)
    return desk.app.screen


def told(desk: Desk, words: str) -> bool:
    """Whether a passing message said so."""
    return any(words in one.message for one in desk.app._notifications)


async def listen(desk: Desk) -> None:
    """Presses what the client asks for, by the keys, to the end."""
    while (call := desk.app.screen).view.outcome is None:
        assert isinstance(call, SimulatedCall)
        assert "SIMULATION" in desk.lines[0]
        said = call.simulation.calls.dialogue().now
        here = said is not None and said.step == call.view.step
        if said is not None and here and said.reply.words:
            assert "«" in desk.text
        if call.capture.asked is not None and not call.capture.field.value:
            await desk.type(said.reply.moment if said and here and said.reply.moment else "ses mots")
            await desk.press("enter")
            if call.view.outcome is not None or call.capture.asked is None:
                continue
        labels = [choice.label for choice in call.view.choices]
        key = labels.index(said.reply.choice) + 1 if said and here and said.reply.choice else 1
        if said and here and said.reply.jump:
            await desk.press({"hung_up": "h", "callback": "p", "escalate": "x"}[said.reply.jump])
        else:
            await desk.press(str(key))


@pytest.mark.parametrize("seed", [REFUSAL, 2, 27])
async def test_a_run_by_the_keys_ends_with_its_debrief_and_only_the_score_is_kept(
    world: World, temporary: Path, seed: int
) -> None:
    async with at_desk(over=world.services) as desk:
        before = tables(world.path)
        await begin(desk, seed)
        await listen(desk)
        assert tables(world.path) == before
        assert "1  Voir le bilan" in desk.text
        assert "tableau de bord" not in desk.text
        await desk.press("1")
        assert isinstance(desk.app.screen, DebriefScreen)
        debrief = desk.app.screen.debrief
        assert f"Bilan de l’appel n° {seed}" in desk.text
        assert f"Bien entendu            {debrief.total} sur {debrief.total}" in desk.text
        assert debrief.wants[:20] in desk.text
        assert not list(temporary.iterdir())
        await desk.press("escape")
        assert f"1 appel · au mieux {debrief.total} sur {debrief.total}" in desk.text
        await desk.press("2")
        assert "Jean  quiz : – pas encore passé" in desk.text
        after = tables(world.path)
        assert {name for name in after if after[name] != before[name]} <= {"event", "sqlite_sequence"}
        (event,) = world.all(Event)
        assert (event.kind, event.client_id) == ("simulated_call", None)


async def test_what_is_misheard_is_said_again_and_told_at_the_end(world: World) -> None:
    async with at_desk(over=world.services, size=(100, 40)) as desk:
        call = await begin(desk)
        await desk.press("1", "1", "2", "1")
        assert call.view.step == "prix"
        assert "Julien : «" in desk.text
        (wrong,) = call.simulation.calls.dialogue().misheard
        assert wrong.statement.reply.choice == "Ce n’est pas le moment"
        await desk.press("backspace", "3")
        await listen(desk)
        await desk.press("enter")
        assert "▲ Julien :" in desk.text
        assert (
            "mal entendu : il fallait « Ce n’est pas le moment », pas « Le prix » (repris ensuite)"
            in desk.text
        )
        assert "7 sur 8" in desk.text
        await desk.press("1")
        assert isinstance(desk.app.screen, SimulatedCall)
        assert desk.app.screen.simulation.seed == REFUSAL
        assert desk.app.screen.simulation.persona is not None


async def test_nothing_of_it_reaches_the_outside_nor_the_real_services(
    world: World, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any, **__: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr(DialService, "dial", never)
    async with at_desk(over=world.services) as desk:
        asked: list[object] = []
        monkeypatch.setattr(desk.app, "copy_to_clipboard", asked.append)
        for name in ("on_open_client", "on_open_call"):
            monkeypatch.setattr(desk.app, name, never, raising=False)
        before = tables(world.path)
        call = await begin(desk)
        await desk.press("1")
        assert not desk.app.screen.query_one("NumberBox").has_class("-ringing")
        await desk.press("n")
        await desk.type("Aime le matin.")
        await desk.press("ctrl+s")
        assert call.view.notes == ("Aime le matin.",)
        await desk.press("v")
        assert "Compte de Julien Moreau" in desk.text
        assert "SIMULATION" in desk.text
        await desk.press("escape", "d")
        assert isinstance(desk.app.screen, SimulatedFile)
        assert "SIMULATION" in desk.lines[0]
        for key in ("a", "i", "e", "s", "n", "b", "slash", "r", "p", "x", "k", "f", "o", "c"):
            await desk.press(key)
            assert isinstance(desk.app.screen, SimulatedFile), key
        await desk.press("3")
        assert "Aime le matin." in desk.text
        await desk.press("escape", "b", "2")
        assert told(desk, "ne plus lui écrire")
        await desk.press("1", "p")
        await desk.type("demain 14h")
        await desk.press("enter")
        assert call.view.outcome is not None
        await desk.press("a", "d")
        assert isinstance(desk.app.screen, SimulatedFile)
        assert not asked
        assert tables(world.path) == before
    assert not list(temporary.iterdir())


async def test_it_is_stopped_at_any_step_and_nothing_is_counted(world: World, temporary: Path) -> None:
    async with at_desk(over=world.services) as desk:
        for keys in ((), ("1", "1"), ("1", "1", "2", "4")):
            await begin(desk)
            await desk.press(*keys)
            if len(keys) == 4:
                await desk.type("commencé")
                await desk.press("escape")
            await desk.press("escape")
            assert "Arrêter la simulation" in desk.text
            (key,) = re.findall(r"(\d)  Arrêter la simulation", desk.text)
            await desk.press(key)
            assert isinstance(desk.app.screen, TrainingScreen)
            assert told(desk, "rien n’est compté")
            assert not list(temporary.iterdir())
            await desk.press("escape")
        assert world.all(Event) == []


async def test_leaving_the_console_removes_it(world: World, temporary: Path) -> None:
    async with at_desk(over=world.services) as desk:
        await begin(desk)
        assert list(temporary.iterdir())
    assert not list(temporary.iterdir())


async def test_a_real_call_comes_first(world: World) -> None:
    client_id = 1
    async with at_desk(over=world.services) as desk:
        desk.app.post_message(OpenCall(client_id, Direction.OUTBOUND))
        await desk.settle()
        assert type(desk.app.screen) is CallScreen
        await desk.press("d", "f", "3", "enter")
        assert isinstance(desk.app.screen, TrainingScreen)
        assert told(desk, "Un appel est ouvert")
        await desk.press("escape", "escape")
        assert type(desk.app.screen) is CallScreen


async def test_a_real_call_comes_above_a_simulated_one_and_both_go_on(world: World) -> None:
    async with at_desk(over=world.services) as desk:
        call = await begin(desk)
        await desk.press("1")
        desk.app.post_message(OpenCall(1, Direction.INBOUND))
        await desk.settle()
        assert type(desk.app.screen) is CallScreen
        assert "SIMULATION" not in desk.text
        assert "Marie Dupuis" in desk.text
        await desk.press("5", "1")
        assert [one.outcome for one in world.all(Call)] == ["already_renewed"]
        await desk.press("1")
        assert desk.app.screen is call
        await desk.press("1")
        assert call.view.step == "ouverture"


async def test_a_draft_typed_in_it_never_reaches_a_real_call(world: World) -> None:
    async with at_desk(over=world.services) as desk:
        await begin(desk)
        await desk.press("1", "1", "2", "4")
        await desk.type("Je déménage")
    assert world.services.calls.resume() is None
    assert world.all(Call) == []


async def test_the_number_of_a_call_is_a_number(world: World) -> None:
    async with at_desk(over=world.services) as desk:
        await desk.press("f", "3")
        await desk.type("douze")
        await desk.press("enter")
        assert "Un nombre, ou rien." in desk.text
        await desk.press("escape", "3")
        await desk.type("100000")
        await desk.press("enter")
        assert "va de 1 à 99999" in desk.text
        await desk.press("enter", "3", "enter")
        assert isinstance(desk.app.screen, SimulatedCall)
        assert 1 <= desk.app.screen.simulation.seed <= 99_999


async def test_the_palette_finds_it_and_fast_keys_open_it_once(world: World, temporary: Path) -> None:
    async with at_desk(over=world.services) as desk:
        await desk.press("ctrl+p")
        await desk.type("simul")
        await desk.press("enter")
        assert isinstance(desk.app.screen, TrainingScreen)
        await desk.press("ctrl+p")
        await desk.type("simuler")
        await desk.press("enter")
        await desk.pilot.press("enter", "3", "enter", "3", "enter")
        await desk.settle()
        assert len([one for one in desk.app.screen_stack if isinstance(one, SimulatedCall)]) == 1
        assert len(list(temporary.iterdir())) == 1


async def test_a_score_that_could_not_be_kept_is_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from console.base.errors import StorageError

    training = world.services.training
    kept = training.keep_call
    async with at_desk(over=world.services) as desk:
        await begin(desk, 2)
        await listen(desk)

        def full(_: Any) -> Any:
            raise StorageError("Le disque est plein.")

        monkeypatch.setattr(training, "keep_call", full)
        await desk.press("enter")
        assert "Le disque est plein." in desk.text
        await desk.press("enter")
        assert "score à garder : Entrée" in desk.text
        monkeypatch.setattr(training, "keep_call", kept)
        await desk.press("enter")
        assert "score gardé" in desk.text
        await desk.press("enter")
        assert isinstance(desk.app.screen, TrainingScreen)
    assert len(world.all(Event)) == 1


async def test_a_hotliner_simulates_but_does_not_see_the_team(world: World) -> None:
    services = build(replace(world.context, role=Role.HOTLINER))
    async with at_desk(over=services) as desk:
        await begin(desk, 2)
        await listen(desk)
        await desk.press("enter", "enter", "2")
        assert isinstance(desk.app.screen, TrainingScreen)
        assert "Où en est l’équipe (réservé au superviseur)" in desk.text
        assert "Équipe" not in desk.text.splitlines()[-1]
