"""What the agent in place does now, in the act's own transaction: the audit trail, a client's history."""

from typing import TYPE_CHECKING, Any, Protocol

from console.base.history import EventKind
from console.db import history

if TYPE_CHECKING:
    from sqlmodel import Session

    from console.context import Context


class _OfTerm(Protocol):
    """What belongs to a client's term."""

    client_id: int
    subscription_id: int


def audit(session: "Session", ctx: "Context", act: str, client_id: int | None = None, **detail: Any) -> None:
    """One append-only line for a sensitive act (« refusal.recoded », « user.added » ...)."""
    at = ctx.clock.now()
    history.add(session, EventKind.AUDIT, at, act, client_id=client_id, agent=ctx.agent, data=detail)


def tell(
    session: "Session", ctx: "Context", of: _OfTerm, kind: EventKind, text: str = "", **data: Any
) -> None:
    """One line of the history of the client whom `of` belongs to."""
    links: dict[str, Any] = {"client_id": of.client_id, "subscription_id": of.subscription_id}
    history.add(session, kind, ctx.clock.now(), text, agent=ctx.agent, data=data, **links)
