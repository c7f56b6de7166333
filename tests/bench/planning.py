"""The timeline of many clients planned in one run, and a message rendered, beside plain Jinja2."""

import shutil
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from jinja2 import Environment

from console.base.templates import ALLOWED_FILTERS
from console.base.vocabulary import Channel
from console.db.tables import Message
from tests.bench.importing import run_apart
from tests.bench.pairs import Result, alternate, mebibytes
from tests.crowd import fill
from tests.messages.clients import make
from tests.terminal import hotliner
from tests.world import CONTENT, World, paris

MANY, FEW = 100_000, 10_000
DAY = "2025-12-17T08:00"
STEP = "J-14"
TIMES = 2_000


def planning(folder: Path, rounds: int) -> list[Result]:
    """Terms a second, everything written, beside the same messages in Jinja2 alone; then the memory."""
    many, few = _made(folder / "many.db", MANY), _made(folder / "few.db", FEW)
    planned: list[float] = []

    def plan() -> float:
        planned.append(_plan(folder, many)[0])
        return planned[-1]

    queued = _queued(folder, few) * MANY / FEW
    pair = alternate(plan, lambda: queued * _jinja(), rounds, 0)
    memory = alternate(lambda: _plan(folder, many)[1], lambda: _plan(folder, few)[1], rounds, 0)
    rendered = alternate(_ours, _jinja, 15 * rounds)
    return [
        Result(
            f"relances de {MANY} abonnements dus, {queued:.0f} messages écrits ÷ Jinja2 seul, rien d’écrit",
            f"{MANY / pair.ours:.0f} abonnements/s",
            f"{queued / pair.yardstick:.0f} messages/s",
            pair.ratio,
        ),
        Result(
            f"e-mail {STEP} écrit (objet, texte, HTML, tableau) ÷ Jinja2 seul, mêmes modèles",
            f"{1 / rendered.ours:.0f} e-mails/s",
            f"{1 / rendered.yardstick:.0f} e-mails/s",
            rendered.ratio,
            3,
        ),
        Result(
            f"mémoire des relances : {MANY} abonnements ÷ {FEW}",
            mebibytes(memory.ours),
            mebibytes(memory.yardstick),
            memory.ratio,
            1.3,
        ),
    ]


def _made(file: Path, n: int) -> Path:
    world = World(file, paris("2025-12-01T08:00"))
    fill(world, n)
    world.database.close()
    return file


def _plan(folder: Path, made: Path) -> tuple[float, float]:
    """Seconds and peak memory of the job on a copy of the database."""
    copy = folder / "relances.db"
    shutil.copy(made, copy)
    return run_apart(hotliner("relancer", "--base", str(copy), "--date", DAY), folder)


def _queued(folder: Path, made: Path) -> int:
    """How many messages a run queues."""
    _plan(folder, made)
    world = World(folder / "relances.db", paris(DAY))
    found = len(world.all(Message))
    world.database.close()
    return found


def _mean(render: Callable[[dict[str, Any]], object]) -> float:
    """Seconds a message."""
    variables = make(paris(DAY))
    render(variables)
    start = perf_counter()
    for _ in range(TIMES):
        render(variables)
    return (perf_counter() - start) / TIMES


def _ours() -> float:
    return _mean(lambda variables: CONTENT.messages.render(STEP, variables))


def _jinja() -> float:
    source = CONTENT.messages.reading[0][Channel.EMAIL, STEP]
    plain, page = Environment(), Environment(autoescape=True)
    for environment in (plain, page):
        environment.filters |= dict.fromkeys(ALLOWED_FILTERS, lambda address, *_: str(address))
    templates = (
        plain.from_string(source.subject),
        plain.from_string(source.body),
        page.from_string(source.body),
    )
    return _mean(lambda variables: [template.render(variables) for template in templates])
