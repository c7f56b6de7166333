"""One console an agent, and what each is at: kept by the base, on each kind of database."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlmodel import delete, select

from console.base.errors import ConflictError, ForbiddenError
from console.base.roles import Role
from console.base.vocabulary import Direction
from console.db.query import ReadBatch
from console.db.tables import Call, PresenceSpan, Seat
from console.exports.forms import Format, What
from console.people.accounts import User, acting
from console.rules.presence import AFTER_CALL, AVAILABLE, IN_CALL, Presence, PresenceState
from console.services import build
from console.supervision.views import Promises
from console.team.presence import in_call
from console.team.views import Place
from tests.supervision.test_callbacks import promise
from tests.team.crew import console, hire, silent_for
from tests.world import DIAL, World, paris, plain

MONDAY = paris("2025-12-22T10:30")
LUNCH = Presence(PresenceState.BREAK, "repas")


@pytest.fixture
def world(tmp_path: Path, url: str) -> Iterator[World]:
    world = World(tmp_path / "base.db", MONDAY, url=url)
    hire(world, "Anne", "Paul")
    world.add(client_since=date(2024, 1, 1))
    yield world
    world.database.close()


def spans(world: World) -> list[tuple[str, str, str, int | None]]:
    """Agent, state, reason, and for how many minutes."""
    with world.database.reading() as session:
        found = session.exec(select(PresenceSpan).order_by(PresenceSpan.began_at)).all()  # type: ignore[arg-type]
    return [
        (
            one.agent,
            one.state,
            one.reason,
            one.ended_at and int((one.ended_at - one.began_at).total_seconds()) // 60,  # type: ignore[misc]
        )
        for one in found
    ]


def test_a_person_alone_has_no_seat_and_leaves_no_trace(tmp_path: Path) -> None:
    world = World(tmp_path / "base.db", MONDAY)
    hire(world, "Anne")
    assert console(world, "Anne").presence.arrive("a").place is Place.ALONE
    assert world.as_agent("Jean").presence.arrive("a").place is Place.ALONE  # nor has the demonstration
    assert (world.all(Seat), world.all(PresenceSpan)) == ([], [])
    world.database.close()


def test_a_second_console_asks_then_takes_the_place(world: World) -> None:
    presence = console(world, "Anne").presence
    assert presence.arrive("first").place is Place.HERE
    asked = presence.arrive("second")
    assert (asked.place, asked.same_machine) == (Place.ELSEWHERE, True)
    assert presence.beat("first") is None  # nothing has changed
    assert console(world, "Paul").presence.arrive("third").place is Place.HERE
    assert presence.arrive("second", moves=True).place is Place.HERE
    assert presence.beat("first") == asked.machine
    assert presence.become("first", LUNCH) == asked.machine
    presence.leave("first")
    assert presence.beat("second") is None
    assert {one.agent for one in world.all(Seat)} == {"Anne", "Paul"}
    assert all(state == "available" for _, state, _, _ in spans(world))


def test_a_console_that_died_is_asked_about_no_more_and_its_time_ends_with_it(world: World) -> None:
    presence = console(world, "Anne").presence
    presence.arrive("first")
    world.wait(minutes=30)
    silent_for(world, "Anne", 5 * 60)
    assert presence.arrive("second").place is Place.HERE
    assert spans(world)[0] in {("Anne", "available", "", 24), ("Anne", "available", "", 25)}


def test_a_console_last_heard_of_while_the_clock_of_the_base_was_ahead_is_not_there(world: World) -> None:
    presence = console(world, "Anne").presence
    presence.arrive("first")
    world.wait(minutes=30)
    silent_for(world, "Anne", -86_400)
    (row,) = [
        one for one in console(world, "Zoé", Role.SUPERVISOR).floor.page(0, 50).rows if one.agent == "Anne"
    ]
    assert (row.state, row.since) == (PresenceState.OFFLINE, world.now)
    assert presence.arrive("second").place is Place.HERE
    assert spans(world)[0] == ("Anne", "available", "", 30)


def test_a_machine_that_slept_over_the_weekend_was_not_at_work(world: World) -> None:
    """It comes back at the hour of summer; what lasts begins again when it is heard of."""
    world.now = paris("2026-03-27T17:30")
    presence, zoe = console(world, "Anne").presence, console(world, "Zoé", Role.SUPERVISOR)
    presence.arrive("a")
    world.now = paris("2026-03-30T08:30")
    silent_for(world, "Anne", 61 * 3600 + 30 * 60)  # since 18:00 on Friday, an hour less than clocks say
    assert presence.beat("a") is None
    world.wait(minutes=20)
    (row,) = [one for one in zoe.floor.page(0, 50).rows if one.agent == "Anne"]
    assert (row.state, row.since) == (PresenceState.AVAILABLE, paris("2026-03-30T08:30"))
    assert {state: seconds // 60 for state, seconds in row.times.items()} == {PresenceState.AVAILABLE: 20}
    presence.become("a", LUNCH)
    assert spans(world)[0] in {("Anne", "available", "", 29), ("Anne", "available", "", 30)}
    assert spans(world)[1:] == [("Anne", "available", "", 20), ("Anne", "break", "repas", None)]


def test_the_hour_that_a_day_lacks_is_nobodys_work(world: World) -> None:
    world.now = paris("2026-03-28T23:00")
    console(world, "Anne").presence.arrive("a")
    world.now = paris("2026-03-29T09:00")
    rows = console(world, "Zoé", Role.SUPERVISOR).floor.page(0, 50).rows
    times = next(one.times for one in rows if one.agent == "Anne")
    assert times == {PresenceState.AVAILABLE: 8 * 3600}


def test_a_console_that_died_under_a_name_without_an_account_leaves_the_floor(world: World) -> None:
    console(world, "Un stagiaire").presence.arrive("b")
    zoe = console(world, "Zoé", Role.SUPERVISOR)
    assert {one.agent for one in zoe.floor.page(0, 50).rows} == {"Anne", "Paul", "Un stagiaire"}
    silent_for(world, "Un stagiaire", 90 * 86_400)
    world.wait(days=90)
    assert {one.agent for one in zoe.floor.page(0, 50).rows} == {"Anne", "Paul"}


def test_what_one_is_at_is_told_once_and_its_time_kept(world: World) -> None:
    presence = console(world, "Anne").presence
    presence.arrive("a")
    for what, minutes in ((AVAILABLE, 10), (IN_CALL, 5), (AFTER_CALL, 2), (LUNCH, 45)):
        if what != AVAILABLE:
            presence.become("a", what)
        world.wait(minutes=minutes)
    presence.leave("a")
    world.wait(minutes=60)
    assert spans(world) == [
        ("Anne", "available", "", 10),
        ("Anne", "in_call", "", 5),
        ("Anne", "after_call", "", 2),
        ("Anne", "break", "repas", 45),
    ]
    zoe = console(world, "Zoé", Role.SUPERVISOR)
    (row,) = [one for one in zoe.floor.page(0, 50).rows if one.times]
    assert (row.agent, row.state) == ("Anne", PresenceState.OFFLINE)
    assert {state: seconds // 60 for state, seconds in row.times.items()} == {
        PresenceState.AVAILABLE: 10,
        PresenceState.IN_CALL: 5,
        PresenceState.AFTER_CALL: 2,
        PresenceState.BREAK: 45,
    }
    out = world.path.with_name("presences.csv")
    assert zoe.exports.write(What.PRESENCES, Format.CSV, out) == 4
    last = out.read_text("utf-8-sig").splitlines()[-1]
    assert last == "Anne;en pause;repas;22/12/2025 10:47:00;22/12/2025 11:32:00;2700"
    world.wait(days=200)
    presence.arrive("b")
    assert [row[:2] for row in spans(world)] == [("Anne", "available")]  # what is old is not kept


def test_the_floor_shows_the_step_of_a_call_and_nothing_but_the_code(world: World) -> None:
    anne, zoe = console(world, "Anne"), console(world, "Zoé", Role.SUPERVISOR)
    anne.presence.arrive("a")
    view = anne.calls.begin(1, Direction.OUTBOUND)
    anne.presence.become("a", IN_CALL)
    world.services = anne
    view = world.walk(view, *DIAL)
    first, second = zoe.floor.page(0, 50).rows
    assert (first.agent, first.state, first.code, first.step) == (
        "Anne",
        PresenceState.IN_CALL,
        "CLT-00245",
        view.title,
    )
    assert (first.dialled, second.agent, second.state) == (1, "Paul", PresenceState.OFFLINE)
    with pytest.raises(ForbiddenError):
        anne.floor.page(0, 50)


def held(world: World) -> list[str]:
    """Whom the client is with, as Paul is told."""
    with world.database.reading() as session:
        return [*in_call(ReadBatch(session), "Paul", [1], world.now)().values()]


@pytest.mark.parametrize("how", ["freed", "dead"])
def test_a_call_is_taken_over_at_once_when_freed_and_after_two_minutes_when_dead(
    world: World, how: str
) -> None:
    anne, paul, zoe = console(world, "Anne"), console(world, "Paul"), console(world, "Zoé", Role.SUPERVISOR)
    anne.presence.arrive("a")
    world.services = anne
    world.walk(anne.calls.begin(1, Direction.OUTBOUND), *DIAL)
    with pytest.raises(ConflictError, match="déjà en ligne"):
        paul.calls.begin(1, Direction.OUTBOUND)
    assert held(world) == ["Au téléphone avec Anne"]
    if how == "freed":
        zoe.floor.free("Anne")
        assert zoe.floor.page(0, 50).rows[0].freed
    else:
        silent_for(world, "Anne", 110)
        with pytest.raises(ConflictError):
            paul.calls.begin(1, Direction.OUTBOUND)
        silent_for(world, "Anne", 15)
    assert held(world) == []
    assert "Anne" in plain(paul.calls.begin(1, Direction.OUTBOUND).unfinished)
    assert world.one(Call).agent == "Paul"


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_machine_whose_clock_is_off_takes_no_live_call_over(world: World, hours: int) -> None:
    anne = console(world, "Anne")
    anne.presence.arrive("a")
    world.services = anne
    world.walk(anne.calls.begin(1, Direction.OUTBOUND), *DIAL)
    world.now += timedelta(hours=hours)
    paul = console(world, "Paul")
    assert held(world) != []
    with pytest.raises(ConflictError, match="déjà en ligne"):
        paul.calls.begin(1, Direction.OUTBOUND, sure=True)


def test_a_closed_account_keeps_no_place_though_its_console_stays_open(world: World) -> None:
    anne, paul = console(world, "Anne"), console(world, "Paul")
    anne = build(acting(anne.ctx, User("Anne", Role.HOTLINER, True, world.now, None, None)))
    anne.presence.arrive("a")
    world.services = anne
    world.walk(anne.calls.begin(1, Direction.OUTBOUND), *DIAL)
    console(world, "Zoé", Role.ADMINISTRATOR).users.deactivate("Anne")
    for _ in range(2):
        with pytest.raises(ForbiddenError):
            anne.presence.beat("a", proposed=True)
    (row, *_) = console(world, "Zoé", Role.SUPERVISOR).floor.page(0, 50).rows
    assert (row.agent, row.state, row.freed) == ("Anne", PresenceState.OFFLINE, True)
    assert [ended is not None for _, _, _, ended in spans(world)] == [True]
    assert "Anne" in plain(paul.calls.begin(1, Direction.OUTBOUND).unfinished)


def test_who_is_there_stays_there_over_a_restoration(world: World) -> None:
    anne = console(world, "Anne")
    with world.database.writing() as session:  # a copy from before she came
        for table in (Seat, PresenceSpan):
            session.connection().execute(delete(table))
    anne.presence.beat("a")
    rows = console(world, "Zoé", Role.SUPERVISOR).floor.page(0, 50).rows
    assert [one.state for one in rows if one.agent == "Anne"] == [PresenceState.AVAILABLE]


def test_nobody_frees_a_client_whom_nobody_holds(world: World) -> None:
    zoe = console(world, "Zoé", Role.SUPERVISOR)
    with pytest.raises(ConflictError, match="ne tient aucun client"):
        zoe.floor.free("Anne")
    with pytest.raises(ForbiddenError):
        console(world, "Paul").floor.free("Anne")


def test_the_callbacks_of_somebody_are_handed_over(world: World) -> None:
    promise(world, "CLT-00001", 1, "Anne")
    promise(world, "CLT-00002", -1, "Paul")
    zoe = console(world, "Zoé", Role.SUPERVISOR)
    assert zoe.floor.page(0, 50).due == 1
    assert zoe.floor.hand_over("Anne", "Paul") == 1
    assert [row.owner for row in zoe.callbacks.page(Promises.ALL, 0, 9).rows] == ["Paul", "Paul"]
    assert zoe.floor.hand_over("Anne", "Paul") == 0
    with pytest.raises(ForbiddenError):
        console(world, "Paul").floor.hand_over("Anne", "Paul")
