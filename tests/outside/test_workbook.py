"""A workbook given for a CSV file: read as one, or refused with the way out."""

import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from xlsxwriter import Workbook

from console.base.errors import RefusedInputError
from console.outside.files import open_table

TITLES = ["nom", "email", "telephone", "expire_le", "opposition_sms", "note"]


def written(path: Path, *rows: list[Any], first: int = 0) -> Path:
    book = Workbook(path)
    days, hours = (book.add_format({"num_format": form}) for form in ("dd/mm/yyyy", "dd/mm/yyyy hh:mm"))
    sheet = book.add_worksheet("Clients")
    for line, row in enumerate(rows, first):
        for column, value in enumerate(row):
            match value:
                case datetime():
                    sheet.write_datetime(line, column, value, hours)
                case date():
                    sheet.write_datetime(line, column, value, days)
                case _:
                    sheet.write(line, column, value)
    book.add_worksheet("Autre").write(0, 0, "autre feuille")
    book.close()
    return path


def test_cells_are_read_as_a_csv_file_has_them(tmp_path: Path) -> None:
    row = ["Dupré", "d@x.fr", 612345678, date(2025, 12, 31), True, 12.5]
    late = ["Roy", "r@x.fr", "06 12 34 56 79", datetime(2025, 12, 31, 23, 30), False, ""]  # noqa: DTZ001
    records = list(open_table(written(tmp_path / "a.xlsx", TITLES, row, [], late)).records())
    assert [(one.line, list(one.values)) for one in records] == [
        (1, TITLES),
        (2, ["Dupré", "d@x.fr", "612345678", "2025-12-31", "oui", "12.5"]),
        (4, ["Roy", "r@x.fr", "06 12 34 56 79", "2025-12-31 23:30", "non", ""]),
    ]


def test_titles_may_stand_lower(tmp_path: Path) -> None:
    path = written(tmp_path / "a.xlsx", ["Export du 30/11"], [], TITLES, ["Roy", "r@x.fr"], first=2)
    records = list(open_table(path, lambda cells: "nom" in cells).records())
    assert [(one.line, one.values[0]) for one in records] == [(5, "nom"), (6, "Roy")]


@pytest.mark.parametrize("before", [[], [[]], [["Mode d’emploi"], [], ["Une ligne par client"]]])
def test_the_sheet_of_the_titles_is_read(tmp_path: Path, before: list[list[str]]) -> None:
    with Workbook(tmp_path / "a.xlsx") as book:
        for rows in (before, [["nom", "email"], ["Roy", "r@x.fr"]], [["nom"], ["Petit"]]):
            sheet = book.add_worksheet()
            for line, row in enumerate(rows):
                sheet.write_row(line, 0, row)
    records = list(open_table(tmp_path / "a.xlsx", lambda cells: "nom" in cells).records())
    assert [one.values[0] for one in records] == ["nom", "Roy"]


def test_a_cell_at_the_far_end_of_a_sheet_does_not_end_the_program(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "nom")
        sheet.write(1_048_575, 16_383, "x")
    with pytest.raises(RefusedInputError, match="1048576"):
        open_table(path)


@pytest.mark.parametrize("content", [b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0rest"])
def test_what_only_begins_as_a_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.xlsx").write_bytes(content)
    with pytest.raises(RefusedInputError, match="classeur"):
        open_table(tmp_path / "a.xlsx")


def test_an_archive_or_an_empty_workbook_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.txt", "x")
    with Workbook(tmp_path / "b.xlsx") as book:
        book.add_worksheet()
    for name in ("a.zip", "b.xlsx"):
        with pytest.raises(RefusedInputError, match="classeur"):
            open_table(tmp_path / name)
