"""A supervisor's desk: escalations taken, answered and closed, and what else waits for a supervisor."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from console.audit import audit, tell
from console.base.dates import day_of
from console.base.errors import ConflictError, RefusedInputError
from console.base.french import THIN, moment
from console.base.history import EventKind
from console.base.roles import Role
from console.base.typed import words
from console.base.vocabulary import Pane, PhoneKind, SubscriptionStatus
from console.cases import queue, spoken
from console.cases.client_rows import case_rows
from console.cases.upkeep import reassess
from console.cases.views import CaseRow
from console.context import Context
from console.db.tables import Callback, Escalation
from console.rules.waiting import lasted
from console.supervision import escalations_store as storage
from console.supervision.views import Desk, DeskPage, DeskRow, EscalationFile, Wait

LONG, TOO_LONG = timedelta(hours=1), timedelta(hours=4)
"""A client who was promised an answer waits so long at most before it shows."""


class EscalationService:
    """What a supervisor has to see to; every method may be called from any thread."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def page(self, desk: Desk, offset: int, limit: int) -> DeskPage:
        """A page of one of the lists. Raises ForbiddenError, StorageError."""
        self._ctx.need(Role.SUPERVISOR)
        now = self._ctx.clock.now()
        with self._ctx.database.reading() as session:
            counts = {
                Desk.ESCALATIONS: storage.count(session),
                Desk.TO_SEE: storage.count_to_see(session),
            }
            read = {
                Desk.ESCALATIONS: self._escalations,
                Desk.TO_SEE: self._to_see,
            }[desk]
            rows = read(session, now, offset, limit)
        return DeskPage(counts[desk], rows, counts)

    def file(self, escalation_id: int) -> EscalationFile:
        """An escalation with its call as it was spoken. Raises ForbiddenError, RefusedInputError."""
        self._ctx.need(Role.SUPERVISOR)
        now = self._ctx.clock.now()
        with self._ctx.database.reading() as session:
            found = self._known(session, escalation_id)
            case = self._cases(session, [found.subscription_id], now)[found.subscription_id]
            steps = spoken.journal(session, found.call_id) if found.call_id else ()
        row, told = _row(found, case, now), tuple(spoken.told(step, found.agent) for step in steps)
        return EscalationFile(row, _fields(found, row), told)

    def take(self, escalation_id: int) -> None:
        """The supervisor takes it. ForbiddenError, ConflictError when another one has."""
        self._ctx.need(Role.SUPERVISOR)
        with self._ctx.database.writing() as session:
            found = self._unanswered(session, escalation_id)
            if found.taken_by == self._ctx.agent:
                return
            if found.taken_by:
                raise ConflictError(f"{found.taken_by} a déjà pris cette escalade.", "Rien n’a changé.")
            self._take(session, found)

    def see_to(self, term_id: int) -> int:
        """Takes a client whom the rules give to a supervisor: an escalation without a call; gives its id.

        Raises ForbiddenError, ConflictError when the case has moved, StorageError.
        """
        self._ctx.need(Role.SUPERVISOR)
        with self._ctx.database.writing() as session:
            (case,) = self._cases(session, [term_id], self._ctx.clock.now()).values()
            found = storage.term(session, term_id)
            if found is None or found[0].action != "supervisor" or found[0].rule == storage.HANDED_OVER:
                raise ConflictError("Ce client n’est plus à voir par un superviseur.")
            escalation = Escalation(
                client_id=case.client_id,
                subscription_id=term_id,
                agent=storage.last_agent(session, case.client_id) or self._ctx.agent,
                created_at=self._ctx.clock.now(),
                summary=case.reason,
            )
            session.add(escalation)
            session.flush()
            self._take(session, escalation)
            reassess(session, self._ctx, [term_id])
            return escalation.id or 0

    def answer(self, escalation_id: int, text: str) -> None:
        """Answers the agent: the client comes back to their list, with a callback due at once.

        Raises ForbiddenError, RefusedInputError without words, ConflictError when it is answered already.
        """
        self._ctx.need(Role.SUPERVISOR)
        text = words(text, "La réponse est vide.")
        with self._ctx.database.writing() as session:
            found, now = self._unanswered(session, escalation_id), self._ctx.clock.now()
            if not found.taken_by:
                self._take(session, found)
            found.answer, found.answered_at, found.answered_by = text, now, self._ctx.agent
            found.draft = ""
            tell(session, self._ctx, found, EventKind.ESCALATION_ANSWERED, text, escalation=escalation_id)
            self._call_again(session, found, now)
            queue.look_again(session, [found.subscription_id], day_of(now))
            audit(session, self._ctx, "escalation.answered", found.client_id, escalation=escalation_id)
            reassess(session, self._ctx, [found.subscription_id])

    def close(self, escalation_id: int) -> None:
        """Closes one that was answered. Raises ForbiddenError, ConflictError, StorageError."""
        self._ctx.need(Role.SUPERVISOR)
        with self._ctx.database.writing() as session:
            found = self._known(session, escalation_id)
            if found.closed_at is not None:
                return
            if found.answered_at is None:
                raise ConflictError("Cette escalade attend encore une réponse.", todo="Répondez d’abord.")
            found.closed_at, found.closed_by = self._ctx.clock.now(), self._ctx.agent
            tell(session, self._ctx, found, EventKind.ESCALATION_CLOSED, escalation=escalation_id)
            audit(session, self._ctx, "escalation.closed", found.client_id, escalation=escalation_id)

    # -- the lists ---------------------------------------------------------------------------------

    def _escalations(self, session: Session, now: datetime, offset: int, limit: int) -> tuple[DeskRow, ...]:
        found = storage.page(session, day_of(now), offset, limit)
        cases = self._cases(session, [one.subscription_id for one in found], now)
        return tuple(_row(one, cases[one.subscription_id], now) for one in found)

    def _to_see(self, session: Session, now: datetime, offset: int, limit: int) -> tuple[DeskRow, ...]:
        terms = [row.id for row in storage.to_see(session, offset, limit)]
        cases = self._cases(session, terms, now)
        rows = []
        for term in terms:
            left = cases[term].days_left
            wait = Wait.TOO_LONG if left <= 3 else Wait.LONG if left <= 7 else Wait.CALM
            rows.append(
                DeskRow(term, Desk.TO_SEE, cases[term], wait, f"J-{left}", "à voir", cases[term].reason)
            )
        return tuple(rows)

    def _cases(self, session: Session, terms: Sequence[int], now: datetime) -> dict[int, CaseRow]:
        shown = queue.cases_shown(session, sorted(set(terms)))
        return {case.subscription_id: case for case in case_rows(session, self._ctx, shown, now)}

    # -- what is written ---------------------------------------------------------------------------

    def _known(self, session: Session, escalation_id: int) -> Escalation:
        found = storage.one(session, escalation_id)
        if found is None:
            raise RefusedInputError("Cette escalade n’existe pas.")
        return found

    def _unanswered(self, session: Session, escalation_id: int) -> Escalation:
        found = self._known(session, escalation_id)
        if found.answered_at is not None:
            raise ConflictError(f"{found.answered_by} a déjà répondu.", "Sa réponse est gardée telle quelle.")
        return found

    def _take(self, session: Session, found: Escalation) -> None:
        found.taken_by, found.taken_at = self._ctx.agent, self._ctx.clock.now()
        tell(session, self._ctx, found, EventKind.ESCALATION_TAKEN, escalation=found.id)

    def _call_again(self, session: Session, found: Escalation, now: datetime) -> None:
        """Where a call is possible, a callback for the agent; else « À reprendre » tells them the answer."""
        known = storage.term(session, found.subscription_id)
        if known is None or known[0].status != SubscriptionStatus.ACTIVE or known[1].opposed_call:
            return
        if day_of(now) > known[0].expires_on:
            return
        if known[1].phone_kind not in {PhoneKind.MOBILE, PhoneKind.LANDLINE}:
            return
        session.add(
            Callback(
                client_id=found.client_id,
                subscription_id=found.subscription_id,
                promised_at=now,
                asked_by_client=False,
                agent=found.agent,
                created_at=now,
                note=f"Réponse du superviseur{THIN}: {found.answer}",
            )
        )


