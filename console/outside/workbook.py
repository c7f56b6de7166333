"""A workbook handed instead of a CSV file (XLSX, ODS, XLS): its sheets that show, as rows of text."""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console.base.errors import RefusedInputError

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

MAGIC = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_LARGEST = 1 << 29
"""Bytes of a workbook once unpacked: a hundred thousand clients take a tenth of it."""
_CELLS = 20_000_000
"""Cells from the first one to the last one that is written: the library keeps them all, empty ones too."""
_PLACE = re.compile(rb' r="([A-Z]{1,3})([0-9]{1,7})"')
_OVERLAP = 32
_CHUNK = 1 << 20
_TODO = "Enregistrez la feuille des clients au format « CSV UTF-8 », puis recommencez."


@dataclass(frozen=True, slots=True)
class Workbook:
    """A sheet, empty rows left out; `lines` counts its rows."""

    sheet: "CalamineSheet"
    lines: int

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Each row that is not blank, with its number as a spreadsheet shows it."""
        for number, cells in enumerate(self.sheet.iter_rows(), 1):
            values = [_text(cell) for cell in cells]
            if any(value.strip() for value in values):
                yield number, values


def open_workbook(path: Path) -> list[Workbook]:
    """The sheets that show and hold anything, one at least.

    Raises RefusedInputError for what is empty or no workbook, is locked by a password or far too large.
    """
    from python_calamine import CalamineError, PasswordError, SheetTypeEnum, SheetVisibleEnum, load_workbook

    try:
        _must_fit(path)
        book = load_workbook(path)
        shown = [
            book.get_sheet_by_name(one.name)
            for one in book.sheets_metadata
            if one.visible is SheetVisibleEnum.Visible and one.typ is SheetTypeEnum.WorkSheet
        ]
    except PasswordError:
        raise RefusedInputError(
            f"Le classeur « {path} » est protégé par un mot de passe.", todo=_TODO
        ) from None
    except (CalamineError, zipfile.BadZipFile, NotImplementedError, EOFError):
        raise RefusedInputError(
            f"« {path} » n’est pas un classeur (XLSX, ODS), ou il est abîmé.", todo=_TODO
        ) from None
    sheets = [Workbook(sheet, (sheet.end or (0, 0))[0] + 1) for sheet in shown if sheet.height]
    if not sheets:
        raise RefusedInputError(f"Le classeur « {path} » est vide.", todo=_TODO)
    return sheets


def _must_fit(path: Path) -> None:
    """What the library would hold in memory at once is known first: it ends the program where it cannot."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        if sum(one.file_size for one in archive.infolist()) > _LARGEST:
            raise RefusedInputError(f"Le classeur « {path} » est démesurément grand.", todo=_TODO)
        for name in archive.namelist():
            if name.startswith("xl/worksheets/sheet"):
                column, row = _last_cell(archive, name)
                if column * row > _CELLS:
                    raise RefusedInputError(
                        f"La feuille du classeur « {path} » va jusqu’à la ligne {row}.",
                        todo=f"Supprimez les lignes et les colonnes vides. {_TODO}",
                    )


def _last_cell(archive: zipfile.ZipFile, name: str) -> tuple[int, int]:
    """The furthest column and row that hold anything, counted from 1."""
    column, row, kept = 0, 0, b""
    with archive.open(name) as file:
        while chunk := file.read(_CHUNK):
            for letters, digits in set(_PLACE.findall(kept + chunk)):
                place = 0
                for letter in letters:
                    place = place * 26 + letter - 64
                column, row = max(column, place), max(row, int(digits))
            kept = chunk[-_OVERLAP:]
    return column, row


def _text(cell: Any) -> str:
    """A cell as a CSV file would have it: days and instants in ISO, whole numbers without a point."""
    match cell:
        case str():
            return cell
        case bool():
            return "oui" if cell else "non"
        case float():
            return str(int(cell)) if cell.is_integer() else str(cell)
        case datetime():
            return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "minutes")
        case date():
            return cell.isoformat()
    return str(cell)
