"""The audit trail: one append-only line for each sensitive act, in the act's own transaction."""

from typing import TYPE_CHECKING, Any

from console.db.tables import Event

if TYPE_CHECKING:
    from sqlmodel import Session

    from console.context import Context

AUDIT = "audit"


def audit(session: "Session", ctx: "Context", act: str, client_id: int | None = None, **detail: Any) -> None:
    """Write down that the agent in place did `act` (« refusal.recoded », « user.added » ...) now."""
    session.add(
        Event(
            at=ctx.clock.now(), kind=AUDIT, client_id=client_id, agent=ctx.agent, text=act, data=dict(detail)
        )
    )
