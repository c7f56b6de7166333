"""A supervisor's desk, by keys, over the real services."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.db.tables import Escalation
from screens.supervision.escalation_file import EscalationFileScreen
from screens.supervision.escalations import EscalationsScreen
from tests.calls.desk import FRIDAY, CallApp, press, settle, text_of, write
from tests.supervision.test_escalations import escalate
from tests.world import World, plain


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_an_escalation_is_read_taken_answered_and_closed(tmp_path: Path, size: tuple[int, int]) -> None:
    world = World(tmp_path / "base.db", FRIDAY)
    client = escalate(world, last_name="Dupuis [/] x")
    world.wait(hours=2)
    app = CallApp(world.services, lambda: EscalationsScreen(world.services))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        screen = plain(text_of(app))
        assert "1 Escalades (1)   2 À voir (0)" in screen
        assert "Attend depuis 2 h · Marie Dupuis [/] x CLT-00245" in screen
        assert "à prendre · Veut être rappelée par la direction." in screen
        await press(pilot, "m", "enter")
        assert isinstance(app.screen, EscalationFileScreen)
        assert "L’appel, comme il s’est dit" in text_of(app)
        await press(pilot, "l")
        await write(pilot, "Un avoir de 20 euros.")
        await press(pilot, "escape", "l")
        assert "Un avoir de 20 euros." in text_of(app)
        await press(pilot, "ctrl+s")
        assert "Répondue par" in text_of(app)
        await press(pilot, "d")
        assert app.opened == [client]
        await press(pilot, "escape", "z")
        assert "Rien n’attend ici." in text_of(app)
        assert world.one(Escalation).closed_by == "Jean"
        await press(pilot, "2", "escape")
        assert app.left == [None]
    world.database.close()
