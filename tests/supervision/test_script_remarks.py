"""An agent's word on a passage of the script reaches the supervisor, who marks it as read."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from console.base.errors import ForbiddenError
from console.base.roles import Role
from console.base.vocabulary import Direction
from console.services import build
from console.supervision.views import TodoKind
from tests.world import World, paris, plain


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    world.add()
    yield world
    world.database.close()


def test_a_word_on_the_script_is_read_by_a_supervisor(world: World) -> None:
    view = world.begin(1, Direction.INBOUND)
    assert world.services.calls.remark(view.call_id, "Trop long à dire.").step == view.step
    hotliner = build(replace(world.context, role=Role.HOTLINER)).todo
    assert hotliner.page(None, 0, 9).total == 0
    todo = world.services.todo
    (row,) = todo.page(TodoKind.REMARK, 0, 9).rows
    assert "Jean dit d’un passage du script" in plain(row.why)
    assert "Le client nous appelle" in row.why
    assert "Trop long à dire." in row.why
    with pytest.raises(ForbiddenError):
        hotliner.read_remark(row.id)
    todo.read_remark(row.id)
    todo.read_remark(row.id)
    assert todo.page(None, 0, 9).total == 0
