"""A term that was not to be is deleted; what was said and sent about it goes with another of its client."""

from collections import Counter
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import Session, SQLModel, col

from console.cases import queue
from console.db.tables import Agreement, Subscription, Watch
from console.messages.withdrawals import withdraw_reminders


def remove_term(session: Session, number: int, other: int) -> None:
    """Deletes a term; all that names it names the other one, but for the agreement that opened it."""
    term = session.get_one(Subscription, number)
    withdraw_reminders(session, [number], "Cet abonnement n’a pas lieu.")
    connection = session.connection()
    connection.execute(update(Agreement).where(col(Agreement.opened_id) == number).values(opened_id=None))
    connection.execute(delete(Watch).where(col(Watch.subscription_id) == number))
    for table in SQLModel.metadata.tables.values():
        for column in table.columns:
            if not column.primary_key and _names_a_term(column):
                connection.execute(update(table).where(column == number).values({column.name: other}))
    queue.shift_counts(session, Counter({key: -n for key, n in queue.read_tally(term.tally).items()}))
    session.delete(term)
    session.flush()


def _names_a_term(column: Any) -> bool:
    return any(key.target_fullname == "subscription.id" for key in column.foreign_keys)
