"""What a base remembers of the time, on both databases: its marks, what was accepted, and trial bases."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from console.base.clock import Clock, SteadyClock, frozen_at
from console.base.errors import RefusedInputError, StorageError
from console.base.french import long_day
from console.cli.workspace import Place
from console.content import default_root
from console.context import Context
from console.db.engine import open_database
from console.db.meta import is_trial, read_meta
from console.db.query import ReadBatch
from console.db.tables import Meta
from console.integrity import clock
from tests.databases import CLOCK
from tests.world import World, paris

FRIDAY, MONDAY = paris("2026-11-20T17:00"), paris("2026-11-23T08:00")


@pytest.fixture
def world(url: str, tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "unused.db", FRIDAY, url=url)
    yield world
    world.database.close()


def at(world: World, now: datetime, *, asked: datetime | None = None) -> Context:
    """The base, which is no trial, as it is opened then; with another date asked for."""
    machine = frozen_at(now)
    given = frozen_at(asked) if asked else machine
    return replace(world.context, trial=False, demo=False, clock=given, machine=machine)


def note(world: World) -> None:
    client = world.add("CLT-00001", expires_on=date(2026, 12, 31))
    world.services.clients.add_note(client, "Un fait.")


def test_a_new_base_knows_nothing_to_doubt_of(world: World) -> None:
    assert clock.doubt(at(world, FRIDAY)) == ""
    assert clock.doubt(at(world, FRIDAY + timedelta(days=2000))) == ""


def test_a_fact_or_a_mark_tells_when_the_base_was_last_in_use(world: World) -> None:
    note(world)
    assert clock.doubt(at(world, MONDAY)) == ""
    assert "vendredi 20 novembre 2026 à 17:00" in clock.doubt(at(world, MONDAY + timedelta(days=1)))
    clock.seen(at(world, MONDAY))
    assert clock.doubt(at(world, MONDAY + timedelta(days=1))) == ""
    assert clock.doubt(at(world, MONDAY + timedelta(days=2))) != ""


def test_a_clock_that_jumps_while_the_base_is_open_is_not_followed(world: World) -> None:
    machine, running = [FRIDAY], [100.0]
    steady = SteadyClock(lambda: machine[0], lambda: running[0])
    ctx = replace(at(world, FRIDAY), clock=Clock(steady.read), machine=Clock(steady.read), steady=steady)
    for days in (20, -30):
        machine[0], running[0] = machine[0] + timedelta(days=days, hours=1), running[0] + 3600
        before = machine[0] - timedelta(days=days)
        assert ctx.clock.now() == before  # what is written in the meantime has the right date
        assert f"elle dit maintenant {long_day(machine[0].date())}" in clock.doubt_again(ctx)
        clock.sure(ctx)
        assert ctx.clock.now() == machine[0]
        assert clock.doubt_again(ctx) == ""
    machine[0], running[0] = machine[0] + timedelta(days=20), running[0] + 20 * 86400
    assert ctx.clock.now() == machine[0], "a machine that slept"
    assert "Dernier fait connu" in clock.doubt_again(ctx)


def test_what_stays_open_leaves_the_mark_of_each_day_and_tells_a_jump(world: World) -> None:
    machine, running = [FRIDAY], [100.0]
    steady = SteadyClock(lambda: machine[0], lambda: running[0])
    ctx = replace(at(world, FRIDAY), clock=Clock(steady.read), machine=Clock(steady.read), steady=steady)
    doubted = clock.watch(ctx)
    for _ in range(10):  # nobody but the portal has this base open
        machine[0], running[0] = machine[0] + timedelta(days=1), running[0] + 86400
        assert doubted() == doubted() == ""
    assert clock.doubt(at(world, machine[0] + timedelta(hours=20))) == ""
    machine[0] += timedelta(days=3)
    assert "a changé" in doubted()
    machine[0] -= timedelta(days=3)
    assert doubted() == ""


def test_a_mark_is_left_once_a_day(world: World) -> None:
    clock.seen(at(world, MONDAY))
    clock.seen(at(world, MONDAY + timedelta(hours=3)))
    (mark,) = [one.value for one in world.all(Meta) if one.key == clock.SEEN]
    assert datetime.fromisoformat(mark) == MONDAY
    clock.seen(at(world, MONDAY + timedelta(days=1)))
    (mark,) = [one.value for one in world.all(Meta) if one.key == clock.SEEN]
    assert datetime.fromisoformat(mark) == MONDAY + timedelta(days=1)


def test_who_is_sure_is_not_asked_again(world: World) -> None:
    note(world)
    later = MONDAY + timedelta(days=30)
    assert clock.doubt(at(world, later))
    clock.sure(at(world, later))
    assert clock.doubt(at(world, later + timedelta(minutes=5))) == ""


def test_facts_ahead_are_asked_about_once(world: World) -> None:
    world.now = FRIDAY + timedelta(days=400)  # what was written by a clock that was ahead
    note(world)
    assert "plus tôt" in clock.doubt(at(world, MONDAY))
    clock.sure(at(world, MONDAY))
    assert clock.doubt(at(world, MONDAY + timedelta(hours=5))) == ""
    assert clock.doubt(at(world, MONDAY + timedelta(days=4))) != "", "the marks still count"
    world.now += timedelta(days=1)
    world.services.clients.add_note(1, "Un autre fait, plus loin encore.")
    assert "plus tôt" in clock.doubt(at(world, MONDAY))


def test_a_mark_ahead_of_the_clock_is_a_doubt_too(world: World) -> None:
    clock.seen(at(world, MONDAY + timedelta(days=365)))
    assert "plus tôt" in clock.doubt(at(world, MONDAY))
    clock.sure(at(world, MONDAY))
    assert clock.doubt(at(world, MONDAY)) == ""


def test_a_date_asked_for_leaves_the_mark_of_the_machine(world: World) -> None:
    context = at(world, MONDAY, asked=MONDAY + timedelta(hours=20))
    assert clock.doubt(context) == ""
    clock.seen(context)
    with world.database.reading() as session:
        assert datetime.fromisoformat(read_meta(session, clock.SEEN)) == MONDAY
    assert "La date demandée" in clock.doubt(at(world, MONDAY, asked=FRIDAY))


def test_a_trial_base_takes_any_date_and_leaves_no_mark(world: World) -> None:
    note(world)
    context = replace(at(world, FRIDAY, asked=paris("1999-01-01T00:00")), trial=True)
    assert clock.doubt(context) == ""
    clock.seen(context)
    assert not [one for one in world.all(Meta) if one.key == clock.SEEN]


def test_a_base_is_for_trials_from_the_day_it_is_made_or_never(empty_url: str) -> None:
    open_database(empty_url, clock=CLOCK).close()
    database = open_database(empty_url, clock=CLOCK, trial=True)
    with database.reading() as session:
        assert not is_trial(ReadBatch(session))()
    database.close()


def test_a_trial_base_stays_one(empty_url: str) -> None:
    open_database(empty_url, clock=CLOCK, trial=True).close()
    database = open_database(empty_url, clock=CLOCK)
    with database.reading() as session:
        assert is_trial(ReadBatch(session))()
    database.close()


def test_no_base_is_made_at_a_date_that_is_doubted(empty_url: str, tmp_path: Path) -> None:
    place = Place(empty_url, default_root(), "Jean", tmp_path / "log", date=paris("2031-03-01T10:00"))
    with pytest.raises(RefusedInputError, match="La date demandée"), place.opened():
        pass
    with pytest.raises(StorageError, match="pas de base"):
        open_database(empty_url, clock=CLOCK, makes=False)
