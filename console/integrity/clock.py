"""Whether the clock can be believed, and what keeps it so: each opening leaves its own mark, once a day."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime

from sqlalchemy import func
from sqlmodel import col

from console.base.dates import day_of
from console.base.errors import StorageError
from console.cases.versions import in_force, of_hash
from console.content import Content
from console.context import Context
from console.db.meta import kept, read_meta, write_meta
from console.db.query import ReadBatch, columns
from console.db.tables import Event
from console.rules import clock_doubt

SEEN = "clock.seen"
"""When the base was last opened to write in it, by the machine's clock."""
ACCEPTED = "clock.accepted"
"""Up to when facts further ahead than the clock were accepted by somebody: they are no reason to doubt it."""
LATEST = 200
"""Events that are looked at: those written last."""


def doubt(ctx: Context) -> str:
    """Why the clock is doubted, in a French sentence; empty when it is not. Never on a trial base.

    Raises StorageError.
    """
    if ctx.trial:
        return ""
    with ctx.database.reading() as session:
        batch = ReadBatch(session)
        known, hashed = newest(batch), in_force(batch)
        content = of_hash(session, ctx, hashed()).content  # the folder's may be broken, and none is taken yet
    return doubt_by(known(), content, ctx.clock.now(), ctx.machine.now())


def doubt_by(known: datetime | None, content: Content, now: datetime, machine: datetime) -> str:
    """The same, by when the base was last written to or opened: see `clock_doubt.doubt`."""
    field = content.data.field

    def rests(day: date) -> bool:
        closed = day.weekday() not in field.calls.weekdays
        return closed or field.holidays.is_holiday(day, "Europe/Paris")

    return clock_doubt.doubt(now, machine, known, rests)


def doubt_again(ctx: Context) -> str:
    """Why the clock is doubted by now, while the base stays open; a day that is believed leaves its mark.

    Never where a date was asked for. Raises StorageError.
    """
    if ctx.trial or ctx.steady is None:
        return ""
    if ctx.steady.jumped:
        return clock_doubt.jump(ctx.steady.read(), ctx.steady.machine())
    found = doubt(ctx)
    if not found:
        seen(ctx)
    return found


def watch(ctx: Context) -> Callable[[], str]:
    """What tells, as long as the base stays open, why the clock is doubted by now: `doubt_again`, which asks
    the base once a day."""
    believed: date | None = None

    def doubted() -> str:
        nonlocal believed
        today = ctx.clock.today()
        if today == believed and not (ctx.steady and ctx.steady.jumped):
            return ""
        found = doubt_again(ctx)
        believed = None if found else today
        return found

    return doubted


def sure(ctx: Context) -> None:
    """Somebody says that the clock is right: what is further ahead in the base is no doubt from now on.

    Raises StorageError.
    """
    if ctx.steady is not None:
        ctx.steady.follow()
    with ctx.database.writing() as session:
        fact = _latest_fact(ReadBatch(session))()
        if fact is not None and fact > ctx.clock.now() + clock_doubt.DAY:
            write_meta(session, ACCEPTED, fact.isoformat())
        write_meta(session, SEEN, ctx.machine.now().isoformat())


def seen(ctx: Context) -> None:
    """Leave the mark of the day, so that the next opening knows that there was one."""
    if ctx.trial:
        return
    now = ctx.machine.now()
    with suppress(StorageError):  # a mark is worth no failure: the next opening leaves it
        with ctx.database.reading() as session:
            last = read_meta(session, SEEN)
        if not last or day_of(datetime.fromisoformat(last)) != day_of(now):
            with ctx.database.writing() as session:
                write_meta(session, SEEN, now.isoformat())


def newest(batch: ReadBatch) -> Callable[[], datetime | None]:
    """When the base was last written to, or opened; what was accepted apart."""
    latest, marks = _latest_fact(batch), kept(batch, SEEN, ACCEPTED)

    def found() -> datetime | None:
        fact = latest()
        seen, accepted = (_instant(marks().get(key)) for key in (SEEN, ACCEPTED))
        if fact is not None and accepted is not None and fact <= accepted:
            fact = None
        return max((one for one in (fact, seen) if one is not None), default=None)

    return found


def _instant(mark: str | None) -> datetime | None:
    return datetime.fromisoformat(mark) if mark else None


_LAST = columns(Event.at).order_by(col(Event.id).desc()).limit(LATEST).subquery()
_LATEST_FACT = columns(func.max(_LAST.c.at))


def _latest_fact(batch: ReadBatch) -> Callable[[], datetime | None]:
    """The latest instant among the events written last: what a message or an import did is one too."""
    found = batch.ask(_LATEST_FACT)
    return lambda: found()[0][0]