def _row(found: Escalation, case: CaseRow, now: datetime) -> DeskRow:
    if found.answered_at is not None:
        age = f"réponse du {moment(found.answered_at)}"
        state = f"par {found.answered_by}, " + ("close" if found.closed_at else "à clore")
        return DeskRow(
            found.id or 0, Desk.ESCALATIONS, case, Wait.CALM, age, state, found.answer, answered=True
        )
    waited = now - found.created_at
    wait = Wait.TOO_LONG if waited >= TOO_LONG else Wait.LONG if waited >= LONG else Wait.CALM
    age = f"attend depuis {lasted(waited)}" + (", trop longtemps" if wait is Wait.TOO_LONG else "")
    if case.days_left <= 1 and case.pane not in {Pane.RETAINED, Pane.REFUSED}:
        wait, ends = Wait.TOO_LONG, ("échéance aujourd’hui", "échéance demain")
        age = f"attend depuis {lasted(waited)}, " + (
            f"{ends[case.days_left]}, à répondre d’abord"
            if case.days_left >= 0
            else "numi n’a pas répondu avant l’échéance"
        )
    state = f"prise par {found.taken_by}" if found.taken_by else "à prendre"
    return DeskRow(found.id or 0, Desk.ESCALATIONS, case, wait, age, state, found.summary)


def _fields(found: Escalation, row: DeskRow) -> tuple[tuple[str, str], ...]:
    taken = f"{found.taken_by}, {moment(found.taken_at)}" if found.taken_at else "personne encore"
    answered = f"{found.answered_by}, {moment(found.answered_at)}" if found.answered_at else ""
    closed = f"{found.closed_by}, {moment(found.closed_at)}" if found.closed_at else ""
    return (
        ("Client", f"{row.case.name} ({row.case.code})"),
        ("Transmise par", f"{found.agent}, {moment(found.created_at)}"),
        ("Attente", row.age),
        ("Ce qui est demandé", found.summary or "rien de noté"),
        ("Prise par", taken),
        *((("Répondue par", answered), ("Réponse", found.answer)) if answered else ()),
        *((("Close par", closed),) if closed else ()),
    )
