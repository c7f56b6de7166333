"""Makes calls that are killed: run as a program, it is the only one that dies.

`python -m tests.faults.killed_calls each FOLDER` copies FOLDER/start.db once for every step of a refusal and
every moment of its act, and forks a child that kills itself there. `… loop FILE` refuses client after client,
telling each act that was acknowledged, until somebody kills it.
"""

import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

from console.calls import acts, writing
from console.db.tables import Client
from tests import compiled
from tests.world import REFUSAL, World, paris

NOON = paris("2025-12-19T15:00")
MOMENTS = ("inside", "before", "after")
"""Of the transaction: once its rows are written, just before it is committed, just after."""
NOTE = "Note en cours de frappe"


def die(*_: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def die_at(world: World, moment: str) -> None:
    """The next transaction is the last thing that this process does."""
    if moment == "inside":
        for room, name in ((writing, "enter_in"), (acts, "enter_in"), (acts, "write")):
            act = getattr(room, name)
            setattr(room, name, lambda *given, act=act: (act(*given), die()))
        return
    driver: Any = world.database._writer.dialect
    commit = driver.do_commit

    def killed(connection: Any) -> None:
        if moment == "after":
            commit(connection)
        die()

    driver.do_commit = killed


def one(path: Path, step: int, moment: str) -> None:
    world = World(path, NOON)
    view = world.walk(world.begin(1), *REFUSAL[:step])
    world.services.calls.draft(view.call_id, "note", NOTE)
    die_at(world, moment)
    world.walk(view, REFUSAL[step])


def each(folder: Path) -> None:
    compiled.share()
    warm = World(folder / "warm.db", NOON)  # compiled here once, what a call asks is so in each child
    warm.walk(warm.begin(warm.add()), *REFUSAL)
    warm.database.close()
    for step in range(len(REFUSAL)):
        for moment in MOMENTS:
            path = folder / f"{step}-{moment}.db"
            shutil.copy(folder / "start.db", path)
            child = os.fork()
            if child == 0:
                one(path, step, moment)
                os._exit(1)  # it should be dead
            _, status = os.waitpid(child, 0)
            assert os.WIFSIGNALED(status), (step, moment)


def loop(path: Path) -> None:
    world = World(path, NOON)
    resumed = world.services.calls.resume()
    while True:
        if resumed is None:
            number = len(world.all(Client)) + 1
            view = world.begin(world.add(f"CLT-{number:05}", email=f"c{number}@example.org"))
        else:
            view, resumed = resumed, None
        for label in REFUSAL[view.seq :]:
            view = world.walk(view, label)
            print(view.call_id, view.seq, "closed" if view.outcome else "open", flush=True)


if __name__ == "__main__":
    {"each": each, "loop": loop}[sys.argv[1]](Path(sys.argv[2]))
