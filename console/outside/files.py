"""Files from and to the outside: tables of text, read whatever wrote them, and private outputs."""

import codecs
import csv
import io
import os
import re
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import BinaryIO, TextIO

from console.base.errors import HotlinerError, RefusedInputError, must_be_file, system_words
from console.outside.scratch import Scratch
from console.outside.workbook import MAGIC, Workbook, open_workbook

DELIMITERS = ";,\t|"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NOT_TABLES = {
    MAGIC[0]: "un classeur ou une archive",
    MAGIC[1]: "un ancien classeur Excel (XLS)",
    b"%PDF": "un document PDF",
    b"SQLite format 3": "une base de données",
    b"{\\rtf": "un document RTF",
    b"\x1f\x8b": "une archive compressée",
    b"\x89PNG": "une image",
    b"\xff\xd8\xff": "une image",
    b"BEGIN:VCARD": "un carnet d’adresses (vCard)",
}
_MARKUP = {"<": "une page HTML ou du XML", "[": "du JSON", "{": "du JSON"}
"""What a text without titles is, by its first character; some programs call such a page « .xls »."""
_TITLES_WITHIN = 30
"""Lines among which the titles of the columns are looked for."""
_CHUNK = 1 << 20
_LONGEST_LINE = 1_000_000
_LONGEST_RECORD = 50
"""Lines one quoted value may span; beyond it, its quote is taken as never closed."""

