"""The exports as LibreOffice opens them: accents, days as days, numbers as numbers, and nothing that runs."""

from functools import partial
from pathlib import Path

import pytest
from xlsxwriter import Workbook

from console.exports.forms import Format, What
from tests.readers.office import Cell, Open, needs_office, opened_in
from tests.world import REFUSAL, World, paris

pytestmark = needs_office
HOSTILE = (
    "=1+1", "@SUM(A1:A9)", "+33 6 39 98 12 34", "-2+3", "{=1+1}", "=HYPERLINK(\"http://x.example\";\"ici\")",
    "=cmd|' /C calc'!A0", "\uff1d1+1", "'=1+1", "http://x.example/", "1e5", "Œuvré d’été – 12 €",
)  # fmt: skip
FRENCH_CSV = "CSV:59,34,76,1,,1036,false,true"
"""`;`, double quotes, UTF-8, from the first line on, French, numbers and days recognised."""


@pytest.fixture(scope="session")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Open:
    """Opens files in LibreOffice."""
    return partial(opened_in, tmp_path_factory.mktemp("office"))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Clients with a text of HOSTILE each, in every place where a text goes, who all refuse."""
    found = World(tmp_path_factory.mktemp("world") / "base.db", paris("2025-12-19T10:00"))
    said = REFUSAL[-2].partition("=")[0]
    for number, text in enumerate(HOSTILE):
        client = found.add(
            f"CLT-{number:05d}", first_name="", last_name=text, phone="", phone_raw=text,
            email=f"{number}@x.example",
        )  # fmt: skip
        found.services.clients.add_note(client, text)
        found.services = found.as_agent(text)
        found.walk(found.begin(client), *REFUSAL[:-2], f"{said}= {text}", REFUSAL[-1])
    return found


@pytest.fixture(scope="module")
def files(world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[Format, list[Path]]:
    """Every export of it."""
    folder = tmp_path_factory.mktemp("exports")
    return {
        form: [world.services.exports.to_folder(what, form, None, folder) for what in What]
        for form in (Format.XLSX, Format.CSV)
    }


def test_a_workbook_is_read_as_it_was_meant(opened: Open, files: dict[Format, list[Path]]) -> None:
    books = opened(*files[Format.XLSX])
    assert [cell for sheet in books.values() for row in sheet for cell in row.values() if cell.formula] == []
    refusals, clients, kpis, events, *_ = (books[path.stem] for path in files[Format.XLSX])
    assert {kind for row in refusals for kind in {row["date_resiliation"].kind, row["appel_le"].kind}} == {
        "date"
    }
    for number, (text, row) in enumerate(zip(HOSTILE, refusals, strict=True)):
        for title in ("client", "verbatim", "agent"):
            assert row[title] == Cell("string", text, None)
        assert row["date_resiliation"].value == "2025-12-19"
        assert row["appel_le"].value.startswith("2025-12-19T10:")
        assert row["duree_s"].kind == "float"
        assert row["relation_a_reprendre"].value == "oui"
        assert row["premiere_objection"].value == "prix"
        assert (clients[number]["nom"].value, clients[number]["telephone"].value) == (text, text)
        assert clients[number]["expire_le"] == Cell("date", "2025-12-31", None)
    rate = next(row for row in kpis if row["code"].value == "suspension")
    assert (rate["valeur"], rate["cible_minimum"]) == (Cell("float", "0", None), Cell("float", "20", None))
    assert rate["cible"].value == "≥\u00a020\u00a0%"
    assert set(HOSTILE) <= {row["texte"].value for row in events}
    assert {row["le"].kind for row in events} == {"date"}
    assert {row["numero"].kind for row in events} == {"float"}


def test_a_csv_opens_right_in_a_french_spreadsheet(opened: Open, files: dict[Format, list[Path]]) -> None:
    sheets = opened(*files[Format.CSV], infilter=FRENCH_CSV)
    assert [cell for one in sheets.values() for row in one for cell in row.values() if cell.formula] == []
    refusals, clients, kpis, *_ = (sheets[path.stem] for path in files[Format.CSV])
    for text, row in zip(HOSTILE, refusals, strict=True):
        assert row["verbatim"].value in {text, f"'{text}"} or text == "1e5"
        assert row["date_resiliation"] == Cell("date", "2025-12-19", None)
        assert row["appel_le"].value.startswith("2025-12-19T10:")
        assert row["duree_s"].kind == "float"
        assert row["premiere_objection"].value == "prix"
    assert clients[-1]["nom"].value == "Œuvré d’été – 12 €"
    target = next(row["cible_minimum"] for row in kpis if row["code"].value == "satisfaction")
    assert target == Cell("float", "4.5", None)


def test_what_runs_would_be_seen(opened: Open, tmp_path: Path) -> None:
    book = Workbook(tmp_path / "live.xlsx")
    page = book.add_worksheet()
    page.write_row(0, 0, ["somme", "texte"])
    page.write_formula(1, 0, "=1+1")
    page.write_string(1, 1, "=1+1")
    book.close()
    (tmp_path / "raw.csv").write_text("somme;jour\n=1+1;2025-12-19\n", encoding="utf-8")
    (row,) = opened(tmp_path / "live.xlsx")["live"]
    assert row["somme"].formula == "of:=1+1"
    assert row["texte"] == Cell("string", "=1+1", None)
    (row,) = opened(tmp_path / "raw.csv", infilter=FRENCH_CSV)["raw"]
    assert row["somme"].formula == "of:=1+1"
