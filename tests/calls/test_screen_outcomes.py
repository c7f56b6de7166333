"""Every outcome of the shipped script is reached with keys, whatever the client is called."""

from __future__ import annotations

import unicodedata
from collections import deque
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from console.base.vocabulary import CallOutcome, Direction
from console.db.tables import Call
from console.rules.script import CaptureKind
from console.rules.walk import Walk
from screens.call.screen import CallScreen
from tests.calls.desk import AZERTY, FRIDAY, calling, desk, press, text_of, write
from tests.world import CONTENT

JUMP_KEYS = {"callback": "p", "escalate": "x", "hung_up": "h"}
TYPED = {CaptureKind.TEXT: "ce qui a été dit", CaptureKind.MOMENT: "lun 22/12 10h30"}


def way_to(outcome: CallOutcome, facts: list[str]) -> list[tuple[str, str]]:
    """The shortest way there: at each step what is typed, if anything, then the key."""
    start = Walk.start(CONTENT.script, Direction.OUTBOUND, facts)
    queue: deque[tuple[Walk, list[tuple[str, str]]]] = deque([(start, [])])
    seen = {start.step.id}
    while queue:
        walk, keys = queue.popleft()
        if walk.outcome is outcome:
            return keys
        if walk.outcome is not None:
            continue
        capture = walk.step.capture
        text = TYPED[capture.kind] if capture else ""
        stored = FRIDAY.isoformat() if capture and capture.kind is CaptureKind.MOMENT else text
        ways = [
            (walk.choose(index, stored, FRIDAY), (text, AZERTY[str(index + 1)]))
            for index, choice in enumerate(walk.step.choices)
            if choice.is_open(walk.known)
        ]
        ways += [(walk.jump(name, FRIDAY), ("", JUMP_KEYS[name])) for name in walk.jumps if name in JUMP_KEYS]
        for after, act in ways:
            # An agreement changes what hanging up means: the same step is another place.
            place = f"{after.step.id} {after.agreed} {after.outcome}"
            if place not in seen:
                seen.add(place)
                queue.append((after, [*keys, act]))
    raise AssertionError(f"the script has no way to {outcome}")


async def take(pilot: Pilot[Any], way: list[tuple[str, str]]) -> None:
    for text, key in way:
        if text:
            await press(pilot, "ctrl+u")
            await write(pilot, text)
            await press(pilot, "escape")
        await press(pilot, key)
        if "appuyez de nouveau" in text_of(pilot.app):
            await press(pilot, key)  # a mark by the key that has just said yes


BY_NO_KEY = {
    CallOutcome.RESUMED, CallOutcome.ALREADY_SETTLED, CallOutcome.QUESTION, CallOutcome.INTERRUPTED,
}  # fmt: skip


@pytest.mark.parametrize("outcome", [one for one in CallOutcome if one not in BY_NO_KEY])
async def test_an_outcome_is_written_and_told(tmp_path: Path, outcome: CallOutcome) -> None:
    with desk(tmp_path) as one:
        async with calling(one) as pilot:
            call = pilot.app.screen
            assert isinstance(call, CallScreen)
            await take(pilot, way_to(outcome, one.world.all(Call)[0].facts))
            assert call.view.outcome is outcome
            assert call.view.summary
            assert all(line in text_of(pilot.app) for line in call.view.summary if len(line) < 68)
            await press(pilot, "enter")
            assert pilot.app.left == [one.client_id]
        (row,) = one.world.all(Call)
        assert (row.outcome, row.ended_at is None) == (outcome, False)
        assert len(one.records()) == (outcome is CallOutcome.REFUSED)
        assert one.services.calls.resume() is None


HOSTILE = (
    "Dupont [/] x [Martin] [@click=app.quit]x [bold red]$error {{ 7*7 }}",
    "\x1b]52;c;aGVsbG8=\x07\x1b[6n \u202eeilatan\u2066 Ⅷ\u200f",
    "=cmd|' /C calc'!A0 王小明 🧑‍💻" * 20,
    "é" * 4_000,
    " ",
)


def unsafe(app: App[Any]) -> set[str]:
    """Characters on the screen that a terminal may obey."""
    text = text_of(app).replace("\n", "")
    return {char for char in text if unicodedata.category(char)[0] == "C" or char in "\u2028\u2029"}


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
async def test_a_hostile_name_is_only_a_name(tmp_path: Path, name: str) -> None:
    with desk(tmp_path, name=name or "x") as one:
        async with calling(one) as pilot:
            await press(pilot, "1", "1", "2", "1", "5", "1")
            await write(pilot, name.strip()[:60].replace("\x1b", "").replace("\x07", "") or "x")
            await press(pilot, "enter", "n")
            await write(pilot, "=[/] [@click=app.quit]x {{ 7*7 }}")
            await press(pilot, "ctrl+s", "1", "enter")
            assert pilot.app.left == [one.client_id]
            assert not unsafe(pilot.app)
        assert len(one.records()) == 1


@pytest.mark.parametrize(
    "name", ["Dupont [/] x", "\x1b]52;c;aGVsbG8=\x07", "é" * 4_000], ids=["markup", "escape", "long"]
)
async def test_nothing_but_text_reaches_the_terminal(tmp_path: Path, name: str) -> None:
    with desk(tmp_path, name=name, note=f"{name}\u202e") as one:
        async with calling(one, size=(120, 40)) as pilot:
            assert not unsafe(pilot.app)
            assert ("[/]" in text_of(pilot.app)) == ("[/]" in name)
