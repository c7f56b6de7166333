"""A client is one person's at a time: proposed once, seen in a call, not redialled unasked."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from console.base.errors import JustSpokenError
from console.base.vocabulary import Direction
from console.cases.upkeep import reassess
from console.cases.views import CaseRow
from console.db.tables import Call, Claim
from console.rules.presence import Presence, PresenceState
from console.team.presence import CLAIM, IDLE, JUST, claim
from screens.common.case_lines import CaseCard, CaseLine, FoundLine
from tests.team.crew import console, hire
from tests.world import DIAL, World, paris, plain

MONDAY = paris("2025-12-22T10:30")


@pytest.fixture
def world(tmp_path: Path, url: str) -> Iterator[World]:
    """Six clients to call now, on each kind of database."""
    world = World(tmp_path / "base.db", MONDAY, url=url)
    for n in range(6):
        code = f"CLT-{n:05}"
        known: dict[str, Any] = {
            "last_name": f"Dupuis{n}",
            "email": f"c{n}@example.org",
            "phone": f"+3363998000{n}",
        }
        client = world.add(code, client_since=date(2024, 1, 1), **known)
        world.mail(client, "J-14", paris("2025-12-17T08:00"))
    with world.database.writing() as session:
        reassess(session, world.context, list(range(1, 7)))
    yield world
    world.database.close()


def following(world: World, agent: str) -> int | None:
    return world.as_agent(agent).dashboard.next_call(0).client_id


def age(world: World, by: timedelta) -> None:
    """What the base's clock tells was so much longer ago, whatever the consoles' clocks say."""
    with world.database.writing() as session:
        for one in session.exec(select(Claim)).all():
            one.until -= by + timedelta(seconds=1)


def test_whom_a_colleague_has_just_called_is_claimed_by_nobody(world: World) -> None:
    """The list that an agent looks at may be a moment old."""
    world.walk(world.begin(1), DIAL[0], "Pas de réponse")
    assert claim(world.database, "Paul", [1, 2], world.now + timedelta(seconds=3)) == 2
    assert claim(world.database, "Jean", [1, 2], world.now + timedelta(seconds=3)) == 1  # who called
    age(world, CLAIM)
    assert claim(world.database, "Paul", [1], world.now + JUST + timedelta(seconds=1)) == 1


def test_agents_who_ask_at_once_are_each_given_another_client(world: World) -> None:
    agents = [f"Agent {n}" for n in range(6)]
    with ThreadPoolExecutor(6) as pool:
        given = list(pool.map(lambda agent: following(world, agent), agents))
    assert None not in given
    assert len(set(given)) == 6
    assert following(world, "Agent 6") is None
    assert following(world, "Agent 2") in given  # asks again: theirs, or what they let go


def test_the_client_in_sight_is_the_agents_unless_a_colleague_has_them(world: World) -> None:
    sight = following(world, "Anne")
    assert sight is not None
    other = next(n for n in range(6, 0, -1) if n != sight)
    dashboard = world.as_agent("Paul").dashboard
    assert dashboard.next_call(0, other).client_id == other
    assert dashboard.next_call(0, sight).client_id not in {None, sight}


def test_who_was_proposed_is_free_again_after_two_minutes_and_once_the_agent_calls_another(
    world: World,
) -> None:
    first = following(world, "Anne")
    assert first is not None
    second = following(world, "Paul")
    assert second not in {None, first}
    other = next(n for n in range(1, 7) if n not in {first, second})
    world.as_agent("Anne").calls.begin(other, Direction.OUTBOUND)
    assert following(world, "Zoé") == first
    age(world, CLAIM)
    assert following(world, "Paul") == first


def test_who_was_proposed_stays_the_agents_only_as_long_as_they_are_in_sight(world: World) -> None:
    hire(world, "Anne", "Paul")
    anne = console(world, "Anne").presence
    anne.arrive("a")
    first = following(world, "Anne")
    for in_sight in (True, False):
        age(world, CLAIM / 2)
        anne.beat("a", proposed=in_sight)
        age(world, CLAIM / 2)
        assert (following(world, "Paul") == first) is not in_sight


def test_who_was_proposed_is_free_at_once_when_the_agent_takes_a_break_or_leaves(world: World) -> None:
    hire(world, "Anne", "Paul")
    anne = console(world, "Anne").presence
    anne.arrive("a")
    first = following(world, "Anne")
    anne.become("a", Presence(PresenceState.BREAK, "repas"))
    assert following(world, "Paul") == first
    assert following(world, "Anne") not in {None, first}
    anne.leave("a")
    assert [one.agent for one in world.all(Claim)] == ["Paul"]


def test_a_claim_made_while_the_clock_of_the_base_was_ahead_holds_nobody(world: World) -> None:
    first = following(world, "Anne")
    age(world, -timedelta(days=1))
    assert {row.with_agent for row in world.as_agent("Paul").dashboard.view().urgent} == {""}
    world.as_agent("Zoé").calls.begin(first or 0, Direction.OUTBOUND)
    world.services = world.as_agent("Zoé")
    world.services.calls.abandon(world.one(Call).id)
    assert following(world, "Paul") == first


def _urgent(world: World, client: int) -> CaseRow:
    return next(row for row in world.services.dashboard.view().urgent if row.client_id == client)


def test_a_colleagues_call_is_seen_on_the_row_and_never_proposed(world: World) -> None:
    before = world.services.dashboard.token()
    first = following(world, "Paul")
    assert first is not None
    shown = next(row for row in world.services.dashboard.view().urgent if row.client_id == first)
    assert (plain(shown.with_agent), shown.callable_now) == ("Paul prépare son appel", False)
    with pytest.raises(JustSpokenError, match="Paul prépare"):
        world.as_agent("Anne").calls.begin(first, Direction.OUTBOUND)
    anne = world.as_agent("Anne")
    view = anne.calls.begin(first, Direction.OUTBOUND, sure=True)
    assert (prepared := world.services.dashboard.token()) != before
    assert _urgent(world, first).with_agent == "Anne prépare son appel"
    mine, world.services = world.services, anne
    world.walk(view, DIAL[0])
    world.services = mine
    assert world.services.dashboard.token() != prepared
    assert _urgent(world, first).with_agent == "Au téléphone avec Anne"
    world.wait(minutes=3)
    row, clients, said = _urgent(world, first), world.services.clients, "Au téléphone avec Anne depuis 3 min"
    assert (row.with_agent, row.callable_now) == (said, False)
    assert (clients.with_agent(first), clients.file(first).case.with_agent) == (said, said)
    assert [one.with_agent for one in clients.search(row.code)] == [said]
    assert said in "".join(text for text, _ in FoundLine().paint(row, 0, 88)[0])
    lines = ["".join(text for text, _ in CaseLine().paint(row, 0, width)[0]) for width in (66, 88)]
    assert [plain(line).rstrip().partition("Anne")[2] for line in lines] == ["", " depuis 3 min"]
    for width in (58, 80, 100):
        for kind in (CaseCard(), CaseLine()):
            painted = "".join(part for line in kind.paint(row, 0, width) for part, _ in line)
            assert "avec Anne" in plain(painted).replace("Avec", "avec"), (width, kind)
    assert following(world, "Paul") != first
    hers = next(row for row in world.as_agent("Anne").dashboard.view().urgent if row.client_id == first)
    assert (hers.with_agent, hers.action_label) == ("", "Appel recommandé")
    world.now += IDLE + timedelta(minutes=1)  # left behind
    row = next(row for row in world.services.dashboard.view().urgent if row.client_id == first)
    assert row.with_agent == ""


def test_a_client_just_called_by_a_colleague_is_not_called_again_unasked(world: World) -> None:
    world.walk(world.begin(1), *DIAL[:1], "Pas de réponse")
    world.now += timedelta(seconds=40)
    paul = world.as_agent("Paul").calls
    with pytest.raises(JustSpokenError) as caught:
        paul.begin(1, Direction.OUTBOUND)
    assert plain(caught.value.happened) == "Jean vient d’appeler Marie Dupuis0, il y a 40 s : pas de réponse."
    assert len(world.all(Call)) == 1
    assert paul.begin(1, Direction.INBOUND).call_id  # the client calls back
    world.as_agent("Zoé").calls.begin(2, Direction.OUTBOUND)


def test_a_client_whose_call_ended_while_the_question_waited_was_just_called(world: World) -> None:
    """So was one whose call ended by a clock that is seconds ahead."""
    view = world.begin(1)
    world.now += timedelta(seconds=10)
    world.walk(view, *DIAL[:1], "Pas de réponse")
    world.now -= timedelta(seconds=10)
    assert claim(world.database, "Paul", [1, 2], world.now) == 2
    with pytest.raises(JustSpokenError) as caught:
        world.as_agent("Paul").calls.begin(1, Direction.OUTBOUND)
    assert plain(caught.value.happened) == "Jean vient d’appeler Marie Dupuis0 : pas de réponse."


def test_it_is_called_all_the_same_by_who_means_it_or_later(world: World) -> None:
    world.walk(world.begin(1), *DIAL[:1], "Pas de réponse")
    assert world.as_agent("Paul").calls.begin(1, Direction.OUTBOUND, sure=True).call_id
    world.walk(world.begin(2), *DIAL[:1], "Pas de réponse")
    world.now += timedelta(minutes=11)
    assert world.as_agent("Zoé").calls.begin(2, Direction.OUTBOUND).call_id


def test_what_a_clock_that_was_ahead_left_holds_nobody(world: World) -> None:
    right = world.now
    world.now += timedelta(days=1)
    first = following(world, "Anne")
    assert first is not None
    world.as_agent("Anne").calls.begin(first, Direction.INBOUND)
    following(world, "Zoé")
    age(world, CLAIM)
    world.now = right
    with world.database.writing() as session:
        reassess(session, world.context, list(range(1, 7)))
    assert len({following(world, f"Agent {n}") for n in range(6)}) == 6
    age(world, CLAIM)
    rows = world.services.dashboard.view().urgent
    assert [row.with_agent for row in rows] == [""] * len(rows)
