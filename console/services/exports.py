"""Exports of what calls wrote, for a spreadsheet or a machine."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TextIO

from console.domain.dates import PARIS
from console.domain.french import day
from console.gateways.files import Writer, new_file, standard_output
from console.services.context import Context
from console.services.refusals import RefusalService


class Form(StrEnum):
    """CSV for a French spreadsheet (`;`, UTF-8 with BOM), or JSON."""

    CSV = "csv"
    JSON = "json"


def export_refusals(
    ctx: Context, form: Form, output: Path | None, since: date | None = None, until: date | None = None
) -> int:
    """Write the churn records of these days of cancellation, both included; how many there were.

    `output` is a new file, None for standard output.
    """
    records = (
        record
        for record in RefusalService(ctx).all_records()
        if (since is None or record["date_resiliation"] >= since)
        and (until is None or record["date_resiliation"] <= until)
    )
    with _opened(output, form) as file:
        return (_write_csv if form is Form.CSV else _write_json)(file, records)


@contextmanager
def _opened(output: Path | None, form: Form) -> Iterator[TextIO]:
    encoding = "utf-8-sig" if form is Form.CSV else "utf-8"
    with standard_output(encoding) if output is None else new_file(output, encoding=encoding) as file:
        yield file


def _write_csv(file: TextIO, records: Iterator[Mapping[str, Any]]) -> int:
    writer = Writer(file)
    n = 0
    for n, record in enumerate(records, 1):
        if n == 1:
            writer.row(record)
        writer.row(_in_cell(value) for value in record.values())
    return n


def _write_json(file: TextIO, records: Iterator[Mapping[str, Any]]) -> int:
    n = 0
    file.write("[")
    for n, record in enumerate(records, 1):
        file.write(",\n" if n > 1 else "\n")
        file.write(json.dumps(record, ensure_ascii=False, default=_in_json))
    file.write("\n]\n")
    return n


def _in_cell(value: Any) -> object:
    match value:
        case bool():
            return "oui" if value else "non"
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
