"""An opposition that was none is lifted by a supervisor, who says why, for all whom it had reached."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from console.base.errors import ForbiddenError, RefusedInputError
from console.base.roles import Role
from console.base.vocabulary import Channel
from console.db.tables import Client
from console.services import build
from tests.world import World, paris, plain


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    yield world
    world.database.close()


def test_a_supervisor_lifts_it_with_a_reason(world: World) -> None:
    marie, paul = world.add(), world.add("CLT-00300", first_name="Paul")
    clients = world.services.clients
    clients.oppose(marie, Channel.CALL)
    assert [one.opposed_call for one in world.all(Client)] == [True, True]  # one number, two clients
    hotliner = build(replace(world.context, role=Role.HOTLINER)).clients
    with pytest.raises(ForbiddenError):
        hotliner.lift_opposition(marie, "erreur")
    with pytest.raises(RefusedInputError, match="pourquoi"):
        clients.lift_opposition(marie, " ")
    assert plain(clients.lift_opposition(marie, "Touche pressée par erreur.")) == "Opposition levée : appels."
    assert [one.opposed_call for one in world.all(Client)] == [False, False]
    for client in (marie, paul):
        told = clients.file(client).history[0]
        assert (told.title, plain(told.detail)) == (
            "Opposition levée",
            "appels : Touche pressée par erreur.",
        )
    with pytest.raises(RefusedInputError, match="s’oppose à rien"):
        clients.lift_opposition(marie, "encore")
