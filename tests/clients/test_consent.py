"""The agreement to be called after the expiry: given by key, file or event, taken back by an opposition."""

import json
from datetime import date
from pathlib import Path

import pytest

from console.base.errors import RefusedInputError
from console.base.vocabulary import Channel, Direction
from console.db.tables import Client, Event
from console.messages.events import FeedbackService
from screens.kit.screen import OpenClient
from tests.calls.desk import calling, desk, press, text_of
from tests.screens.desk import at_desk
from tests.world import World, paris

AFTER_THE_LAW = paris("2026-09-15T10:00")
"""A Tuesday after 11/08/2026, when calls are lawful by the hour."""


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "base.db", AFTER_THE_LAW)


def may_dial(world: World, client: int) -> bool:
    view = world.services.calls.begin(client, Direction.OUTBOUND)
    world.services.calls.abandon(view.call_id)
    return any(choice.enabled for choice in view.choices if choice.dials)


def test_after_the_law_a_late_call_waits_for_the_agreement(world: World) -> None:
    client = world.add(expires_on=date(2026, 9, 1))
    assert not may_dial(world, client)
    world.services.clients.consent(client)
    world.services.clients.consent(client)  # again changes nothing
    assert may_dial(world, client)
    assert [one.kind for one in world.all(Event)].count("consented") == 1
    file = world.services.clients.file(client)
    assert file.call_consent_on == AFTER_THE_LAW.date()
    assert "Accord d’appel" in [entry.title for entry in file.history]


def test_an_opposition_takes_it_back_and_is_stronger(world: World) -> None:
    client = world.add(expires_on=date(2026, 9, 1))
    world.services.clients.consent(client)
    world.services.clients.oppose(client, Channel.CALL)
    assert world.one(Client).call_consent_at is None
    with pytest.raises(RefusedInputError, match="opposé"):
        world.services.clients.consent(client)


@pytest.mark.parametrize(
    ("cell", "given"),
    [("oui", date(2026, 9, 15)), ("12/08/2026", date(2026, 8, 12)), ("non", None), ("", None)],
)
def test_a_file_tells_it(world: World, tmp_path: Path, cell: str, given: date | None) -> None:
    file = tmp_path / "clients.csv"
    file.write_text(
        f"nom;email;expire_le;consentement_appel\nPetit;p@example.org;30/09/2026;{cell}\n", "utf-8"
    )
    for _ in range(2):  # the same file again changes nothing
        world.services.imports.run(file)
        found = world.one(Client).call_consent_at
        assert (found.astimezone(world.now.tzinfo).date() if found else None) == given
        world.wait(days=1)


def test_a_day_to_come_is_refused(world: World, tmp_path: Path) -> None:
    file = tmp_path / "clients.csv"
    file.write_text("nom;email;expire_le;consentement_appel\nPetit;p@x.org;30/09/2026;01/01/2030\n", "utf-8")
    world.services.imports.run(file)
    assert not world.all(Client)


def test_an_event_tells_it(world: World, tmp_path: Path) -> None:
    world.add("CLT-00001", expires_on=date(2026, 9, 1))
    file = tmp_path / "events.jsonl"
    event = {"id": "c1", "type": "consented", "client": "CLT-00001", "at": "2026-09-02T10:00:00+02:00"}
    file.write_text(json.dumps(event) + "\n", "utf-8")
    FeedbackService(world.context).run(file)
    assert world.one(Client).call_consent_at == paris("2026-09-02T10:00")


async def test_one_key_in_a_call_and_on_the_file(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        async with calling(one) as pilot:
            await press(pilot, "y")  # nobody is on the line yet: an agent does not agree for the client
            assert "pas en ligne" in str([toast.message for toast in pilot.app._notifications])
            assert one.world.one(Client).call_consent_at is None
            await press(pilot, "1", "1", "y")
            assert "accepte" in str([toast.message for toast in pilot.app._notifications])
            await press(pilot, "y")
            assert "déjà noté" in str([toast.message for toast in pilot.app._notifications])
        assert [entry.kind for entry in one.world.all(Event)].count("consented") == 1
        view = one.services.calls.resume()
        assert view is not None
        one.services.calls.jump(view.call_id, view.seq, "hung_up")
        one.services.calls.choose(view.call_id, view.seq + 1, 0, "")
        async with at_desk((120, 40), over=one.services) as console:
            console.app.post_message(OpenClient(one.client_id))
            await console.settle()
            assert "Accord d’appel : 19/12/2025" in console.text
            await console.press("y")
            assert "déjà noté" in str([toast.message for toast in console.app._notifications])
            assert text_of(console.app)
