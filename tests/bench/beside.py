"""A call's steps while the night's job holds the base by turns, beside the same steps alone."""

import os
import subprocess
from pathlib import Path
from statistics import quantiles
from time import perf_counter, sleep

from console.base.vocabulary import Direction
from console.calls.views import CallView
from tests.bench.pairs import Result, milliseconds
from tests.bench.terminals import folders
from tests.crowd import fill
from tests.ready import ROOT
from tests.terminal import hotliner
from tests.world import World, paris

MANY = 100_000
DAY = "2025-12-22T10:00"
LEAST = 40
READS_S = 0.2
"""What an agent takes at least to read a step."""


def beside(folder: Path, rounds: int, many: int = MANY) -> Result:
    """The p95 of a step, written durably, in milliseconds; a step that is refused ends the measure."""
    world = World(folder / "beside.db", paris(DAY))
    client = world.add("CLT-MARIE", last_name="Dupuis")
    fill(world, many)
    view = world.begin(client, Direction.INBOUND)
    alone: list[float] = []
    for _ in range(max(LEAST, rounds)):
        view = _step(world, view, alone)
    job = subprocess.Popen(
        hotliner("relancer", "--base", str(world.path), "--date", DAY),
        cwd=ROOT,
        env={**os.environ, **folders(folder), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
    )
    taken: list[float] = []
    while job.poll() is None:
        view = _step(world, view, taken)
    world.database.close()
    if job.returncode or len(taken) < LEAST:
        raise AssertionError(f"relancer ended with {job.returncode}, beside {len(taken)} steps")
    ours, yardstick = _p95(taken), _p95(alone)
    return Result(
        f"étape d’un appel, p95 de {len(taken)}, pendant relancer sur {many} clients ÷ sans lui"
        f" (la plus longue {max(taken):.0f} ms, limite 500 ms au p95)",
        milliseconds(ours),
        milliseconds(yardstick),
        ours / yardstick,
    )


def _step(world: World, view: CallView, taken: list[float]) -> CallView:
    """One choice, or the step back from it."""
    sleep(READS_S)
    calls, start = world.services.calls, perf_counter()
    back = view.can_go_back
    view = calls.back(view.call_id, view.seq) if back else calls.choose(view.call_id, view.seq, 0)
    taken.append((perf_counter() - start) * 1000)
    return view


def _p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1]
