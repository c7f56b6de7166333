"""Exports for a spreadsheet or a machine: refusals, clients, key figures, the journal of events."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from console.domain.dates import plus_days, start_of
from console.domain.roles import Role
from console.errors import RefusedInputError
from console.gateways.files import new_binary, new_file, standard_binary, standard_output
from console.gateways.tables import write_csv, write_json, write_xlsx
from console.services.audit import audit
from console.services.context import Context
from console.services.kpi import KpiService, record
from console.services.refusals import RefusalService
from console.services.views import Campaign
from console.storage import exports as storage
from console.storage.facts import AnyRow

BATCH = 500
_TAKEN = 100
"""Files of one name that a folder may hold before we give up finding a free one."""

Row = Mapping[str, Any]


class Form(StrEnum):
    """CSV for a French spreadsheet (`;`, UTF-8 with BOM), a workbook, or JSON."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"


class What(StrEnum):
    """What can be exported, and what its days are: of the cancellation, of the expiry, of the event."""

    REFUSALS = "refus"
    CLIENTS = "clients"
    KPIS = "indicateurs"
    JOURNAL = "journal"


class ExportService:
    """For supervisors; every export leaves a line in the audit trail, written before the file."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def write(
        self,
        what: What,
        form: Form,
        output: Path | None,
        since: date | None = None,
        until: date | None = None,
    ) -> int:
        """Write the rows of these days, both included; how many there were.

        `output` is a new file, None for standard output.
        """
        self._ctx.need(Role.SUPERVISOR)
        with self._ctx.database.writing() as session:
            audit(
                session,
                self._ctx,
                f"export.{what}",
                form=form.value,
                since=since.isoformat() if since else None,
                until=until.isoformat() if until else None,
            )
        rows = _SOURCES[what](self._ctx, since, until)
        if form is Form.XLSX:
            with standard_binary() if output is None else new_binary(output) as file:
                return write_xlsx(file, rows, what)
        encoding = "utf-8-sig" if form is Form.CSV else "utf-8"
        with standard_output(encoding) if output is None else new_file(output, encoding=encoding) as text:
            return (write_csv if form is Form.CSV else write_json)(text, rows)

    def to_folder(self, what: What, form: Form, period: Campaign | None, folder: Path | None = None) -> Path:
        """Write a new file in a folder, the user's documents by default; where it is."""
        self._ctx.need(Role.SUPERVISOR)
        if folder is None:
            from platformdirs import user_documents_path

            folder = user_documents_path()
            folder.mkdir(parents=True, exist_ok=True)
        days = f"-{period.first}-{period.last}" if period else ""
        for number in range(1, _TAKEN + 1):
            again = f"-{number}" if number > 1 else ""
            path = folder / f"hotliner-{what}{days}{again}.{form}"
            if not path.exists():
                self.write(what, form, path, *((period.first, period.last) if period else ()))
                return path
        raise RefusedInputError(f"« {folder} » contient déjà beaucoup d’exports du même nom.")


def _refusals(ctx: Context, since: date | None, until: date | None) -> Iterator[Row]:
    for one in RefusalService(ctx).all_records():
        if (since or date.min) <= one["date_resiliation"] <= (until or date.max):
            yield one


def _clients(ctx: Context, since: date | None, until: date | None) -> Iterator[Row]:
    last = 0
    while True:
        with ctx.database.reading() as session:
            batch = storage.terms_after(session, last, BATCH, since, until)
        for row in batch:
            yield _client(row)
        if len(batch) < BATCH:
            return
        last = batch[-1].id


_PLANS = {"premium": "Premium", "basic": "Basic", "annual": "annuel", "monthly": "mensuel"}
_STATES = {
    "active": "en attente",
    "renewed": "renouvelé",
    "downgraded": "passé à Basic",
    "paused": "en pause",
    "expired": "échu",
    "cancelled": "résilié",
}
_AGREEMENTS = {"none": "", "awaited": "attendu", "received": "reçu"}


def _client(row: AnyRow) -> Row:
    """One expiry a row, under the titles that the import reads."""
    state = "remise temporaire" if row.retention == "discounted" else _STATES[row.status]
    return {
        "code": row.code,
        "civilite": row.civility,
        "nom": row.last_name,
        "prenom": row.first_name,
        "email": row.email,
        "telephone": row.phone or row.phone_raw,
        "formule": _PLANS[row.plan],
        "periodicite": _PLANS[row.billing],
        "client_depuis": row.client_since,
        "debute_le": row.starts_on,
        "expire_le": row.expires_on,
        "fuseau": row.timezone,
        "opposition_appel": row.opposed_call,
        "opposition_email": row.opposed_email,
        "opposition_sms": row.opposed_sms,
        "etat": state,
        "regle_le": row.settled_at,
        "accord_ecrit": _AGREEMENTS[row.written_agreement],
        "ateliers_offerts": row.workshops_given,
        "a_risque": row.at_risk,
    }


def _kpis(ctx: Context, since: date | None, until: date | None) -> Iterator[Row]:
    if (since is None) != (until is None):
        raise RefusedInputError("Pour les indicateurs, « --du » et « --au » vont ensemble.")
    view = KpiService(ctx).view(Campaign(since, until) if since and until else None)
    for one in view.measures:
        yield {"du": view.period.first, "au": view.period.last} | record(one)


def _journal(ctx: Context, since: date | None, until: date | None) -> Iterator[Row]:
    first = start_of(since) if since else None
    end = start_of(plus_days(until, 1)) if until else None
    last = 0
    while True:
        with ctx.database.reading() as session:
            batch = storage.events_after(session, last, BATCH, first, end)
        for row in batch:
            yield {
                "numero": row.id,
                "le": row.at,
                "nature": row.kind,
                "texte": row.text,
                "agent": row.agent,
                "client": row.code or "",
                "appel": row.call_id or "",
                "detail": json.dumps(row.data, ensure_ascii=False) if row.data else "",
            }
        if len(batch) < BATCH:
            return
        last = batch[-1].id


_SOURCES: Mapping[What, Callable[[Context, date | None, date | None], Iterator[Row]]] = {
    What.REFUSALS: _refusals,
    What.CLIENTS: _clients,
    What.KPIS: _kpis,
    What.JOURNAL: _journal,
}
