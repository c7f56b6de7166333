"""The call simulator over real files: every run ends, every branch is met, real data is never touched."""

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from console.base.errors import ConflictError, ForbiddenError, RefusedInputError
from console.base.roles import Role
from console.base.vocabulary import Direction
from console.calls.state import look_at
from console.context import Context
from console.db.tables import Client, Event, Message, Subscription
from console.demo.files import DemoSet
from console.demo.play import play
from console.outside import scratch
from console.outside.scratch import Scratch
from console.rules.hours import call_verdict
from console.rules.script import SETTLED
from console.services import build
from console.training import simulator
from tests.training.trainee import Taken, guess, listen, tables
from tests.world import CONTENT, REFUSAL, World, paris

RUNS = 200


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where private folders are made: in memory where there is some, as 200 databases are made there."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


@pytest.fixture
def world(tmp_path: Path, temporary: Path) -> Iterator[World]:
    """A company at work: a refusal, a call left open, a note, a quiz, messages to send."""
    one = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    first, second = one.add(), one.add("CLT-00246", first_name="Paul", phone="+33639981235")
    one.mail(first, "J-14", one.now)
    one.walk(one.begin(first), *REFUSAL)
    asked = one.services.training.questions()
    one.services.training.keep(asked, [0] * len(asked))
    one.services.clients.add_note(second, "À rappeler.")
    one.walk(one.begin(second), "Composer")
    yield one
    one.database.close()


