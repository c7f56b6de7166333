"""« À reprendre »: what waits, for whom, why, and that only what closes a row takes it off the list."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from console.base.errors import ConflictError, ForbiddenError
from console.base.roles import Role
from console.base.vocabulary import Direction
from console.db.tables import ChurnRecord, Commitment, Event, Message
from console.messages.reminders import RelanceService
from console.rules.waiting import Due
from console.services import Services, build
from console.supervision.views import TodoCounts, TodoKind, TodoRow
from tests.world import DIAL, REFUSAL, World, paris, plain

SERVICE = (*DIAL, "Hésite", "Le service", "Noté = L’atelier du 3 a été annulé.")
COACHING = (*SERVICE, "Accepte l’accompagnement", "Préfère voir", "Terminer")


@pytest.fixture
def world(url: str, tmp_path: Path) -> Iterator[World]:
    one = World(tmp_path / "unused.db", paris("2025-12-19T15:00"), url=url)
    yield one
    one.database.close()


def acting(world: World, agent: str, role: Role = Role.HOTLINER) -> Services:
    return build(replace(world.context, agent=agent, role=role))


def listed(services: Services, kind: TodoKind | None = None) -> tuple[TodoRow, ...]:
    return services.todo.page(kind, 0, 50).rows


def kinds(services: Services) -> list[TodoKind]:
    return [row.kind for row in listed(services)]


def test_a_commitment_is_on_its_owners_list_until_it_is_marked_done(world: World) -> None:
    client = world.add()
    world.walk(world.begin(client), *COACHING)
    jean, zoe, anne = acting(world, "Jean"), acting(world, "Zoé"), acting(world, "Anne", Role.SUPERVISOR)
    (row,) = listed(jean)
    assert (row.kind, row.due, row.when, row.mine) == (
        TodoKind.COMMITMENT,
        Due.LATER,
        "d’ici au 26/12/2025",
        True,
    )
    assert "un accompagnement personnel" in plain(row.why)
    assert "L’atelier du 3 a été annulé." in plain(row.why)
    assert listed(zoe) == ()
    assert [one.id for one in listed(anne)] == [row.id]
    with pytest.raises(ForbiddenError):
        zoe.todo.done(row.id)
    world.now = paris("2025-12-27T09:00")
    assert listed(jean)[0].due is Due.LATE
    assert jean.todo.counts() == TodoCounts(1, 1)
    jean.todo.done(row.id)
    with pytest.raises(ConflictError, match="Jean l’a déjà"):
        anne.todo.done(row.id)
    assert (listed(jean), listed(anne)) == ((), ())
    kept = world.one(Commitment)
    assert (kept.done_by, kept.done_at) == ("Jean", world.now)
    assert "Engagement tenu" in [one.title for one in world.services.clients.file(client).history]
    assert world.services.clients.file(client).owed == ()


def test_what_a_supervisor_owes_is_on_every_supervisors_list_and_on_no_hotliners(world: World) -> None:
    said = (*DIAL, "Hésite", "Autre chose", "Noté = Il attend le comité.", "Veut l’avis")
    world.walk(world.begin(world.add()), *said, "Préfère voir", "Terminer")
    assert kinds(acting(world, "Jean")) == []
    anne = acting(world, "Anne", Role.SUPERVISOR)
    (row,) = listed(anne)
    assert (row.owner, row.mine) == ("", False)
    anne.todo.done(row.id)
    assert listed(anne) == ()


def test_callbacks_and_escalations_close_by_what_they_wait_for(world: World) -> None:
    first, second = world.add("CLT-00001"), world.add("CLT-00002")
    world.walk(world.begin(first), *DIAL, "Demande un rappel", "Promettre = 22/12 10h30")
    view = world.walk(world.begin(second), *SERVICE, "Demande un responsable")
    world.press(view, "Transmettre", "Il veut un responsable.")
    jean, anne = acting(world, "Jean"), acting(world, "Anne", Role.SUPERVISOR)
    assert set(kinds(jean)) == set(kinds(anne)) == {TodoKind.CALLBACK, TodoKind.ESCALATION}
    assert kinds(acting(world, "Zoé")) == []
    world.now = paris("2025-12-22T12:00")
    assert [row.due for row in listed(jean)] == [Due.LATE, Due.LATE], (
        "a promise, and an answer for three days"
    )
    anne.escalations.answer(1, "Proposez un avoir.")
    assert kinds(anne) == [TodoKind.CALLBACK, TodoKind.CALLBACK], "the answer is to be told to the client"
    world.walk(
        world.begin(first), *DIAL, "Hésite", "Refus définitif", "Préfère ne pas le dire", "Conclure", "Ne"
    )
    assert [row.case.client_id for row in listed(jean)] == [second]


def test_an_agreement_to_a_pause_is_waited_for_as_long_as_the_pause(world: World) -> None:
    world.walk(
        world.begin(world.add()), *DIAL, "Hésite", "Le prix", "Accepte la pause", "Le client confirme", "Ne"
    )
    jean = acting(world, "Jean")
    for at, expected in (
        ("2026-01-05T09:00", [TodoKind.AGREEMENT]),
        ("2026-03-31T09:00", [TodoKind.AGREEMENT, TodoKind.PAUSE]),
        ("2026-04-01T09:00", []),
    ):
        world.now = paris(at)
        assert kinds(jean) == expected, at


def test_on_the_eve_of_the_expiry_an_escalation_is_late(world: World) -> None:
    view = world.walk(world.begin(world.add(expires_on=date(2025, 12, 20))), *SERVICE, "Demande un resp")
    world.press(view, "Transmettre", "Vite.")
    assert [row.due for row in listed(acting(world, "Anne", Role.SUPERVISOR))] == [Due.LATE]


def left(world: World, code: str, **columns: object) -> int:
    """A client who left and may be written to again; gives the client's id."""
    client = world.add(code, **columns)  # type: ignore[arg-type]
    world.walk(world.begin(client), *REFUSAL)
    return client


