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
        col(Message.purpose) == MessagePurpose.REMINDER,
    )
    .values(status="cancelled", error=bindparam("why"))
)


def withdraw_reminders(session: Session, term_ids: Collection[int], why: str) -> None:
    """Cancels the steps of the timeline that are queued for these terms; `why` in French."""
    if term_ids:
        session.connection().execute(_WITHDRAW_ALL, {"terms": list(term_ids), "why": why})


def withdraw_acceptance(session: Session, client_id: int, why: str) -> None:
    """Cancels the requests to agree in writing that wait to be sent to a client."""
    asked = [one.id for one in waiting(session, client_id) if one.purpose == MessagePurpose.ACCEPTANCE]
    withdraw(session, asked, why)
