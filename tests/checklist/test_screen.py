"""`c`: the checklist by keys, at 80×24."""

from console.base.clock import frozen_at
from console.context import Context
from console.services import build
from tests.screens.desk import at_desk
from tests.screens.shown import shown
from tests.world import CONTENT, paris


async def test_a_point_is_ticked_and_unticked_by_keys() -> None:
    ctx = shown().ctx
    services = build(Context(ctx.database, frozen_at(paris("2025-12-20T14:00")), CONTENT, "Jean", demo=True))
    async with at_desk(over=services) as desk:
        await desk.press("c")
        assert "Marie Dupuis  Liste de contrôle" in desk.text
        assert "✓ E-mail J-30 envoyé" in desk.text
        assert "□ Tableau de bord consulté" in desk.text
        await desk.press("enter")
        assert "✓ Tableau de bord consulté" in desk.text
        assert "20/12 14:00, Jean" in desk.text
        await desk.press("space")
        assert "□ Tableau de bord consulté" in desk.text
        await desk.press("home", "down", "enter")
        assert any("Prouvé" in one.message for one in desk.app._notifications)
        assert all("…" not in line for line in desk.lines)
        await desk.press("end")
        assert "Rapport du mois à la direction" in desk.text
        await desk.press("escape")
        assert len(desk.app.screen_stack) == 1
    ctx.database.close()
