"""Has simulated calls through the services, as a screen would: one who listens, one who does not."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from random import Random

from console.calls.views import CallView
from console.rules.script import CaptureKind
from console.training.simulation import Statement
from console.training.simulator import Simulation

Taken = tuple[str, int | str]
"""A step, and the place of the choice taken there or the name of the key."""


def listen(simulation: Simulation) -> Iterator[Taken]:
    """Does what the client asks for, to the end."""
    calls, view = simulation.calls, simulation.view
    while view.outcome is None:
        said = calls.dialogue().now
        if said is None or said.step != view.step:  # nothing new was said: there is one choice
            assert len(view.choices) == 1, view.step
            said, index = None, 0
        elif said.reply.jump:
            yield view.step, said.reply.jump
            view = calls.jump(view.call_id, view.seq, said.reply.jump)
            continue
        else:
            index = [choice.label for choice in view.choices].index(said.reply.choice)
        yield view.step, index
        view = calls.choose(view.call_id, view.seq, index, typed(view, said))


def guess(simulation: Simulation) -> Iterator[Taken]:
    """Presses anything that can be pressed, steps back included; draws by the seed, and ends at last."""
    calls, view, lots = simulation.calls, simulation.view, Random(simulation.seed)
    acts = 0
    while view.outcome is None:
        acts += 1
        said, kind = calls.dialogue().now, lots.random()
        if kind < 0.15 and view.can_go_back and acts < 30:
            view = calls.back(view.call_id, view.seq)
        elif kind < 0.25 and view.exits:
            where = lots.choice(view.exits).where
            yield view.step, where
            view = calls.jump(view.call_id, view.seq, where)
        else:
            index = lots.choice([choice.index for choice in view.choices if choice.enabled])
            yield view.step, index
            view = calls.choose(view.call_id, view.seq, index, typed(view, said))


def typed(view: CallView, said: Statement | None) -> str:
    """Something to type, where the step asks for it."""
    if view.capture is None:
        return ""
    if view.capture.kind == CaptureKind.MOMENT:
        return (said.reply.moment if said else "") or view.capture.draft or "lundi 15h"
    return "ses mots"


def tables(path: Path) -> dict[str, str]:
    """A digest of each table of a SQLite file, rows in the order they are stored."""
    found = {}
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            digest = sha256()
            for row in connection.execute(f'SELECT * FROM "{name}"'):
                digest.update(repr(row).encode())
            found[name] = digest.hexdigest()
    return found
