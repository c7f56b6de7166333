"""The demonstration: its own database, a fixed data set, a clock that resumes where it was left."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from console.clock import running_from, system_clock
from console.content import Content
from console.content.demo_set import DemoSet, read_demo
from console.errors import RefusedInputError
from console.services.context import Context
from console.storage import demo as storage
from console.storage.engine import Database, open_database

NAME, POSITION = "demo", "demo.clock"
UNFINISHED = "?"


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
                from console.services.demo_load import (
                    load,
                )  # a demo that is made needs far more than one reopened

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
