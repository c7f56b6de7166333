"""What is proposed to clients, and what they answered: written once, read by the report and the figures."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, or_, update
from sqlmodel import col

from console.base.vocabulary import RetentionOption
from console.db.dialect import Unit, connected
from console.db.query import NewRow, row
from console.db.tables import Message, Proposal
from console.rules.walk import Answer

REACHED = or_(
    col(Proposal.message_id) == "",
    exists().where(col(Message.message_id) == col(Proposal.message_id), col(Message.sent_at).is_not(None)),
)
"""A proposal that reached the client: one that a message makes counts once it has left."""


def proposal_row(
    what: RetentionOption,
    at: datetime,
    links: Mapping[str, Any],
    *,
    key: str,
    offer: str = "",
    answer: Answer = Answer.NONE,
    message_id: str = "",
) -> NewRow:
    """A proposal to write; links are the columns of the client, the term and the call."""
    answered_at = None if answer is Answer.NONE else at
    return row(
        Proposal,
        **links,
        message_id=message_id,
        at=at,
        what=what,
        offer=offer,
        answer=answer,
        answered_at=answered_at,
        key=key,
    )


def of_message(values: Mapping[str, Any], offer: str) -> NewRow:
    """What the row of a message proposes: an offer of the catalogue."""
    links = {name: values[name] for name in ("client_id", "subscription_id")}
    return proposal_row(
        RetentionOption.LOYALTY,
        values["created_at"],
        links,
        key=f"message:{values['dedup_key']}",
        offer=offer,
        message_id=values["message_id"],
    )


_ANSWER = (
    update(Proposal)
    .where(
        col(Proposal.subscription_id) == bindparam("term"),
        col(Proposal.offer) == bindparam("code"),
        col(Proposal.answer) == Answer.NONE,
    )
    .values(answer=Answer.ACCEPTED, answered_at=bindparam("when"))
)


def accept(unit: Unit, term_id: int, offer: str, at: datetime) -> None:
    """The client took an offer: whatever proposed it for this term has its answer."""
    connected(unit).execute(_ANSWER, {"term": term_id, "code": offer, "when": at})


_TO_STAY = (
    RetentionOption.LOYALTY,
    RetentionOption.DOWNGRADE,
    RetentionOption.DISCOUNT,
    RetentionOption.PAUSE,
)
"""What keeps a client, not what we give or owe them whatever they decide."""


def leave(unit: Unit, term_id: int, taken: Collection[datetime]) -> None:
    """What a client had taken at these instants, to stay, awaits an answer again."""
    left = update(Proposal).where(
        col(Proposal.subscription_id) == term_id,
        col(Proposal.answered_at).in_(list(taken)),
        col(Proposal.answer) == Answer.ACCEPTED,
        col(Proposal.what).in_(_TO_STAY),
    )
    connected(unit).execute(left.values(answer=Answer.NONE, answered_at=None))
