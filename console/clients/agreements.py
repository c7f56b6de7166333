"""A client's agreements: what the file says of them, the proof that was seen, a change of mind."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from console.audit import audit
from console.base.dates import day_of, start_of
from console.base.errors import ConflictError
from console.base.french import THIN, day
from console.base.history import EventKind, HistoryEntry
from console.base.typed import words
from console.base.vocabulary import CallOutcome, DraftField, MessagePurpose, SubscriptionStatus
from console.cases import agreements, drafts, pauses
from console.cases.granted_offers import workshops_taken
from console.cases.terms import await_again
from console.cases.upkeep import reassess
from console.context import Context
from console.db import history
from console.db.tables import Subscription
from console.messages.withdrawals import withdraw_acceptance, withdraw_of
from console.rules.agreements import Agreement, AgreementState, Proof
from console.rules.outcomes import OUTCOMES, STAYS

_WAITING = frozenset({AgreementState.LINK, AgreementState.ORAL})


@dataclass(frozen=True, slots=True)
class Agreed:
    """The latest agreement in words, empty without one, and the term that still waits for the client."""

    words: str
    waiting: int | None

    @classmethod
    def of(cls, found: Sequence[tuple[int, Agreement]], today: date) -> "Agreed":
        """As the client's agreements stand on a day."""
        if not found:
            return cls("", None)
        term, made = found[-1]
        return cls(made.words(today), term if made.state(today) in _WAITING else None)


def lapses(agreed: Sequence[tuple[int, Agreement]], today: date) -> Iterator[HistoryEntry]:
    """The agreements that time has undone: told from the day on which they hold no more, never written."""
    for _, made in agreed:
        if made.lapses_on is not None and made.state(today) is AgreementState.LAPSED:
            detail = f"{_what(made)} du {day(made.expires_on)}{THIN}: sans acceptation ni paiement"
            yield HistoryEntry(
                start_of(made.lapses_on), "agreement_lapsed", "Accord jamais confirmé", detail, ""
            )


def _what(made: Agreement) -> str:
    label = OUTCOMES[made.outcome].label
    return f"{label[0].upper()}{label[1:]}"


class AgreementService:
    """Agreements given on the phone, one by one; every method may be called from any thread."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def received(self, term_id: int) -> None:
        """The client's written acceptance was seen; again changes nothing. Raises StorageError."""
        now = self._ctx.clock.now()
        with self._ctx.database.writing() as session:
            term, made = self._made(session, term_id)
            if term is None or made is None or made.state(self._ctx.clock.today()) is not AgreementState.ORAL:
                return
            touched = agreements.prove(session, term, now, Proof.SEEN)
            withdraw_acceptance(session, term.client_id, "Le client a confirmé par écrit.")
            _tell(
                session, self._ctx, term, EventKind.CONFIRMED, f"Acceptation écrite vue par {self._ctx.agent}"
            )
            audit(session, self._ctx, "agreement.received", term.client_id, term=term_id)
            reassess(session, self._ctx, touched)

    def withdraw(self, term_id: int, why: str) -> None:
        """The client changes their mind: the term awaits an answer again, and what it opened never begins.

        `why` is in their words. Raises RefusedInputError without any, ConflictError when nothing waits any
        more, StorageError.
        """
        why = words(why, "Écrivez ce que le client a dit.", "Rien n’a changé.")
        with self._ctx.database.writing() as session:
            term, made = self._made(session, term_id)
            if term is None or made is None or made.state(self._ctx.clock.today()) not in _WAITING:
                raise ConflictError("Aucun accord de ce client n’attend de confirmation.", "Rien n’a changé.")
            touched = take_back(session, self._ctx, term, made, why)
            drafts.drop(session, self._ctx.agent, term.client_id, DraftField.WITHDRAWAL)
            audit(session, self._ctx, "agreement.withdrawn", term.client_id, term=term_id)
            reassess(session, self._ctx, touched)

    def _made(self, session: Session, term_id: int) -> tuple[Subscription | None, Agreement | None]:
        return session.get(Subscription, term_id), agreements.of_terms(session, [term_id]).get(term_id)


def take_back(session: Session, ctx: Context, term: Subscription, made: Agreement, why: str) -> list[int]:
    """What was agreed to and waits is taken back, in the client's words; gives the terms to reassess."""
    now, number = ctx.clock.now(), term.id or 0
    opened = agreements.close(session, number, now, why)
    if term.status == SubscriptionStatus.PAUSED and day_of(now) > term.expires_on:
        _leave_pause(session, term, made, now)
    elif term.status in STAYS:
        await_again(session, term, now, chosen=made.outcome is CallOutcome.RESUMED)
    term.workshops_given = workshops_taken(session, number)
    about = {MessagePurpose.CONFIRMATION, MessagePurpose.LINK, MessagePurpose.ACCEPTANCE}
    withdraw_of(session, [number], about, "Le client a changé d’avis.")
    _tell(session, ctx, term, EventKind.AGREEMENT_WITHDRAWN, why, outcome=made.outcome)
    return [number, *opened]


def _tell(
    session: Session, ctx: Context, term: Subscription, kind: EventKind, text: str, **data: Any
) -> None:
    about: dict[str, Any] = {"client_id": term.client_id, "subscription_id": term.id, "agent": ctx.agent}
    history.add(session, kind, ctx.clock.now(), text, data=data, **about)


def _leave_pause(session: Session, term: Subscription, made: Agreement, now: datetime) -> None:
    """After the last day the choice stands: the pause goes on where only its resumption is taken back."""
    if made.outcome is CallOutcome.RESUMED:
        pauses.change(session, term.id or 0, resumed_at=None)
        term.retention = CallOutcome.PAUSED
        term.came_back_at, term.came_back_how = None, ""
    elif made.outcome is CallOutcome.PAUSED:
        pauses.change(session, term.id or 0, refused_at=now)
