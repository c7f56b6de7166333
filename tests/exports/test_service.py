"""Exports: what a spreadsheet and a machine find in them."""

import csv
import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest

from console.base.errors import ForbiddenError
from console.base.roles import Role
from console.base.vocabulary import Direction
from console.context import Context
from console.db.tables import Event
from console.exports.forms import Format, What
from console.exports.service import ExportService
from tests.cases.test_pauses import PAUSE
from tests.world import REFUSAL, World, paris


def export_refusals(ctx: Context, form: Format, out: Path, *days: date | None) -> int:
    return ExportService(ctx).write(What.REFUSALS, form, out, *days)


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
    assert export_refusals(world.context, Format.CSV, out) == 2
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
    assert export_refusals(world.context, Format.JSON, out) == 2
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
    assert export_refusals(world.context, Format.JSON, tmp_path / "out", since, until) == n


@pytest.mark.parametrize("what", list(What))
def test_without_a_row_there_are_still_the_titles(tmp_path: Path, what: What) -> None:
    world = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    service = ExportService(world.context)
    day = date(2031, 1, 1)
    n = service.write(what, Format.CSV, tmp_path / "out.csv", day, day)
    titles, *rows = (tmp_path / "out.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == n == (10 if what is What.KPIS else 0)
    assert len(titles.split(";")) > 5
    service.write(what, Format.XLSX, tmp_path / "out.xlsx", day, day)
    assert list(columns_of(cells(tmp_path / "out.xlsx"))) == titles.split(";")
    service.write(what, Format.JSON, tmp_path / "out.json", day, day)
    assert len(json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))) == n


def cells(path: Path) -> dict[str, tuple[str, str]]:
    """Each cell of a workbook's sheet, by place: its type, and its text or number; no formula anywhere."""
    with ZipFile(path) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    root = ElementTree.fromstring(sheet)
    space = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    return {
        one.attrib["r"]: (one.attrib.get("t", "n"), "".join(one.itertext()))
        for one in root.iterfind(".//m:c", space)
    }


def columns_of(found: dict[str, tuple[str, str]]) -> dict[str, str]:
    """The letters of each column, by its title."""
    return {text: place[:-1] for place, (_, text) in found.items() if re.fullmatch("[A-Z]+1", place)}


def test_a_workbook_has_texts_as_texts_and_days_as_days(world: World, tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    assert export_refusals(world.context, Format.XLSX, out) == 2
    assert out.stat().st_mode & 0o777 == 0o600
    found = cells(out)
    by_title = columns_of(found)
    assert found[f"{by_title['client']}2"][0] == "inlineStr"
    assert found[f"{by_title['client']}2"][1].startswith("+Marie =HYPERLINK")
    assert found[f"{by_title['date_resiliation']}2"] == ("n", "46010")  # 19/12/2025
    assert found[f"{by_title['relation_a_reprendre']}2"] == ("inlineStr", "oui")
    assert found[f"{by_title['duree_s']}2"][0] == "n"


@pytest.mark.parametrize("form", list(Format))
@pytest.mark.parametrize("what", list(What))
def test_each_export_is_written_and_leaves_its_line(
    world: World, tmp_path: Path, what: What, form: Format
) -> None:
    path = world.services.exports.to_folder(what, form, None, tmp_path)
    assert path.name == f"hotliner-{what}.{form}"
    again = world.services.exports.to_folder(what, form, None, tmp_path)
    assert again.name == f"hotliner-{what}-2.{form}"
    lines = [event for event in world.all(Event) if event.kind == "audit"]
    assert [line.text for line in lines] == [f"export.{what}"] * 2
    if form is Format.JSON:
        rows = json.loads(path.read_text(encoding="utf-8"))
        n = {What.REFUSALS: 2, What.CLIENTS: 2, What.KPIS: 10, What.JOURNAL: len(world.all(Event)) - 1}.get(
            what, 0
        )
        assert len(rows) == n


def test_decimals_have_a_comma_and_every_line_its_columns(world: World, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    world.services.exports.write(What.KPIS, Format.CSV, out, date(2025, 12, 1), date(2025, 12, 31))
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = {row["code"]: row for row in csv.DictReader(file, delimiter=";")}
    assert rows["satisfaction"]["cible_minimum"] == "4,5"
    assert rows["churn"]["valeur"] == ""
    assert rows["renouvellement"]["denominateur"] == "2"


def test_only_a_supervisor_exports(world: World, tmp_path: Path) -> None:
    ctx = replace(world.context, role=Role.HOTLINER)
    with pytest.raises(ForbiddenError):
        ExportService(ctx).write(What.CLIENTS, Format.CSV, tmp_path / "out.csv")
    assert list(tmp_path.glob("out*")) == []


def test_a_term_that_ended_in_the_night_is_not_exported_as_running(world: World, tmp_path: Path) -> None:
    world.add("CLT-00300", expires_on=date(2026, 1, 4))
    for now, said in (("2026-01-04T23:59", "en attente"), ("2026-01-05T00:00", "échu")):
        world.now = paris(now)
        out = tmp_path / f"{said[:2]}.csv"
        ExportService(world.context).write(What.CLIENTS, Format.CSV, out)
        with out.open(encoding="utf-8-sig", newline="") as file:
            (row,) = [row for row in csv.DictReader(file, delimiter=";") if row["code"] == "CLT-00300"]
        assert row["etat"] == said


def test_a_pause_is_exported_with_the_day_since_when_it_is_what_it_is(tmp_path: Path) -> None:
    """And the file read again changes nothing."""
    world = World(tmp_path / "base.db", paris("2025-12-22T10:30"))
    world.walk(world.begin(world.add()), *PAUSE)
    for now, said in (
        ("2026-02-10T10:00", ("en pause", "22/12/2025")),
        ("2026-04-02T10:00", ("pause terminée", "31/03/2026")),
    ):
        world.now = paris(now)
        out = tmp_path / f"{now[:10]}.csv"
        ExportService(world.context).write(What.CLIENTS, Format.CSV, out)
        with out.open(encoding="utf-8-sig", newline="") as file:
            (row,) = csv.DictReader(file, delimiter=";")
        assert (row["etat"], row["regle_le"][:10]) == said
        report = world.services.imports.run(out)
        assert (report.unchanged, report.faults) == (1, [])
    world.walk(world.begin(1, Direction.INBOUND), "Veut renouveler", "Je m’en occupe", "5 sur 5", "Terminer")
    ExportService(world.context).write(What.CLIENTS, Format.JSON, tmp_path / "back.json")
    paused, after = json.loads((tmp_path / "back.json").read_text(encoding="utf-8"))
    assert (paused["etat"], paused["regle_le"][:10], after["debute_le"]) == (
        *("pause terminée", "2026-03-31"),
        "2026-04-02",
    )
