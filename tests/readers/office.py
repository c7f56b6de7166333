"""LibreOffice opens what the console wrote; what a spreadsheet then sees in each cell."""

import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

SOFFICE = shutil.which("soffice")
needs_office = pytest.mark.skipif(
    SOFFICE is None, reason="LibreOffice manque : apt-get install --no-install-recommends libreoffice-calc"
)
_T = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_O = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_P = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}p"


@dataclass(frozen=True)
class Cell:
    """What a spreadsheet sees in a cell: the kind of its value, the value, and the formula if it runs one."""

    kind: str
    value: str
    formula: str | None


Sheet = list[dict[str, Cell]]
Open = Callable[..., dict[str, Sheet]]


def opened_in(folder: Path, *files: Path, infilter: str = "") -> dict[str, Sheet]:
    """Opens files in LibreOffice, all at once; each one's rows by their titles. `folder` is its own."""
    options = [f"--infilter={infilter}"] if infilter else []
    target = folder / "lus"
    subprocess.run(
        [
            str(SOFFICE), "--headless", f"-env:UserInstallation={folder.as_uri()}", *options,
            "--convert-to", "fods", "--outdir", str(target), *map(str, files),
        ],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return {file.stem: _by_title(_rows(target / f"{file.stem}.fods")) for file in files}


def _rows(path: Path) -> list[list[Cell]]:
    found: list[list[Cell]] = []
    for row in ElementTree.parse(path).getroot().iter(f"{_T}table-row"):
        cells = [cell for one in row.iter(f"{_T}table-cell") for cell in _cells(one)]
        if any(cell.kind for cell in cells):
            found += [cells] * int(row.get(f"{_T}number-rows-repeated", "1"))
    return found


def _cells(one: ElementTree.Element) -> Sequence[Cell]:
    kind = one.get(f"{_O}value-type", "")
    text = "\n".join("".join(line.itertext()) for line in one.iter(_P))
    value = one.get(f"{_O}date-value") or one.get(f"{_O}value") or text
    repeated = min(int(one.get(f"{_T}number-columns-repeated", "1")), 50)
    return [Cell(kind, value, one.get(f"{_T}formula"))] * repeated


def _by_title(rows: list[list[Cell]]) -> Sheet:
    titles = [cell.value for cell in rows[0] if cell.value]
    return [dict(zip(titles, row, strict=False)) for row in rows[1:]]
