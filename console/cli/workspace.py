"""Where the console works: a database, a content folder, an agent, a clock; and how that is opened."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from socket import gethostname

from console.base.clock import Clock, SteadyClock, running_from, system_clock
from console.base.errors import RefusedInputError, StorageError
from console.base.roles import Role
from console.cli.log import start_log
from console.cli.output import Progress
from console.cli.settings import database_file
from console.content import Content
from console.context import Context
from console.outside.outside import Outside
from console.rules.openings import Tracking
from console.services import build

PARKING_SECONDS = 0.2
"""How long leaving waits for the demonstration's clock to be written down."""


@dataclass(frozen=True, slots=True)
class Place:
    """What the settings and the command line say of it. `date` starts the clock elsewhere than now.

    size: how many made-up clients a demo has, 0 for the fixed set. tracking: what the base is asked to do
    about the openings of e-mails; None leaves it as it is. trial: a base that is made is a trial base;
    trial_only: no other base is opened. makes: a base that is not there is made. sure: whoever asked for the
    date says that it is the one meant. spool: where calls keep what the base does not take.
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
    trial: bool = False
    trial_only: bool = False
    makes: bool = True
    sure: bool = False
    spool: Path | None = None

    @contextmanager
    def opened(self, *, remake: bool = False) -> Iterator[Context]:
        """Everything a service needs, until left. A demo is made when there is none, or again by `remake`."""
        start_log(self.log)
        with self._demo(remake=remake) if self.demo else self._working() as ctx:
            yield replace(ctx, spool=self.spool)

    def prefetch(self) -> Iterator[object]:
        """What is shown of it on every screen, then the first view of the dashboard.

        Nothing where somebody signs in, or where the clock is doubted.
        """
        with self.opened() as ctx:
            if ctx.role is not None and not ctx.doubt:
                yield mark(ctx)
                yield build(ctx).dashboard.view()

    @contextmanager
    def _working(self) -> Iterator[Context]:
        from console.cases.link_keys import kept_keys, link_keys_of
        from console.cases.openings import kept_openings, settled
        from console.cases.queue import placed_ahead
        from console.cases.upkeep import place_again
        from console.cases.versions import hash_of, in_force, of_hash, taken
        from console.db.engine import open_database
        from console.db.meta import is_trial
        from console.db.query import ReadBatch
        from console.integrity import clock as clock_of
        from console.people.names import exist

        steady = SteadyClock()
        clock = running_from(self.date) if self.date else Clock(steady.read)
        file = database_file(self.address)
        dares = partial(self._dare_to_make, clock)
        if file and not file.exists():
            dares()
        database = open_database(
            self.address,
            clock=clock,
            who=f"{self.agent}, {gethostname()}",
            trial=self.trial,
            makes=self.makes,
            dares=dares,
        )
        try:
            with database.reading() as session:
                batch, now = ReadBatch(session), clock.now()
                accounts, trial, hashed = exist(batch), is_trial(batch), in_force(batch)
                known, ahead = clock_of.newest(batch), placed_ahead(batch, now, 1)
                keys, openings = kept_keys(batch), kept_openings(batch)
                ctx = Context(
                    database,
                    clock,
                    Content(self.content),
                    self.agent,
                    trial=trial(),
                    outside=self.outside,
                    role=None if accounts() else Role.ADMINISTRATOR,
                    machine=Clock(steady.read),
                    steady=None if self.date else steady,
                )
                # that of the folder may be broken, and nothing is taken yet
                content = ctx.content if ctx.trial else of_hash(session, ctx, hashed()).content
            if self.trial_only and not ctx.trial:
                raise RefusedInputError(
                    "Cette base n’est pas une base d’essai, et ne peut plus en devenir une.",
                    "Rien n’a changé.",
                    "Donnez un nouveau fichier à « --base », ou retirez « --essai ».",
                )
            doubt = "" if ctx.trial else clock_of.doubt_by(known(), content, now, ctx.machine.now())
            if not doubt:
                if hashed() not in ("", hash_of(ctx.content)):
                    ctx = taken(ctx)
                if ahead():
                    place_again(ctx)
                ctx = replace(ctx, link_keys=link_keys_of(ctx, keys()))
            asked = None if doubt and not self.sure else self.tracking
            yield replace(ctx, doubt=doubt, tracking=settled(database, openings(), asked, now))
        finally:
            database.close()

    def _dare_to_make(self, clock: Clock) -> None:
        """A base is no sooner made at a date that is doubted than one is written to."""
        from console.rules.clock_doubt import doubt

        if self.date and not (self.trial or self.sure):
            refuse_doubt(doubt(clock.now(), system_clock().now(), None, lambda _: True))

    @contextmanager
    def _demo(self, *, remake: bool) -> Iterator[Context]:
        from console.calls.keeping import soon
        from console.cases.versions import taken
        from console.demo.demo import demo_context, park

        content = Content(self.content)
        with Progress("clients") as progress:
            ctx = demo_context(
                self.address,
                content,
                self.agent,
                remake=remake,
                size=self.size,
                progress=progress,
                outside=self.outside,
            )
        try:
            if self.date:
                yield replace(taken(ctx), clock=running_from(self.date))
            else:
                yield taken(ctx)
                with suppress(StorageError):  # a base that is away keeps nobody from leaving
                    soon(lambda: park(ctx), PARKING_SECONDS)
        finally:
            ctx.database.close()


def mark(ctx: Context) -> str:
    """What every screen says of the base: nothing of a real one; the demonstration says it by itself."""
    trial = "base d’essai" if ctx.trial and not ctx.demo else ""
    former = "textes d’avant, les fichiers ont un défaut" if ctx.content_fault else ""
    return " · ".join(filter(None, (trial, former)))


def refuse_doubt(doubt: str) -> None:
    """Raise RefusedInputError, with the option that says « I mean it », where the clock is doubted."""
    if doubt:
        raise RefusedInputError(
            doubt,
            "Rien n’a été écrit.",
            "Si cette date est la bonne, ajoutez « --date-sure ». "
            "Pour essayer, faites une base à part\N{NARROW NO-BREAK SPACE}: « --base FICHIER --essai ».",
        )


def prepare() -> None:
    """Import what opening a place takes."""
    import console.demo.demo  # noqa: F401
