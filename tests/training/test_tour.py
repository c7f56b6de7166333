"""Who has seen the tour, on both kinds of database: once each, whoever writes it twice."""

from pathlib import Path

from console.db.tables import Event
from tests.world import World, paris


def test_the_tour_is_remembered_by_agent_and_written_once(url: str, tmp_path: Path) -> None:
    world = World(tmp_path / "base.db", paris("2025-12-19T15:00"), url=url)
    zoe = world.as_agent("Zoé")
    assert world.services.training.tour_due()
    world.services.training.tour_seen()
    world.wait(hours=1)
    world.as_agent("Jean").training.tour_seen()
    assert not world.services.training.tour_due()
    assert zoe.training.tour_due()
    zoe.training.tour_seen()
    seen = [(one.agent, one.at, one.client_id) for one in world.all(Event)]
    assert seen == [
        ("Jean", paris("2025-12-19T15:00"), None),
        ("Zoé", paris("2025-12-19T16:00"), None),
    ]
    world.database.close()