_OPEN_QUOTE = "un guillemet ouvert n’est jamais refermé"
_UTF8_LETTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH_BYTE = re.compile(rb"[\x80-\xff]")
_CAPITAL = re.compile(
    rb"(?<![A-Za-z\x80-\xff])[\x80-\xff]|(?<=[A-Za-z\x80-\xff])[\x80-\xff](?=[A-Z])|(?<=[A-Z])[\x80-\xff](?![a-z])"
)
"""A byte where a capital is likelier: it begins a word, or capitals stand beside it."""
_QUOTED = re.compile(r"\s*=\s*\"([^\"]*)\"\s*")
_FRENCH = (
    dict.fromkeys("äöüÖÜÄÅåñÑáíóúãõÁÍÓÚ°", 0.2)
    | dict.fromkeys("ÈÊÀÂÇÎÔÛŒÙËÏ€«»\xa0", 0.5)
    | {"É": 1.0, "é": 10.0, "è": 5.0, "à": 5.0, "ê": 3.0, "ç": 3.0, "’": 2.0, "ô": 2.0, "î": 2.0}
    | {"ï": 2.0, "ë": 2.0, "û": 1.0, "ù": 1.0, "â": 1.0, "œ": 1.0}
)
"""How much a letter speaks for French; any other character speaks against."""
_MISPLACED = 0.05
"""How much of it is left to a small letter where a capital is likelier, and to a capital elsewhere."""
_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a table. `fault` says in French why it could not be read; then `values` is its raw text."""

    line: int
    values: Sequence[str]
    fault: str = ""


IsTitles = Callable[[Sequence[str]], bool]
"""Whether cells are the titles of the columns."""


@dataclass(frozen=True, slots=True)
class TableFile:
    """A table whose form has been recognised; `lines` counts its lines, for progress.

    first: the line of its titles; what stands above them is left aside. encoding and delimiter are empty
    for a workbook.
    """

    path: Path
    encoding: str
    delimiter: str
    lines: int
    first: int = 1
    workbook: Workbook | None = None

    def records(self) -> Iterator[TableRow]:
        """Every row that is not blank, titles first, one by one: a file of text is never held in memory.

        A quote that is never closed spoils its own line only: reading resumes at the next one.
        """
        if self.workbook:
            sheet = (TableRow(number, values) for number, values in self.workbook.rows())
            yield from (row for row in sheet if row.line >= self.first)
            return
        with self._open() as file:
            rows = _records(file, self.delimiter, self.first)
            yield from (row for row in rows if row.line >= self.first)

    def _open(self) -> TextIO:
        return self.path.open(encoding=self.encoding, errors="replace", newline=None)


def open_table(path: Path, is_titles: IsTitles | None = None) -> TableFile:
    """Recognise encoding and separator: BOM, then strict UTF-8, then the likeliest of Windows-1252,
    MS-DOS (cp850) and Macintosh; or a workbook, of which the first sheet with titles is read.

    The titles are the first row that is_titles says so of, among the first ones, else the first row. Refuses
    with a RefusedInputError what is no table.
    """
    try:
        must_be_file(path)
        with path.open("rb") as file:
            if file.read(4) in MAGIC:
                for book in (sheets := open_workbook(path)):
                    table = TableFile(path, "", "", book.lines, workbook=book)
                    if first := _titles_in(table.records(), is_titles):
                        return TableFile(path, "", "", book.lines, first, book)
                return TableFile(path, "", "", sheets[0].lines, workbook=sheets[0])
            file.seek(0)
            encoding, lines = _survey(file, path)
        draft = TableFile(path, encoding, "", lines)
        with draft._open() as text:
            delimiter = _delimiter(text, path)
        for mark in (delimiter, *DELIMITERS.replace(delimiter, "")):
            with draft._open() as text:
                if first := _titles_in(_records(text, mark, _TITLES_WITHIN), is_titles):
                    return TableFile(path, encoding, mark, lines, first)
        with draft._open() as text:
            kind = _MARKUP.get(text.read(_LONGEST_LINE).lstrip("\ufeff \t\n")[:1], "")
        if is_titles and kind:
            raise _no_table(path, kind)
    except OSError as error:
        raise HotlinerError(
            f"Le fichier « {path} » est illisible : {system_words(error)}.", "Rien n’a été changé."
        ) from None
    return TableFile(path, encoding, delimiter, lines)


def _titles_in(rows: Iterable[TableRow], is_titles: IsTitles | None) -> int:
    """The line of the first row that is the titles, 0 where none is."""
    if is_titles is None:
        return 0
    above = takewhile(lambda row: row.line <= _TITLES_WITHIN, rows)
    return next((row.line for row in above if not row.fault and is_titles(row.values)), 0)


def text_encoding(path: Path) -> str:
    """The encoding of a file of text, recognised as that of a table is; what is empty is UTF-8.

    Raises RefusedInputError for what is no text.
    """
    with path.open("rb") as file:
        return _survey(file, path)[0] if file.peek(1).strip() else "utf-8"


def _no_table(path: Path, kind: str) -> RefusedInputError:
    return RefusedInputError(
        f"Le fichier « {path} » est {kind}, pas un fichier CSV.",
        todo="Enregistrez-le au format « CSV UTF-8 », puis recommencez.",
    )


def _survey(file: io.BufferedReader, path: Path) -> tuple[str, int]:
    head = file.read(4096)
    if not head.strip():
        raise RefusedInputError(f"Le fichier « {path} » est vide.")
    for magic, kind in _NOT_TABLES.items():
        if head.startswith(magic):
            raise _no_table(path, kind)
    encoding = next((name for mark, name in _MARKS if head.startswith(mark)), "") or _unmarked_utf16(head)
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = letters = high = 0
    valid = True
    met: Counter[int] = Counter()
    capitals: Counter[int] = Counter()
    file.seek(0)
    while chunk := file.read(_CHUNK):
        lines += chunk.count(b"\n") or chunk.count(b"\r")
        if encoding or chunk.isascii():
            continue
        letters += len(_UTF8_LETTER.findall(chunk))
        stray = _HIGH_BYTE.findall(_UTF8_LETTER.sub(b"", chunk))
        high += len(stray)
        met.update(byte[0] for byte in _HIGH_BYTE.findall(chunk))
        capitals.update(byte[0] for byte in _CAPITAL.findall(chunk))
        try:
            if valid:
                decoder.decode(chunk)
        except UnicodeDecodeError:
            valid = False
    if not encoding:
        # A damaged UTF-8 file has many whole letters and a few stray bytes; the others have the reverse.
        encoding = "utf-8" if valid or letters > 2 * high else _most_french(met - capitals, capitals)
    return encoding, lines


def _most_french(small: Counter[int], capitals: Counter[int]) -> str:
    """The encoding in which these bytes are the letters French has most: Windows, MS-DOS, Macintosh.

    capitals: those that stand where a capital is likelier.
    """

    def weight(name: str, byte: int, *, capital: bool) -> float:
        letter = bytes([byte]).decode(name, "replace")
        found = _FRENCH.get(letter, -1.0)
        misplaced = letter.isalpha() and letter.isupper() is not capital
        return found * _MISPLACED if misplaced and found > 0 else found

    def score(name: str) -> float:
        return sum(n * weight(name, byte, capital=False) for byte, n in small.items()) + sum(
            n * weight(name, byte, capital=True) for byte, n in capitals.items()
        )

    return max(("cp1252", "cp850", "mac_roman"), key=score)


def _unmarked_utf16(head: bytes) -> str:
    half = len(head) // 2
    if half and head[1::2].count(0) > half * 0.6:
        return "utf-16-le"
    return "utf-16-be" if half and head[0::2].count(0) > half * 0.6 else ""


def _delimiter(text: TextIO, path: Path) -> str:
    for _ in range(20):
        line = text.readline(_LONGEST_LINE)
        if declared := re.fullmatch(r"\ufeff?sep=([;,\t|])\s*", line):
            return declared[1]
        if line.strip():
            counts = {mark: len(_cells(line, mark)) for mark in DELIMITERS}
            return max(DELIMITERS, key=lambda mark: counts[mark])
        if not line:
            break
    raise RefusedInputError(f"Le fichier « {path} » n’a pas de ligne de titres.")


def _cells(line: str, delimiter: str) -> Sequence[str]:
    try:
        return next(csv.reader([line.rstrip("\n")], delimiter=delimiter))
    except (csv.Error, StopIteration):
        return ()


def _records(file: TextIO, delimiter: str, first: int = 1) -> Iterator[TableRow]:
    """Every row that is not blank; those from the line `first` on have as many columns as that line."""
    pending: list[str] = []  # lines read ahead for a quote that turned out never to close
    number = 0

    def next_line() -> str:
        if pending:
            return pending.pop()
        line = file.readline(_LONGEST_LINE)
        if len(line) == _LONGEST_LINE and not line.endswith("\n"):
            while (rest := file.readline(_LONGEST_LINE)) and not rest.endswith("\n"):
                pass
        return line

    columns = 0
    while line := next_line():
        number += 1
        if not line.strip(f"{delimiter} \t\n\ufeff\x00"):
            continue
        if not columns and re.fullmatch(r"\ufeff?sep=.\s*", line):
            continue
        taken = [line]
        record = _read(number, taken, delimiter, columns)
        while record is None and len(taken) < _LONGEST_RECORD and (more := next_line()):
            taken.append(more)
            record = _read(number, taken, delimiter, columns)
        if record is None or (record.fault and len(taken) > 1):
            pending.extend(reversed(taken[1:]))
            record = TableRow(number, (line.rstrip("\n"),), _OPEN_QUOTE)
        else:
            number += len(taken) - 1
        if record.line >= first:
            columns = columns or len(record.values)
        yield record


def _read(number: int, lines: list[str], delimiter: str, columns: int) -> TableRow | None:
    """The record made of these lines; None when a quote is still open at their end."""
    first = lines[0].rstrip("\n")
    if len(lines[0]) == _LONGEST_LINE:
        return TableRow(number, (first[:200],), "la ligne est démesurément longue")
    try:
        values = next(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        return _unreadable(number, first, str(error))
    while columns and len(values) > columns and not values[-1].strip():
        values.pop()
    if columns and len(values) > columns:
        return TableRow(number, (first,), f"{len(values)} valeurs pour {columns} colonnes")
    if columns and len(lines) > 1 and len(values) != columns:
        return TableRow(number, (first,), _OPEN_QUOTE)
    return TableRow(number, values)


def _unreadable(number: int, line: str, error: str) -> TableRow | None:
    if "unexpected end of data" in error:
        return None
    if "field larger" in error:
        return TableRow(number, (line[:200],), "une valeur dépasse 131 072 caractères")
    return TableRow(number, (line,), "un guillemet ferme une valeur avant sa fin")


def formula_safe(text: str) -> str:
    """Text that no spreadsheet runs: an apostrophe before what would start a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def without_guard(text: str) -> str:
    """The text as it was before `formula_safe`, or before a program wrote it as « ="0612345678" »."""
    if quoted := _QUOTED.fullmatch(text):
        return quoted[1]
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


