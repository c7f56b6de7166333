"""Churn records as they are read: pages, the record with its call, the export."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from console.base.errors import RefusedInputError
from console.base.roles import Role
from console.cases.views import Campaign, RowsPage
from console.db.tables import ChurnRecord
from console.services import build
from tests.world import REFUSAL, World, paris, plain

DECEMBER = Campaign(date(2025, 12, 1), date(2025, 12, 31))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    yield world
    world.database.close()


def refuse(world: World, code: str, *, expires_on: date = date(2025, 12, 31)) -> int:
    """A client who refuses; gives the record's id."""
    client_id = world.add(code, email=f"{code}@example.org", expires_on=expires_on)
    world.walk(world.begin(client_id), *REFUSAL)
    newest: int = max(record.id for record in world.all(ChurnRecord))
    return newest


def test_pages_are_the_latest_first_and_keep_to_the_campaign(world: World) -> None:
    for number in range(5):
        refuse(world, f"CLT-0000{number}")
    refuse(world, "CLT-00009", expires_on=date(2026, 1, 31))
    refusals = world.services.refusals
    page = refusals.page(DECEMBER, 0, 3)
    assert (page.total, [row.code for row in page.rows]) == (5, ["CLT-00004", "CLT-00003", "CLT-00002"])
    assert [row.code for row in refusals.page(DECEMBER, 3, 3).rows] == ["CLT-00001", "CLT-00000"]
    page = refusals.page(None, 0, 10)
    assert (page.total, page.rows[0].code) == (6, "CLT-00009")
    assert refusals.page(Campaign(date(2024, 1, 1), date(2024, 1, 31)), 0, 10) == RowsPage(0, ())
    row = page.rows[0]
    assert (row.reason, row.reason_label, row.agent) == ("PRIX", "trop cher", "Jean")


def test_a_record_has_its_fields_and_its_call_as_it_was_spoken(world: World) -> None:
    record_id = refuse(world, "CLT-00245")
    file = world.services.refusals.file(record_id)
    fields = {label: plain(value) for label, value in file.fields}
    assert fields["Code motif"] == "PRIX (trop cher)"
    assert fields["Motif exprimé"] == "Je dois faire des économies en ce moment."
    assert fields["Tentatives de rétention"].splitlines() == [
        "pause : refusée",
        "passage à Basic : refusée",
        "remise temporaire : refusée",
    ]
    assert fields["Statut"] == "résilié le 31/12/2025"
    assert fields["Appel"] == "ven. 19/12 à 15:04, 4 min 00 s"
    assert [plain(entry.title) for entry in file.spoken][:4] == [
        "Composer le numéro",
        "Le client est au bout du fil",
        "Hésite ou refuse",
        "Le prix",
    ]
    assert "Bonjour Marie, c’est Jean, de numi." in plain(file.spoken[2].detail)
    assert "économies en ce moment. » → Noté" in plain(file.spoken[6].title)
    with pytest.raises(RefusedInputError):
        world.services.refusals.file(404)


def test_an_undone_choice_is_part_of_what_was_spoken(world: World) -> None:
    view = world.walk(world.begin(world.add()), *REFUSAL[:4])
    view = world.services.calls.back(view.call_id, view.seq)
    world.walk(view, *REFUSAL[3:])
    (row,) = world.services.refusals.page(None, 0, 1).rows
    titles = [entry.title for entry in world.services.refusals.file(row.record_id).spoken]
    assert titles[3:6] == ["Le prix", "Retour à l’étape précédente", "Le prix"]


def test_every_record_is_exported_in_turn(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.records.refusals.BATCH", 2)
    for number in range(5):
        refuse(world, f"CLT-0000{number}")
    rows = list(world.services.refusals.all_records())
    assert [row["code"] for row in rows] == [f"CLT-0000{number}" for number in range(5)]
    first = rows[0]
    assert (first["motif"], first["date_resiliation"], first["date_effet"]) == (
        "PRIX",
        date(2025, 12, 19),
        date(2025, 12, 31),
    )
    assert first["appel_le"] == datetime(2025, 12, 19, 14, 4, tzinfo=UTC)
    assert first["relance_le"] == date(2026, 3, 31)
    assert (
        plain(first["tentatives"])
        == "pause : refusée ; passage à Basic : refusée ; remise temporaire : refusée"
    )


def test_a_colleague_s_record_gives_its_reason_and_date_by_every_path(world: World) -> None:
    record_id = refuse(world, "CLT-00245")
    words = "Je dois faire des économies en ce moment."
    record = next(one for one in world.all(ChurnRecord) if one.id == record_id)

    def told(agent: str, role: Role) -> str:
        services = build(replace(world.context, agent=agent, role=role))
        parts = [
            services.refusals.file(record_id),
            services.refusals.page(None, 0, 50),
            services.clients.file(record.client_id).history,
            services.clients.replay(record.call_id),
            services.dashboard.view(DECEMBER).refused,
        ]
        assert all("trop cher" in repr(one).lower() for one in parts[:3])
        return plain("".join(map(repr, parts)))

    assert told(record.agent, Role.HOTLINER).count(words) >= 4
    assert told("Zoé", Role.SUPERVISOR).count(words) >= 4
    colleague = told("Zoé", Role.HOTLINER)
    assert words not in colleague
    assert "Tentatives de rétention" not in colleague
