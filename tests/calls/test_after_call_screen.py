"""A series of calls: one key between two, and the day in a corner."""

from pathlib import Path

import pytest

from console.base.vocabulary import Direction
from screens.call.screen import CallScreen
from tests.calls.desk import calling, desk, press, text_of
from tests.calls.test_screen_keys import burst
from tests.screens.desk import at_desk
from tests.world import DIAL, REFUSAL, World, paris


async def test_one_key_between_two_calls_and_the_day_is_told(tmp_path: Path) -> None:
    world = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    clients = [world.add(f"CLT-0000{n}", last_name=name) for n, name in ((1, "Un"), (2, "Deux [/] x"))]
    for client in clients:
        view = world.begin(client)
        world.walk(view, *DIAL, "Demande un rappel", "Promettre ce rappel = 19/12 16:00")
    world.now = paris("2025-12-19T16:30")
    world.services.calls.begin(clients[0], Direction.OUTBOUND)
    async with at_desk((120, 40), over=world.services) as desk:
        await desk.press("1", "2")
        assert "Appel terminé" in desk.text
        assert "1  Retour au tableau de bord" in desk.text
        assert "2  Appeler ensuite Marie Deux [/] x" in desk.text
        await desk.press("a")
        assert isinstance(desk.app.screen, CallScreen)
        assert desk.app.screen.view.client_id == clients[1]
        assert desk.app.screen.view.can_abandon
        assert len(desk.app.screen_stack) == 2
        await desk.press("1", "2")
        await desk.press("1")
        assert len(desk.app.screen_stack) == 1
        assert "4 appels, 0 gardé, 0 refus, " in desk.lines[0].replace("\u00a0", " ")
    world.database.close()


@pytest.mark.parametrize("at_once", [False, True])
async def test_an_outcome_taken_back_is_said_and_enter_does_not_bring_it_back_unseen(
    tmp_path: Path, *, at_once: bool
) -> None:
    with desk(tmp_path) as one:
        one.world.walk(one.world.begin(one.client_id), *REFUSAL[:-1])
        async with calling(one) as pilot:
            await press(pilot, "1")
            assert "Appel terminé" in text_of(pilot.app)
            if at_once:  # Entrée was meant for the closed call: it is forgotten
                await burst(pilot, "j", "enter")
            else:
                await press(pilot, "j")
                assert "L’appel est rouvert à cette étape, sans issue" in text_of(pilot.app)
                await press(pilot, "enter")
                assert "Ce choix clôt l’appel" in text_of(pilot.app)
            assert isinstance(pilot.app.screen, CallScreen)
            assert pilot.app.screen.view.outcome is None
            assert one.steps()[-1][0] == "correct"
            await press(pilot, "backspace")
            assert pilot.app.screen.capture.field.value == "Je dois faire des économies en ce moment."