class Writer:
    """Rows of `;`-separated text, each value made safe from formulas, as French spreadsheets open them.

    The file begins with a BOM (« utf-8-sig »).
    """

    def __init__(self, file: TextIO) -> None:
        self._rows = csv.writer(file, delimiter=";", lineterminator="\r\n")

    def row(self, values: Iterable[object]) -> None:
        """Append one row."""
        self._rows.writerow([formula_safe(value) if isinstance(value, str) else value for value in values])


@contextmanager
def new_file(path: Path, *, encoding: str = "utf-8") -> Iterator[TextIO]:
    """A new private text file, as `new_binary` makes it."""
    with new_binary(path) as raw:
        file = io.TextIOWrapper(raw, encoding=encoding, newline="", errors="replace")
        yield file
        file.flush()
        file.detach()


@contextmanager
def new_binary(path: Path) -> Iterator[BinaryIO]:
    """A new private file (0600), kept only when the block ends well; refuses a path that exists, or a link.

    RefusedInputError when the path is taken; HotlinerError when the folder or the disk refuses.
    """
    target = path.expanduser().absolute()
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise RefusedInputError(
            f"« {path} » existe déjà.", "Il n’a pas été touché.", "Donnez un autre nom ou déplacez-le."
        ) from None
    except OSError as error:
        raise HotlinerError(f"« {path} » ne peut pas être créé : {system_words(error)}.") from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
    except BaseException as error:
        target.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise HotlinerError(
                f"« {path} » n’a pas pu être écrit : {system_words(error)}.", "Il n’en reste rien."
            ) from None
        raise


