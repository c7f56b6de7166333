"""Exports of the churn records."""

import csv
import json
from datetime import date
from pathlib import Path

import pytest

from console.services.exports import Form, export_refusals
from tests.world import REFUSAL, World, paris


@pytest.fixture
def world(tmp_path: Path) -> World:
    found = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    for code, name in (("CLT-00245", "=HYPERLINK(1)"), ("CLT-00246", "[@click=app.quit]x")):
        client = found.add(code, last_name=name, first_name="+Marie")
        found.walk(found.begin(client), *REFUSAL)
        found.now = paris("2025-12-22T15:00")
    return found


def test_a_french_spreadsheet_opens_it_and_runs_nothing(world: World, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    assert export_refusals(world.context, Form.CSV, out) == 2
    assert out.read_bytes().startswith(b"\xef\xbb\xbf")
    assert out.stat().st_mode & 0o777 == 0o600
    with out.open(encoding="utf-8-sig", newline="") as file:
        first, second = csv.DictReader(file, delimiter=";")
    assert first["code"] == "CLT-00245"
    assert first["client"].startswith("'+Marie")
    assert (first["date_resiliation"], first["date_effet"]) == ("19/12/2025", "31/12/2025")
    assert first["motif"] == "PRIX"
    assert first["relation_a_reprendre"] == "oui"
    assert first["appel_le"].startswith("19/12/2025 15:0")
    assert "[@click=app.quit]x" in second["client"]
    for row in (first, second):
        for value in row.values():
            assert value[:1] not in tuple("=+-@\t\r")


def test_a_machine_reads_days_instants_and_truth(world: World, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    assert export_refusals(world.context, Form.JSON, out) == 2
    first = json.loads(out.read_text(encoding="utf-8"))[0]
    assert first["date_resiliation"] == "2025-12-19"
    assert first["appel_le"].startswith("2025-12-19T15:0")
    assert first["appel_le"].endswith("+01:00")
    assert first["relation_a_reprendre"] is True
    assert first["client"].startswith("+Marie")


@pytest.mark.parametrize(
    ("since", "until", "n"),
    [
        (date(2025, 12, 20), None, 1),
        (None, date(2025, 12, 19), 1),
        (date(2025, 12, 19), date(2025, 12, 22), 2),
        (date(2026, 1, 1), None, 0),
    ],
)
def test_days_bound_it_both_included(
    world: World, tmp_path: Path, since: date | None, until: date | None, n: int
) -> None:
    assert export_refusals(world.context, Form.JSON, tmp_path / "out", since, until) == n
