"""What the screens say while a call's base is held, and what has become of it afterwards."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from console.base.vocabulary import Direction
from console.calls import keeping, service
from console.calls.spool import Kept
from console.db import dialect
from console.db.tables import Call, CallStep, ChurnRecord
from screens import app as console_app
from screens.call import screen as call_screen
from screens.call.screen import CallScreen
from screens.kit.screen import ErrorModal
from tests.calls.desk import Desk, calling, desk, press, settle, text_of, write
from tests.calls.test_base_away import held, renew
from tests.screens.desk import at_desk
from tests.world import DIAL, plain

KEPT = "Gardé ici, en attente de la base"
REST = ("2", "1", "5", "1")
"""Hesitates, the price, nothing suits, too dear: then the words are asked for."""


@pytest.fixture
def marie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(dialect, "BUSY_SECONDS", 0.2)
    monkeypatch.setattr(keeping, "RETRY_SECONDS", 0.02)
    monkeypatch.setattr(service, "BEGINNING_SECONDS", 0.1)
    monkeypatch.setattr(call_screen, "LOOK_S", 0.02)
    monkeypatch.setattr(console_app, "KEPT_SECONDS", 0.02)
    with desk(tmp_path) as one:
        one.world.url = f"sqlite:///{one.world.path}"
        yield one


def begun(one: Desk) -> None:
    one.world.walk(one.services.calls.begin(one.client_id, Direction.OUTBOUND), *DIAL)


def settle_elsewhere(one: Desk) -> None:
    """The client renews before anything that was kept arrives."""
    keeper = one.services.calls._keeper
    arrive = keeper._arrive

    def late(rows: Sequence[Kept]) -> Sequence[Kept]:
        renew(one.world)
        return arrive(rows)

    keeper._arrive = late


async def written(one: Desk, pilot: Any) -> None:
    assert one.services.calls._keeper.settled(20)
    await pilot.pause(0.1)
    await settle(pilot)


def shown(pilot: Any) -> str:
    return plain(text_of(pilot.app))


async def test_the_call_says_what_waits_and_then_what_was_written(marie: Desk) -> None:
    begun(marie)
    async with calling(marie) as pilot:
        with held(marie.world):
            await press(pilot, *REST)
            await write(pilot, "trop cher")
            await press(pilot, "enter")
            assert f"● {KEPT} : 6 actes de cet appel" in shown(pilot)
            await press(pilot, "1")
            assert "✓ L’issue est gardée ici, en attente de la base." in shown(pilot)
            assert pilot.app.screen.why_closed("correct", ()) == "L’issue attend encore la base."
            assert len(marie.world.all(CallStep)) == len(DIAL)
        await written(marie, pilot)
        assert KEPT not in shown(pilot)
        assert "✓ Fiche de résiliation écrite" in shown(pilot)
        assert pilot.app.screen.why_closed("correct", ()) is None
    assert [record.verbatim for record in marie.records()] == ["trop cher"]


async def test_what_was_settled_meanwhile_is_told_and_opens_the_call_again(marie: Desk) -> None:
    begun(marie)
    async with calling(marie) as pilot:
        with held(marie.world):
            await press(pilot, *REST)
            await write(pilot, "trop cher")
            await press(pilot, "enter", "1")
            assert pilot.app.screen.view.outcome is not None
            settle_elsewhere(marie)
        await written(marie, pilot)
        assert isinstance(pilot.app.screen, ErrorModal)
        assert "n’est pas enregistrée" in pilot.app.screen.error.kept
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, CallScreen)
        assert "Renouvelée" in shown(pilot)
        assert pilot.app.screen.view.outcome is None
    assert marie.world.all(ChurnRecord) == []


async def test_every_screen_says_it_and_leaving_does_too(
    marie: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(marie)
    async with at_desk(over=marie.services) as console:
        said: list[str] = []
        monkeypatch.setattr(console.app, "exit", lambda **told: said.append(told["message"]))
        with held(marie.world):
            await console.press(*REST)
            await console.type("cher")
            await console.press("enter", "1", "1")
            await console.pilot.pause(0.1)
            assert "gardé ici, en attente de la base" in console.text
            await console.press("ctrl+q")
            assert "7 actes d’appel gardés ici, en attente de la base." in plain(said[0])
        await written(marie, console.pilot)
        assert "gardé ici" not in console.text
        told = [plain(one.message) for one in console.app._notifications]
        assert "La base répond de nouveau : l’issue de l’appel est enregistrée." in told
    assert marie.world.one(Call).ended_at is not None