@contextmanager
def given_file(path: Path) -> Iterator[Path]:
    """A file to read: « - » is standard input; what can be read once is kept as long as the block runs.

    An error of the block names what was given, not the copy.
    """
    piped = str(path) == "-"
    if not piped and not path.is_fifo():
        yield path
        return
    scratch = Scratch()
    try:
        copy = scratch.path / ("l’entrée standard" if piped else path.name)
        with copy.open("wb") as file:
            if piped:
                shutil.copyfileobj(sys.stdin.buffer, file)
            else:
                with path.open("rb") as pipe:
                    shutil.copyfileobj(pipe, file)
        try:
            yield copy
        except HotlinerError as error:
            error.happened = error.happened.replace(str(copy), copy.name if piped else str(path))
            raise
    finally:
        scratch.remove()


@contextmanager
def standard_output(encoding: str = "utf-8") -> Iterator[TextIO]:
    """Standard output in this encoding, line ends as written; left open."""
    file = io.TextIOWrapper(sys.stdout.buffer, encoding=encoding, newline="", errors="replace")
    try:
        yield file
        file.flush()
    finally:
        file.detach()


@contextmanager
def standard_binary() -> Iterator[BinaryIO]:
    """Standard output as bytes; a terminal is refused."""
    if sys.stdout.isatty():
        raise RefusedInputError("Un classeur ne s’affiche pas.", todo="Donnez un fichier : --sortie.")
    yield sys.stdout.buffer
    sys.stdout.buffer.flush()
