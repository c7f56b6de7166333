"""The demonstration: its own database, a fixed data set, a clock that resumes where it was left."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TypeVar

from console.clock import Clock, running_from, system_clock
from console.content import Content
from console.content.demo_set import DemoCall, DemoClient, DemoSet, read_demo
from console.errors import ContentError, HotlinerError, RefusedInputError
from console.services.calls import CallService
from console.services.context import Context
from console.services.demo_rows import DemoRows, is_early
from console.storage import demo as storage
from console.storage.engine import Database, open_database

BATCH = 1000
ACT_SECONDS = 20
NAME, POSITION = "demo", "demo.clock"
UNFINISHED = "?"
T = TypeVar("T")


def demo_context(
    address: str,
    content: Content,
    agent: str,
    *,
    remake: bool = False,
    size: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Context:
    """The demonstration's database, made when it is not there yet, is unfinished, or `remake` asks for it.

    size: so many made-up clients instead of the fixed set. Its clock starts at the data set's instant, and at
    a later opening resumes from the last instant recorded. Raises RefusedInputError on a database that holds
    anything but a demonstration.
    """
    made = demo_set(content)
    name = f"taille-{size}" if size else made.name
    database = open_database(address, clock=system_clock())
    try:
        with database.reading() as session:
            found = storage.read_meta(session, NAME)
            if not found and storage.has_clients(session):
                raise RefusedInputError(
                    "Cette base contient de vrais clients, la démonstration n’y touche pas.",
                    todo="Ouvrez la démonstration sans « --base », ou donnez-lui une autre base.",
                )
        ctx = Context(database, running_from(made.instant), content, agent, demo=True)
        if remake or found != name:
            with database.writing() as session:
                storage.empty(session)
                storage.write_meta(session, NAME, UNFINISHED + name)
            if size:
                from console.services.demo_made import generate

                generate(ctx, size, progress)
            else:
                load(ctx, made)
            with database.writing() as session:
                storage.write_meta(session, NAME, name)
            return replace(ctx, clock=running_from(made.instant))
        return replace(ctx, clock=running_from(_resume_at(database, made.instant)))
    except BaseException:
        database.close()
        raise


def park(ctx: Context) -> None:
    """Records where the demonstration's clock stands, so that the next opening goes on from there."""
    if ctx.demo:
        with ctx.database.writing() as session:
            storage.write_meta(session, POSITION, ctx.clock.now().isoformat())


def _resume_at(database: Database, start: datetime) -> datetime:
    """The last instant recorded, never before the data set's own."""
    with database.reading() as session:
        parked = storage.read_meta(session, POSITION)
        last = storage.last_instant(session)
    instants = [start, last, datetime.fromisoformat(parked) if parked else None]
    return max(instant for instant in instants if instant is not None)


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