def test_a_follow_up_that_no_message_can_make_waits_for_a_call(world: World) -> None:
    written, silent = left(world, "CLT-00001"), left(world, "CLT-00002", email_usable=False)
    (due, _) = {record.follow_up_now for record in world.all(ChurnRecord)} | {None}, None
    (on,) = due - {None}
    jean = acting(world, "Jean")
    assert kinds(jean) == []
    world.now = paris(f"{on}T08:00")
    RelanceService(world.context).run()
    assert [one.client_id for one in world.all(Message) if one.kind == "suivi-3-mois"] == [written]
    (row,) = listed(jean)
    assert (row.kind, row.case.client_id, row.due) == (TodoKind.FOLLOW_UP, silent, Due.TODAY)
    assert "pas d’adresse e-mail" in plain(row.why)
    world.wait(days=40)
    RelanceService(world.context).run()
    assert [row.case.client_id for row in listed(jean)] == [silent], "the job closes nothing for who has none"
    world.walk(world.begin(silent, Direction.INBOUND), "Ne veut plus d’appels", "Enregistrer")
    assert kinds(jean) == []


def test_a_question_waits_for_its_answer_and_the_answer_for_its_reader(world: World) -> None:
    left(world, "CLT-00001")
    jean, anne = acting(world, "Jean"), acting(world, "Anne", Role.SUPERVISOR)
    anne.review.mark_read(1)
    anne.review.ask(1, "A-t-il cité un concurrent ?")
    for who in (jean, anne):
        (row,) = listed(who)
        assert (row.kind, row.record_id) == (TodoKind.QUESTION, 1)
        assert "A-t-il cité un concurrent" in row.why
    assert jean.todo.counts().questions == {row.id}
    assert not anne.todo.counts().questions
    jean.review.answer(row.id, "Non.")
    assert kinds(jean) == []
    assert kinds(anne) == [TodoKind.ANSWER]
    anne.review.mark_read(1)
    anne.review.mark_read(1)
    assert kinds(anne) == []
    reads = [event for event in world.all(Event) if event.text == "refusal.read"]
    assert len(reads) == 2, "read before the question, and after the answer"


def test_an_agreement_without_writing_and_a_pause_that_ends(world: World) -> None:
    agreed, resting = world.add("CLT-00001"), world.add("CLT-00002")
    yes = ("Oui, cela", "Je m’en occupe", "Ne pas demander", "Terminer")
    world.walk(world.begin(agreed), *DIAL, *yes)
    paused = ("Hésite", "Ce n’est pas le moment", "Accepte la pause", "Le client", "Ne pas demander")
    world.walk(world.begin(resting), *DIAL, *paused)
    jean = acting(world, "Jean")
    assert kinds(jean) == []
    world.wait(hours=49)
    assert set(kinds(jean)) == {TodoKind.AGREEMENT}
    assert kinds(acting(world, "Zoé")) == []
    for row in listed(jean):
        jean.agreements.received(row.id)
    assert kinds(jean) == []
    world.now = paris("2026-03-20T09:00")
    (row,) = listed(jean)
    assert (row.kind, row.case.client_id, row.when) == (TodoKind.PAUSE, resting, "finit le 31/03/2026")
    world.now = paris("2026-04-01T09:00")
    assert kinds(jean) == []


