"""The import of clients: each row checked, then written in batches that can be run again.

A batch is one transaction that holds the clients it is about: the agents go on working meanwhile. Every row
in it is written whole (client, term, note, figures) or not at all. What is already there changes nothing, so
an import that was stopped is finished by running it again.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import islice
from math import inf
from pathlib import Path

from console.base.errors import ConflictError, RefusedInputError
from console.base.text import clean, decoded_once
from console.base.vocabulary import Billing
from console.cases.upkeep import reassess, refresh_stale, stale
from console.context import Context
from console.db.turns import FIRST_IN_FILE, FIRST_ON_SERVER, Turns
from console.imports import rows as checks
from console.imports import store
from console.imports.plan import BatchPlan, Line, Planner
from console.imports.writing import BatchWriting
from console.outside.files import TableRow, Writer, new_file, open_table, without_guard
from console.rules.client_columns import COLUMNS, CellFault, country_of

BATCH = 1000
TOLD = 1000
"""How many refusals and warnings a report holds; the rejects file holds them all."""


@dataclass(frozen=True, slots=True)
class LineFault:
    """A fault with the line it is on, counted from 1 as in a text editor."""

    line: int
    column: str
    value: str
    reason: str

    def __str__(self) -> str:
        where = f"ligne {self.line}" + (f", colonne « {self.column} »" if self.column else "")
        return f"{where} : {self.reason}" + (f" (« {self.value} »)" if self.value else "")


@dataclass(slots=True)
class ImportReport:
    """What an import did, or would do when `simulated`. added + updated + unchanged + rejected = read.

    forgotten: those of the rejected whose person was erased. renewed: terms found renewed elsewhere; undated:
    those of them that the file gives no day for.
    """

    simulated: bool
    encoding: str
    delimiter: str
    unknown_columns: tuple[str, ...]
    read: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    forgotten: int = 0
    warned: int = 0
    renewed: int = 0
    undated: int = 0
    cancelled: bool = False
    rejects: Path | None = None
    faults: list[LineFault] = field(default_factory=list)
    warnings: list[LineFault] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 all taken · 1 in part · 2 nothing was acceptable."""
        if self.rejected and self.rejected == self.read:
            return 2
        return int(bool(self.rejected or self.cancelled))


