"""The refusal journal by its criteria, and what is added beside a record without touching it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from console.base.errors import ForbiddenError, RefusedInputError
from console.base.roles import Role
from console.db.tables import ChurnRecord, Event, Message, RecordAmendment
from console.messages.reminders import RelanceService
from console.records.chain import faults
from console.records.filters import Filters, read_filters
from console.records.review import ReviewService
from console.records.views import RefusalRow
from console.services import Services, build
from console.supervision.views import TodoKind
from tests.databases import Filled
from tests.world import DIAL, World, paris, plain

SAID = ("C’est TROP cher pour l’école", "Été raté", "Je pars à l’étranger", "trop d’échecs")


def four_refusals(world: World) -> None:
    for number, said in enumerate(SAID, 1):
        world.services = world.as_agent("Jean" if number % 2 else "Zoé")
        since = date(2024, 6, 1) if number < 3 else date(2025, 9, 1)
        client = world.add(f"CLT-0000{number}", email=f"{number}@example.org", client_since=since)
        world.walk(
            world.begin(client), *DIAL, "Hésite", "Le prix", "Rien ne lui convient", "Trop cher",
            f"Noté, conclure = {said}", "Bonne relation : relance",
        )  # fmt: skip


@pytest.fixture
def world(filled: Filled) -> World:
    return filled(four_refusals, paris("2025-12-19T15:00"))


def acting(world: World, agent: str, role: Role) -> Services:
    return build(replace(world.context, agent=agent, role=role))


def codes(rows: tuple[RefusalRow, ...]) -> str:
    return "".join(row.code[-1] for row in rows)


def test_criteria_combine_and_pages_follow_one_another(world: World) -> None:
    review = acting(world, "Ana", Role.SUPERVISOR).review
    found: Callable[..., str] = lambda **given: codes(review.page(Filters(**given), None, 50).rows)  # noqa: E731
    assert found() == "4321"
    assert found(text="TROP") == "41"
    assert found(text="etran") == "3"
    assert found(text="trop ecol") == "1"
    assert found(text="rop") == ""
    assert found(agent="zoe") == "42"
    assert found(agent="Jean", text="trop", vip=True) == "1"
    assert found(vip=False, plan="premium") == "43"
    assert found(plan="basic") == ""
    assert found(reasons=("PRIX", "USAGE"), since=date(2025, 12, 19), until=date(2025, 12, 19)) == "4321"
    assert found(until=date(2025, 12, 18)) == ""
    first = review.page(Filters(), None, 3)
    rest = review.page(Filters(), first.after, 3)
    assert (codes(first.rows), codes(rest.rows), rest.after) == ("432", "1", None)
    assert review.count(Filters(text="trop")) == 2


def test_a_review_adds_and_never_overwrites(world: World) -> None:
    ana, jean = acting(world, "Ana", Role.SUPERVISOR), acting(world, "Jean", Role.HOTLINER)
    before = {name: getattr(world.all(ChurnRecord)[0], name) for name in ("reason", "verbatim", "hash")}
    ana.review.mark_read(1)
    ana.review.mark_read(1)
    ana.review.comment(1, "À revoir [/] \x1b[31m")
    ana.review.recode(1, "SERVICE")
    ana.review.recode(1, "PROJET", "Il l’a dit deux fois.")
    ana.review.ask(1, "A-t-il cité un concurrent ?")
    (question,) = jean.todo.page(TodoKind.QUESTION, 0, 9).rows
    assert ("Ana demande" in question.why, question.record_id) == (True, 1)
    assert jean.todo.counts().questions == {question.id}
    assert not acting(world, "Zoé", Role.HOTLINER).todo.counts().questions
    with pytest.raises(RefusedInputError):
        acting(world, "Zoé", Role.HOTLINER).review.answer(question.id, "oui")
    assert jean.refusals.file(1).question_id == question.id
    jean.review.answer(question.id, "Non, aucun.")
    with pytest.raises(RefusedInputError, match="déjà sa réponse"):
        jean.review.answer(question.id, "Si.")
    assert not jean.todo.counts().questions

    file = ana.refusals.file(1)
    assert [(plain(one.title), one.agent) for one in file.amendments] == [
        ("Lu", "Ana"),
        ("Commentaire", "Ana"),
        ("Motif recodé : PRIX → SERVICE", "Ana"),
        ("Motif recodé : SERVICE → PROJET", "Ana"),
        ("Question à Jean", "Ana"),
        ("Réponse", "Jean"),
    ]
    theirs = {one: acting(world, one, Role.HOTLINER).refusals.file(1).amendments for one in ("Jean", "Zoé")}
    assert [plain(one.title) for one in theirs["Jean"]] == ["Question à Jean", "Réponse"]
    assert theirs["Zoé"] == ()
    assert (file.row.reason, file.row.reason_label) == ("PRIX → PROJET", "trop cher → autre projet")
    assert dict(file.fields)["Motif recodé"] == "PROJET (autre projet)"
    pane = [row for row in ana.dashboard.view().refused if row.record_id == 1]
    assert [row.reason for row in pane] == ["PRIX → PROJET"]
    exported = next(ana.refusals.all_records())
    assert (exported["motif"], exported["motif_recode"]) == ("PRIX", "PROJET")
    assert codes(ana.review.page(Filters(reviewed=False), None, 9).rows) == "432"
    assert codes(ana.review.page(Filters(reasons=("PROJET",)), None, 9).rows) == "1"

    record = next(one for one in world.all(ChurnRecord) if one.id == 1)
    assert {name: getattr(record, name) for name in before} == before
    with world.database.reading() as session:
        assert list(faults(session.connection())) == []
    audited = [event.text for event in world.all(Event) if event.kind == "audit"]
    assert audited == [
        "refusal.read", "refusal.comment", "refusal.recoded", "refusal.recoded", "refusal.question",
        "refusal.answer",
    ]  # fmt: skip


def test_the_timeline_obeys_a_follow_up_lifted_or_set(world: World) -> None:
    review = acting(world, "Ana", Role.SUPERVISOR).review
    review.follow_up(1, wanted=False)
    review.follow_up(2, wanted=False)
    review.follow_up(2, wanted=True)
    with pytest.raises(RefusedInputError):
        review.follow_up(2, wanted=True)
    world.now = paris("2026-03-31T09:00")
    RelanceService(world.context).run()
    assert sorted(_followed(world, "queued")) == [2, 3, 4]
    review.follow_up(3, wanted=False)
    RelanceService(world.context).run()
    assert _followed(world, "cancelled") == [3]
    world.now = paris("2026-04-01T09:00")
    with pytest.raises(RefusedInputError, match="31/03/2026"):
        review.follow_up(1, wanted=True)


def _followed(world: World, status: str) -> list[int]:
    return [m.client_id for m in world.all(Message) if m.kind == "suivi-3-mois" and m.status == status]


def test_a_hotliner_gets_none_of_it(world: World) -> None:
    review = acting(world, "Jean", Role.HOTLINER).review
    acts: dict[str, Callable[[ReviewService], object]] = {
        "page": lambda one: one.page(Filters(), None, 1),
        "count": lambda one: one.count(Filters()),
        "views": lambda one: one.views(),
        "save": lambda one: one.save_view("x", Filters()),
        "forget": lambda one: one.forget_view("x"),
        "read": lambda one: one.mark_read(1),
        "comment": lambda one: one.comment(1, "x"),
        "recode": lambda one: one.recode(1, "USAGE"),
        "ask": lambda one: one.ask(1, "x"),
        "follow up": lambda one: one.follow_up(1, wanted=False),
    }
    for act in acts.values():
        with pytest.raises(ForbiddenError):
            act(review)
    assert not world.all(RecordAmendment)


def test_criteria_are_kept_under_a_name_for_one_agent(world: World) -> None:
    review = acting(world, "Ana", Role.SUPERVISOR).review
    asked = Filters(since=date(2025, 12, 1), reasons=("PRIX",), vip=True, reviewed=False, text="école")
    review.save_view("Prix VIP", Filters())
    review.save_view("Prix VIP", asked)
    assert review.views() == (("Prix VIP", asked),)
    assert acting(world, "Bob", Role.SUPERVISOR).review.views() == ()
    for number in range(6):
        review.save_view(f"v{number}", asked)
    with pytest.raises(RefusedInputError):
        review.save_view("de trop", asked)
    review.forget_view("Prix VIP")
    assert len(review.views()) == 6
    assert read_filters({"unknown": 1}) == Filters()
