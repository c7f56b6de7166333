"""Clients hear an agent's first name, never the computer's login."""

from collections.abc import Iterator
from getpass import getuser
from pathlib import Path

import pytest

from console.base.errors import RefusedInputError
from console.base.vocabulary import Direction
from tests.world import World, paris


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "base.db", paris("2025-12-19T15:00"), agent=getuser())
    world.add()
    yield world
    world.database.close()


def said(world: World) -> str:
    return world.begin(1, Direction.INBOUND).said


def test_a_login_is_never_spoken(world: World) -> None:
    assert world.services.first_names.to_ask()
    assert getuser() not in said(world)
    assert "c’est votre conseiller" in said(world)
    assert world.services.first_names.tell(" camille ") == "Camille"
    assert "c’est Camille" in said(world)
    world.restart()
    assert not world.services.first_names.to_ask()
    assert "c’est Camille" in said(world)


@pytest.mark.parametrize("name", ["", "root2", "x" * 40, "<b>"])
def test_what_is_no_first_name_is_refused(world: World, name: str) -> None:
    with pytest.raises(RefusedInputError, match="prénom"):
        world.services.first_names.tell(name)
    assert world.services.first_names.known() == ""


def test_a_name_that_was_chosen_is_spoken(world: World) -> None:
    world.services = world.as_agent("Jean Martin")
    assert not world.services.first_names.to_ask()
    assert "c’est Jean" in said(world)
