"""An escalation arrives with its call, is taken, answered, closed; its client comes back with the answer."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from console.base.errors import ConflictError, ForbiddenError, RefusedInputError
from console.base.roles import Role
from console.base.vocabulary import Channel, DraftField, Figure, Pane
from console.calls.service import CallService
from console.cases.views import Campaign
from console.db.tables import Callback, Escalation, Event, Message
from console.messages.reminders import RelanceService
from console.services import build
from console.supervision.escalations import EscalationService
from console.supervision.views import Desk, TodoKind, Wait
from tests.world import DIAL, World, paris, plain


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    one = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    yield one
    one.database.close()


def as_(world: World, agent: str, role: Role = Role.SUPERVISOR) -> EscalationService:
    return EscalationService(replace(world.context, agent=agent, role=role))


def typing(world: World, agent: str, role: Role = Role.SUPERVISOR) -> CallService:
    return CallService(replace(world.context, agent=agent, role=role))


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
        lambda: typing(world, "Jean", Role.HOTLINER).keep_words(client, DraftField.ESCALATION, 1, "x"),
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
    typed = client, DraftField.ESCALATION, row.id
    typing(world, "Anne").keep_words(*typed, "Proposez un av")
    assert typing(world, "Luc").words(*typed) == "Proposez un av"
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
    world.agreed(world.add())
    todo = build(replace(world.context, agent="Anne", role=Role.SUPERVISOR)).todo
    world.wait(hours=47)
    assert todo.page(TodoKind.AGREEMENT, 0, 9).total == 0
    world.now += timedelta(hours=2)
    (row,) = todo.page(TodoKind.AGREEMENT, 0, 9).rows
    assert plain(row.when) == "attendu depuis 2 jours"
    jean, also = world.as_agent("Jean").agreements, world.as_agent("Anne").agreements
    jean.received(row.id)
    also.received(row.id)
    assert todo.page(TodoKind.AGREEMENT, 0, 9).total == 0
    assert [e.kind for e in world.all(Event)] == ["confirmed", "audit"]


# -- while a supervisor owes an answer ------------------------------------------------------------------


def choices(world: World, client: int) -> dict[str, str]:
    """The choices of the preparation, and why those that are closed are."""
    view = world.begin(client)
    world.services.calls.abandon(view.call_id)
    return {plain(choice.label).split()[0]: plain(choice.why_not) for choice in view.choices}


def test_nothing_is_sent_nor_dialled_by_hand_before_the_answer(world: World) -> None:
    world.services = build(replace(world.context, role=Role.HOTLINER))
    client = escalate(world)
    closed = choices(world, client)["Composer"]
    assert closed == "Ce dossier est chez le superviseur : personne n’appelle avant sa réponse."
    for channel in (Channel.EMAIL, Channel.SMS):
        with pytest.raises(RefusedInputError, match="chez le superviseur"):
            world.services.by_hand.propose(client, channel)
    as_(world, "Anne").take(1)
    world.services = build(replace(world.context, agent="Anne", role=Role.SUPERVISOR))
    assert choices(world, client)["Composer"] == "", "who has taken it calls"
    as_(world, "Anne").answer(1, "Proposez un avoir.")
    world.services = build(replace(world.context, agent="Jean", role=Role.HOTLINER))
    assert choices(world, client)["Composer"] == ""
    assert world.services.by_hand.propose(client, Channel.EMAIL).client_id == client


def test_what_waits_to_leave_is_withdrawn(world: World) -> None:
    client = world.add()
    world.mail(client, "rappel", None, channel="sms")
    world.mail(client, "J-7", None)
    view = world.walk(world.begin(client), *DIAL)
    view = world.services.calls.jump(view.call_id, view.seq, "escalate")
    view = world.press(view, plain(view.choices[0].label), "Une facture fausse.")
    told = " ".join(plain(line) for line in view.summary)
    assert "rien ne relance le client avant sa réponse" in told
    assert {m.kind: m.status for m in world.all(Message)} == {
        "rappel": "cancelled",
        "J-7": "cancelled",
        "accuse-escalade": "queued",
    }


def test_on_the_eve_of_the_expiry_it_stands_first(world: World) -> None:
    old = escalate(world, code="CLT-00001", expires_on=date(2025, 12, 31))
    world.wait(minutes=30)
    soon = escalate(world, code="CLT-00002", expires_on=date(2025, 12, 21))
    anne = as_(world, "Anne")
    assert [row.case.client_id for row in anne.page(Desk.ESCALATIONS, 0, 9).rows] == [old, soon]
    world.now = paris("2025-12-20T09:00")
    rows = anne.page(Desk.ESCALATIONS, 0, 9).rows
    assert [row.case.client_id for row in rows] == [soon, old]
    assert rows[0].wait is Wait.TOO_LONG
    assert "échéance demain, à répondre d’abord" in plain(rows[0].age)
    anne.answer(2, "Oui.")
    assert [row.case.client_id for row in anne.page(Desk.ESCALATIONS, 0, 9).rows] == [old, soon]


@pytest.mark.parametrize("answered", ["", "2025-12-31T23:59", "2026-01-01T00:00"])
def test_without_an_answer_at_the_expiry_it_is_numi_that_did_not_answer(world: World, answered: str) -> None:
    client = escalate(world)
    other = world.add(code="CLT-00002")
    if answered:
        world.now = paris(answered)
        as_(world, "Anne").answer(1, "Trop tard ?")
    world.now = paris("2026-01-02T09:00")
    view = world.services.dashboard.view(Campaign(date(2025, 12, 1), date(2025, 12, 31)))
    owed = answered != "2025-12-31T23:59"
    assert (view.counts[Figure.LAPSED], view.counts[Figure.UNANSWERED]) == (2, int(owed))
    behind = world.services.dashboard.rows(view.campaign, Figure.UNANSWERED)
    assert [row.client_id for row in behind.rows] == [client] * owed
    expired = {
        one: entry.detail
        for one in (client, other)
        for entry in world.services.clients.file(one).history
        if entry.kind == "expired"
    }
    assert ("numi n’a pas répondu" in expired[client]) is owed
    assert expired[other] == "Abonnement arrivé à échéance sans réponse du client."
    assert ("numi n’a pas répondu" in case(world, client)[1]) is owed
    world.now = paris("2026-01-31T08:00")
    RelanceService(world.context).run()
    closed = {event.client_id: event.text for event in world.all(Event) if event.kind == "file_closed"}
    assert ("numi n’a pas répondu" in closed[client]) is owed
    assert "sans réponse du client" in closed[other]
