"""Exports for a spreadsheet or a machine: refusals, clients, key figures, the journal of events,
what the agents were at."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from math import inf
from pathlib import Path
from typing import Any

from console.audit import audit
from console.base.dates import plus_days, start_of
from console.base.errors import RefusedInputError
from console.base.history import EventKind
from console.base.roles import Role
from console.base.vocabulary import Pane, Plan, SubscriptionStatus
from console.cases import agreements
from console.cases.pauses import pauses
from console.cases.spoken import typed
from console.cases.upkeep import refresh_stale
from console.cases.views import Campaign
from console.context import Context
from console.db.query import AnyRow
from console.exports import store as storage
from console.exports.forms import Format, What
from console.figures.service import KpiService
from console.figures.views import RECORD, record
from console.ledger.sealer import SealService
from console.outside.files import new_binary, new_file, standard_binary, standard_output
from console.outside.tables import write_csv, write_json, write_xlsx
from console.records.filters import Filters
from console.records.refusals import EXPORTED, RefusalService
from console.rules.agreements import AgreementState
from console.rules.campaigns import campaign_of
from console.rules.client_columns import FIELDS
from console.rules.outcomes import retention_of
from console.rules.presence import LABELS, PresenceState
from console.rules.status import paused_words
from console.team.presences import between
from console.team.seats import alive, last_heard, seats

BATCH = 500
_TAKEN = 100
"""Files of one name that a folder may hold before we give up finding a free one."""

Row = Mapping[str, Any]


class ExportService:
    """For supervisors; every export leaves a line in the audit trail, written before the file."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def write(
        self,
        what: What,
        form: Format,
        output: Path | None,
        since: date | None = None,
        until: date | None = None,
    ) -> int:
        """Write the rows of these days, both included; how many there were.

        `output` is a new file, None for standard output.
        """
        self._ctx.need(Role.SUPERVISOR)
        days = {"since": since and since.isoformat(), "until": until and until.isoformat()}
        return self._write(what, form, output, _SOURCES[what](self._ctx, since, until), days)

    def to_folder(
        self, what: What, form: Format, period: Campaign | None, folder: Path | None = None
    ) -> Path:
        """Write a new file in a folder, the user's documents by default; where it is."""
        self._ctx.need(Role.SUPERVISOR)
        path = _free(folder, what, f"-{period.first}-{period.last}" if period else "", form)
        self.write(what, form, path, *((period.first, period.last) if period else ()))
        return path

    def refusals_to_folder(
        self, form: Format, filters: Filters, folder: Path | None = None
    ) -> tuple[Path, int]:
        """Write the refusals that pass to a new file, as `to_folder`; where it is, and how many there are.

        The trail keeps the criteria, without the words looked for: they may name somebody.
        """
        self._ctx.need(Role.SUPERVISOR)
        path = _free(folder, What.REFUSALS, _days(filters), form)
        kept = replace(filters, text="").stored() | {"words": bool(filters.text)}
        rows = RefusalService(self._ctx).all_records(filters)
        return path, self._write(What.REFUSALS, form, path, rows, kept)

    def _write(
        self, what: What, form: Format, output: Path | None, rows: Iterator[Row], detail: Mapping[str, Any]
    ) -> int:
        seal = SealService(self._ctx).latest()
        told: dict[str, Any] = {**detail, **({"sceau": seal.fingerprint} if seal else {})}
        with self._ctx.database.writing() as session:
            audit(session, self._ctx, f"export.{what}", form=form.value, **told)
        titles = _titles(self._ctx, what)
        if form is Format.XLSX:
            with standard_binary() if output is None else new_binary(output) as file:
                return write_xlsx(file, titles, rows, what, seal.words if seal else "")
        encoding = "utf-8-sig" if form is Format.CSV else "utf-8"
        with standard_output(encoding) if output is None else new_file(output, encoding=encoding) as text:
            return write_csv(text, titles, rows) if form is Format.CSV else write_json(text, rows)


