"""« À reprendre » by keys, over the real services: as a hotliner and as a supervisor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from console.base.roles import Role
from console.db.tables import Commitment, SetAsideEvent
from console.services import Services, build
from screens.supervision.escalation_file import EscalationFileScreen
from screens.supervision.todo import TodoScreen
from tests.calls.desk import FRIDAY, CallApp, press, settle, text_of
from tests.supervision.test_todo import COACHING, SERVICE
from tests.world import DIAL, World, plain


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    one = World(tmp_path / "base.db", FRIDAY)
    one.walk(one.begin(one.add("CLT-00001", last_name="Dupuis [/] x")), *COACHING)
    one.walk(one.begin(one.add("CLT-00002")), *DIAL, "Demande un rappel", "Promettre = 22/12 10h30")
    view = one.walk(one.begin(one.add("CLT-00003")), *SERVICE, "Demande un responsable")
    one.press(view, "Transmettre", "Il veut un responsable.")
    yield one
    one.database.close()


def acting(world: World, role: Role, agent: str = "Jean") -> Services:
    return build(replace(world.context, agent=agent, role=role))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_each_row_says_why_it_is_there_and_what_closes_it(world: World, size: tuple[int, int]) -> None:
    services = acting(world, Role.HOTLINER)
    app = CallApp(services, lambda: TodoScreen(services))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        screen = plain(text_of(app))
        assert "À reprendre 3" in screen
        for said in (
            "Marie Dupuis [/] x · engagement",
            ": un accompagnement personnel. « L’atelier du 3",
            "Se clôt par z, une fois que c’est fait · à vous",
            "rappel promis",
            "Se clôt par un appel où on lui parle (a)",
            "escalade",
            "Se clôt par la réponse du superviseur",
        ):
            assert said in screen, said


async def test_a_commitment_is_marked_done_and_the_others_say_what_closes_them(world: World) -> None:
    services = acting(world, Role.HOTLINER)
    app = CallApp(services, lambda: TodoScreen(services))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await press(pilot, "right", "z")  # callbacks only
        assert "les rappels promis 1" in plain(text_of(app))
        assert "Cette ligne se clôt par un appel" in plain([one.message for one in app._notifications][-1])
        await press(pilot, "right")
        assert "ce que nous devons 1" in plain(text_of(app))
        await press(pilot, "y", "z")
        assert world.one(Commitment).done_by == "Jean"
        assert "Rien à reprendre." in text_of(app)
        await press(pilot, "z", "right", "right")
        assert "À reprendre 2" in plain(text_of(app)), "kinds without a row are passed over"
        await press(pilot, "enter")
        assert len(app.opened) == 1
        await press(pilot, "escape")
        assert app.left == [None]


async def test_a_supervisor_reads_how_many_events_could_not_be_taken(world: World) -> None:
    with world.database.writing() as session:
        session.add(SetAsideEvent(at=FRIDAY, source="brevo", reason="inconnu", event="{}"))
    for role, said in ((Role.SUPERVISOR, True), (Role.HOTLINER, False)):
        services = acting(world, role)
        app = CallApp(services, partial(TodoScreen, services))
        async with app.run_test(size=(120, 40)) as pilot:
            await settle(pilot)
            assert ("1 événement mis de côté" in plain(text_of(app))) is said


async def test_a_supervisor_opens_the_escalation_from_here(world: World) -> None:
    services = acting(world, Role.SUPERVISOR, "Anne")
    app = CallApp(services, lambda: TodoScreen(services))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "left")
        assert "les escalades 1" in plain(text_of(app))
        await press(pilot, "enter")
        assert isinstance(app.screen, EscalationFileScreen)
