"""The churn records: a page of them, one with the call as it was spoken, all of them for an export."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from console.base.errors import RefusedInputError
from console.base.french import THIN, day, moment
from console.base.history import HistoryEntry
from console.base.roles import Role
from console.base.vocabulary import Objection, RetentionOption
from console.cases import spoken
from console.cases.views import Campaign, RowsPage
from console.context import Context
from console.db.tables import ChurnRecord, RecordAmendment
from console.records import journal_store as journal
from console.records import store as storage
from console.records.filters import Amendment, Filters
from console.records.rows import listed
from console.records.views import RefusalFile, RefusalRow
from console.rules.churn import ANSWER_LABELS, OBJECTION_LABELS
from console.rules.options import OPTIONS
from console.rules.reasons import Reasons
from console.rules.walk import Answer

BATCH = 500
"""Records read at once for an export: memory stays flat, and no reading lasts."""


class RefusalService:
    """Reads what calls wrote; the journal and the review are in `ReviewService`."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    @property
    def _reasons(self) -> Reasons:
        return self._ctx.content.data.reasons

    def page(self, campaign: Campaign | None, offset: int, limit: int) -> RowsPage[RefusalRow]:
        """Some of the refusals, the latest first; None: of every campaign."""
        with self._ctx.database.reading() as session:
            total = storage.count_records(session, campaign)
            found = storage.records(session, campaign, offset, limit)
            rows = listed(session, self._ctx, found, self._reasons)
        return RowsPage(total, rows)

    def file(self, record_id: int) -> RefusalFile:
        """One record, field by field, and the call that led to it. RefusedInputError when there is none.

        What supervisors added is theirs: an agent sees what was asked of them, and what they answered. Of a
        colleague's record, an agent gets what a call needs: the reason and the dates.
        """
        with self._ctx.database.reading() as session:
            record = storage.record(session, record_id)
            if record is None:
                raise RefusedInputError("Cette fiche de résiliation n’existe pas.")
            whole = self._ctx.reads_all_of(record.agent)
            steps = spoken.journal(session, record.call_id) if whole else ()
            notes = spoken.call_notes(session, record.call_id) if whole else ()
            added, me = journal.amendments(session, record_id), self._ctx.agent
            if not self._ctx.may(Role.SUPERVISOR):
                added = [one for one in added if me in {one.addressee, one.author}]
            (row,) = listed(session, self._ctx, [record], self._reasons)
            return RefusalFile(
                row,
                tuple(
                    one for one in _fields(record, self._reasons, row.since) if whole or one[0] in _FOR_A_CALL
                ),
                tuple(spoken.told(step, record.agent) for step in steps),
                tuple(HistoryEntry(note.at, note.kind, "Note", note.text, note.agent) for note in notes),
                tuple(map(amendment_words, added)),
                record.reason_now,
                record.follow_up_now.isoformat() if record.follow_up_now else "",
                _waiting(added, me),
            )

    def of_client(self, client_id: int) -> int | None:
        """The number of a client's latest record, if there is one."""
        with self._ctx.database.reading() as session:
            return journal.record_of(session, client_id)

    def all_records(self, filters: Filters | None = None) -> Iterator[dict[str, Any]]:
        """The records that pass, all of them without criteria, in the order they were written.

        They have the columns of EXPORTED: plain values, days and instants as dates; the reason keeps its
        code. Raises ForbiddenError, StorageError.
        """
        self._ctx.need(Role.SUPERVISOR)
        return self._all(filters or Filters())

    def _all(self, filters: Filters) -> Iterator[dict[str, Any]]:
        last: journal.Key | None = None
        reasons, campaigns = self._reasons, self._ctx.content.data.campaigns
        while True:
            with self._ctx.database.reading() as session:
                batch = journal.batch(session, filters, last, BATCH, campaigns)
            for one in batch:
                yield {name: column(one, reasons) for name, column in EXPORTED.items()}
            if len(batch) < BATCH:
                return
            last = batch[-1].at, batch[-1].id or 0


_FOR_A_CALL = frozenset({"Client", "Date de résiliation", "Depuis", "Code motif", "Statut", "Agent"})
"""What an agent gets of a colleague's record."""


def _attempts(record: ChurnRecord) -> str:
    return "\n".join(
        f"{OPTIONS[RetentionOption(one['option'])].label}{THIN}: {ANSWER_LABELS[Answer(one['answer'])]}"
        for one in record.attempts
    )