def _free(folder: Path | None, what: What, days: str, form: Format) -> Path:
    """A name that no file of the folder has."""
    if folder is None:
        from platformdirs import user_documents_path

        folder = user_documents_path()
        folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, _TAKEN + 1):
        again = f"-{number}" if number > 1 else ""
        path = folder / f"hotliner-{what}{days}{again}.{form}"
        if not path.exists():
            return path
    raise RefusedInputError(f"« {folder} » contient déjà beaucoup d’exports du même nom.")


def _days(filters: Filters) -> str:
    """The days that narrow the refusals, as part of a file's name."""
    if filters.since or filters.until:
        return "".join(f"-{day}" for day in (filters.since, filters.until) if day)
    if filters.expires_from:
        return f"-echeances-{filters.expires_from}-{filters.expires_to}"
    return ""


def _refusals(ctx: Context, since: date | None, until: date | None) -> Iterator[Row]:
    return RefusalService(ctx).all_records(Filters(since=since, until=until))


def _clients(ctx: Context, since: date | None, until: date | None) -> Iterator[Row]:
    refresh_stale(ctx, seconds=inf)  # a term that ended last night is not said to be running
    campaigns, last = ctx.content.data.campaigns, 0
    while True:
        with ctx.database.reading() as session:
            batch = storage.terms_after(session, last, BATCH, since, until)
            made = agreements.of_terms(session, [row.id for row in batch])
            rests = pauses(session, [row.id for row in batch if row.status == SubscriptionStatus.PAUSED])
        now, today = ctx.clock.now(), ctx.clock.today()
        for row in batch:
            agreement, rest = made.get(row.id), rests.get(row.id)
            yield {
                **{name: column(row) for name, column in _CLIENT.items()},
                "regle_le": rest.since(now) if rest else row.settled_at,
                "accord_ecrit": _AGREEMENTS[agreement.state(today)] if agreement else "",
                **(
                    {CAMPAIGN: campaign_of(campaigns, Plan(row.plan), row.department, row.team)}
                    if campaigns
                    else {}
                ),
            }
        if len(batch) < BATCH:
            return
        last = batch[-1].id


_PLANS = {"premium": "Premium", "basic": "Basic", "annual": "annuel", "monthly": "mensuel"}
_STATES = {
    "active": "en attente",
    "renewed": "renouvelé",
    "downgraded": "passé à Basic",
    "expired": "échu",
    "cancelled": "résilié",
    "void": "sans suite",
}
_AGREEMENTS = {
    AgreementState.LINK: "lien envoyé",
    AgreementState.ORAL: "attendu",
    AgreementState.CONFIRMED: "reçu",
    AgreementState.WITHDRAWN: "retiré",
    AgreementState.LAPSED: "jamais confirmé",
}


def _state(status: str, retention: str, pane: str) -> str:
    if status == SubscriptionStatus.PAUSED:
        return paused_words(retention, Pane(pane))[0]
    kept = retention_of(retention)
    return (kept.mark if kept else "") or _STATES[status]


_CELLS: Mapping[str, Callable[[AnyRow], Any]] = {
    "code": lambda row: row.code,
    "formule": lambda row: _PLANS[row.plan],
    "periodicite": lambda row: _PLANS[row.billing],
    "debute_le": lambda row: row.starts_on,
    "expire_le": lambda row: row.expires_on,
} | {column.name: column.cell for column in FIELDS.values()}
_FIRST = (
    "code",
    "civilite",
    "nom",
    "prenom",
    "email",
    "telephone",
    "formule",
    "periodicite",
    "client_depuis",
)
_CLIENT: Mapping[str, Callable[[AnyRow], Any]] = {
    **{name: _CELLS[name] for name in dict.fromkeys((*_FIRST, *_CELLS))},
    "etat": lambda row: _state(row.status, row.retention, row.pane),
    "regle_le": lambda row: row.settled_at,  # of a pause, since when it is what `etat` says
    "accord_ecrit": lambda row: "",  # the term's agreement, read beside
    "ateliers_offerts": lambda row: row.workshops_given,
    "a_risque": lambda row: row.at_risk,
}
"""One expiry a row, under the titles that the import reads."""


