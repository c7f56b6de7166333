"""The agent's own day, and the client proposed after a call."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from console.dashboard.views import DayFigures
from tests.world import DIAL, REFUSAL, World, paris, plain


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    yield world
    world.database.close()


def test_the_day_counts_the_agents_own_calls_and_begins_again_at_midnight(world: World) -> None:
    first, second, third = (world.add(f"CLT-0000{n}") for n in range(3))
    assert world.services.dashboard.view().day == DayFigures()
    world.walk(world.begin(first), *REFUSAL)
    world.walk(world.begin(second), *DIAL, "Oui", "Je m’en occupe", "Ne pas demander", "Terminer")
    world.walk(world.begin(third), "Composer", "Pas de réponse")
    day = world.services.dashboard.view().day
    assert (day.calls, day.saved, day.refused) == (3, 1, 1)
    assert day.average_s == (len(REFUSAL) * 30 + 6 * 30) / 2
    assert world.as_agent("Zoé").dashboard.view().day == DayFigures()
    world.now = paris("2025-12-20T00:00")
    assert world.services.dashboard.view().day == DayFigures()


def promised(world: World, code: str, name: str) -> int:
    """A client to whom a callback was promised, now due."""
    client = world.add(code, last_name=name)
    world.walk(world.begin(client), *DIAL, "Demande un rappel", "Promettre ce rappel = 19/12 16:00")
    return client


def test_the_first_who_can_be_called_now_is_proposed_but_not_the_one_just_called(world: World) -> None:
    one, other = promised(world, "CLT-00001", "Un"), promised(world, "CLT-00002", "Deux")
    world.now = paris("2025-12-19T16:01")
    found = world.services.dashboard.next_call(one)
    assert found.client_id == other
    assert "Marie Deux" in found.words
    assert world.services.dashboard.next_call(other).client_id == one


def test_when_nobody_can_be_called_it_is_said(world: World) -> None:
    client = promised(world, "CLT-00001", "Un")
    assert world.services.dashboard.next_call(client).client_id is None
    assert "Personne d’autre" in world.services.dashboard.next_call(client).words
    other = promised(world, "CLT-00002", "Deux")
    words = plain(world.services.dashboard.next_call(client).words)
    assert other
    assert words in {"Prochain appel ven. 19/12 à 16:00.", "Personne d’autre à appeler pour l’instant."}
