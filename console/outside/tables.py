"""Rows out to a file: CSV for a French spreadsheet, a workbook, JSON. Instants are told in Paris."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, BinaryIO, TextIO

from console.base.dates import PARIS
from console.base.errors import RefusedInputError
from console.base.french import day
from console.base.text import as_json, clean
from console.outside.files import Writer

Rows = Iterable[Mapping[str, Any]]
CELL_LIMIT = 32_767
"""Characters that a cell of a workbook holds."""
ROW_LIMIT = 1_048_575
"""Rows that its sheet holds below the titles."""
_WIDTHS = {date: 11, datetime: 19}
_NARROWEST, _WIDEST = 9, 60
"""Width of the columns that hold texts and numbers, in characters, from what their first row holds."""


def write_csv(file: TextIO, titles: Sequence[str], rows: Rows) -> int:
    """Titles, then a line a row, no cell of which runs as a formula; how many rows."""
    writer = Writer(file)
    writer.row(titles)
    n = 0
    for row in rows:
        writer.row(_in_csv(row[title]) for title in titles)
        n += 1
    return n


def write_json(file: TextIO, rows: Rows) -> int:
    """A list of objects; how many."""
    n = 0
    file.write("[")
    for n, row in enumerate(rows, 1):
        file.write(",\n" if n > 1 else "\n")
        file.write(as_json(row, default=_in_json))
    file.write("\n]\n")
    return n


def write_xlsx(file: BinaryIO, titles: Sequence[str], rows: Rows, sheet: str, comment: str = "") -> int:
    """A workbook of one sheet: texts as texts, days, instants and numbers as such; how many rows.

    comment: kept among the properties of the file.
    """
    from xlsxwriter import Workbook

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = Workbook(file, options)
    book.set_properties({"comments": comment})
    formats: dict[type, Any] = {
        date: book.add_format({"num_format": "dd/mm/yyyy"}),
        datetime: book.add_format({"num_format": "dd/mm/yyyy hh:mm:ss"}),
    }
    bold = book.add_format({"bold": True})
    page = book.add_worksheet(sheet)
    page.freeze_panes(1, 0)
    for column, title in enumerate(titles):
        page.write_string(0, column, title, bold)
    n = 0
    for n, row in enumerate(rows, 1):
        if n > ROW_LIMIT:
            raise RefusedInputError(
                f"Un classeur tient {ROW_LIMIT} lignes au plus.",
                "Rien n’a été écrit.",
                "Choisissez le format csv, ou une période plus courte.",
            )
        for column, title in enumerate(titles):
            if n == 1:
                page.set_column(column, column, _width(title, row[title]))
            _in_sheet(page, n, column, row[title], formats)
    page.autofilter(0, 0, n, len(titles) - 1)
    book.close()
    return n


def _width(title: str, value: Any) -> int:
    """Wide enough for the title beside its filter, and for what the column begins with."""
    wanted = _WIDTHS.get(type(value)) or min(len(str(value)), _WIDEST)
    return max(wanted, len(title) + 3, _NARROWEST)


def _in_sheet(page: Any, line: int, column: int, value: Any, formats: Mapping[type, Any]) -> None:
    match value:
        case None:
            return
        case bool():
            # LibreOffice makes a formula of a truth; in words it is the same everywhere, and in the CSV.
            page.write_string(line, column, _yes_or_no(value))
        case int() | float():
            page.write_number(line, column, value)
        case datetime():
            local = value.astimezone(PARIS).replace(tzinfo=None)
            page.write_datetime(line, column, local, formats[datetime])
        case date():
            page.write_datetime(line, column, value, formats[date])
        case _:
            page.write_string(line, column, clean(str(value), newlines=True, limit=CELL_LIMIT))


def _yes_or_no(value: bool) -> str:
    return "oui" if value else "non"


def _in_csv(value: Any) -> object:
    match value:
        case bool():
            return _yes_or_no(value)
        case datetime():
            local = value.astimezone(PARIS)
            return f"{day(local.date())} {local:%H:%M:%S}"
        case date():
            return day(value)
        case None:
            return ""
        case float():
            return str(value).replace(".", ",")
    return value


def _in_json(value: Any) -> str:
    return value.astimezone(PARIS).isoformat() if isinstance(value, datetime) else value.isoformat()