class ImportService:
    """Imports the clients file."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def take(self, rows: Iterable[tuple[int, Mapping[str, str]]]) -> ImportReport:
        """Import numbered rows, given by the format's column names. Raises StorageError as `run` does."""
        columns = tuple(one.name for one in COLUMNS)
        header = checks.read_header(columns, self._ctx.content.data.titles)
        report = ImportReport(False, "", "", ())
        with ExitStack() as stack:
            run = _Run(self._ctx, report, header, _Rejects(stack, None, header, report))
            found = (TableRow(number, tuple(row.get(one, "") for one in columns)) for number, row in rows)
            while batch := list(islice(found, BATCH)):
                run.batch(batch)
        return report

    def run(
        self,
        path: Path,
        *,
        simulate: bool = False,
        rejects: Path | None = None,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> ImportReport:
        """Import a file; `simulate` checks it all and writes nothing to the database.

        `rejects` is a new file that gets the refused rows, to be mended and imported again. `progress` is
        called with lines done and lines in all; `cancelled` is asked between batches. Raises a
        RefusedInputError when the file is no clients file or the rejects file exists, a StorageError when the
        database fails: the batches before it stay, and running it again finishes the work.
        """
        if rejects and os.path.lexists(rejects):
            raise RefusedInputError(
                f"Le fichier de rejets « {rejects} » existe déjà.", "Rien n’a été importé."
            )
        titles = self._ctx.content.data.titles
        table = open_table(path, lambda cells: not checks.read_header(cells, titles).faults)
        records = table.records()
        header = checks.read_header(next(records, TableRow(1, ())).values, titles)
        if header.faults:
            raise RefusedInputError(
                f"« {path.name} » n’est pas un fichier de clients : {' ; '.join(header.faults)}.",
                "Rien n’a été importé.",
                f"Colonnes lues : {', '.join(header.names[:30])}.",
            )
        report = ImportReport(simulate, table.encoding, table.delimiter, header.unknown)
        with ExitStack() as stack:
            run = _Run(self._ctx, report, header, _Rejects(stack, rejects, header, report))
            while batch := list(islice(records, run.size)):
                if cancelled and cancelled():
                    report.cancelled = True
                    break
                run.batch(batch)
                if progress:
                    progress(min(batch[-1].line, table.lines), table.lines)
        return report


class _Rejects:
    """The refused rows: reported, and written beside what is wrong with them."""

    def __init__(
        self, stack: ExitStack, path: Path | None, header: checks.Header, report: ImportReport
    ) -> None:
        self._stack, self._path, self._report = stack, path, report
        self._kept = [i for i, name in enumerate(header.names) if name not in checks.REJECT_COLUMNS]
        self._titles = [*(header.names[i] for i in self._kept), *checks.REJECT_COLUMNS]
        self._columns = {column: header.names[i] for column, i in header.places.items()}
        self._writer: Writer | None = None

    def add(self, line: int, cells: Sequence[str], faults: Sequence[CellFault]) -> None:
        """One refused row, for all its faults."""
        report = self._report
        report.rejected += 1
        named = self._named(line, faults)
        report.faults += named[: max(0, TOLD - len(report.faults))]
        if self._path is None:
            return
        if self._writer is None:
            file = self._stack.enter_context(new_file(self._path, encoding="utf-8-sig"))
            self._writer = Writer(file)
            self._writer.row(self._titles)
            report.rejects = self._path
        values = [cells[i] if i < len(cells) else "" for i in self._kept]
        whats = [
            " | ".join(texts)
            for texts in (
                [one.column for one in named],
                [one.value for one in faults],
                [one.reason for one in named],
            )
        ]
        self._writer.row([without_guard(value) for value in values] + [str(line), *whats])

    def warn(self, line: int, faults: Sequence[CellFault]) -> None:
        """What was taken all the same."""
        report = self._report
        report.warned += bool(faults)
        report.warnings += self._named(line, faults)[: max(0, TOLD - len(report.warnings))]

    def _named(self, line: int, faults: Sequence[CellFault]) -> list[LineFault]:
        return [
            LineFault(line, self._columns.get(one.column, ""), clean(one.value, limit=80), one.reason)
            for one in faults
        ]


class _Run:
    """One import under way."""

    def __init__(self, ctx: Context, report: ImportReport, header: checks.Header, rejects: _Rejects) -> None:
        self._ctx, self._report, self._header, self._rejects = ctx, report, header, rejects
        self._tariffs = ctx.content.data.catalogue.tariffs
        self._annual = frozenset(plan for plan, billing in self._tariffs if billing is Billing.ANNUAL)
        self._planner = Planner(self._annual)
        self._turns = Turns(ctx.database, FIRST_ON_SERVER if ctx.database.shared else FIRST_IN_FILE)
        self._late = frozenset[int]()
        if report.simulated:
            self._late = frozenset(stale(ctx))
        else:
            refresh_stale(ctx, seconds=inf)  # what a file renews may have lapsed with nobody looking

    @property
    def size(self) -> int:
        """How many rows the next batch had better have: a call beside it waits for one batch at most."""
        return BATCH if self._report.simulated else min(BATCH, self._turns.size)

    def batch(self, records: Sequence[TableRow]) -> None:
        """Check these rows and write the good ones, in one transaction."""
        records = [record for record in records if not self._is_total(record)]
        lines = list(self._check(records))
        plan = self._carry_out(lines)
        report = self._report
        report.read += len(records)
        report.added += len(plan.new)
        report.updated += len(plan.changes)
        report.unchanged += plan.unchanged
        report.forgotten += plan.forgotten
        report.renewed += len(plan.renewed)
        report.undated += sum(row.renewed_on is None for _, row, _ in plan.renewed)
        self._planner.accept(plan)
        for line, fault in plan.warned:
            self._rejects.warn(line.number, (fault,))
        for line, fault in plan.refused:
            self._rejects.add(line.number, line.cells, (fault,))

    def _is_total(self, record: TableRow) -> bool:
        """Whether a row sums up the others, as spreadsheets end: it is said, and is no client."""
        if record.fault or not checks.is_total(record.values, self._header):
            return False
        self._rejects.warn(record.line, (CellFault("", record.values[0], "un total, laissé de côté"),))
        return True

    def _check(self, records: Iterable[TableRow]) -> Iterator[Line]:
        today = self._ctx.clock.today()
        places = self._header.places.items()
        for record in records:
            if record.fault:
                raw = record.values[0]
                self._rejects.add(record.line, (), (CellFault("", raw, record.fault),))
                continue
            cells, count = record.values, len(record.values)
            values = {name: decoded_once(without_guard(cells[i])) for name, i in places if i < count}
            others: tuple[str, ...] = ()
            for name in ("email", "telephone"):
                where = self._header.several.get(name) or (self._header.places.get(name, count),)
                given = [one for i in where if i < count for one in checks.several_in(name, cells[i])]
                if len(given) > 1:
                    others += self._choose(values, name, given)
            reading = checks.read_row(values, today=today, tariffs=self._tariffs, fiction=self._ctx.demo)
            if reading.row is None:
                self._rejects.add(record.line, cells, reading.refused)
            else:
                self._rejects.warn(record.line, reading.warnings)
                yield Line(record.line, cells, replace(reading.row, others=others))

    def _choose(self, values: dict[str, str], column: str, cells: Sequence[str]) -> tuple[str, ...]:
        """Of several columns for one thing the best; the others go into the note, and are given back."""
        given = [decoded_once(without_guard(cell)) for cell in cells]
        country = country_of(values.get("pays", ""))
        values[column], others = checks.choose(column, given, country=country, fiction=self._ctx.demo)
        if others:
            also = f"Aussi ({column})\u202f: {', '.join(others)}"
            values["note"] = "\n".join(part for part in (values.get("note", ""), also) if part)
        return checks.compared(column, others, country=country)

    def _carry_out(self, lines: Sequence[Line]) -> BatchPlan:
        if self._report.simulated:
            database = self._ctx.database
            with database.rehearsing() if self._late else database.reading() as session:
                if self._late:
                    known = store.terms_known(session, [line.row for line in lines])
                    reassess(session, self._ctx, self._late & known)
                return self._planner.plan(session, lines)
        try:
            return self._write(lines)
        except ConflictError:  # another import gave the same code or added the same client meanwhile
            self._planner.forget_codes()
            return self._write(lines)

    def _write(self, lines: Sequence[Line]) -> BatchPlan:
        database, held = self._ctx.database, set[int]()
        if database.shared:
            with database.reading() as session:
                held = store.reached(session, store.known_of(session, [line.row for line in lines]))
        while True:
            with self._turns.working(held) as session:
                plan = self._planner.plan(session, lines)
                missed = store.reached(session, plan.known) - held if database.shared else set()
                if not missed:
                    BatchWriting(self._ctx, session, self._annual).write(plan)
                    return plan
            held |= missed  # somebody has just written about them: from the start, to hold all in their order
