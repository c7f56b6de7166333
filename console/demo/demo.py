"""The demonstration: its own database, a fixed data set, a clock that resumes where it was left."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from console.base.clock import frozen_at, running_from, system_clock
from console.base.errors import RefusedInputError
from console.base.roles import Role
from console.content import Content
from console.context import Context
from console.db.engine import open_database
from console.db.meta import DEMO, LINK_BASE, read_meta, write_meta
from console.db.tables import Client, UserAccount
from console.demo import store as storage
from console.outside.outside import Outside

NAME, POSITION = DEMO, "demo.clock"
FIXED = "demo"
UNFINISHED = "?"


def demo_context(
    address: str,
    content: Content,
    agent: str,
    *,
    remake: bool = False,
    size: int = 0,
    progress: Callable[[int, int], None] | None = None,
    outside: Outside | None = None,
) -> Context:
    """The demonstration's database, made when it is not there yet, is unfinished, or `remake` asks for it.

    size: so many made-up clients instead of the fixed set. Its clock starts at the data set's instant, and at
    a later opening resumes from the last instant recorded. Raises RefusedInputError on a database that holds
    anything but a demonstration.
    """
    name = f"taille-{size}" if size else FIXED
    database = open_database(address, clock=system_clock())
    try:
        with database.reading() as session:
            found = read_meta(session, NAME)
            if storage.has(session, UserAccount) or (not found and storage.has(session, Client)):
                raise RefusedInputError(
                    "Cette base contient de vrais clients ou des comptes, la démonstration n’y touche pas.",
                    todo="Ouvrez la démonstration sans « --base », ou donnez-lui une autre base.",
                )
        if remake or found != name:
            _make(
                Context(database, system_clock(), content, agent, demo=True, trial=True, outside=outside),
                name,
                size,
                progress,
            )
        with database.reading() as session:
            parked = datetime.fromisoformat(read_meta(session, POSITION))
            position = max(parked, storage.last_instant(session) or parked)
            base = read_meta(session, LINK_BASE)
    except BaseException:
        database.close()
        raise
    return Context(
        database,
        running_from(position),
        content,
        agent,
        demo=True,
        trial=True,
        outside=outside,
        role=Role.SUPERVISOR,
        link_base=base,
    )


def _make(base: Context, name: str, size: int, progress: Callable[[int, int], None] | None) -> None:
    # Imported here: a demonstration that is made needs far more than one that is opened again.
    from console.demo.made import made_up
    from console.demo.play import demo_set, play

    content, database = base.content, base.database
    made = made_up(content, size) if size else demo_set(content)
    ctx = replace(base, clock=frozen_at(made.instant))
    with database.writing() as session:
        storage.empty(session)
        write_meta(session, NAME, UNFINISHED + name)
    with database.made_at_once():
        play(ctx, made, invented=size > 0, progress=progress)
    with database.writing() as session:
        write_meta(session, NAME, name)
        write_meta(session, POSITION, made.instant.isoformat())


def served_at(ctx: Context, base: str) -> Context:
    """The demonstration, whose messages carry links that lead to a portal at `base` from now on."""
    with ctx.database.writing() as session:
        storage.move_links(session, ctx.links.base, base)
        write_meta(session, LINK_BASE, base)
    return replace(ctx, link_base=base)


def park(ctx: Context) -> None:
    """Records where the demonstration's clock stands, so that the next opening goes on from there."""
    if ctx.demo:
        with ctx.database.writing() as session:
            write_meta(session, POSITION, ctx.clock.now().isoformat())
