"""`v` shows the client's account, outside a call and above one, which it keeps."""

from pathlib import Path

from tests.calls.desk import calling, desk, press, text_of
from tests.world import plain


async def test_the_account_is_read_during_a_call_and_the_call_is_kept(tmp_path: Path) -> None:
    with desk(tmp_path, name="Dupuis [/] x") as one:
        async with calling(one) as pilot:
            await press(pilot, "1")
            step = text_of(pilot.app)
            await press(pilot, "v")
            page = plain(text_of(pilot.app))
            assert "Dupuis [/] x, vu par le client" in page
            for words in (
                "expire bientôt",
                "[ Renouveler ]   [ Plus d’options ]",
                "9,99 €",
                "support@numi.support",
            ):
                assert words in page
            assert all("…" not in line for line in page.splitlines()[1:-2])
            await press(pilot, "v")
            assert "Ça sonne" in text_of(pilot.app)
            assert step.splitlines()[3:] == text_of(pilot.app).splitlines()[3:]
            assert len(one.steps()) == 1