def _duration(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def _fields(record: ChurnRecord, reasons: Reasons, since: str) -> tuple[tuple[str, str], ...]:
    """Label and value, in the order a supervisor reads them."""
    return (
        ("Client", f"{record.client_name} ({record.client_code})"),
        ("Date de résiliation", day(record.cancelled_on)),
        *([("Depuis", since[0].upper() + since[1:])] if since else []),
        ("Motif exprimé", record.verbatim or "non précisé"),
        ("Code motif", f"{record.reason} ({reasons.label(record.reason)})"),
        *_recoded(record, reasons),
        ("Première objection", OBJECTION_LABELS[Objection(record.first_objection)]),
        ("Contexte", record.context),
        ("Tentatives de rétention", _attempts(record) or "aucune"),
        ("Résultat", record.result),
        *(
            [("Annulée", f"par correction, {moment(record.corrected_at)}")]
            if record.corrected_at is not None
            else []
        ),
        ("Statut", record.status),
        ("Note interne", record.note),
        ("Relation à reprendre", "oui" if record.resumable else "non"),
        ("Recommandation", record.recommendation),
        *_followed_up(record),
        ("Agent", record.agent),
        ("Appel", f"{moment(record.at)}, {_duration(record.duration_s)}"),
        ("Version du script", record.script_hash[:12]),
    )


def _recoded(record: ChurnRecord, reasons: Reasons) -> Iterator[tuple[str, str]]:
    if record.reason_now != record.reason:
        yield "Motif recodé", f"{record.reason_now} ({reasons.label(record.reason_now)})"


def _followed_up(record: ChurnRecord) -> Iterator[tuple[str, str]]:
    """What a supervisor decided since."""
    if record.follow_up_now != record.follow_up_on:
        yield "Suivi décidé", day(record.follow_up_now) if record.follow_up_now else "aucun : suivi levé"


def _waiting(added: Sequence[RecordAmendment], agent: str) -> int | None:
    """The oldest question of these that the agent has to answer."""
    for one in added:
        if one.kind == Amendment.QUESTION and one.addressee == agent and one.answered_at is None:
            return one.id
    return None


def amendment_words(one: RecordAmendment) -> HistoryEntry:
    """An amendment in French, signed and dated."""
    match Amendment(one.kind):
        case Amendment.READ:
            title = "Lu"
        case Amendment.COMMENT:
            title = "Commentaire"
        case Amendment.RECODED:
            title = f"Motif recodé{THIN}: {one.before} → {one.value}"
        case Amendment.QUESTION:
            title = f"Question à {one.addressee}" + ("" if one.answered_at else ", sans réponse encore")
        case Amendment.ANSWER:
            title = "Réponse"
        case Amendment.FOLLOW_UP if one.value:
            title = f"Suivi le {day(date.fromisoformat(one.value))}"
        case Amendment.FOLLOW_UP:
            title = "Suivi levé"
        case Amendment.CORRECTED:
            title = "Annulée par correction"
        case Amendment.ERASED:
            title = "Données personnelles effacées"
    return HistoryEntry(one.at, one.kind, title, one.text, one.author)


EXPORTED: Mapping[str, Callable[[ChurnRecord, Reasons], Any]] = {
    "code": lambda one, _: one.client_code,
    "client": lambda one, _: one.client_name,
    "date_resiliation": lambda one, _: one.cancelled_on,
    "date_effet": lambda one, _: one.effective_on,
    "motif": lambda one, _: one.reason,
    "motif_libelle": lambda one, reasons: reasons.label(one.reason),
    "motif_recode": lambda one, _: one.reason_now if one.reason_now != one.reason else "",
    "verbatim": lambda one, _: one.verbatim,
    "premiere_objection": lambda one, _: OBJECTION_LABELS[Objection(one.first_objection)],
    "contexte": lambda one, _: one.context,
    "tentatives": lambda one, _: _attempts(one).replace("\n", " ; "),
    "resultat": lambda one, _: one.result,
    "statut": lambda one, _: one.status,
    "note": lambda one, _: one.note,
    "relation_a_reprendre": lambda one, _: one.resumable,
    "relance_le": lambda one, _: one.follow_up_now,
    "recommandation": lambda one, _: one.recommendation,
    "agent": lambda one, _: one.agent,
    "appel_le": lambda one, _: one.at,
    "duree_s": lambda one, _: one.duration_s,
    "script": lambda one, _: one.script_hash,
    "appel": lambda one, _: one.call_id,
    "relu": lambda one, _: one.reviewed,
}
"""The columns of an export, as a spreadsheet has them."""
