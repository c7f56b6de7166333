"""Words in every text field, by every way out, while the base is free, held or gone: kept, said or lost."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager, closing
from itertools import product
from pathlib import Path
from typing import Any

from tests.bench.pairs import Result
from tests.calls.desk import FRIDAY
from tests.screens import words
from tests.servers import Server, postgresql_programs, postgresql_server
from tests.world import World

AT_ONCE = 12
"""Consoles at a time: most of them wait."""
HELD = (3.0, 9.0, 12.0, 60.0)
"""For how many seconds another program holds the base."""
FREE, GONE = 0.0, -1.0
STAYS = "attend, Ctrl+Q"
"""Leaves only once the base answers again."""


def kept_words(folder: Path, share: int) -> list[Result]:
    """One line a state of the base: how many texts a next console finds, were told on leaving, were lost.

    share: one case in so many.
    """
    states = [FREE, *HELD, *([GONE] if postgresql_programs() else [])]
    cases = list(product(states, words.FIELDS, (*words.WAYS, STAYS)))[::share]
    with ProcessPoolExecutor(AT_ONCE) as pool:
        ends = list(pool.map(_end, [folder / str(n) for n in range(len(cases))], cases))
    return [
        _line(state, [end for (of, *_), end in zip(cases, ends, strict=True) if of == state])
        for state in states
    ]


def _line(state: float, ends: list[str]) -> Result:
    base = {FREE: "libre", GONE: "disparue"}.get(state, f"tenue {state:.0f} s")
    lost = ends.count("lost")
    told = f"{len(words.FIELDS)} champs, {len(words.WAYS) + 1} sorties"
    return Result(
        f"paroles tapées, base {base} ({told})",
        f"{ends.count('kept')} gardées",
        f"{ends.count('said')} dites",
        float(lost),
        0.0,
    )


def _end(folder: Path, case: tuple[float, str, str]) -> str:
    folder.mkdir()
    if case[0] != GONE:
        return asyncio.run(_left(World(folder / "base.db", FRIDAY), *case))
    with postgresql_server() as server:
        return asyncio.run(_left(World(folder / "none.db", FRIDAY, url=server.new()), *case, server))


async def _left(world: World, state: float, field: str, way: str, server: Server | None = None) -> str:
    words.begun(world, field)
    async with words.typed(world, field) as (app, pilot), _trouble(world, state, server) as over:
        if way == STAYS:
            await pilot.press(*("space" if char == " " else char for char in words.WORDS))
            await over.wait()
            await asyncio.sleep(3)
            await words.quits(app, pilot)
        else:
            await words.leave(app, pilot, way, 8)
    found = await asyncio.to_thread(words.found, world, field)
    world.database.close()
    return "kept" if words.WORDS in found else "said" if words.WORDS in app.said else "lost"


@asynccontextmanager
async def _trouble(world: World, state: float, server: Server | None) -> AsyncIterator[asyncio.Event]:
    """The base is not there for its time, which ends beside whatever the console does."""
    over = asyncio.Event()

    async def end(after: float, way: Any) -> None:
        await asyncio.sleep(after)
        await asyncio.to_thread(way)
        over.set()

    if server is not None:
        server.stop()
        ending = asyncio.create_task(end(5, server.start))
        yield over
        await ending
    elif state == FREE:
        over.set()
        yield over
    else:
        with closing(sqlite3.connect(world.path, isolation_level=None, check_same_thread=False)) as other:
            other.execute("BEGIN IMMEDIATE")
            ending = asyncio.create_task(end(state, lambda: other.execute("ROLLBACK")))
            yield over
            await ending
