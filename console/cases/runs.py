"""When the jobs of a base did their work: a mark each, kept in the base, so that one that stops is seen.

An audit line tells a run that changed something; most runs change nothing, and have run all the same.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col

from console.base.dates import day_of
from console.base.errors import StorageError
from console.context import Context
from console.db.meta import read_meta, write_meta
from console.db.query import ReadBatch, columns
from console.db.tables import Meta

RELANCER, ENVOYER, IMPORTER = "relancer", "envoyer", "importer"
EVENEMENTS, REBONDS, SAUVEGARDER = "evenements", "rebonds", "sauvegarder"
RECEIVED = "received"
"""Something came back, by whichever way."""
JOBS = (RELANCER, ENVOYER, IMPORTER, EVENEMENTS, REBONDS, SAUVEGARDER)
_MARK = "job."
_DAYS = 14
"""How many days of a job are kept."""
_EVERY = timedelta(minutes=5)
"""A job that runs without end leaves a mark as often as this."""
_AHEAD = timedelta(days=1)
"""A mark further ahead than this was left by a wrong clock, and says nothing."""


@dataclass(frozen=True, slots=True)
class Runs:
    """The last run of a job, and the first one of each of the last days on which it ran, oldest first."""

    last: datetime
    firsts: tuple[datetime, ...]


def sent(channel: str) -> str:
    """The name of the mark that a message of a channel leaves as it goes."""
    return f"sent.{channel}"


def ran(ctx: Context, job: str) -> None:
    """Leaves the mark of a run that came to its end. A mark is worth no failure: the next run leaves it."""
    now = ctx.clock.now()
    with suppress(StorageError):
        with ctx.database.reading() as session:
            known = _read(read_meta(session, _MARK + job), now)
        if known is not None and now - known.last < _EVERY:
            return
        firsts = known.firsts if known else ()
        if not firsts or day_of(firsts[-1]) != day_of(now):
            firsts = (*firsts, now)[-_DAYS:]
        told = json.dumps([one.isoformat() for one in (*firsts, now)])
        with ctx.database.writing() as session:
            write_meta(session, _MARK + job, told)


_MARKS = columns(Meta.key, Meta.value).where(col(Meta.key).startswith(_MARK))


def runs_of(batch: ReadBatch, now: datetime) -> Callable[[], Mapping[str, Runs]]:
    """What is known of each job that ran."""
    marks = batch.ask(_MARKS)

    def answer() -> Mapping[str, Runs]:
        found = {row.key.removeprefix(_MARK): _read(row.value, now) for row in marks()}
        return {job: runs for job, runs in found.items() if runs is not None}

    return answer


def _read(kept: str, now: datetime) -> Runs | None:
    known = [datetime.fromisoformat(one) for one in json.loads(kept)] if kept else []
    *firsts, last = [one if one <= now + _AHEAD else None for one in known] or [None]
    past = tuple(one for one in firsts if one is not None)
    return Runs(last or past[-1], past) if past else None
