"""The reason in force of each record: what a supervisor coded last."""

from sqlalchemy import ColumnElement, and_, func
from sqlmodel import Session, col

from console.base.dates import plus_days, start_of
from console.cases.campaign import about_campaign
from console.cases.views import Campaign
from console.db.query import columns
from console.db.tables import ChurnRecord
from console.rules.campaigns import Campaigns

REASON = func.coalesce(func.nullif(col(ChurnRecord.reason_now), ""), col(ChurnRecord.reason))
"""A record's reason in force: the last coding counts."""


def refused(period: Campaign, campaigns: Campaigns) -> ColumnElement[bool]:
    """The refusals of these days, both included, by clients of its campaign. Raises RefusedInputError."""
    at = col(ChurnRecord.at)
    return and_(
        at >= start_of(period.first),
        at < start_of(plus_days(period.last, 1)),
        col(ChurnRecord.corrected_at).is_(None),
        about_campaign(ChurnRecord.subscription_id, campaigns, period.named),
    )


def reasons(session: Session, which: ColumnElement[bool]) -> dict[str, int]:
    """How many of these refusals have each reason in force."""
    query = columns(REASON, func.count()).where(which).group_by(REASON)
    return {reason: int(n) for reason, n in session.connection().execute(query)}
