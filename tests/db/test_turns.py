"""A job takes the base by short turns: whoever waits meanwhile is next."""

from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from threading import Event, Thread
from time import perf_counter, sleep

import pytest
from sqlalchemy import text

from console.db.turns import TURN_SECONDS, Turns
from tests.servers import Server
from tests.world import World, paris


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "base.db", paris("2025-12-20T14:00"))


def test_whoever_waits_gets_the_base_before_the_job_ends(world: World) -> None:
    turns = Turns(world.database)

    def job() -> None:
        for _ in range(15):
            with turns.writing():
                sleep(TURN_SECONDS)

    thread = Thread(target=job)
    thread.start()
    sleep(0.02)
    got = list[float]()
    while thread.is_alive():
        asked = perf_counter()
        with world.database.writing():
            got.append(perf_counter() - asked)
        sleep(0.01)
    thread.join()
    assert len(got) >= 4, "the job kept the base for itself"


def test_now_and_then_a_rest_is_longer_than_the_longest_pause_of_a_wait(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    rests = list[float]()
    monkeypatch.setattr("console.db.turns.sleep", rests.append)
    turns = Turns(world.database)
    for _ in range(30):
        with turns.writing():
            pass
    assert len(rests) == 29
    assert sum(one > 0.1 for one in rests) >= 3
    assert sum(one < 0.05 for one in rests) >= 20


def test_a_turn_takes_as_many_rows_as_its_time_allows(world: World) -> None:
    turns = Turns(world.database, 100)
    for seconds, size in ((0, 200), (0, 400), (TURN_SECONDS * 2, 200), (TURN_SECONDS * 9, 100)):
        with turns.writing():
            sleep(seconds)
        assert turns.size == pytest.approx(size, rel=0.15)
    for _ in range(5):
        with turns.writing():
            sleep(TURN_SECONDS * 3)
    assert turns.size == 10


def test_a_turn_that_fails_writes_nothing_and_lets_go(world: World) -> None:
    turns = Turns(world.database)
    with pytest.raises(ZeroDivisionError), turns.writing():
        raise ZeroDivisionError
    with turns.writing():
        pass


def test_what_a_job_waits_for_others_is_not_its_own_time(tmp_path: Path, url: str) -> None:
    """Else its turns would shrink because others hold the base, and its work never end."""
    world = World(tmp_path / "base.db", paris("2025-12-20T14:00"), url=url)
    turns, held = Turns(world.database, 100), Event()

    def hold() -> None:
        with world.database.writing() as session:
            session.connection().execute(text("SELECT 1"))
            held.set()
            sleep(4 * TURN_SECONDS)

    for unit in (turns.writing, partial(turns.working, [1])):
        turns.size = 100
        holder = Thread(target=hold)
        holder.start()
        assert held.wait(20)
        with unit() as session:
            session.connection().execute(text("SELECT 1"))
        holder.join()
        held.clear()
        assert turns.size == 200
    world.database.close()


def test_nobody_but_who_is_at_its_clients_waits_for_a_job(tmp_path: Path, postgresql_url: Server) -> None:
    world = World(
        tmp_path / "base.db", paris("2025-12-20T14:00"), url=postgresql_url.new(postgresql_url.tables)
    )
    mine, other = (world.add(code, email=f"{code}@example.org", phone="") for code in ("CLT-1", "CLT-2"))
    done = list[str]()

    def write(name: str, unit: AbstractContextManager[object]) -> Thread:
        def act() -> None:
            with unit as session:
                session.connection().execute(text("SELECT 1"))  # type: ignore[attr-defined]
            done.append(name)

        thread = Thread(target=act)
        thread.start()
        return thread

    with Turns(world.database).working([mine]) as session:
        session.connection().execute(text("SELECT 1"))
        write("another", world.database.sharing_session(other)).join(20)
        waiting = [
            write("the same client", world.database.sharing_session(mine)),
            write("another job", Turns(world.database).working([other])),
        ]
        sleep(0.3)
        assert done == ["another"]
    for one in waiting:
        one.join(20)
    assert sorted(done) == ["another", "another job", "the same client"]
    world.database.close()
