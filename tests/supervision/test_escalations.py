"""An escalation arrives with its call, is taken, answered, closed; its client comes back with the answer."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from console.base.errors import ConflictError, ForbiddenError, RefusedInputError
from console.base.roles import Role
from console.base.vocabulary import Pane
from console.db.tables import Callback, Escalation, Event, Subscription
from console.supervision.escalations import EscalationService
from console.supervision.views import Desk, Wait
from tests.world import DIAL, World, paris, plain


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    one = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    yield one
    one.database.close()


def as_(world: World, agent: str, role: Role = Role.SUPERVISOR) -> EscalationService:
    return EscalationService(replace(world.context, agent=agent, role=role))


def escalate(world: World, **columns: object) -> int:
    client = world.add(**columns)  # type: ignore[arg-type]
    view = world.walk(world.begin(client), *DIAL)
    view = world.services.calls.jump(view.call_id, view.seq, "escalate")
    label = plain(view.choices[0].label)
    world.press(view, label, "Veut être rappelée par la direction.")
    return client


def case(world: World, client: int) -> tuple[str, str, str]:
    row = world.services.clients.file(client).case
    return row.pane, row.status, plain(row.note)


def test_it_goes_to_the_supervisor_and_comes_back_with_the_answer(world: World) -> None:
    client = escalate(world)
    assert case(world, client)[:2] == (Pane.LATER, "chez le superviseur")
    anne, jean = as_(world, "Anne"), as_(world, "Jean", Role.HOTLINER)
    for act in (
        lambda: jean.page(Desk.ESCALATIONS, 0, 9),
        lambda: jean.file(1),
        lambda: jean.take(1),
        lambda: jean.answer(1, "x"),
        lambda: jean.close(1),
        lambda: jean.see_to(1),
        lambda: jean.save_draft(1, "x"),
    ):
        with pytest.raises(ForbiddenError):
            act()
    world.wait(hours=5)
    (row,) = anne.page(Desk.ESCALATIONS, 0, 9).rows
    assert (row.wait, plain(row.age)) == (Wait.TOO_LONG, "attend depuis 5 h, trop longtemps")
    assert row.detail == "Veut être rappelée par la direction."
    file = anne.file(row.id)
    assert any("numi" in entry.detail for entry in file.spoken), "what was said is there"
    anne.take(row.id)
    with pytest.raises(ConflictError, match="Anne a déjà pris"):
        as_(world, "Luc").take(row.id)
    with pytest.raises(ConflictError, match="attend encore"):
        anne.close(row.id)
    with pytest.raises(RefusedInputError):
        anne.answer(row.id, " ")
    anne.save_draft(row.id, "Proposez un av")
    assert anne.file(row.id).draft == "Proposez un av"
    anne.answer(row.id, "Proposez un avoir de 20 €.")
    with pytest.raises(ConflictError, match="a déjà répondu"):
        anne.answer(row.id, "Non.")
    assert case(world, client)[2] == "Réponse du superviseur : Proposez un avoir de 20 €."
    assert case(world, client)[0] == Pane.URGENT
    assert world.one(Callback).agent == "Jean"
    told = world.services.clients.file(client)
    assert "Réponse du superviseur" in [entry.title for entry in told.history]
    assert told.notes[0].detail == "Proposez un avoir de 20 €."
    anne.close(row.id)
    assert anne.page(Desk.ESCALATIONS, 0, 9).total == 0
    acts = [event.text for event in world.all(Event) if event.kind == "audit"]
    assert acts == ["escalation.answered", "escalation.closed"]


def test_who_cannot_be_reached_is_to_be_seen_once(world: World) -> None:
    client = world.add(email_usable=False, phone_kind="invalid", expires_on=date(2025, 12, 31))
    anne = as_(world, "Anne")
    (row,) = anne.page(Desk.TO_SEE, 0, 9).rows
    assert row.case.client_id == client
    assert "Aucun moyen de le joindre" in plain(row.detail)
    number = anne.see_to(row.id)
    page = anne.page(Desk.ESCALATIONS, 0, 9)
    assert (page.counts[Desk.TO_SEE], page.rows[0].state) == (0, "prise par Anne")
    anne.answer(number, "Courrier postal envoyé.")
    assert anne.page(Desk.TO_SEE, 0, 9).total == 0
    assert world.all(Callback) == []
    with pytest.raises(ConflictError, match="n’est plus à voir"):
        as_(world, "Anne").see_to(escalate(world, code="CLT-00002"))
    assert len(world.all(Escalation)) == 2


def test_an_agreement_not_confirmed_for_two_days_is_listed_until_it_is(world: World) -> None:
    client = world.add()
    with world.database.writing() as session:
        term = session.get(Subscription, client)
        assert term
        term.status, term.retention, term.written_agreement = "renewed", "renewed", "awaited"
        term.settled_at = world.now
    anne = as_(world, "Anne")
    world.wait(hours=47)
    assert anne.page(Desk.AGREEMENTS, 0, 9).total == 0
    world.now += timedelta(hours=2)
    (row,) = anne.page(Desk.AGREEMENTS, 0, 9).rows
    assert plain(row.age) == "attendu depuis 2 jours"
    as_(world, "Jean", Role.HOTLINER).agreement_received(row.id)
    anne.agreement_received(row.id)
    assert anne.page(Desk.AGREEMENTS, 0, 9).total == 0
    assert [e.kind for e in world.all(Event)] == ["confirmed", "audit"]
