"""An expiry put right by a file: by a few days nothing is sent again, by more the timeline begins anew."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from console.db.tables import Message, Subscription
from console.messages.planned import anew
from console.messages.reminders import RelanceService
from tests.world import World, paris


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "base.db", paris("2025-11-20T09:00"))
    world.add("CLT-00001", expires_on=date(2025, 12, 30))
    yield world
    world.database.close()


def plan(world: World, at: str, *, sent: bool = True) -> None:
    """The run of a morning; what it queued has left, or still waits."""
    world.now = paris(at)
    RelanceService(world.context).run()
    with world.database.writing() as session:
        for number in [one.id for one in world.all(Message) if one.status == "queued" and sent]:
            message = session.get(Message, number)
            assert message is not None
            message.status, message.sent_at = "sent", world.now


def moved(world: World, at: str, to: str) -> None:
    world.now = paris(at)
    row = {"code": "CLT-00001", "nom": "Dupuis", "email": "marie.dupuis@example.org", "expire_le": to}
    report = world.services.imports.take([(2, row)])
    assert not report.faults
    assert len(world.all(Subscription)) == 1


def steps(world: World) -> list[tuple[str, str]]:
    return [(one.kind, one.status) for one in world.all(Message) if one.channel == "email"]


def test_a_day_later_nothing_is_sent_again(world: World) -> None:
    plan(world, "2025-11-30T08:00")
    moved(world, "2025-12-01T07:00", "31/12/2025")
    plan(world, "2025-12-01T08:00")
    plan(world, "2025-12-02T08:00")
    assert steps(world) == [("J-30", "sent")]
    plan(world, "2025-12-17T08:00")
    assert steps(world) == [("J-30", "sent"), ("J-14", "sent")]


def test_what_had_not_left_leaves_with_the_right_day(world: World) -> None:
    plan(world, "2025-11-30T08:00", sent=False)
    moved(world, "2025-11-30T09:00", "31/12/2025")
    plan(world, "2025-12-01T08:00", sent=False)
    assert steps(world) == [("J-30", "cancelled"), ("J-30", "queued")]
    assert "31/12/2025" in world.all(Message)[-1].subject


def test_weeks_later_the_reminders_begin_anew(world: World) -> None:
    plan(world, "2025-11-30T08:00")
    moved(world, "2025-12-01T07:00", "20/01/2026")
    plan(world, "2025-12-21T08:00")
    assert steps(world) == [("J-30", "sent"), ("J-30", "sent")]


@pytest.mark.parametrize(("days", "begins"), [(1, False), (-6, False), (7, True), (-7, True)])
def test_a_week_is_where_the_timeline_begins_anew(days: int, begins: bool) -> None:
    assert anew({"days": days}) is begins
    assert anew({}), "an older event does not say by how much"
