"""Whoever renews a term, its end is the day that the client is told."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from console.base.french import day
from console.db.tables import Message, Subscription
from console.messages.events import FeedbackService
from tests.world import DIAL, World, paris


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "base.db", paris("2025-11-25T10:00"))
    yield world
    world.database.close()


def ends(world: World) -> list[str]:
    return sorted(term.expires_on.isoformat() for term in world.all(Subscription))


def test_a_loyal_monthly_client_always_has_the_whole_month(world: World) -> None:
    world.add("CLT-00001", billing="monthly", starts_on=date(2025, 11, 1), expires_on=date(2025, 11, 30))
    for _ in range(13):
        line = {"id": str(world.now), "type": "renewed", "client": "CLT-00001", "at": world.now.isoformat()}
        assert FeedbackService(world.context).take([(1, json.dumps(line))]).taken == 1
        world.now += timedelta(days=30)
    expected = (
        "2025-11-30 2025-12-31 2026-01-31 2026-02-28 2026-03-31 2026-04-30 2026-05-31 "
        "2026-06-30 2026-07-31 2026-08-31 2026-09-30 2026-10-31 2026-11-30 2026-12-31"
    )
    assert ends(world) == expected.split()
    told = [message.subject for message in world.all(Message)]
    assert told == [
        f"Votre abonnement numi est renouvelé jusqu’au {day(date.fromisoformat(end))}"
        for end in expected.split()[1:]
    ]


@pytest.mark.parametrize(
    ("labels", "end", "told"),
    [
        (("Oui", "Je m’en occupe", "Ne pas demander", "Terminer"), "2026-02-28", "28/02/2026"),
        (
            ("Hésite", "Le prix", "Accepte la remise", "Le client confirme", "Ne pas demander"),
            "2026-04-30",
            "30/04/2026",
        ),
        (
            ("Hésite", "Le prix", "Accepte le passage", "Le client confirme", "Ne pas demander"),
            "2027-01-31",
            "",
        ),
        (
            ("Hésite", "Ce n’est pas le moment", "Accepte la pause", "Le client confirme", "Ne pas demander"),
            "",
            "30/04/2026",
        ),
    ],
)
def test_a_call_says_the_day_it_writes(world: World, labels: tuple[str, ...], end: str, told: str) -> None:
    world.now = paris("2026-01-26T15:00")
    client = world.add(billing="monthly", starts_on=date(2026, 1, 1), expires_on=date(2026, 1, 31))
    view = world.walk(world.begin(client), *DIAL, *labels)
    assert view.outcome is not None
    assert ends(world)[1:] == ([end] if end else [])
    said = [*view.summary, *(message.text for message in world.all(Message))]
    assert any(told in text for text in said), said
