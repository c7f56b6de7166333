"""Writes a data set into a database, and walks its calls through the script as an agent would."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TypeVar

from console.base.clock import Clock
from console.base.errors import ContentError, HotlinerError
from console.calls.service import CallService
from console.content import Content
from console.context import Context
from console.demo.files import DemoCall, DemoClient, DemoSet, read_demo
from console.demo.rows import DemoRows, is_early

BATCH = 1000
ACT_SECONDS = 20
T = TypeVar("T")


def demo_set(content: Content) -> DemoSet:
    """The fixed data set of the content folder."""
    return read_demo(content.root / "data" / "demo" / "demo.toml")


def load_dataset(ctx: Context, path: Path) -> None:
    """Loads a data set into an empty database, as ordinary rows; each case is placed at the context's time.

    Raises ContentError naming file, client and reason.
    """
    load(ctx, read_demo(path))


def load(ctx: Context, made: DemoSet) -> None:
    """Writes the clients, what happened to them, and walks their calls through the script."""
    rows = DemoRows(ctx, made)
    for clients in batches(made.clients, BATCH):
        with ctx.database.writing() as session:
            ids = rows.write_clients(session, clients)
        _walk_all(ctx, made, clients, ids, early=True)
        with ctx.database.writing() as session:
            rows.write_facts(session, clients, ids)
        _walk_all(ctx, made, clients, ids, early=False)
        with ctx.database.writing() as session:
            rows.place(session, ids.values())


def _walk_all(
    ctx: Context, made: DemoSet, clients: Iterable[DemoClient], ids: dict[str, int], *, early: bool
) -> None:
    calls = [
        (call, client) for client in clients for call in client.calls if is_early(client, call.at) is early
    ]
    for call, client in sorted(calls, key=lambda one: one[0].at):
        walk(ctx, made, client, ids[client.code], call)


def walk(ctx: Context, made: DemoSet, client: DemoClient, client_id: int, call: DemoCall) -> None:
    """Makes a call as an agent would, act by act, at its own time. Raises ContentError when it cannot be."""
    at = call.at

    def tick() -> datetime:
        return at

    service = CallService(replace(ctx, clock=Clock(tick), agent=made.agent))
    try:
        view = service.begin(client_id, call.direction)
        typed = ""
        for key in call.keys:
            at += timedelta(seconds=ACT_SECONDS)
            if len(key) > 1 or not key.isdigit():
                typed = key
                continue
            view = service.choose(view.call_id, view.seq, int(key) - 1, typed)
            typed = ""
    except (HotlinerError, IndexError) as error:
        raise ContentError(f"{made.name}.toml, {client.code} : appel impossible ({error})") from error
    if view.outcome is not call.outcome:
        ended = view.outcome or f"l’étape {view.step}"
        raise ContentError(f"{made.name}.toml, {client.code} : l’appel mène à {ended}, pas à {call.outcome}")


def batches(items: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    """The items, so many at a time."""
    left = iter(items)
    while batch := tuple(islice(left, size)):
        yield batch
