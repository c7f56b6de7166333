"""The rating of a call by its client, after it and by the link of its confirmation: once, if it got none."""

from sqlmodel import Session, col, select

from console.base.history import EventKind
from console.context import Context
from console.db import history
from console.db.tables import Call
from console.rules.outcomes import RETAINED


def exchange(session: Session, term_id: int) -> Call | None:
    """The last call about a term in which its client agreed to stay."""
    query = select(Call).where(
        col(Call.subscription_id) == term_id,
        col(Call.answered),
        col(Call.ended_at).is_not(None),
        col(Call.outcome).in_(RETAINED),
    )
    return session.scalars(query.order_by(col(Call.ended_at).desc()).limit(1)).first()


def rate(session: Session, ctx: Context, call: Call, rating: int) -> None:
    """Writes the rating, 1 to 5, of a call that has none."""
    call.satisfaction = rating
    history.add(
        session,
        EventKind.RATED,
        ctx.clock.now(),
        f"{rating} sur 5, en ligne",
        client_id=call.client_id,
        subscription_id=call.subscription_id,
        call_id=call.id,
        data={"rating": rating, "by_link": True},
        key=f"rated:{call.id}",
    )
