"""Messages that wait and are not to go any more."""

from collections.abc import Collection

from sqlalchemy import bindparam, update
from sqlmodel import Session, col

from console.base.vocabulary import MessagePurpose
from console.db.query import among
from console.db.tables import Message
from console.messages.events_store import waiting, withdraw

_WITHDRAW_ALL = (
    update(Message)
    .where(
        among(Message.subscription_id, "terms"),
        col(Message.status) == "queued",
        among(Message.purpose, "purposes"),
    )
    .values(status="cancelled", error=bindparam("why"))
)


def withdraw_reminders(session: Session, term_ids: Collection[int], why: str) -> None:
    """Cancels the steps of the timeline that are queued for these terms; `why` in French."""
    withdraw_of(session, term_ids, {MessagePurpose.REMINDER}, why)


def withdraw_of(
    session: Session, term_ids: Collection[int], purposes: Collection[MessagePurpose], why: str
) -> None:
    """Cancels the messages of these purposes that are queued for these terms; `why` in French."""
    if term_ids:
        values = {"terms": list(term_ids), "purposes": list(purposes), "why": why}
        session.connection().execute(_WITHDRAW_ALL, values)


def withdraw_acceptance(session: Session, client_id: int, why: str) -> None:
    """Cancels the requests to agree in writing that wait to be sent to a client."""
    asked = [one.id for one in waiting(session, client_id) if one.purpose == MessagePurpose.ACCEPTANCE]
    withdraw(session, asked, why)
