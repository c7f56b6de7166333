"""A sender that keeps going looks at the clock too."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from threading import Event

import pytest

from console.base.clock import Clock
from console.base.errors import RefusedInputError
from console.cli.sending import _round
from console.messages.outbox import OutboxService
from console.outside.outside import Outside
from tests.world import World, paris


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "base.db", paris("2026-11-20T17:00"))
    world.services.clients.add_note(world.add(expires_on=date(2026, 12, 31)), "Un fait.")
    yield world
    world.database.close()


def test_a_sender_that_keeps_going_stops_when_the_clock_jumps(world: World, tmp_path: Path) -> None:
    real = replace(world.context, trial=False, demo=False, outside=Outside(folder=tmp_path / "out"))
    ctx = replace(real, clock=(clock := Clock(lambda: world.now)), machine=clock)
    outbox, stop = OutboxService(ctx), Event()
    for _ in range(10):  # days in a row, weekends too, each with its mark
        _round(ctx, outbox, stop, sure=False, as_json=False)
        world.wait(days=1)
    world.wait(days=20)
    with pytest.raises(RefusedInputError, match="Dernier fait connu"):
        _round(ctx, outbox, stop, sure=False, as_json=False)
    _round(ctx, outbox, stop, sure=True, as_json=False)
    world.now -= timedelta(days=25)
    with pytest.raises(RefusedInputError, match="plus tôt"):
        _round(ctx, outbox, stop, sure=False, as_json=False)