def test_pages_follow_one_another_and_a_kind_can_be_shown_alone(world: World) -> None:
    for number in range(1, 6):
        client = world.add(f"CLT-0000{number}")
        labels = COACHING if number % 2 else (*DIAL, "Demande un rappel", f"Promettre = 2{number}/12 10h30")
        world.walk(world.begin(client), *labels)
    todo = acting(world, "Jean").todo
    whole = todo.page(None, 0, 50)
    parts = [row.id for offset in (0, 2, 4) for row in todo.page(None, offset, 2).rows]
    assert parts == [row.id for row in whole.rows]
    assert (whole.total, whole.counts[TodoKind.COMMITMENT], whole.counts[TodoKind.CALLBACK]) == (5, 3, 2)
    alone = todo.page(TodoKind.CALLBACK, 0, 50)
    assert (alone.total, {row.kind for row in alone.rows}) == (2, {TodoKind.CALLBACK})


def test_an_answer_that_comes_after_the_expiry_is_told_to_who_asked(world: World) -> None:
    """No callback can be made any more: without this row nobody would read the answer."""
    client = world.add()
    view = world.walk(world.begin(client), *SERVICE, "Demande un responsable")
    world.press(view, "Transmettre", "Il veut un responsable.")
    jean, anne = acting(world, "Jean"), acting(world, "Anne", Role.SUPERVISOR)
    world.now = paris("2026-01-05T10:00")
    anne.escalations.answer(1, "Proposez un avoir.")
    (row,) = listed(jean)
    assert (row.kind, row.mine, row.case.client_id) == (TodoKind.ESCALATION, True, client)
    assert (
        "Anne a répondu après l’échéance, sans rappel possible : à dire au client. « Proposez un avoir. »"
        in plain(row.why)
    )
    assert kinds(acting(world, "Zoé")) == []
    assert kinds(anne) == [TodoKind.ESCALATION]
    world.wait(hours=1)
    world.walk(world.begin(client, Direction.INBOUND), "Ne veut plus d’appels", "Enregistrer")
    assert kinds(jean) == kinds(anne) == []


def test_an_answer_that_comes_too_late_may_be_closed_by_a_supervisor(world: World) -> None:
    view = world.walk(world.begin(world.add()), *SERVICE, "Demande un responsable")
    world.press(view, "Transmettre", "Il veut un responsable.")
    anne = acting(world, "Anne", Role.SUPERVISOR)
    world.now = paris("2026-01-05T10:00")
    anne.escalations.answer(1, "Proposez un avoir.")
    anne.escalations.close(1)
    assert kinds(acting(world, "Jean")) == []


def test_a_pause_that_was_taken_back_ends_for_nobody(world: World) -> None:
    paused = ("Hésite", "Ce n’est pas le moment", "Accepte la pause", "Le client", "Ne pas demander")
    world.walk(world.begin(world.add()), *DIAL, *paused)
    jean = acting(world, "Jean")
    jean.agreements.withdraw(1, "Finalement non.")
    world.now = paris("2026-03-20T09:00")
    assert kinds(jean) == []


def test_a_pause_whose_resumption_was_never_proved_ends(world: World) -> None:
    paused = ("Hésite", "Ce n’est pas le moment", "Accepte la pause", "Le client", "Ne pas demander")
    world.walk(world.begin(world.add()), *DIAL, *paused)
    jean = acting(world, "Jean")
    world.now = paris("2026-02-10T11:00")
    world.walk(world.begin(1), *DIAL, "Oui, reprend", "Le client confirme")
    world.now = paris("2026-03-20T09:00")
    jean.dashboard.view()
    assert TodoKind.PAUSE in kinds(jean)


def test_who_agreed_then_refused_is_followed_up(world: World) -> None:
    """The term that the agreement had opened never began: they did not come back."""
    client = world.add(email_usable=False)
    world.walk(world.begin(client), *DIAL, "Oui, cela", "Je m’en occupe", "Ne pas demander", "Terminer")
    jean = acting(world, "Jean")
    jean.agreements.withdraw(1, "Finalement non.")
    world.wait(days=3)
    world.walk(world.begin(client), *REFUSAL)
    world.now = paris(f"{world.one(ChurnRecord).follow_up_now}T08:00")
    assert kinds(jean) == [TodoKind.FOLLOW_UP]
