"""A churn record as the lists show it: one line each, its reason in force in words."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from console.base.vocabulary import RetentionOption
from console.records.store import refusals
from console.records.views import RefusalRow
from console.rules.options import OPTIONS
from console.rules.reasons import Reasons


def reason_words(reasons: Reasons, reason: str, now: str) -> tuple[str, str]:
    """Code and words of a reason; both of each once a supervisor has re-coded it."""
    label = reasons.label(reason)
    if now in {reason, ""}:
        return reason, label
    return f"{reason} → {now}", f"{label} → {reasons.label(now)}"


def refusal_row(record: Any, reasons: Reasons, *, asked: bool = False) -> RefusalRow:
    """A churn record, or the columns of it that lists need, as they show it."""
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
    )


def refusal_rows(session: Session, term_ids: Sequence[int], reasons: Reasons) -> tuple[RefusalRow, ...]:
    """The churn records of these terms, in their order."""
    return tuple(refusal_row(record, reasons) for record in refusals(session, term_ids))
