"""The refusal journal and the review of a record: supervisors read, comment, re-code, ask; agents answer.

Nothing is overwritten: each act adds an amendment, signed and dated, and what lists show repeats the last.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from console.audit import audit, tell
from console.base.dates import day_of
from console.base.errors import RefusedInputError
from console.base.french import THIN, day
from console.base.history import EventKind
from console.base.roles import Role
from console.base.text import clean
from console.base.typed import draft, words
from console.base.vocabulary import DraftField
from console.cases import drafts
from console.cases.campaign import names
from console.cases.queue import look_again
from console.context import Context
from console.db.tables import ChurnRecord, JournalView, RecordAmendment
from console.records import journal_store as storage
from console.records.chain import amend
from console.records.filters import Amendment, Filters, read_filters
from console.records.rows import listed, reason_words
from console.records.views import JournalPage
from console.rules.campaigns import Campaigns
from console.rules.churn import follow_up_day
from console.rules.reasons import Reasons

VIEWS_KEPT = 7
"""Named views of one agent: as many as a digit each leaves room for."""


class ReviewService:
    """The journal and the acts of review, each in one transaction."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    @property
    def reasons(self) -> Reasons:
        """The reasons that a record can be given."""
        return self._ctx.content.data.reasons

    @property
    def campaigns(self) -> Mapping[str, str]:
        """The names of the named campaigns, by their codes."""
        return names(self._campaigns)

    @property
    def _campaigns(self) -> Campaigns:
        return self._ctx.content.data.campaigns

    # -- the journal -------------------------------------------------------------------------------

    def page(self, filters: Filters, after: tuple[datetime, int] | None, limit: int) -> JournalPage:
        """The refusals that pass, the newest first, after where another page ended."""
        self._ctx.need(Role.SUPERVISOR)
        with self._ctx.database.reading() as session:
            found = storage.page(session, filters, after, limit + 1, self._campaigns)
            asked = storage.asked(session, [record.id or 0 for record in found])
            rows = listed(session, self._ctx, found[:limit], self.reasons, asked)
        more = len(found) > limit
        return JournalPage(rows, (rows[-1].at, rows[-1].record_id) if more else None)

    def count(self, filters: Filters) -> int:
        """How many refusals pass: the more there are, the longer it takes."""
        self._ctx.need(Role.SUPERVISOR)
        with self._ctx.database.reading() as session:
            return storage.count(session, filters, self._campaigns)

    def views(self) -> tuple[tuple[str, Filters], ...]:
        """The criteria to which whoever reads gave a name."""
        self._ctx.need(Role.SUPERVISOR)
        with self._ctx.database.reading() as session:
            return tuple(
                (view.name, read_filters(view.filters)) for view in storage.views(session, self._ctx.agent)
            )

    def save_view(self, name: str, filters: Filters) -> None:
        """Give criteria a name; the same name again replaces them."""
        self._ctx.need(Role.SUPERVISOR)
        name = clean(name, limit=40)
        if not name:
            raise RefusedInputError("Une vue a besoin d’un nom.")
        with self._ctx.database.writing() as session:
            others = [view for view in storage.views(session, self._ctx.agent) if view.name != name]
            if len(others) >= VIEWS_KEPT:
                raise RefusedInputError(
                    f"Vous gardez déjà {VIEWS_KEPT} vues.", todo="Oubliez-en une, puis recommencez."
                )
            storage.forget_view(session, self._ctx.agent, name)
            session.add(
                JournalView(
                    agent=self._ctx.agent, name=name, filters=filters.stored(), saved_at=self._ctx.clock.now()
                )
            )

    def forget_view(self, name: str) -> None:
        """Forget a named view."""
        self._ctx.need(Role.SUPERVISOR)
        with self._ctx.database.writing() as session:
            storage.forget_view(session, self._ctx.agent, name)

    # -- the acts of a supervisor ------------------------------------------------------------------

    def mark_read(self, record_id: int) -> None:
        """The record has been read; said once, and again once an agent has answered."""
        self._ctx.need(Role.SUPERVISOR)
        with self._ctx.database.writing() as session:
            record = _known(session, record_id)
            if not record.reviewed or storage.has_unread_answer(session, record_id):
                self._add(session, record, Amendment.READ)
                record.reviewed = True

    def comment(self, record_id: int, text: str) -> None:
        """Something to say about the record."""
        self._ctx.need(Role.SUPERVISOR)
        text = words(text, "Le commentaire est vide.")
        with self._ctx.database.writing() as session:
            record = _known(session, record_id)
            self._add(session, record, Amendment.COMMENT, text=text)
            self._drop_draft(session, record, DraftField.COMMENT, record_id)

    def recode(self, record_id: int, reason: str, text: str = "") -> None:
        """Another reason than the one chosen in the call, which stays beside it."""
        self._ctx.need(Role.SUPERVISOR)
        with self._ctx.database.writing() as session:
            record = _known(session, record_id)
            before = record.reason_now
            if reason not in self.reasons.codes:
                raise RefusedInputError("Ce motif n’existe pas.", "Rien n’a changé.")
            if reason == before:
                raise RefusedInputError("C’est déjà le motif de cette fiche.", "Rien n’a changé.")
            self._add(session, record, Amendment.RECODED, text=draft(text), value=reason, before=before)
            record.reason_now = reason
            codes, labels = reason_words(self.reasons, record.reason, reason)
            tell(session, self._ctx, record, EventKind.REFUSAL_RECODED, f"{labels} ({codes})")

    def ask(self, record_id: int, text: str) -> None:
        """Ask the agent who took the call; seen at the next start, and answered on the record."""
        self._ctx.need(Role.SUPERVISOR)
        text = words(text, "La question est vide.")
        with self._ctx.database.writing() as session:
            record = _known(session, record_id)
            self._add(session, record, Amendment.QUESTION, text=text, addressee=record.agent)
            self._drop_draft(session, record, DraftField.QUESTION, record_id)

    def follow_up(self, record_id: int, *, wanted: bool) -> None:
        """Set or lift the message at +3 months; the next planning obeys."""
        self._ctx.need(Role.SUPERVISOR)
        with self._ctx.database.writing() as session:
            record, now = _known(session, record_id), self._ctx.clock.now()
            due = follow_up_day(record.cancelled_on, record.effective_on)
            if wanted == (record.follow_up_now is not None):
                raise RefusedInputError(
                    "Le suivi est déjà prévu." if wanted else "Aucun suivi n’est prévu.", "Rien n’a changé."
                )
            if wanted and not record.resumable:
                raise RefusedInputError(
                    "Le client a demandé à ne plus être recontacté.", "Aucun suivi n’a été prévu."
                )
            if wanted and due < day_of(now):
                raise RefusedInputError(
                    f"Les trois mois sont passés{THIN}: c’était le {day(due)}.", "Rien n’a changé."
                )
            before = record.follow_up_now.isoformat() if record.follow_up_now else ""
            value = due.isoformat() if wanted else ""
            self._add(session, record, Amendment.FOLLOW_UP, value=value, before=before)
            record.follow_up_now = due if wanted else None
            session.flush()
            look_again(session, [record.subscription_id], day_of(now))

    # -- the agent's side --------------------------------------------------------------------------

    def answer(self, question_id: int, text: str) -> None:
        """Answer a question that was put to oneself, once."""
        text = words(text, "La réponse est vide.")
        with self._ctx.database.writing() as session:
            question = session.get(RecordAmendment, question_id)
            if (
                question is None
                or question.kind != Amendment.QUESTION
                or question.addressee != self._ctx.agent
            ):
                raise RefusedInputError("Cette question ne vous est pas posée.", "Rien n’a changé.")
            if question.answered_at is not None:
                raise RefusedInputError("Cette question a déjà sa réponse.", "Rien n’a changé.")
            record = _known(session, question.record_id)
            self._add(session, record, Amendment.ANSWER, text=text, question_id=question_id)
            question.answered_at = self._ctx.clock.now()
            self._drop_draft(session, record, DraftField.ANSWER, question_id)

    # -- shared ------------------------------------------------------------------------------------

    def _add(self, session: Session, record: ChurnRecord, kind: Amendment, **columns: Any) -> None:
        """The amendment and its audit line."""
        amend(session, record, kind, at=self._ctx.clock.now(), author=self._ctx.agent, **columns)
        detail = {name: columns[name] for name in ("value", "before") if name in columns}
        audit(session, self._ctx, f"refusal.{kind}", None, record=record.id, **detail)

    def _drop_draft(self, session: Session, record: ChurnRecord, field: DraftField, about: int) -> None:
        drafts.drop(session, self._ctx.agent, record.client_id, field, about)


def _known(session: Session, record_id: int) -> ChurnRecord:
    record = session.get(ChurnRecord, record_id)
    if record is None:
        raise RefusedInputError("Cette fiche de résiliation n’existe pas.")
    return record
