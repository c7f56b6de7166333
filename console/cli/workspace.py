"""Where the console works: a database, a content folder, an agent, a clock; and how that is opened."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from console.base.clock import running_from, system_clock
from console.base.roles import Role
from console.cli.log import start_log
from console.cli.output import Progress
from console.content import Content
from console.context import Context
from console.outside.outside import Outside
from console.rules.openings import Tracking
from console.services import build


@dataclass(frozen=True, slots=True)
class Place:
    """What the settings and the command line say of it. `date` starts the clock elsewhere than now.

    size: how many made-up clients a demo has, 0 for the fixed set. tracking: what the base is asked to do
    about the openings of e-mails; None leaves it as it is.
    """

    address: str
    content: Path
    agent: str
    log: Path
    date: datetime | None = None
    demo: bool = False
    size: int = 0
    outside: Outside | None = None
    tracking: Tracking | None = None

    @contextmanager
    def opened(self, *, remake: bool = False) -> Iterator[Context]:
        """Everything a service needs, until left. A demo is made when there is none, or again by `remake`."""
        start_log(self.log)
        with self._demo(remake=remake) if self.demo else self._working() as ctx:
            yield ctx

    def prefetch(self) -> Iterator[object]:
        """That it can be opened, then the first view of the dashboard; nothing where somebody signs in."""
        with self.opened() as ctx:
            if ctx.role is not None:
                yield True
                yield build(ctx).dashboard.view()

    @contextmanager
    def _working(self) -> Iterator[Context]:
        from console.cases.openings import openings_of
        from console.db.engine import open_database
        from console.people.names import exist

        clock = running_from(self.date) if self.date else system_clock()
        database = open_database(self.address, clock=clock)
        try:
            with database.reading() as session:
                role = None if exist(session) else Role.ADMINISTRATOR
            yield Context(
                database,
                clock,
                Content(self.content),
                self.agent,
                outside=self.outside,
                role=role,
                tracking=openings_of(database, self.tracking, clock.now()),
            )
        finally:
            database.close()

    @contextmanager
    def _demo(self, *, remake: bool) -> Iterator[Context]:
        from console.demo.demo import demo_context, park

        content = Content(self.content)
        with Progress("clients") as progress:
            ctx = demo_context(
                self.address, content, self.agent, remake=remake, size=self.size, progress=progress
            )
        ctx = replace(ctx, outside=self.outside)
        try:
            if self.date:
                yield replace(ctx, clock=running_from(self.date))
            else:
                yield ctx
                park(ctx)
        finally:
            ctx.database.close()


def prepare() -> None:
    """Import what opening a place takes."""
    import console.demo.demo  # noqa: F401
