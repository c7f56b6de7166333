"""« Corriger l'issue »: the outcome of a call taken back whole, by a transaction that compensates for it.

The events that the outcome told stay with their words, as « annulé par correction », so that nothing counts
them; its messages that have not left are cancelled; its churn record stays, marked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update
from sqlmodel import Session, col

from console.audit import audit
from console.base.errors import ConflictError, RefusedInputError
from console.base.french import THIN, moment
from console.base.history import EventKind
from console.base.roles import Role
from console.base.typed import words
from console.base.vocabulary import CHANNEL_WORDS, CallOutcome, Channel, MessageStatus
from console.calls import store as storage
from console.calls import undo as undoing
from console.calls.opening import tell
from console.calls.undo import Undo
from console.cases.terms import active_terms
from console.cases.upkeep import reassess
from console.context import Context
from console.db import history
from console.db.tables import Call, CallStep, ChurnRecord, Event, Message
from console.records import chain
from console.rules.outcomes import OUTCOMES
from console.rules.walk import Act

DELAY = timedelta(minutes=10)
"""For so long the agent of a call takes its outcome back alone."""
CORRECTED = "Annulé par correction de l’issue de l’appel."
_USED = {
    "subscription": "l’abonnement a changé",
    "client": "les coordonnées ou les souhaits du client ont changé",
    "pause": "la pause a changé",
    "granted_offer": "l’offre a été prise ou close",
    "agreement": "le client a confirmé ou retiré son accord",
    "proposal": "une offre a reçu sa réponse",
    "callback": "le rappel promis a été déplacé, pris ou tenu",
    "escalation": "le superviseur s’est saisi du dossier",
    "commitment": "un engagement a été tenu ou confié à quelqu’un",
    "message": "des relances sont reparties",
    "call": "l’appel a changé",
}
"""What has become of what an outcome wrote, by the table in which it shows."""


@dataclass(frozen=True, slots=True)
class Correctable:
    """The last call that ended with a client: its outcome in words, and what taking it back asks for.

    `why_not` is a French sentence, empty when it can be; with `needs_reason`, only a supervisor can.
    """

    call_id: str
    label: str
    at: datetime
    needs_reason: bool
    why_not: str


@dataclass(frozen=True, slots=True)
class Corrected:
    """What was taken back, in French; `reopened`: the call goes on where it had ended."""

    reopened: bool
    words: str


class CorrectionService:
    """Takes outcomes back; may be called from any thread."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def last(self, client_id: int) -> Correctable | None:
        """The client's last call that ended, and whether its outcome can be taken back."""
        with self._ctx.database.reading() as session:
            query = select(Call).where(col(Call.client_id) == client_id, col(Call.ended_at).is_not(None))
            call = session.scalars(query.order_by(col(Call.ended_at).desc()).limit(1)).first()
            if call is None or call.outcome == CallOutcome.INTERRUPTED:
                return None
            why_not = self._obstacle(session, call)
            needs = self._needs_reason(session, call)
            return Correctable(
                call.id,
                OUTCOMES[CallOutcome(call.outcome)].label,
                call.ended_at or call.started_at,
                bool(needs),
                why_not or (needs if not self._ctx.may(Role.SUPERVISOR) else ""),
            )

    def correct(self, call_id: str, why: str = "") -> Corrected:
        """Takes back the outcome of a call, whole or not at all.

        The call's own agent does it alone for ten minutes, as long as no message of it has left: the call is
        then open again where its last choice was made. Afterwards a supervisor does, with a reason, and the
        call stays closed as interrupted. Raises RefusedInputError, ConflictError, StorageError.
        """
        with self._ctx.database.writing() as session:
            call = session.get(Call, call_id)
            if call is None or call.ended_at is None or call.outcome == CallOutcome.INTERRUPTED:
                raise ConflictError("Cet appel n’a pas d’issue à corriger.", "Rien n’a changé.")
            late = self._needs_reason(session, call)
            if late and not self._ctx.may(Role.SUPERVISOR):
                raise RefusedInputError(late, "Rien n’a changé.", "Demandez à un superviseur.")
            if late:
                why = words(why, "Écrivez pourquoi cette issue est annulée.", "Rien n’a changé.")
            if obstacle := self._obstacle(session, call):
                raise RefusedInputError(obstacle, "Rien n’a changé.")
            if not late:
                self._free(session)
            return self._take_back(session, call, why, reopen=not late)

    def _take_back(self, session: Session, call: Call, why: str, *, reopen: bool) -> Corrected:
        now, connection = self._ctx.clock.now(), session.connection()
        undo, label = _read(session, call), OUTCOMES[CallOutcome(call.outcome)].label
        left = [one for one in _messages(session, undo) if _left(one)]
        _step(session, call, now)
        _cancel_messages(connection, undo)
        _undo_events(connection, undo, keep_notes=not reopen)
        _undo_record(session, call, now, self._ctx.agent, why)
        session.flush()
        undoing.take_back(connection, undo, but=() if reopen else (Call,))
        if not reopen:
            closed: dict[str, Any] = {
                "outcome": CallOutcome.INTERRUPTED,
                "satisfaction": None,
                "objection": "",
                "attempts": [],
            }
            connection.execute(update(Call).where(col(Call.id) == call.id).values(**closed))
        session.expire_all()
        others = [term for client in undo.clients for term in active_terms(session, client)]
        reassess(session, self._ctx, [*undo.terms, *others, call.subscription_id])
        undoing.drop_terms(connection, undo)
        told = f"Annulé{THIN}: {label}." + (f" {why}" if why else "")
        tell(session, call, EventKind.CALL_CORRECTED, told, now, self._ctx.agent)
        for client in undo.clients:
            if client != call.client_id:  # who has the same address or number
                agent = self._ctx.agent
                history.add(
                    session,
                    EventKind.CALL_CORRECTED,
                    now,
                    told,
                    client_id=client,
                    call_id=call.id,
                    agent=agent,
                )
        audit(session, self._ctx, "call.corrected", call.client_id, call=call.id, was=label, why=why)
        sent = "".join(f" Déjà parti, à rattraper{THIN}: {_named(one)}." for one in left)
        return Corrected(reopen, f"Issue annulée{THIN}: {label}.{sent}")

    def _needs_reason(self, session: Session, call: Call) -> str:
        """Why the agent cannot do it alone any more, in a sentence; empty when they can."""
        now, ended = self._ctx.clock.now(), call.ended_at or call.started_at
        gone = next((one for one in _messages(session, _read_or_none(session, call)) if _left(one)), None)
        if gone is not None:
            return f"Le message est déjà parti{THIN}: {_named(gone)}."
        if call.agent != self._ctx.agent:
            return f"Cet appel est celui de {call.agent}."
        if not timedelta() <= now - ended <= DELAY:
            return (
                f"L’issue ne se corrige seule que pendant 10 minutes{THIN}; l’appel a fini {moment(ended)}."
            )
        return ""

    def _obstacle(self, session: Session, call: Call) -> str:
        """What forbids it to anybody, in a sentence; empty when nothing does."""
        if storage.open_of_client(session, call.client_id) is not None:
            return f"Un autre appel est ouvert avec ce client{THIN}: attendez qu’il soit terminé."
        undo = _read_or_none(session, call)
        if undo is None:
            return "Ce que cet appel a écrit n’est pas connu ligne à ligne : son issue ne se corrige pas."
        if any(_leaving(one, self._ctx.clock.now()) for one in _messages(session, undo)):
            return "Le message est en train de partir : réessayez dans un instant."
        if moved := undo.moved():
            return f"Le dossier a changé depuis{THIN}: {_USED[moved]}."
        return ""

    def _free(self, session: Session) -> None:
        """One call at a time."""
        if storage.open_of_agent(session, self._ctx.agent) is not None:
            raise RefusedInputError(
                "Un autre appel est ouvert.", "Rien n’a changé.", "Terminez-le d’abord par une issue."
            )


