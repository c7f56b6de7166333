"""A call whose console is killed, or whose database fails: nothing is lost, nothing is written twice."""

import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from console.base.errors import StorageError
from console.db import dialect
from console.db.tables import Call, CallStep, ChurnRecord, Event, Message, Subscription
from tests.faults.killed_calls import MOMENTS, NOON, NOTE
from tests.world import REFUSAL, World

ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-m", "tests.faults.killed_calls"]


def is_whole(world: World) -> None:
    """One journal a call without a hole; a record goes with its e-mail, its cancelled term and its event."""
    closed = {call.id for call in world.all(Call) if call.ended_at}
    for call in world.all(Call):
        seqs = sorted(step.seq for step in world.all(CallStep) if step.call_id == call.id)
        assert seqs == list(range(len(seqs)))
        assert (len(seqs) == len(REFUSAL)) == (call.id in closed)
    for table in (ChurnRecord, Message):
        assert sorted(row.call_id for row in world.all(table)) == sorted(closed)
    assert {row.call_id for row in world.all(Event) if row.kind == "refused"} == closed
    cancelled = sum(term.status == "cancelled" for term in world.all(Subscription))
    assert cancelled == len(closed)
    with world.database.reading() as session:
        assert session.connection().execute(text("PRAGMA integrity_check")).scalar() == "ok"


@pytest.mark.long
def test_killed_at_every_step(tmp_path: Path) -> None:
    """Killed inside, just before or just after the commit of a choice: the call stands where it was told."""
    start = World(tmp_path / "start.db", NOON)
    start.add()
    start.database.close()
    subprocess.run([*PROGRAM, "each", str(tmp_path)], cwd=ROOT, check=True, timeout=120)
    for step, moment in product(range(len(REFUSAL)), MOMENTS):
        world = World(tmp_path / f"{step}-{moment}.db", NOON)
        is_whole(world)
        resumed = world.services.calls.resume()
        acknowledged = step + (moment == "after")
        if acknowledged == len(REFUSAL):
            assert resumed is None
            assert [event.text for event in world.all(Event) if event.kind == "note"] == [NOTE]
        else:
            assert resumed is not None, (step, moment)
            assert (resumed.client_id, resumed.seq, resumed.note_draft) == (1, acknowledged, NOTE)
            assert world.walk(resumed, *REFUSAL[acknowledged:]).outcome is not None
            is_whole(world)
        world.database.close()


def test_killed_at_any_moment(tmp_path: Path) -> None:
    """Whatever was acknowledged before the kill is there after it."""
    path, chance = tmp_path / "base.db", random.Random(7)
    acknowledged: dict[str, tuple[int, str]] = {}
    for _ in range(3):
        with subprocess.Popen(
            [*PROGRAM, "loop", str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None
            lines = [child.stdout.readline() for _ in range(chance.randint(5, 25))]
            time.sleep(chance.random() / 50)
            child.kill()
            lines += child.stdout.readlines()
        for line in lines:
            call_id, seq, state = line.split()
            acknowledged[call_id] = (int(seq), state)
        world = World(path, NOON)
        is_whole(world)
        steps = world.all(CallStep)
        ended = {call.id for call in world.all(Call) if call.ended_at}
        for call_id, (known, state) in acknowledged.items():
            assert sum(step.call_id == call_id for step in steps) >= known
            assert state == "open" or call_id in ended
        assert len(world.all(Call)) - len(ended) <= 1
        world.database.close()


# -- a database that fails -------------------------------------------------------------------------


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A call at its last step, a note half typed, in a database that does not wait long for a lock."""
    monkeypatch.setattr(dialect, "BUSY_SECONDS", 0.1)
    world = World(tmp_path / "base.db", NOON)
    view = world.walk(world.begin(world.add()), *REFUSAL[:-1])
    world.services.calls.draft(view.call_id, "note", NOTE)
    yield world
    world.database.close()


def refused_to_write(world: World) -> StorageError:
    """The last key fails; nothing of it is there, and the call waits at its step with the text typed."""
    view = world.services.calls.resume()
    assert view is not None
    with pytest.raises(StorageError) as caught:
        world.walk(view, REFUSAL[-1])
    assert world.all(ChurnRecord) == []
    assert world.all(Message) == []
    assert world.one(Subscription).status == "active"
    assert world.one(Subscription).pane != "refused"
    still = world.restart().calls.resume()
    assert still is not None
    assert (still.call_id, still.seq, still.note_draft) == (view.call_id, view.seq, view.note_draft)
    assert still.note_draft.startswith(NOTE)
    return caught.value


def then_writes(world: World) -> None:
    """Once the trouble is over, the same key does it, once."""
    view = world.services.calls.resume()
    assert view is not None
    assert world.walk(view, REFUSAL[-1]).outcome is not None
    is_whole(world)


@pytest.mark.parametrize("table", ["call_step", "churn_record", "message", "event", "campaign_count"])
def test_a_statement_that_fails_keeps_the_call_open(world: World, table: str) -> None:
    def fail(conn: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(f"INSERT INTO {table}"):
            raise sqlite3.OperationalError("disk I/O error")

    engine = world.database._engine
    event.listen(engine, "before_cursor_execute", fail)
    error = refused_to_write(world)
    event.remove(engine, "before_cursor_execute", fail)
    assert error.happened
    assert error.todo
    then_writes(world)


def test_a_commit_that_fails_keeps_the_call_open(world: World) -> None:
    def fail(connection: Any) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.database._engine.dialect, "do_commit", fail)
        refused_to_write(world)
    then_writes(world)


def test_a_full_disk_keeps_the_call_open(world: World) -> None:
    engine = world.database._engine
    with engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()

    def limit(connection: Any) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    event.listen(engine, "begin", limit)
    with suppress(StorageError):  # takes what room is left in the pages of a table that the outcome writes
        for _ in range(1000):
            with world.database.writing() as session:
                session.add(Event(at=NOON, kind="filler", text="x" * 300))
    error = refused_to_write(world)
    event.remove(engine, "begin", limit)
    assert "plus de place" in error.happened
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    then_writes(world)
