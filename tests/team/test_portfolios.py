"""Whose a client is, as the claim respects it: on each kind of database."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import delete

from console.base.errors import ForbiddenError
from console.base.roles import Role
from console.base.vocabulary import Figure
from console.cases.upkeep import reassess
from console.cases.views import month_of
from console.content import Content, default_root
from console.dashboard import day
from console.dashboard.portfolios import Owner
from console.db.tables import Claim, Client
from console.rules.presence import Team
from console.services import Services, build
from tests.team.crew import console, hire
from tests.world import DIAL, World, paris, plain

MONDAY = paris("2025-12-22T10:30")
TEAMS = (Team("Sud", ("Anne", "Paul")), Team("Nord", ("Zoé",)))


@pytest.fixture
def world(tmp_path: Path, url: str) -> Iterator[World]:
    """Six clients to call now."""
    world = World(tmp_path / "base.db", MONDAY, url=url)
    hire(world, "Anne", "Paul", "Zoé")
    for n in range(6):
        known: dict[str, Any] = {"email": f"c{n}@example.org", "phone": f"+3363998000{n}"}
        client = world.add(f"CLT-{n:05}", last_name=f"Dupuis{n}", client_since=date(2024, 1, 1), **known)
        world.mail(client, "J-14", paris("2025-12-17T08:00"))
    with world.database.writing() as session:
        reassess(session, world.context, list(range(1, 7)))
    yield world
    world.database.close()


@cache
def content(**rules: Any) -> Content:
    """The shipped content, with these teams."""
    found = Content(default_root())
    found.team = replace(found.team, teams=TEAMS, **rules)
    return found


def at(world: World, agent: str, role: Role = Role.HOTLINER, **rules: Any) -> Services:
    """A console whose content has these teams."""
    return build(replace(console(world, agent, role).ctx, content=content(**rules)))


def given_to(world: World, agent: str, **rules: Any) -> int | None:
    return at(world, agent, **rules).dashboard.next_call(0).client_id


def test_mine_then_my_teams_then_anybodys_then_the_others(world: World) -> None:
    zoe = at(world, "Zoé", Role.SUPERVISOR)
    assert zoe.portfolios.give([5], Owner(agent="Anne")) == 1
    assert zoe.portfolios.give([5], Owner(agent="Anne")) == 0
    zoe.portfolios.give([3], Owner(team="Sud"))
    zoe.portfolios.give([1, 2], Owner(team="Nord"))
    order = list[int | None]()
    for _ in range(6):
        client = given_to(world, "Anne")
        order.append(client)
        assert client
        world.services = at(world, "Anne")
        world.walk(world.begin(client), *DIAL[:1], "Pas de réponse")
    assert order[:2] == [5, 3]
    assert sorted(order[2:4]) == [4, 6]  # type: ignore[type-var]
    assert sorted(order[4:]) == [1, 2]  # type: ignore[type-var]


def test_ones_own_are_found_however_far_down_the_queue(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first = given_to(world, "Paul")
    last = next(n for n in range(6, 0, -1) if n != first)
    zoe = at(world, "Zoé", Role.SUPERVISOR)
    zoe.portfolios.give([last], Owner(team="sud"))
    monkeypatch.setattr(day, "LOOKED_AT", 1)
    assert given_to(world, "Anne") == last
    assert given_to(world, "Zoé") != last
    for advisor in ("Élodie", "ÉLODIE", "élodie"):
        zoe.portfolios.give([last], Owner(agent=advisor))
        with world.database.writing() as session:
            session.exec(delete(Claim))
        assert given_to(world, "Élodie") == last


def test_whoever_is_away_hands_over_to_their_team(world: World) -> None:
    at(world, "Zoé", Role.SUPERVISOR).portfolios.give([4], Owner(agent="Anne"))
    assert given_to(world, "Paul") != 4
    at(world, "Anne").callbacks.set_away("Anne", away=True)
    assert given_to(world, "Paul") == 4
    at(world, "Anne").callbacks.set_away("Anne", away=False)
    assert given_to(world, "Paul") != 4
    assert given_to(world, "Anne") == 4


def test_a_days_calls_and_a_fair_share_are_held_to(world: World) -> None:
    anne = at(world, "Anne", per_day=2)
    world.services = anne
    for _ in range(2):
        client = anne.dashboard.next_call(0).client_id
        assert client
        world.walk(world.begin(client), *DIAL[:1], "Pas de réponse")
    said = anne.dashboard.next_call(0)
    assert (said.client_id, plain(said.words)) == (
        None,
        "Vos 2 appels du jour sont faits : plus rien ne vous est proposé.",
    )
    sharing = at(world, "Anne", shares=True)
    assert sharing.dashboard.next_call(0).client_id  # nobody else is there
    for agent in ("Paul", "Zoé"):
        at(world, agent).presence.arrive(agent)
    sharing.presence.arrive("anne")
    said = sharing.dashboard.next_call(0)
    assert said.client_id is None
    assert plain(said.words) == "Votre part du jour est faite : les clients de tous sont à vos collègues."
    assert given_to(world, "Paul", shares=True)
    at(world, "Zoé", Role.SUPERVISOR).portfolios.give([6], Owner(team="Sud"))
    assert given_to(world, "Anne", shares=True) == 6


def test_all_behind_a_figure_are_given_at_once_and_it_is_told(world: World) -> None:
    zoe = at(world, "Zoé", Role.SUPERVISOR)
    assert [one.words for one in zoe.portfolios.owners()][:3] == [
        "tout le monde",
        "équipe Sud",
        "équipe Nord",
    ]
    month = month_of(date(2025, 12, 1))
    assert zoe.portfolios.give_behind(month, Figure.URGENT, Owner(team="Sud")) == 6
    assert {one.team for one in world.all(Client)} == {"Sud"}
    file = zoe.clients.file(1)
    assert ("Équipe", "Sud") in file.details
    assert plain(file.history[0].title) + plain(file.history[0].detail) != ""
    assert zoe.portfolios.give_behind(month, Figure.URGENT, Owner()) == 6
    with pytest.raises(ForbiddenError):
        at(world, "Anne").portfolios.give([1], Owner(agent="Anne"))


def test_the_import_says_whose_clients_are_and_where_they_live(world: World, tmp_path: Path) -> None:
    file = tmp_path / "clients.csv"
    file.write_text(
        "code;nom;email;expire_le;Portefeuille;Conseillère;Code postal\n"
        "CLT-00001;Dupuis1;c1@example.org;31/12/2025;Sud;;1000\n"
        "CLT-00002;Dupuis2;c2@example.org;31/12/2025;;Anne;20200\n"
        "CLT-00003;Dupuis3;c3@example.org;31/12/2025;;;97400\n",
        encoding="utf-8",
    )
    world.services.imports.run(file)
    found = {one.code: (one.team, one.advisor, one.department) for one in world.all(Client)}
    assert found["CLT-00001"] == ("Sud", "", "01")
    assert found["CLT-00002"] == ("", "Anne", "2B")
    assert found["CLT-00003"] == ("", "", "974")
