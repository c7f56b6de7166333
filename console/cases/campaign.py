"""The campaign that is usually shown: the month whose deadlines are to be worked on."""

from datetime import date, timedelta

from sqlmodel import Session

from console.cases import queue
from console.cases.views import Campaign, month_of


def usual_campaign(session: Session, today: date) -> Campaign:
    """The month under way or the nearest one in which terms end."""
    month = month_of(today)
    coming = queue.expiry_beside(session, month.first - timedelta(days=1), +1)
    found = coming or queue.expiry_beside(session, month.first, -1)
    return month if found is None else month_of(found)
