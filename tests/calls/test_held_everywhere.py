"""A key held, or pressed twice, takes one step on every step of the script, and ends no call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.events import Key
from textual.pilot import Pilot

from console.base.vocabulary import Direction
from console.db.tables import Call
from screens.call import key_queue
from tests.calls.desk import calling, desk, settle
from tests.calls.script_paths import SCRIPT

TIMES = (0.0, 0.03, 0.06, 0.09, 0.17)
"""In seconds: held as a terminal repeats a key, then pressed again 80 ms later."""
LETTERS = {"callback": "p", "escalate": "x", "hung_up": "h"}
ELSEWHERE = {
    *("pause-sortant", "pause-entrant", "pause-attente", "pause-reprise", "avis-reprise"),
    *("ouverture-promise", "ouverture-suite", "ouverture-entrant-suite"),
    *("reflechit", "question", "regle-entre-temps"),
}
"""Steps of other clients, or that no key alone leads to."""


class Hand:
    """Holds each key of each step that it finds, once."""

    def __init__(self, pilot: Pilot[Any], seen: set[str]) -> None:
        self.pilot = pilot
        self.call: Any = pilot.app.screen
        self.now = 0.0
        self.seen = seen
        self.held = 0

    async def hold(self, key: str) -> None:
        """The key, as a nervous hand presses it; the instants are those of the events."""
        self.now = max(self.now + 1, self.call.queue._painted_at + 0.3)
        for after in TIMES:
            event = Key(key, key)
            event.time = self.now + after
            self.pilot.app.post_message(event)
        await settle(self.pilot)
        self.held += 1

    async def walk(self, brought: str = "") -> None:
        """Every key of the step on screen that ends no call, then those of each step it leads to."""
        call, calls = self.call, self.call.services.calls
        here = call.view
        self.seen.add(here.step)
        keys = [str(one.index + 1) for one in here.choices if one.enabled and not one.final]
        for key in [*keys, *(LETTERS[way.where] for way in here.exits if way.where in LETTERS)]:
            if call.capture.asked:
                call.capture.field.value = "demain 14h"
                call.set_focus(call.pane)
                await self.pilot.pause()
            before = call.view
            await self.hold(key)
            assert call.view.outcome is None, f"{before.step}, {key}"
            if key == brought and here.choices[0].rates:  # the key that said yes gives no mark
                assert call.view.seq == before.seq, f"{before.step}, {key}"
                continue
            assert call.view.seq == before.seq + 1, f"{before.step}, {key}, then {call.view.step}"
            if call.view.step not in self.seen:
                await self.walk(key)
            call.show_call(calls.back(call.view.call_id, call.view.seq))
            assert call.view.step == here.step


async def test_one_step_a_key_on_every_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_queue, "AGAIN_S", 0.25)
    seen: set[str] = set()
    for direction in Direction:
        (folder := tmp_path / direction.value).mkdir()
        with desk(folder) as one:
            if direction is Direction.OUTBOUND:
                one.client_id = one.world.add("CLT-00300", billing="monthly")
            seen -= {"objection", "autre", "autre-suite"}  # whoever pays by the year is led elsewhere
            async with calling(one, direction=direction) as pilot:
                hand = Hand(pilot, seen)
                await hand.walk()
                assert hand.held >= 6
            assert [(call.outcome, call.satisfaction) for call in one.world.all(Call)] == [("", None)]
            assert one.records() == []
    assert set(SCRIPT.steps) - seen == ELSEWHERE
