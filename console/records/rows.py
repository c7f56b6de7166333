"""A churn record as the lists show it: one line each, its reason in force in words."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlmodel import Session

from console.base.vocabulary import RetentionOption
from console.context import Context
from console.db.query import ReadBatch
from console.records.store import refusals, since
from console.records.views import RefusalRow
from console.rules.options import OPTIONS
from console.rules.reasons import Reasons


def reason_words(reasons: Reasons, reason: str, now: str) -> tuple[str, str]:
    """Code and words of a reason; both of each once a supervisor has re-coded it."""
    label = reasons.label(reason)
    if now in {reason, ""}:
        return reason, label
    return f"{reason} → {now}", f"{label} → {reasons.label(now)}"


def refusal_row(record: Any, reasons: Reasons, *, asked: bool = False, followed: str = "") -> RefusalRow:
    """A churn record, or the columns of it that lists need, as they show it; what followed in words."""
    reason, label = reason_words(reasons, record.reason, record.reason_now)
    return RefusalRow(
        record_id=record.id,
        client_id=record.client_id,
        code=record.client_code,
        name=record.client_name,
        at=record.at,
        reason=reason,
        reason_label=label,
        verbatim=record.verbatim,
        agent=record.agent,
        offers=", ".join(OPTIONS[RetentionOption(one["option"])].brief for one in record.attempts),
        reviewed=record.reviewed,
        asked=asked,
        since=followed,
    )


def refusal_rows(
    batch: ReadBatch, ctx: Context, term_ids: Sequence[int], reasons: Reasons
) -> Callable[[], tuple[RefusalRow, ...]]:
    """The churn records of these terms, in their order."""
    records, followed = refusals(batch, term_ids), since(batch, term_ids)
    return lambda: _listed(ctx, records(), reasons, followed())


def listed(
    session: Session, ctx: Context, records: Sequence[Any], reasons: Reasons, asked: Collection[int] = ()
) -> tuple[RefusalRow, ...]:
    """Records as a list shows them; `asked`: the numbers of those with a question that waits.

    Of a colleague's, an agent gets neither the client's words nor what was proposed.
    """
    followed = since(ReadBatch(session), [record.subscription_id for record in records])
    return _listed(ctx, records, reasons, followed(), asked)


def _listed(
    ctx: Context,
    records: Sequence[Any],
    reasons: Reasons,
    followed: Mapping[int, str],
    asked: Collection[int] = (),
) -> tuple[RefusalRow, ...]:
    rows = (
        refusal_row(
            record, reasons, asked=record.id in asked, followed=followed.get(record.subscription_id, "")
        )
        for record in records
    )
    return tuple(row if ctx.reads_all_of(row.agent) else replace(row, verbatim="", offers="") for row in rows)
