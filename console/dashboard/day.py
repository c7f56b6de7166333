"""The agent's own day in four figures, and whom to call next."""

from collections.abc import Callable, Sequence
from datetime import datetime, time

from sqlmodel import Session

from console.base.dates import PARIS, day_of
from console.base.french import THIN, moment
from console.base.vocabulary import Action, CallOutcome, Pane
from console.cases import queue
from console.cases.client_rows import case_rows
from console.cases.views import CaseRow
from console.context import Context
from console.dashboard import day_store as storage
from console.dashboard.views import DayFigures, NextCall
from console.db.query import ReadBatch
from console.rules.outcomes import AGREEMENTS
from console.team.portfolios import own_terms

OWN = 20
"""Of the agent's own clients and their team's, how many are looked for further down the queue."""
LOOKED_AT = 200
"""Urgent cases looked at, the first of the queue, for one that can be called now."""


def figures(batch: ReadBatch, ctx: Context, now: datetime) -> Callable[[], DayFigures]:
    """The calls that the agent dialled and ended today; the average is of those that were answered."""
    midnight = datetime.combine(day_of(now), time(), PARIS)
    ended = storage.ended(batch, ctx.agent, midnight)

    def answer() -> DayFigures:
        calls = ended()
        spoken = [row.data["duration_s"] for row in calls if row.answered and row.data]
        return DayFigures(
            calls=sum(row.dialled_at is not None for row in calls),
            saved=sum(row.outcome in AGREEMENTS for row in calls),
            refused=sum(row.outcome == CallOutcome.REFUSED for row in calls),
            average_s=round(sum(spoken) / len(spoken)) if spoken else 0,
        )

    return answer


def to_call(session: Session, ctx: Context, within: queue.Between, but: int) -> list[CaseRow]:
    """Those of the queue who are to be called, the first to call first, but the one just called."""
    terms = list(queue.page(ReadBatch(session), within, Pane.URGENT, limit=LOOKED_AT)())
    if len(terms) == LOOKED_AT and (ctx.account or ctx.database.shared):
        own = own_terms(session, ctx, within.first_deadline, within.last_deadline, OWN)
        known = {term.id for term in terms}
        terms += queue.cases_shown(session, [term for term in own if term not in known])
    found = case_rows(session, ctx, [term for term in terms if term.action == Action.CALL], ctx.clock.now())
    return [row for row in found if row.client_id != but]


def proposal(rows: Sequence[CaseRow], client_id: int | None) -> NextCall:
    """The client that was kept for the agent, in words; without one, when the next can be called."""
    row = next((row for row in rows if row.client_id == client_id), None)
    if row is not None:
        return NextCall(row.client_id, f"Appeler ensuite {row.name}{THIN}: {row.reason}")
    return NextCall(None, _later([row for row in rows if not row.callable_now]))


def _later(rows: Sequence[CaseRow]) -> str:
    slots = [row.act_at for row in rows if row.act_at]
    return f"Prochain appel {moment(min(slots))}." if slots else "Personne d’autre à appeler pour l’instant."
