"""What a kill leaves of a note typed at ten characters a second: how much of the typing is missing."""

import random
import shutil
from collections import Counter
from contextlib import suppress
from pathlib import Path
from statistics import quantiles
from time import monotonic, sleep

from tests.bench.pairs import Result
from tests.program import Console, rows
from tests.world import World, paris

A_SECOND = 10
"""Characters typed in a second."""
WORDS = "le client demande si la remise vaut aussi pour sa fille, qui n’est pas encore abonnée. " * 4


def typed(folder: Path, rounds: int) -> Result:
    """Seconds of typing that are missing after each of so many kills: the p95, and the distribution."""
    world = World(folder / "start.db", paris("2025-12-19T15:00"))
    world.add(last_name="Dupuis")
    world.database.close()
    chance, missing = random.Random(rounds), list[int]()
    for number in range(rounds):
        base = folder / f"{number}" / "base.db"
        base.parent.mkdir()
        shutil.copy(world.path, base)
        missing.append(_killed(base, chance))
    told = ", ".join(f"{n}×{of}" for of, n in sorted(Counter(missing).items()))
    worst = max(missing) / A_SECOND
    return Result(
        f"frappe perdue par {rounds} kill -9 à {A_SECOND} caractères/s, la pire ÷ 1 s"
        f" (kills × caractères : {told})",
        f"{worst:.1f} s",
        f"p95 {quantiles(missing, n=20)[-1] / A_SECOND:.1f} s",
        worst,
        1.0,
    )


def _killed(base: Path, chance: random.Random) -> int:
    """Characters typed and not kept, when the console is killed while somebody types."""
    with Console(base) as console:
        console.wait_for("Marie Dupuis")
        console.press("n")
        console.wait_for("Note – Marie Dupuis")
        until, given = monotonic() + chance.uniform(1, 4), 0
        while monotonic() < until:
            console.send(WORDS[given])
            given += 1
            with suppress(TimeoutError):
                console.pump(0)
            sleep(1 / A_SECOND)
        console.kill()
    return given - sum(len(draft["text"]) for draft in rows(base, "SELECT text FROM draft"))
