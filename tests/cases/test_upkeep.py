"""What time alone changes is taken back by the right clock, whatever a wrong one read, on both databases."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from console.base.dates import day_of
from console.cases.upkeep import place_again, reassess, refresh_stale
from console.db.tables import CampaignCount, Event, Message, Subscription, Watch
from tests.world import DIAL, World, paris, plain

NOW = paris("2025-12-22T11:00")
FAR = (timedelta(days=5), timedelta(days=20), timedelta(days=5 * 365))


@pytest.fixture
def world(url: str, tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "unused.db", NOW - timedelta(hours=1), url=url)
    for number in range(30):
        world.add(f"CLT-{number:05}", expires_on=date(2025, 12, 20) + timedelta(days=2 * number))
    world.walk(world.begin(20), *DIAL, "Demande un rappel", "Promettre = mardi 14h")
    world.now = NOW
    yield world
    world.database.close()


def standing(world: World) -> dict[str, Any]:
    """Every fact and every place, but for the clock that found it."""
    terms = [one.model_dump(exclude={"placed_at"}) for one in world.all(Subscription)]
    counts = {(one.expires_on, one.figure): one.n for one in world.all(CampaignCount) if one.n}
    facts = [[one.model_dump() for one in world.all(table)] for table in (Event, Message)]
    return {"terms": sorted(terms, key=lambda one: one["id"]), "counts": counts, "facts": facts}


def read(world: World) -> None:
    """All that is only read and depends on the time."""
    world.services.dashboard.view()
    world.services.dashboard.next_call(1)
    world.services.kpis.view()
    world.services.clients.file(1)
    refresh_stale(world.context, seconds=60)


@pytest.mark.parametrize("ahead", FAR)
def test_a_reading_by_a_clock_ahead_leaves_nothing(world: World, ahead: timedelta) -> None:
    read(world)
    before = standing(world)
    assert before["counts"][date(2025, 12, 20), "lapsed"] == 1
    world.now = NOW + ahead
    read(world)
    assert standing(world)["terms"] != before["terms"]
    world.now = NOW
    read(world)
    assert standing(world) == before
    assert all(one.look_on <= day_of(NOW) for one in world.all(Watch))


@pytest.mark.parametrize("ahead", FAR)
def test_an_act_by_the_right_clock_finds_a_term_as_it_is(world: World, ahead: timedelta) -> None:
    world.now = NOW + ahead
    read(world)
    world.now = NOW
    with world.database.writing() as session:
        reassess(session, world.context, [2])
    (term,) = [one for one in world.all(Subscription) if one.client_id == 2]
    assert (term.status, term.settled_at, term.pane) == ("active", None, "urgent")


def test_terms_await_again_before_anything_is_done_with_them(world: World) -> None:
    world.now = NOW + timedelta(days=365)
    read(world)
    world.now = NOW
    place_again(world.context)
    ended = {one.expires_on for one in world.all(Subscription) if one.status == "expired"}
    assert ended == {date(2025, 12, 20)}
    assert all(one.look_on <= day_of(NOW) for one in world.all(Watch)), "the planning looks at them"
    assert len(world.services.clients.file(1).history) == 1


def test_two_right_clocks_a_little_apart_leave_each_other_alone(world: World) -> None:
    read(world)
    before = [one.placed_at for one in world.all(Subscription)]
    world.now = NOW - timedelta(minutes=4)
    read(world)
    assert [one.placed_at for one in world.all(Subscription)] == before


def test_a_call_under_way_is_not_taken_for_one_without_an_answer(tmp_path: Path) -> None:
    """What is derived would else differ from what is stored for as long as anybody is on the telephone."""
    world = World(tmp_path / "base.db", paris("2025-12-22T10:30"))
    client = world.add(expires_on=date(2025, 12, 24))
    view = world.press(world.begin(client), DIAL[0])
    with world.database.writing() as session:
        reassess(session, world.context, [1])
    assert "Sans réponse" not in world.one(Subscription).reason
    world.press(view, "Pas de réponse")
    assert "Sans réponse" in plain(world.one(Subscription).reason)
    world.database.close()
