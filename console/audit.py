"""The audit trail: one append-only line for each sensitive act, in the act's own transaction."""

from typing import TYPE_CHECKING, Any

from console.base.history import EventKind
from console.db import history

if TYPE_CHECKING:
    from sqlmodel import Session

    from console.context import Context


def audit(session: "Session", ctx: "Context", act: str, client_id: int | None = None, **detail: Any) -> None:
    """Write down that the agent in place did `act` (« refusal.recoded », « user.added » ...) now."""
    at = ctx.clock.now()
    history.add(
        session, history.event(EventKind.AUDIT, at, act, client_id=client_id, agent=ctx.agent, data=detail)
    )
