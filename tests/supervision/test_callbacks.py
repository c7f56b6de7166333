"""A promise is kept, handed over or cancelled in the client's words: it is never lost."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from console.base.errors import ConflictError, ForbiddenError, RefusedInputError
from console.base.roles import Role
from console.base.vocabulary import DraftField
from console.db.tables import Callback, Event
from console.supervision.callbacks import CallbackService
from console.supervision.views import Promises, TodoCounts
from tests.world import REFUSAL, World, paris, plain


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    one = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    yield one
    one.database.close()


def promise(world: World, code: str, hours: float, agent: str = "Jean") -> int:
    client = world.add(code, last_name=code)
    with world.database.writing() as session:
        row = Callback(
            client_id=client,
            subscription_id=client,
            promised_at=world.now + timedelta(hours=hours),
            agent=agent,
            created_at=world.now,
        )
        session.add(row)
        session.flush()
        assert row.id is not None
        return row.id


def as_(world: World, agent: str, role: Role = Role.HOTLINER) -> CallbackService:
    return CallbackService(replace(world.context, agent=agent, role=role))


def names(service: CallbackService, which: Promises = Promises.ALL) -> list[str]:
    return [row.case.code for row in service.page(which, 0, 50).rows]


def test_late_ones_come_first_then_today_then_later(world: World) -> None:
    for code, hours in (("D", 30), ("C", 2), ("B", 0), ("A", -3)):
        promise(world, code, hours)
    page = as_(world, "Jean").page(Promises.ALL, 0, 50)
    assert [row.case.code for row in page.rows] == ["A", "B", "C", "D"]
    said = [plain(row.when) for row in page.rows]
    assert said == ["en retard de 3 h", "maintenant", "aujourd’hui à 17:00", "sam. 20/12 à 21:00"]
    assert page.due == 2
    assert [row.case.code for row in as_(world, "Jean").page(Promises.ALL, 1, 2).rows] == ["B", "C"]


def test_an_absent_agents_promises_are_anybodys(world: World) -> None:
    one = promise(world, "A", 2, agent="Zoé")
    jean = as_(world, "Jean")
    assert names(jean, Promises.UNASSIGNED) == []
    with pytest.raises(ConflictError, match="Zoé est là"):
        jean.take(one)
    with pytest.raises(ForbiddenError):
        jean.set_away("Zoé", away=True)
    as_(world, "Zoé").set_away("Zoé", away=True)
    assert as_(world, "Zoé").page(Promises.ALL, 0, 50).away
    assert names(jean, Promises.UNASSIGNED) == ["A"]
    jean.take(one)
    jean.take(one)
    assert names(jean, Promises.MINE) == ["A"]
    assert names(jean, Promises.UNASSIGNED) == []
    as_(world, "Zoé").set_away("Zoé", away=False)
    assert names(as_(world, "Zoé"), Promises.MINE) == []
    assert [e.text for e in world.all(Event) if e.kind == "audit"] == ["agent.away", "agent.back"]


def test_a_late_one_may_be_taken_and_a_supervisor_hands_any_over(world: World) -> None:
    late, soon = promise(world, "A", -1, agent="Zoé"), promise(world, "B", 1, agent="Zoé")
    as_(world, "Jean").take(late)
    with pytest.raises(ForbiddenError):
        as_(world, "Jean").assign(soon, "Jean")
    as_(world, "Anne", Role.SUPERVISOR).assign(soon, "Jean")
    assert names(as_(world, "Jean"), Promises.MINE) == ["A", "B"]
    (line,) = [e for e in world.all(Event) if e.kind == "audit"]
    assert (line.agent, line.text, line.data["to"]) == ("Anne", "callback.assigned", "Jean")
    told = [plain(e.title) for e in world.services.clients.file(1).history]
    assert told == ["Rappel"]


def test_it_ends_by_a_call_or_by_the_clients_wish_in_words(world: World) -> None:
    one, two = promise(world, "A", -1), promise(world, "B", -1)
    jean = as_(world, "Jean")
    with pytest.raises(RefusedInputError, match="ce que le client a demandé"):
        jean.cancel(one, "  ")
    calls = world.services.calls
    calls.keep_words(1, DraftField.CANCELLATION, one, "Il rap")
    assert calls.words(1, DraftField.CANCELLATION, one) == "Il rap"
    jean.cancel(one, "Il rappellera lui-même.")
    assert calls.words(1, DraftField.CANCELLATION, one) == ""
    with pytest.raises(ConflictError):
        jean.cancel(one, "encore")
    assert names(jean) == ["B"]
    view = world.begin(2)
    world.walk(view, "Composer", "Pas de réponse")
    assert names(jean) == ["B"], "an attempt keeps no promise"
    world.walk(world.begin(2), *REFUSAL)
    assert names(jean) == [], "speaking with the client does"
    with pytest.raises(ConflictError):
        jean.cancel(two, "trop tard")
    assert world.services.clients.file(1).history[0].detail == "Il rappellera lui-même."


def test_the_dashboard_counts_the_late_ones_of_every_campaign(world: World) -> None:
    for code, hours in (("A", -3), ("B", -0.1), ("C", 1)):
        promise(world, code, hours)
    assert world.services.todo.counts() == TodoCounts(3, 1)
