"""What was said in one call is taken up in the next: header, opening, reason, replay."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from console.base.vocabulary import CallOutcome, Direction
from console.db.tables import Client
from tests.world import DIAL, World, paris, plain

COMPLAINT = (*DIAL, "Hésite", "Le service", "Noté = L’atelier du 3 a été annulé.")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    world.add()
    yield world
    world.database.close()


def hang_up(world: World) -> None:
    view = world.walk(world.begin(1), *COMPLAINT)
    view = world.services.calls.jump(view.call_id, view.seq, "hung_up")
    assert world.press(view, "Terminer").outcome is CallOutcome.HUNG_UP
    world.wait(minutes=5)


def test_the_second_call_opens_on_what_was_said(world: World) -> None:
    hang_up(world)
    view = world.begin(1, Direction.INBOUND)
    assert view.step == "ouverture-entrant-suite"
    assert "d’un souci avec le service" in plain(view.said)
    assert any("L’atelier du 3 a été annulé." in hint for hint in view.hints)
    assert "Dernier appel 19/12 15:00, Jean : service, a raccroché — « L’atelier du 3 a été annulé. »" in [
        plain(fact) for fact in view.facts
    ]


def test_what_was_said_is_not_asked_again(world: World) -> None:
    hang_up(world)
    view = world.begin(1, Direction.INBOUND)
    assert "parlé tout à l’heure" in plain(view.said)
    view = world.press(view, "Hésite")
    assert "le service n’a pas été à la hauteur. Est-ce toujours cela" in plain(view.said)
    assert plain(view.choices[view.highlighted].label) == "Le service"
    refusing = world.press(view, "Refus définitif")
    assert "Si j’ai bien compris, le service n’a pas été à la hauteur." in plain(refusing.said)
    view = world.services.calls.back(refusing.call_id, refusing.seq)
    view = world.press(view, "Le service")
    assert "vous n’avez pas à tout répéter" in plain(view.said)
    assert view.capture is not None
    assert view.capture.draft == "L’atelier du 3 a été annulé."
    view = world.services.calls.back(view.call_id, view.seq)
    view = world.services.calls.jump(view.call_id, view.seq, "escalate")
    assert view.capture is not None
    assert view.capture.draft == "L’atelier du 3 a été annulé."


def test_another_subject_of_this_call_is_not_overruled(world: World) -> None:
    hang_up(world)
    view = world.walk(world.begin(1, Direction.INBOUND), "Hésite", "Le prix", "Rien ne lui convient")
    assert "c’est le prix qui vous arrête" in plain(view.said)


def test_the_reason_given_before_is_taken_up(world: World) -> None:
    hang_up(world)
    view = world.begin(1, Direction.INBOUND)
    view = world.services.calls.jump(view.call_id, view.seq, "definitive")
    assert plain(view.choices[view.highlighted].label) == "Service insatisfaisant"
    view = world.press(view, "Service insatisfaisant")
    assert view.capture is not None
    assert view.capture.draft == "L’atelier du 3 a été annulé."
    view = world.services.calls.back(view.call_id, view.seq)
    view = world.press(view, "Trop cher")
    assert view.capture is not None
    assert view.capture.draft == ""


def test_a_promised_call_says_so(world: World) -> None:
    view = world.walk(world.begin(1), *DIAL, "Demande un rappel", "Promettre = lundi 14h")
    world.now = paris("2025-12-22T14:00")
    view = world.walk(world.begin(1), *DIAL)
    assert view.step == "ouverture-promise"
    assert "comme convenu" in view.said


def test_any_call_is_read_again_as_it_was_spoken(world: World) -> None:
    hang_up(world)
    (call,) = [entry for entry in world.services.clients.file(1).history if entry.call_id]
    steps = world.services.clients.replay(call.call_id)
    assert "«\u00a0L’atelier du 3 a été annulé.\u00a0» → Noté, proposer une solution" in [
        step.title for step in steps
    ]
    assert any("Marie" in step.detail for step in steps)
    assert world.one(Client).first_name == "Marie"
