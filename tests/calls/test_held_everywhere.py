"""A key held on every choice of every step that the shipped script leads to, in both directions of a call.

Held, a key takes the one step that it was pressed for: it writes no mark, and reaches no outcome but its own.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any, cast

import pytest
from textual.events import Key
from textual.pilot import Pilot

from console.base.vocabulary import Direction
from console.db.tables import Call
from screens.call import key_queue
from screens.call.capture import CaptureField
from screens.call.screen import CallScreen
from screens.kit import typed_ahead
from tests.calls.desk import Desk, calling, desk, press, settle
from tests.calls.script_paths import SCRIPT

FIRST_S = 0.5
"""When a keyboard repeats a held key for the first time."""
WORDS, MOMENT = "trop cher", "lun 10h30"
REPEAT_S = 0.03
"""How often it then does."""


async def hold(pilot: Pilot[Any], key: str) -> None:
    """Lean on a key, long after what was pressed before it."""
    queue = cast("CallScreen", pilot.app.screen).queue
    at = max(queue._last[1], queue._painted_at) + 2 * typed_ahead.HELD_SECONDS
    for when in (0.0, *(FIRST_S + n * REPEAT_S for n in range(12))):
        event = Key(key, key if len(key) == 1 else None)
        event.time = at + when
        pilot.app.post_message(event)
    await settle(pilot)


class Walked:
    """A walk through the script that takes each choice once, by a key held, and comes back."""

    def __init__(self, one: Desk, pilot: Pilot[Any], done: set[tuple[str, int]]) -> None:
        self.one, self.pilot, self.done = one, pilot, done

    @property
    def call(self) -> CallScreen:
        screen = self.pilot.app.screen
        assert isinstance(screen, CallScreen)
        return screen

    async def fill(self) -> None:
        """Say what the step needs, and leave its field."""
        asked = self.call.view.capture
        if asked is None:
            return
        if not self.call.capture.field.value:
            self.call.capture.field.value = MOMENT if asked.kind == "datetime" else WORDS
            await settle(self.pilot)
        if isinstance(self.pilot.app.focused, CaptureField):
            await press(self.pilot, "escape")

    async def walk(self, *, rated: bool = False) -> None:
        """Take each choice of this step that was not taken yet, and what follows it.

        rated: whether a mark was given on the way.
        """
        step = self.call.view.step
        for choice in self.call.view.choices:
            if not choice.enabled or (step, choice.index) in self.done:
                continue
            self.done.add((step, choice.index))
            await self.fill()
            before = self.call.view
            await hold(self.pilot, str(choice.index + 1))
            if choice.rates and self.call.view.seq == before.seq:  # asked for again: it brought this step
                await hold(self.pilot, str(choice.index + 1))
            after = self.call.view
            assert after.seq == before.seq + 1, (step, choice.label)
            assert (after.outcome is not None) <= choice.final, (step, choice.label)
            (row,) = self.one.world.all(Call)
            assert self.call.capture.field.value in {"", WORDS, MOMENT}, (step, choice.label)
            assert row.satisfaction is None or rated or choice.rates, (step, choice.label)
            if after.outcome is not None:
                await press(self.pilot, "j")
            else:
                await self.walk(rated=rated or choice.rates)
                if isinstance(self.pilot.app.focused, CaptureField):
                    await press(self.pilot, "escape")
                await hold(self.pilot, "backspace")
            assert self.call.view.step == step, (step, choice.label, self.call.view.step)


ELSEWHERE = {
    *("pause-sortant", "pause-entrant", "pause-attente", "pause-reprise", "avis-reprise"),
    *("ouverture-promise", "ouverture-suite", "ouverture-entrant-suite"),
    *("reflechit", "question", "regle-entre-temps", "raccroche"),
}
"""Steps of other clients, or that no choice leads to."""
AGAIN = {"ouverture-entrant", "objection", "autre", "autre-suite"}
"""Steps from which who pays by the year is led elsewhere than who pays by the month."""
CALLS: tuple[tuple[Direction, dict[str, str]], ...] = (
    (Direction.OUTBOUND, {"billing": "monthly"}),
    (Direction.INBOUND, {}),
)


async def test_one_step_wherever_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_queue, "AGAIN_S", 0.25)
    monkeypatch.setattr(typed_ahead, "HELD_SECONDS", 0.7)
    monkeypatch.setattr(typed_ahead, "REPEAT_SECONDS", 0.1)
    done = set[tuple[str, int]]()
    for number, (direction, client) in enumerate(CALLS):
        with desk(tmp_path / str(number), **client) as one:
            async with calling(one, direction=direction) as pilot:
                await Walked(one, pilot, done).walk()
        done -= {one for one in done if one[0] in AGAIN}
    assert set(SCRIPT.steps) - {step for step, _ in done} - AGAIN == ELSEWHERE


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ([("n", FIRST_S + n * REPEAT_S) for n in range(12)], ""),
        ([("n", FIRST_S)], "n"),
        ([("n", FIRST_S), ("o", FIRST_S + 0.15), ("n", FIRST_S + 0.3)], "non"),
        ([*(("n", FIRST_S + n * REPEAT_S) for n in range(3)), ("o", 1.0), ("n", 1.2)], "on"),
        ([("n", 2.0), ("n", 2.01), ("o", 2.02)], "nno"),
    ],
    ids=["held", "again", "a word", "held, then a word", "later, come together over a slow line"],
)
async def test_a_box_holds_only_what_was_typed_into_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: list[tuple[str, float]], written: str
) -> None:
    """The first repeat of a held key comes late: it was left in the box that the key had opened."""
    with desk(tmp_path) as one:
        async with calling(one) as pilot:
            monkeypatch.setattr(typed_ahead, "HELD_SECONDS", 0.7)
            monkeypatch.setattr(typed_ahead, "REPEAT_SECONDS", 0.1)
            await press(pilot, "n")
            opened = pilot.app.typed_ahead._pressed_at
            for key, at in typed:
                event = Key(key, key)
                event.time = opened + at
                pilot.app.post_message(event)
            await settle(pilot)
            await pilot.pause(3 * typed_ahead.REPEAT_SECONDS)
            await settle(pilot)
            assert pilot.app.focused.text == written


@pytest.mark.parametrize("key", ["n", "1"], ids=["a box", "a step"])
async def test_a_machine_that_halts_takes_no_repeat_for_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """What a terminal sent meanwhile comes in some turns after the time that was over meanwhile."""
    with desk(tmp_path) as one:
        async with calling(one) as pilot:
            call = cast("CallScreen", pilot.app.screen)
            before, keys = call.view.seq, pilot.app.typed_ahead
            await press(pilot, key)
            monkeypatch.setattr(key_queue, "AGAIN_S", 0.25)
            monkeypatch.setattr(typed_ahead, "HELD_SECONDS", 0.7)
            monkeypatch.setattr(typed_ahead, "REPEAT_SECONDS", 0.1)
            monkeypatch.setattr(typed_ahead, "LATE_SECONDS", 0.5)
            opened = max(keys._pressed_at, call.queue._painted_at)
            keys._pressed_at, call.queue._last = opened, (key, opened)
            repeats = [Key(key, key) for _ in range(3)]
            for number, event in enumerate(repeats):
                event.time = opened + FIRST_S + number * REPEAT_S
            pilot.app.post_message(repeats[0])
            while not (keys._doubted or (call.queue.busy and keys._pressed_at > opened)):
                await asyncio.sleep(0)
            await asyncio.sleep(0.01)

            async def sent() -> None:
                for event in repeats[1:]:
                    pilot.app.post_message(event)

            asyncio.get_running_loop().call_soon(lambda: asyncio.ensure_future(sent()))
            time.sleep(0.15)
            await settle(pilot)
            await pilot.pause(3 * typed_ahead.REPEAT_SECONDS)
            await settle(pilot)
            assert call.view.seq == before + (key == "1")
            assert key == "1" or pilot.app.focused.text == ""
