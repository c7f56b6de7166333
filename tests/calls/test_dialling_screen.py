"""The number in a call: large and copied where nothing dials, and gone with the next step."""

import base64
from pathlib import Path
from typing import Any

from textual.widgets import Digits

from console.calls.dialling import Dialled
from screens.call.number_box import NumberBox
from tests.calls.desk import calling, desk, press, text_of
from tests.world import plain


async def test_without_a_dialler_the_number_is_large_and_in_the_clipboard(
    tmp_path: Path, monkeypatch: Any
) -> None:
    with desk(tmp_path) as one:
        async with calling(one) as pilot:
            written: list[str] = []
            monkeypatch.setattr(pilot.app._driver, "write", written.append)
            await press(pilot, "1")
            box = pilot.app.screen.query_one(NumberBox)
            assert box.has_class("-ringing", "-by-hand")
            assert pilot.app.screen.query_one(Digits).value == "06 39 98 12 34"
            copied = base64.b64encode(b"+33639981234").decode()
            assert any(f"\x1b]52;c;{copied}" in text for text in written)
            page = plain(text_of(pilot.app))
            assert "presse-papiers" in page
            for label in ("Le client est au bout du fil", "Le client demande un rappel"):
                assert label in page
            await press(pilot, "1")
            assert not box.display


async def test_a_failure_is_said_beside_the_number(tmp_path: Path, monkeypatch: Any) -> None:
    with desk(tmp_path) as one:
        failed = Dialled(
            "+33639981234", "06 39 98 12 34", False, True, "« x » ne se lance pas. Composez-le à la main."
        )
        monkeypatch.setattr(one.services.dialling, "dial", lambda _call: failed)
        async with calling(one) as pilot:
            await press(pilot, "1")
            assert "ne se lance pas" in text_of(pilot.app)
            assert pilot.app.screen.query_one(NumberBox).has_class("-failed")
            await press(pilot, "1")
            assert "ne se lance pas" not in text_of(pilot.app)
            assert one.steps()[-1][1] == "numerotation"


async def test_what_is_dialled_for_the_agent_is_one_line(tmp_path: Path, monkeypatch: Any) -> None:
    with desk(tmp_path) as one:
        done = Dialled("+33639981234", "06 39 98 12 34", True, False, "Votre téléphone compose ce numéro.")
        monkeypatch.setattr(one.services.dialling, "dial", lambda _call: done)
        async with calling(one) as pilot:
            await press(pilot, "1")
            assert "06 39 98 12 34 : Votre téléphone compose" in plain(text_of(pilot.app))
            assert not pilot.app.screen.query_one(Digits).display