def _kpis(ctx: Context, since: date | None, until: date | None) -> Iterator[Row]:
    if (since is None) != (until is None):
        raise RefusedInputError("Pour les indicateurs, « --du » et « --au » vont ensemble.")
    kpis = KpiService(ctx)
    period = Campaign(since, until) if since and until else kpis.usual()
    campaigns = ctx.content.data.campaigns
    for code in ("", *(one.code for one in campaigns)):
        view = kpis.view(replace(period, named=code))
        told = {"du": view.period.first, "au": view.period.last} | ({CAMPAIGN: code} if campaigns else {})
        for one in view.measures:
            yield told | record(one)


_EVENT: Mapping[str, Callable[[AnyRow], Any]] = {
    "numero": lambda row: row.id,
    "le": lambda row: row.at,
    "nature": lambda row: row.kind,
    "texte": lambda row: row.text,
    "agent": lambda row: row.agent,
    "client": lambda row: row.code or "",
    "appel": lambda row: row.call_id or "",
    "detail": lambda row: json.dumps(row.data, ensure_ascii=False) if row.data else "",
}
TYPED = "paroles"
"""The column of the journal that tells, where a call ends, the words typed at its steps."""


def _journal(ctx: Context, since: date | None, until: date | None) -> Iterator[Row]:
    first = start_of(since) if since else None
    end = start_of(plus_days(until, 1)) if until else None
    last = 0
    while True:
        with ctx.database.reading() as session:
            batch = storage.events_after(session, last, BATCH, first, end)
            ended = {row.id: row.call_id for row in batch if row.kind == EventKind.CALL_ENDED and row.call_id}
            said = typed(session, list(ended.values()))
        for row in batch:
            words = said.get(ended.get(row.id, ""), ())
            yield {name: column(row) for name, column in _EVENT.items()} | {TYPED: "\n".join(words)}
        if len(batch) < BATCH:
            return
        last = batch[-1].id


_PRESENCE: Mapping[str, Callable[[AnyRow], Any]] = {
    "agent": lambda row: row.agent,
    "etat": lambda row: LABELS[PresenceState(row.state)],
    "motif": lambda row: row.reason,
    "debut": lambda row: row.began_at,
}


def _presences(ctx: Context, since: date | None, until: date | None) -> Iterator[Row]:
    """What everybody was at; what lasts ends now, or when its console was last heard of."""
    now = ctx.clock.now()
    first = start_of(since) if since else start_of(date(2000, 1, 1))
    end = min(now, start_of(plus_days(until, 1))) if until else now
    with ctx.database.reading() as session:
        found = between(session, first, end)
        gone = {one.agent: last_heard(one, now) for one in seats(session) if not alive(one)}
    for row in found:
        ended = max(row.ended_at or gone.get(row.agent, now), row.began_at)
        lasted = {"fin": ended, "secondes": int((ended - row.began_at).total_seconds())}
        yield {name: column(row) for name, column in _PRESENCE.items()} | lasted


CAMPAIGN = "campagne"
"""The column that tells which of the named campaigns a row is about, where there are any; empty for all."""


def _titles(ctx: Context, what: What) -> tuple[str, ...]:
    titles = _TITLES[what]
    if not ctx.content.data.campaigns or what not in {What.CLIENTS, What.KPIS}:
        return titles
    return (*titles, CAMPAIGN) if what is What.CLIENTS else (*titles[:2], CAMPAIGN, *titles[2:])


_SOURCES: Mapping[What, Callable[[Context, date | None, date | None], Iterator[Row]]] = {
    What.REFUSALS: _refusals,
    What.CLIENTS: _clients,
    What.KPIS: _kpis,
    What.JOURNAL: _journal,
    What.PRESENCES: _presences,
}

_TITLES: Mapping[What, tuple[str, ...]] = {
    What.REFUSALS: tuple(EXPORTED),
    What.CLIENTS: tuple(_CLIENT),
    What.KPIS: ("du", "au", *RECORD),
    What.JOURNAL: (*_EVENT, TYPED),
    What.PRESENCES: (*_PRESENCE, "fin", "secondes"),
}
