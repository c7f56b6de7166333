"""What was kept for long enough goes, once it was shown; the rest and every figure stay."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from console.base.errors import ForbiddenError
from console.base.roles import Role
from console.content import default_root
from console.db.tables import CallStep, ChurnRecord, Client, Event, Message, SetAsideEvent, Subscription
from console.integrity.database import faults
from console.people.purge import PurgeService
from console.people.retention_policy import Kept
from console.people.retention_policy_file import read_retention_policy
from tests.world import REFUSAL, World, paris


def test_the_shipped_limits_are_whole_and_a_faulty_file_is_told(tmp_path: Path) -> None:
    assert read_retention_policy(default_root())[1] == []
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "conservation.toml").write_text("[notes]\nmois = 0\n[photos]\nmois = 3\n")
    told = [str(fault) for fault in read_retention_policy(tmp_path)[1]]
    assert len(told) == 5
    assert any("photos" in one for one in told)
    older = (default_root() / "data" / "conservation.toml").read_text().replace("[mis-de-cote]", "[photos]")
    (tmp_path / "data" / "conservation.toml").write_text(older)
    months, told_of = read_retention_policy(tmp_path)
    assert (months[Kept.SET_ASIDE], len(told_of)) == (months[Kept.MESSAGES], 1)


def test_old_texts_then_old_clients_go_and_the_figures_stay(tmp_path: Path) -> None:
    world = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    old = world.add("CLT-00001", last_name="Vieuxcompte", email="vieux@example.org")
    new = world.add("CLT-00002", last_name="Nouveau", email="nouveau@example.org")
    world.services.clients.add_note(old, "Une note ancienne.")
    world.walk(world.begin(old), *REFUSAL)
    with world.database.writing() as session:
        for at in (world.now, paris("2028-06-01T09:00")):
            session.add(SetAsideEvent(at=at, source="", reason="inconnu", event='{"client": "CLT-00009"}'))
    service = PurgeService(world.context)
    with pytest.raises(ForbiddenError):
        PurgeService(replace(world.context, role=Role.SUPERVISOR)).plan()
    assert set(service.plan().values()) == {0}
    with world.database.writing() as session:
        for message in world.all(Message):
            message.status = "sent"
            session.add(message)

    world.now = paris("2029-01-15T10:00")
    planned = service.plan()
    steps = sum(bool(one.said or one.captured) for one in world.all(CallStep))
    assert planned == {
        Kept.SPOKEN: steps,
        Kept.MESSAGES: 1,
        Kept.NOTES: 1,
        Kept.SET_ASIDE: 1,
        Kept.CLIENTS: 0,
    }
    assert world.all(Message)[0].text
    assert service.run() == planned
    assert [one.at for one in world.all(SetAsideEvent)] == [paris("2028-06-01T09:00")]
    assert set(service.plan().values()) == {0}
    assert b"Une note ancienne" not in world.path.read_bytes()
    assert world.all(ChurnRecord)[0].verbatim

    with world.database.writing() as session:
        term = session.get(Subscription, new)
        assert term
        term.expires_on = date(2030, 12, 31)
    world.now = paris("2031-02-15T10:00")
    assert service.run() == {**dict.fromkeys(Kept, 0), Kept.CLIENTS: 1}
    assert sorted(one.code for one in world.all(Client)) == ["CLT-00002", f"EFFACE-{old:05d}"]
    held = world.path.read_bytes()
    assert b"Vieuxcompte" not in held
    assert b"vieux@example.org" not in held
    assert b"Nouveau" in held
    assert [one.reason for one in world.all(ChurnRecord)] == ["PRIX"]
    assert not [one for one in faults(f"sqlite:///{world.path}") if "fiche" in one]
    assert "data.purged" in [one.text for one in world.all(Event) if one.kind == "audit"]
    world.database.close()
