"""One address gets one message of a step, however many clients have it."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from console.db.tables import Event, Message
from console.messages.reminders import RelanceService
from tests.world import World, paris

MORNING = paris("2025-12-17T09:00")


@pytest.mark.parametrize("together", [True, False])
def test_the_second_client_of_an_address_is_skipped(tmp_path: Path, together: bool) -> None:
    world = World(tmp_path / "base.db", MORNING)
    for number in range(1, 3):
        world.add(f"CLT-0000{number}", email="famille@example.org", phone=f"+3363998123{number}")
        if not together:
            RelanceService(world.context).run()
    RelanceService(world.context).run()
    assert Counter(one.channel for one in world.all(Message)) == {"email": 1, "sms": 2}
    told = [one.text for one in world.all(Event) if one.kind == "step_skipped"]
    assert len(told) == 1
    assert "déjà écrit à cette adresse pour un autre client" in told[0]
    before = [one.model_dump() for one in world.all(Message)]
    RelanceService(world.context).run()
    assert [one.model_dump() for one in world.all(Message)] == before
    world.database.close()


def test_another_expiry_is_another_step(tmp_path: Path) -> None:
    world = World(tmp_path / "base.db", MORNING)
    world.add("CLT-00001", email="famille@example.org", phone="+33639981231")
    eve = date(2025, 12, 30)
    world.add("CLT-00002", email="famille@example.org", phone="", phone_kind="none", expires_on=eve)
    RelanceService(world.context).run()
    assert Counter(one.channel for one in world.all(Message)) == {"email": 2, "sms": 1}
    world.database.close()
