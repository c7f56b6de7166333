"""The checklist on the demo's files: what the system ticks is proved by a row, and a wrong proof is found."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from console.base.clock import frozen_at
from console.base.errors import RefusedInputError
from console.checklist import rules
from console.checklist.rules import PointProof, Source
from console.checklist.service import ChecklistView, PointView
from console.context import Context
from console.db.tables import Call, Callback, ChurnRecord, Client, Event, GrantedOffer, Message
from console.services import Services, build
from tests.screens.shown import shown
from tests.world import CONTENT, REFUSAL, World, paris

TABLES = {
    Source.MESSAGE: (Message, ("sent_at",)),
    Source.OFFER: (GrantedOffer, ("granted_at", "accepted_at")),
    Source.CALL: (Call, ("started_at", "dialled_at")),
    Source.CALLBACK: (Callback, ("created_at",)),
    Source.RECORD: (ChurnRecord, ("at",)),
    Source.EVENT: (Event, ("at",)),
}
KINDS = {"j30": "J-30", "j14": "J-14", "j7": "J-7", "j+1": "J+1", "j+30": "J+30", "cloture": "cloture"}


@pytest.fixture(scope="module")
def demo() -> Iterator[Services]:
    ctx = shown().ctx
    clock = frozen_at(paris("2025-12-20T14:00"))
    yield build(Context(ctx.database, clock, CONTENT, "Jean", demo=True))
    ctx.database.close()


def rows(services: Services, table: Any) -> list[Any]:
    from sqlmodel import select

    with services.ctx.database.reading() as session:
        return list(session.exec(select(table)).all())


def wrong(services: Services, view: ChecklistView) -> list[str]:
    """The points whose proof is not a row of this client that says so at that instant."""
    found = {source: {row.id: row for row in rows(services, table)} for source, (table, _) in TABLES.items()}
    faults = []
    for part in view.parts:
        for point in part.points:
            proof = point.proof
            if proof is None:
                if point.ticked:
                    faults.append(point.code)
                continue
            row = found[proof.source].get(proof.key)
            instants = [getattr(row, name, None) for name in TABLES[proof.source][1]]
            # Two messages prove J-14: the later one gives the instant.
            same_time = proof.at in instants or (point.code == "j14" and row is not None)
            kind = KINDS.get(point.code)
            if (
                row is None
                or row.client_id != view.client_id
                or not same_time
                or (kind and getattr(row, "kind", "") != kind)
                or (point.code == "j14" and proof.source is not Source.MESSAGE)
            ):
                faults.append(point.code)
    return faults


def test_for_every_demo_client_each_point_ticked_has_its_row(demo: Services) -> None:
    ticked: set[str] = set()
    for client in rows(demo, Client):
        view = demo.checklists.view(client.id)
        assert sum(len(part.points) for part in view.parts) == 38
        assert wrong(demo, view) == [], client.code
        ticked |= {point.code for part in view.parts for point in part.points if point.ticked}
    assert {"j30", "j14", "offre-chiffree", "offre-datee", "raison", "pause", "archive", "motifs"} <= ticked


@pytest.mark.parametrize(
    "lie",
    [
        lambda proof: replace(proof, key=999_999),
        lambda proof: replace(proof, at=paris("2025-11-01T00:00")),
        lambda proof: replace(proof, source=Source.OFFER),
    ],
)
def test_a_wrong_proof_is_found(demo: Services, monkeypatch: pytest.MonkeyPatch, lie: object) -> None:
    true = rules.rule_named("e-mail J-30")

    def false(facts: rules.Facts) -> PointProof | None:
        proof = true(facts)
        return proof and lie(proof)  # type: ignore[operator]

    client = next(row for row in rows(demo, Client) if row.code == "CLT-00245")
    assert wrong(demo, demo.checklists.view(client.id)) == []
    monkeypatch.setattr(rules, "RULES", {**rules.RULES, "e-mail J-30": false})
    assert wrong(demo, demo.checklists.view(client.id)) == ["j30"]


def test_the_proof_of_another_client_is_found(demo: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = (row.id for row in rows(demo, Client) if row.code in {"CLT-00245", "CLT-00156"})
    stolen = next(row for row in rows(demo, Message) if row.client_id == other and row.kind == "J-30")
    proof = PointProof(stolen.sent_at, "e-mail J-30", Source.MESSAGE, stolen.id)
    monkeypatch.setattr(rules, "RULES", {**rules.RULES, "e-mail J-30": lambda _: proof})
    assert wrong(demo, demo.checklists.view(one)) == ["j30"]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    yield world
    world.database.close()


def point(view: ChecklistView, code: str) -> PointView:
    return next(one for part in view.parts for one in part.points if one.code == code)


def test_ticking_by_hand_is_dated_signed_and_never_erased(world: World) -> None:
    client, lists = world.add(), world.services.checklists
    view = lists.tick(client, "ton", ticked=True)
    assert point(view, "ton").signed == "19/12 15:00, Jean"
    lists.tick(client, "ton", ticked=True)
    world.wait(minutes=5)
    assert not point(world.as_agent("Zoé").checklists.tick(client, "ton", ticked=False), "ton").ticked
    lines = [row for row in world.all(Event) if row.kind == "checklist"]
    assert [(row.agent, row.data["ticked"]) for row in lines] == [("Jean", True), ("Zoé", False)]
    assert all(entry.kind != "checklist" for entry in world.services.clients.file(client).history)


def test_what_the_system_knows_is_not_ticked_by_hand(world: World) -> None:
    client = world.add()
    for code in ("j30", "inconnu"):
        with pytest.raises(RefusedInputError):
            world.services.checklists.tick(client, code, ticked=True)


def test_a_refusal_ticks_its_points_and_its_end_says_what_was_left_out(world: World) -> None:
    client = world.add()
    closed = world.walk(world.begin(client), *REFUSAL)
    assert closed.missed == ()
    view = world.services.checklists.view(client)
    for code in ("heure", "numero", "alternatives", "raison-notee", "raison", "geste", "pause", "archive"):
        assert point(view, code).ticked, code
    assert not point(view, "cloture").ticked  # it waits in the outbox
    assert [part.counts for part in view.parts] == [True, True, True, True, False, False, True]
