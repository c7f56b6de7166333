"""The outcomes that follow something else, taken back: a resumption, and a call overtaken by another one."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from console.base.history import EventKind
from console.base.vocabulary import CallOutcome, Direction
from console.calls.views import CallView
from console.cases.upkeep import reassess
from console.context import Context
from console.db import history
from console.db.tables import Message, Subscription
from console.integrity import database
from console.messages.outbox import OutboxService
from console.outside.outside import Outside
from tests.calls.test_correction import dump
from tests.calls.test_meanwhile import renewed_online
from tests.world import CONTENT, DIAL, REFUSAL, World, paris

PAUSE = (*DIAL, "Hésite", "Le prix", "Accepte la pause", "Le client confirme", "Ne pas demander")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Friday 19/12/2025 at 15:00: a client with a past."""
    world = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    world.mail(world.add(), "J-7", None)
    yield world
    world.database.close()


def about_to_resume(world: World) -> CallView:
    """A client who chose a pause calls, and says yes to going on; the last choice is to be made."""
    world.walk(world.begin(1, Direction.OUTBOUND), *PAUSE)
    world.wait(minutes=20)
    return world.walk(world.begin(1, Direction.INBOUND), "Veut reprendre", "Le client confirme")


def overtaken(world: World) -> CallView:
    """The client renews online while we speak: the call is at the step that says so."""
    view = world.walk(world.begin(1, Direction.OUTBOUND), *DIAL, "Hésite")
    renewed_online(world)
    return world.walk(view, "Le prix")


def settled_by_another(world: World) -> CallView:
    """Somebody else writes that the client takes the lower plan while we speak."""
    view = world.walk(world.begin(1, Direction.OUTBOUND), *DIAL, "Hésite")
    with world.database.writing() as session:
        term = session.get(Subscription, 1)
        assert term is not None
        term.status, term.retention, term.settled_at = "downgraded", "downgraded", world.now
        history.add(session, EventKind.DOWNGRADED, world.now, agent="Anne", client_id=1, subscription_id=1)
        reassess(session, world.context, [1])
    return world.walk(view, "Le prix")


LAST: dict[CallOutcome, tuple[Callable[[World], CallView], str]] = {
    CallOutcome.RESUMED: (about_to_resume, "5 sur 5"),
    CallOutcome.ALREADY_RENEWED: (overtaken, "Terminer"),
    CallOutcome.ALREADY_SETTLED: (settled_by_another, "Terminer"),
}


@pytest.mark.parametrize("outcome", LAST)
def test_a_corrected_outcome_leaves_what_came_before(world: World, outcome: CallOutcome) -> None:
    prepare, last = LAST[outcome]
    view = prepare(world)
    stood = dump(world)
    ended = world.walk(view, last)
    assert ended.outcome is outcome
    assert dump(world) != stood
    world.wait(minutes=2)
    assert world.services.corrections.correct(ended.call_id).reopened
    assert database.faults(f"sqlite:///{world.path}") == []
    assert dump(world) == stood
    again = world.services.calls.resume()
    assert again is not None
    assert world.walk(again, last).outcome is outcome


def test_what_an_outcome_sends_leaves_time_to_take_it_back(world: World, tmp_path: Path) -> None:
    ended = world.walk(world.begin(1, Direction.OUTBOUND), *REFUSAL)
    outside = Outside(folder=tmp_path / "messages")
    outbox = OutboxService(
        Context(world.database, world.clock, CONTENT, "", machine=world.clock, outside=outside)
    )
    outbox.send_due()
    letter = max(world.all(Message), key=lambda one: one.id)
    assert (letter.kind, letter.status) == ("cloture", "queued")
    assert world.services.corrections.correct(ended.call_id).reopened
    again = world.services.calls.resume()
    assert again is not None
    world.press(again, "Bonne relation, mais")
    world.wait(minutes=1)
    outbox.send_due()
    assert max(world.all(Message), key=lambda one: one.id).status == "sent"