@pytest.fixture
def played_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What led a client to the call is played for the first run that has them, then copied."""
    kept: dict[DemoSet, sqlite3.Connection] = {}

    def played(ctx: Context, made: DemoSet) -> None:
        with closing(sqlite3.connect(ctx.database.place)) as file:
            if made in kept:
                kept[made].backup(file)
            else:
                play(ctx, made)
                kept[made] = sqlite3.connect(":memory:")
                file.backup(kept[made])

    monkeypatch.setattr(simulator, "play", played)


@pytest.mark.long
@pytest.mark.usefixtures("played_once")
def test_two_hundred_runs_end_meet_every_branch_and_write_nothing_real(world: World, temporary: Path) -> None:
    before, content = tables(world.path), world.path.read_bytes()
    assert len(before) > 15
    taken: set[Taken] = set()
    personas = set()
    for seed in range(1, RUNS + 1):
        simulation = world.services.training.simulate(seed)
        taken.update(listen(simulation))
        debrief = simulation.debrief()
        assert debrief.score == debrief.total > 0, (seed, debrief.lines)
        personas.add(debrief.client)
        simulation.close()
    settled = CONTENT.script.anywhere[SETTLED]  # where a call goes by itself; nobody is on a pause either
    later = {other for s in CONTENT.script.steps.values() for other in (s.promised, s.again)}  # no past here
    undecided = {"thinks", "question"}  # by Échap, when an agent sees that nothing will be decided
    unmet = {settled, *later, *(CONTENT.script.anywhere[one] for one in undecided)}
    steps = [s for s in CONTENT.script.steps.values() if s.phase != "Pause" and s.id not in unmet]
    rated = {step.id for step in steps if step.id.startswith("avis-")}  # whatever the rating
    twins = {step.annual: step.id for step in steps if step.annual}  # the same choices, in another order
    met = {
        (twins.get(step, step), CONTENT.script.steps[step].choices[place].label)
        for step, place in taken
        if isinstance(place, int)
    }
    branches = {(twins.get(step.id, step.id), choice.label) for step in steps for choice in step.choices}
    assert {one for one in branches if one[0] not in rated} <= met
    assert twins.keys() | rated <= {step for step, _ in taken}
    keys = {*CONTENT.script.anywhere} - {SETTLED, *undecided}
    assert {where for _, where in taken if isinstance(where, str)} == keys
    assert personas == {one.code for one in CONTENT.personas}
    assert tables(world.path) == before
    assert world.path.read_bytes() == content
    assert not list(temporary.iterdir())


@pytest.mark.usefixtures("played_once")
def test_runs_of_a_trainee_who_does_not_listen_end_too_and_are_told_so(world: World, temporary: Path) -> None:
    before = tables(world.path)
    wrong = 0
    for seed in range(1, 16):
        simulation = world.services.training.simulate(seed)
        assert list(guess(simulation))
        debrief = simulation.debrief()
        wrong += debrief.total - debrief.score
        assert all(line.answer and line.taken != line.answer for line in debrief.lines if not line.right)
        simulation.close()
    assert wrong > 15
    assert tables(world.path) == before
    assert not list(temporary.iterdir())


def test_the_same_seed_is_the_same_call(world: World) -> None:
    def heard(seed: int) -> list[str]:
        simulation = world.services.training.simulate(seed)
        list(listen(simulation))
        try:
            return [simulation.persona.code, *(line.heard for line in simulation.debrief().lines)]
        finally:
            simulation.close()

    first = heard(48)
    world.wait(days=40)
    assert heard(48) == first
    assert heard(49) != first


def test_only_the_score_is_kept_and_only_when_asked_to(world: World) -> None:
    training = world.services.training
    simulation = training.simulate(4)
    with pytest.raises(ConflictError):
        simulation.debrief()
    list(listen(simulation))
    debrief = simulation.debrief()
    simulation.close()
    before = tables(world.path)
    run = training.keep_call(debrief)
    after = tables(world.path)
    assert {name for name in after if after[name] != before[name]} <= {"event", "sqlite_sequence"}
    event = world.all(Event)[-1]
    assert (event.kind, event.agent, event.client_id, event.call_id) == ("simulated_call", "Jean", None, None)
    assert event.data["seed"] == 4
    assert (run.score, run.total) == (debrief.score, debrief.total)
    mine = training.mine()
    assert mine is not None
    assert mine.quiz is not None
    assert mine.calls is not None
    assert mine.quiz.runs == mine.calls.runs == 1
    assert mine.calls.best == run
    hotliner = build(replace(world.context, agent="Inès", role=Role.HOTLINER)).training
    hotliner.keep_call(debrief)
    with pytest.raises(ForbiddenError):
        hotliner.team()
    assert [(one.agent, one.quiz is None, one.calls and one.calls.runs) for one in training.team()] == [
        ("Inès", True, 1),
        ("Jean", False, 1),
    ]
    with pytest.raises(RefusedInputError):
        training.simulate(100_000)


def test_what_was_missed_is_what_the_checklist_says(world: World) -> None:
    """Nothing is proposed to somebody who hesitates, then leaves: the checklist tells."""
    simulation = world.services.training.simulate(16)
    calls, view = simulation.calls, simulation.view
    assert simulation.persona.direction is Direction.OUTBOUND
    for label in (
        "Composer",
        "Le client est",
        "Hésite",
        "Autre chose",
        "Noté",
        "C’est définitif",
        "Trop cher",
    ):
        (index,) = [one.index for one in view.choices if one.label.startswith(label)]
        view = calls.choose(view.call_id, view.seq, index, "ses mots")
    view = calls.choose(view.call_id, view.seq, 0, "C’est trop cher.")
    view = calls.choose(view.call_id, view.seq, 1)
    points = {point.code: point for point in simulation.debrief().points}
    assert {code for code, point in points.items() if point.missed} == {"alternatives", "pause"}
    assert points["cloture"].proof.endswith("e-mail envoyé")
    assert points["raison-notee"].proof
    assert not points["ton"].proof
    assert "j14" not in points
    simulation.close()


def test_its_database_is_private_and_what_it_sends_stays_in_it(world: World, temporary: Path) -> None:
    simulation = world.services.training.simulate(4)
    (folder,) = temporary.iterdir()
    list(listen(simulation))
    simulation.debrief()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "base.db").stat().st_mode & 0o777 == 0o600
    assert [file.suffix for file in (folder / "messages").iterdir()] == [".eml"]
    with simulation.ctx.database.reading() as session:
        assert len(session.exec(select(Client)).all()) == 1
        assert {one.status for one in session.exec(select(Message))} == {"sent"}
    assert simulation.ctx.demo
    simulation.close()
    simulation.close()
    assert not folder.exists()


def test_dialling_in_a_simulation_dials_nobody(world: World) -> None:
    simulation = world.services.training.simulate(4)
    view = simulation.view
    view = simulation.calls.choose(view.call_id, view.seq, 0)
    assert not build(simulation.ctx, calls=simulation.calls).dialling.dial(view.call_id).done
    simulation.close()


def test_a_call_that_fails_to_begin_leaves_nothing(
    world: World, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulator.SimulatedCalls, "begin", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        world.services.training.simulate(4)
    assert not list(temporary.iterdir())


def test_a_simulation_that_is_dropped_is_removed(world: World, temporary: Path) -> None:
    import gc

    world.services.training.simulate(4)
    gc.collect()
    assert not list(temporary.iterdir())


def test_it_begins_at_a_lawful_hour_whatever_the_day(world: World) -> None:
    simulation = world.services.training.simulate(4)
    with simulation.ctx.database.reading() as session:
        client, term = session.exec(select(Client)).one(), session.exec(select(Subscription)).one()
        facts = look_at(session, simulation.ctx, client, term).facts
    simulation.close()
    for days in range(0, 800, 3):
        begins = simulator._begins(CONTENT, date(2025, 12, 20) + timedelta(days=days))
        client_then = replace(facts, expires_on=begins.date())
        assert call_verdict(begins, client_then, CONTENT.data.field).allowed, begins


_KEPT = """
import sys, tempfile, time
tempfile.tempdir = sys.argv[1]
from console.outside.scratch import Scratch
kept = Scratch()
print(kept.path, flush=True)
if sys.argv[2] == "crash":
    raise RuntimeError
time.sleep(60)
"""


def _program(folder: Path, how: str) -> tuple[subprocess.Popen[str], Path]:
    program = subprocess.Popen(
        [sys.executable, "-c", _KEPT, str(folder), how],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert program.stdout is not None
    return program, Path(program.stdout.readline().strip())


def test_a_crash_removes_it_and_what_a_kill_left_goes_at_the_next_one(temporary: Path) -> None:
    program, folder = _program(temporary, "crash")
    assert program.wait() == 1
    assert not folder.exists()
    killed, folder = _program(temporary, "wait")
    alive, other = _program(temporary, "wait")
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    old = time.time() - scratch.MAKING_SECONDS - 1
    for one in (folder, other):
        os.utime(one, (old, old))
    try:
        Scratch().remove()
        assert not folder.exists()
        assert other.exists()
    finally:
        alive.kill()
        alive.wait()
