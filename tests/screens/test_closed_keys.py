"""A key that can do nothing now is not in the footer, and says why when it is pressed."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.base.roles import Role
from screens.call.screen import CallScreen
from screens.dashboard.screen import DashboardScreen
from screens.kit.keybar import live_bindings
from screens.kit.screen import SUPERVISORS_ONLY, Acts
from screens.outbox.screen import OutboxScreen
from screens.reasons.screen import ReasonsScreen
from screens.records.file import RefusalFileScreen
from screens.records.journal import RefusalsScreen
from screens.supervision.callbacks import CallbacksScreen
from screens.supervision.escalations import EscalationsScreen
from screens.supervision.floor import FloorScreen
from screens.supervision.todo import TodoScreen
from tests.calls.desk import FRIDAY, CallApp, press, settle
from tests.screens.desk import at_desk
from tests.screens.shown import shown
from tests.supervision.test_escalations import escalate
from tests.world import World

README = Path(__file__).parents[2] / "README.md"
ROWS: dict[str, type[Acts]] = {
    "tableau de bord, listes": DashboardScreen,
    "envois": OutboxScreen,
    "appel": CallScreen,
    "à reprendre": TodoScreen,
    "en ligne (superviseur)": FloorScreen,
    "rappels": CallbacksScreen,
    "escalades (superviseur)": EscalationsScreen,
    "motifs": ReasonsScreen,
    "refus (journal)": RefusalsScreen,
    "fiche de résiliation": RefusalFileScreen,
}


def told(app: object) -> list[str]:
    return [one.message for one in app._notifications]  # type: ignore[attr-defined]


@pytest.mark.parametrize("key", ["x", "r", "k"])
async def test_a_supervisors_key_says_to_others_whose_it_is(key: str) -> None:
    agents = shown()
    agents.act_as(Role.HOTLINER)
    async with at_desk(over=agents) as desk:
        assert key not in {binding.key for binding in live_bindings(desk.app.screen)}
        await desk.press(key)
        assert told(desk.app) == [SUPERVISORS_ONLY]


async def test_an_empty_list_has_no_key_for_a_client_and_says_why(tmp_path: Path) -> None:
    world = World(tmp_path / "base.db", FRIDAY)
    app = CallApp(world.services, lambda: EscalationsScreen(world.services))
    async with app.run_test() as pilot:
        await settle(pilot)
        assert not {"a", "e", "s", "l", "m"} & {binding.key for binding in live_bindings(app.screen)}
        await press(pilot, "a", "l")
        assert told(app) == ["Choisissez d’abord un client.", "Aucun dossier dans la liste."]
    world.database.close()


async def test_a_key_that_is_open_says_nothing(tmp_path: Path) -> None:
    world = World(tmp_path / "base.db", FRIDAY)
    escalate(world)
    app = CallApp(world.services, lambda: EscalationsScreen(world.services))
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "l", "escape")
        assert told(app) == []
        await press(pilot, "z")
        assert told(app) == ["Cette escalade attend encore sa réponse."]
    world.database.close()


@pytest.mark.parametrize("row", ROWS)
def test_the_readme_names_every_letter_of_the_screen_and_no_other(row: str) -> None:
    line = next(one for one in README.read_text("utf-8").splitlines() if one.startswith(f"| {row} |"))
    named = {word for word in line.split("`")[1::2] if len(word) == 1 and word.isalpha()}
    bound = ROWS[row]._merge_bindings().key_to_bindings
    own = {key for key in bound if len(key) == 1 and key.isalpha() and key.islower() and key.isascii()}
    inherited = set() if row.startswith("tableau") else set(DashboardScreen._merge_bindings().key_to_bindings)
    assert named <= own
    assert own - inherited <= named
