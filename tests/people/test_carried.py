"""A restored database goes back in time, but forgets nobody who opposed or was erased, and sends nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from console.base.vocabulary import Channel
from console.context import Context
from console.db.engine import open_database
from console.db.tables import Client, Event, Forgotten, Message
from console.integrity.backup import restore, tell_restored
from console.integrity.database import faults
from console.messages.outbox import OutboxService
from console.outside.outside import Outside
from console.people.privacy import PrivacyService
from tests.world import CONTENT, World, paris, plain


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    one = World(tmp_path / "base.db", paris("2025-12-18T10:00"))
    for number in range(1, 4):
        one.add(f"CLT-0000{number}", email=f"c{number}@example.org", phone=f"+3363998123{number}")
    one.mail(1, "J-7", None)
    one.database.back_up(tmp_path / "copie.db")
    one.wait(days=2)
    yield one
    one.database.close()


def put_back(world: World, agent: str = "Ada") -> list[str]:
    """The backup in the place of the base; what is told."""
    world.database.close()
    world.wait(minutes=1)
    kept = restore(world.path.parent / "copie.db", world.path, world.clock)
    world.database = open_database(f"sqlite:///{world.path}", clock=world.clock)
    folder = world.path.parent / "m"
    ctx = Context(
        world.database, world.clock, CONTENT, agent, machine=world.clock, outside=Outside(folder=folder)
    )
    told = tell_restored(ctx, world.path.parent / "copie.db", kept)
    world.restart()
    return told


def test_who_opposed_since_is_still_opposed(world: World) -> None:
    world.services.clients.oppose(1, Channel.CALL)
    world.services.clients.oppose(1, Channel.EMAIL)
    told = put_back(world)
    clients = world.all(Client)
    assert [(one.opposed_call, one.opposed_email, one.opposed_sms) for one in clients] == [
        (True, True, False),
        (False, False, False),
        (False, False, False),
    ]
    assert any("1 client opposé" in plain(line) for line in told)
    assert "opposition" in [one.kind for one in world.all(Event)]
    assert faults(f"sqlite:///{world.path}") == []


def test_who_was_erased_since_is_erased_again(world: World) -> None:
    PrivacyService(world.context).erase("CLT-00002")
    digests = {(one.digest, one.at) for one in world.all(Forgotten)}
    told = put_back(world)
    assert [one.code for one in world.all(Client)] == ["CLT-00001", "EFFACE-00002", "CLT-00003"]
    assert "c2@example.org" not in world.path.read_bytes().decode("latin-1")
    assert digests <= {(one.digest, one.at) for one in world.all(Forgotten)}
    assert any("1 personne effacée" in plain(line) for line in told)
    again = put_back(world)
    assert any("1 personne effacée" in plain(line) for line in again)


def test_what_came_back_since_is_still_of_no_use(world: World) -> None:
    with world.database.writing() as session:
        one, two, three = session.exec(select(Client)).all()
        one.email_usable, two.sms_usable, three.phone_kind = False, False, "invalid"
    told = put_back(world)
    clients = [(one.email_usable, one.sms_usable, one.phone_kind) for one in world.all(Client)]
    assert clients == [(False, True, "mobile"), (True, False, "mobile"), (True, True, "invalid")]
    assert any("3 voies hors service" in plain(line) for line in told)
    assert faults(f"sqlite:///{world.path}") == []


def test_what_goes_back_in_time_is_said(world: World) -> None:
    world.add("CLT-00009", email="neuf@example.org", opposed_email=True)
    world.services.clients.add_note(1, "Rappeler")
    world.begin(1)
    told = " ".join(map(plain, put_back(world)))
    assert "1 client ajouté" in told
    assert "Opposés, mais inconnus de la sauvegarde : CLT-00009." in told


def test_nothing_leaves_until_somebody_says_so(world: World) -> None:
    told = put_back(world)
    assert "envoyer --liberer" in told[-1]
    ctx = Context(
        world.database,
        world.clock,
        CONTENT,
        "",
        machine=world.clock,
        outside=Outside(folder=world.path.parent / "m"),
    )
    outbox = OutboxService(ctx)
    report = outbox.send_due()
    assert (report.sent, report.exit_code) == (0, 3)
    assert "retenus" in report.unreachable[0]
    assert world.one(Message).status == "queued"
    assert outbox.ways().held
    assert outbox.release()
    assert not outbox.release()
    assert outbox.send_due().sent == 1


def test_a_former_base_that_cannot_be_read_gives_nothing(world: World) -> None:
    world.database.close()
    world.path.write_bytes(b"not a database")
    told = put_back(world)
    assert any("est illisible" in line for line in told)
    assert len(world.all(Client)) == 3
