"""A client whom a colleague has just called: the console asks, and a second key means it."""

from pathlib import Path

from console.base.vocabulary import Direction
from console.db.tables import Call
from screens.kit.screen import OpenCall
from tests.calls.desk import desk as calls_desk
from tests.screens.desk import at_desk


async def test_who_has_just_been_called_is_asked_about(tmp_path: Path) -> None:
    with calls_desk(tmp_path) as one:
        one.world.walk(one.world.begin(one.client_id), "Composer", "Pas de réponse")
        async with at_desk(over=one.world.as_agent("Paul")) as desk:
            desk.app.post_message(OpenCall(one.client_id, Direction.OUTBOUND))
            await desk.settle()
            assert "vient d’appeler" in desk.text
            await desk.press("escape")
            assert not desk.app.calling
            assert len(one.world.all(Call)) == 1
            desk.app.post_message(OpenCall(one.client_id, Direction.OUTBOUND))
            await desk.settle()
            await desk.press("1")
            assert desk.app.calling
        assert [call.agent for call in one.world.all(Call) if call.ended_at is None] == ["Paul"]
