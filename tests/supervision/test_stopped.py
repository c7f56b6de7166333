"""A job that has stopped is seen by the supervisor: where it ran before, and not in the demonstration."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from console.base.roles import Role
from console.cases.runs import ENVOYER, RECEIVED, RELANCER, ran, runs_of, sent
from console.context import Context
from console.db.meta import read_meta, write_meta
from console.db.query import ReadBatch
from console.messages.events import FeedbackService
from console.messages.outbox import OutboxService
from console.outside.outside import Outside
from console.services import build
from screens.dashboard.screen import DashboardScreen
from screens.supervision.todo import TodoScreen
from tests.calls.desk import CallApp, settle, text_of
from tests.world import World, paris, plain

MONDAY = paris("2025-12-15T08:00")


@pytest.fixture
def world(url: str, tmp_path: Path) -> Iterator[World]:
    one = World(tmp_path / "unused.db", MONDAY, url=url)
    yield one
    one.database.close()


def real(world: World, role: Role = Role.ADMINISTRATOR) -> Context:
    """Who is alone on a base, or has that role: no demonstration."""
    return replace(world.context, demo=False, role=role)


def told(ctx: Context) -> list[str]:
    return [one.job for one in build(ctx).todo.counts().stopped]


def habit(world: World, job: str, days: int = 4) -> None:
    for _ in range(days):
        ran(real(world), job)
        world.wait(days=1)


def test_reminders_that_no_longer_run_are_said_to_supervisors(world: World) -> None:
    habit(world, RELANCER)  # until Thursday
    world.wait(hours=0.9)
    assert told(real(world)) == []
    world.wait(hours=0.2)
    assert told(real(world)) == [RELANCER]
    (one,) = build(real(world)).todo.counts().stopped
    assert "pas passées depuis le jeu. 18/12 à 08:00" in plain(one.words)
    assert "hotliner relancer :" in plain(one.todo)
    assert told(real(world, Role.HOTLINER)) == []
    assert told(world.context) == [], "the demonstration"
    ran(real(world), RELANCER)
    assert told(real(world)) == []


def test_what_never_ran_is_not_missed(world: World) -> None:
    assert told(real(world)) == []
    habit(world, RELANCER, 2)
    world.wait(days=10)
    assert told(real(world)) == []


def test_messages_that_wait_are_said_where_some_have_left(world: World, tmp_path: Path) -> None:
    ctx = replace(real(world), outside=Outside(folder=tmp_path / "out", named=True))
    world.mail(world.add("CLT-1"), "J-14", None)
    assert OutboxService(ctx).send_due().sent == 1
    world.mail(world.add("CLT-2", email="b@example.org"), "J-14", None)
    world.wait(hours=2)
    assert told(ctx) == [], "consoles send, and none was open"
    habit(world, ENVOYER)
    assert told(ctx) == ["email"]
    assert OutboxService(ctx).send_due().sent == 1
    assert told(ctx) == []


def test_silence_is_said_where_events_came(world: World, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    world.add("CLT-1")
    for day in range(3):
        line = f'{{"id":"{day}","type":"reply","client":"CLT-1","at":"{world.now.isoformat()}","text":"oui"}}'
        file.write_text(line, encoding="utf-8")
        assert FeedbackService(real(world)).run(file).taken == 1
        world.wait(days=1)
    FeedbackService(real(world)).run(file)  # known: nothing came
    assert told(real(world)) == []
    world.wait(days=2, minutes=1)
    assert told(real(world)) == [RECEIVED]


def test_a_mark_is_left_as_seldom_as_is_enough_and_a_wrong_clock_leaves_none(world: World) -> None:
    ctx = real(world)
    for _ in range(3):
        ran(ctx, ENVOYER)
        world.wait(minutes=2)
    with world.database.reading() as session:
        assert runs_of(ReadBatch(session), world.now)()[ENVOYER].last == MONDAY
    far = paris("2031-01-01T08:00")
    ran(replace(ctx, clock=type(ctx.clock)(lambda: far)), ENVOYER)
    with world.database.reading() as session:
        assert runs_of(ReadBatch(session), world.now)()[ENVOYER].last == MONDAY
    ran(ctx, ENVOYER)
    with world.database.writing() as session:
        assert "2031" not in read_meta(session, "job.envoyer")
        write_meta(session, "job.nonsense", "")
        assert "nonsense" not in runs_of(ReadBatch(session), world.now)()
    world.wait(days=20)
    for _ in range(20):
        ran(ctx, sent("sms"))
        world.wait(days=1)
    with world.database.reading() as session:
        assert len(runs_of(ReadBatch(session), world.now)()[sent("sms")].firsts) == 14


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_dashboard_says_it_and_a_key_explains_it(world: World, size: tuple[int, int]) -> None:
    world.add()
    habit(world, RELANCER)
    world.wait(hours=2)
    services = build(real(world))
    app = CallApp(services, lambda: DashboardScreen(services))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        assert "1 tâche arrêtée" in plain(text_of(app))
    app = CallApp(services, lambda: TodoScreen(services))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        screen = " ".join(plain(text_of(app)).split())
        assert "Les relances ne sont pas passées depuis le jeu. 18/12 à 08:00" in screen
        assert "ce qui est dû partira" in screen