def _read_or_none(session: Session, call: Call) -> Undo | None:
    return undoing.read(session.connection(), call.id, call.client_id)


def _read(session: Session, call: Call) -> Undo:
    undo = _read_or_none(session, call)
    if undo is None:
        raise ValueError("nothing is known of what this call wrote")
    return undo


# -- messages -------------------------------------------------------------------------------------------


def _messages(session: Session, undo: Undo | None) -> Sequence[Message]:
    keys = [int(key) for key in undo.added(Message)] if undo is not None else []
    return session.scalars(select(Message).where(col(Message.id).in_(keys))).all() if keys else ()


def _left(one: Message) -> bool:
    """Whether it left, or may have."""
    return one.status == MessageStatus.SENT or one.uncertain > 0


def _leaving(one: Message, now: datetime) -> bool:
    return one.status == MessageStatus.QUEUED and one.lease_until is not None and one.lease_until > now


def _named(one: Message) -> str:
    what = CHANNEL_WORDS[Channel(one.channel)]
    subject = f" « {one.subject} »" if one.subject else ""
    return f"{what}{subject}" + (f", {moment(one.sent_at)}" if one.sent_at else "")


def _cancel_messages(connection: Connection, undo: Undo) -> None:
    """Those that still wait; under another key, so that the right outcome writes its own."""
    for key in undo.added(Message):
        mine = col(Message.id) == int(key)
        waits = update(Message).where(
            mine, col(Message.status).in_((MessageStatus.QUEUED, MessageStatus.FAILED, MessageStatus.UNSURE))
        )
        connection.execute(waits.values(status=MessageStatus.CANCELLED, error=CORRECTED))
        connection.execute(update(Message).where(mine).values(dedup_key=f"corrige:{key}"))


# -- the journal ----------------------------------------------------------------------------------------


def _step(session: Session, call: Call, now: datetime) -> None:
    """The journal of the call keeps the choice that ended it, and that it was taken back."""
    query = select(CallStep).where(col(CallStep.call_id) == call.id).order_by(col(CallStep.seq).desc())
    last = session.scalars(query.limit(1)).one()
    session.add(CallStep(call_id=call.id, seq=last.seq + 1, at=now, act=Act.CORRECT, step=last.step))


def _undo_events(connection: Connection, undo: Undo, *, keep_notes: bool) -> None:
    """What the outcome told stays told, as undone; a note that was being typed is again, or stays a note."""
    kept = {EventKind.NOTE, EventKind.PRICE_REQUEST, EventKind.COMPLAINT} if keep_notes else set()
    found = select(col(Event.id), col(Event.kind), col(Event.data)).where(col(Event.id).in_(undo.events))
    for number, kind, data in connection.execute(found).all():
        if kind not in kept:
            values = {"kind": EventKind.UNDONE, "data": data | {"was": kind}, "key": f"corrige:{number}"}
            connection.execute(update(Event).where(col(Event.id) == number).values(**values))


def _undo_record(session: Session, call: Call, now: datetime, author: str, why: str) -> None:
    query = select(col(ChurnRecord.id)).where(
        col(ChurnRecord.call_id) == call.id, col(ChurnRecord.corrected_at).is_(None)
    )
    for number in session.scalars(query).all():
        chain.take_back(session, number or 0, at=now, author=author, why=why)
