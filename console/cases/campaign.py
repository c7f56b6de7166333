"""The campaign that is usually shown: the month whose deadlines are to be worked on; those with a name."""

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import takewhile
from typing import Any

from sqlalchemy import ColumnElement, and_, func, true
from sqlmodel import Session, col, select

from console.base.errors import RefusedInputError
from console.base.french import THIN
from console.cases import queue
from console.cases.views import Campaign, month_of
from console.db.tables import Client, Subscription
from console.rules.campaigns import Campaigns, NamedCampaign


def usual_campaign(session: Session, today: date) -> Campaign:
    """The month under way or the nearest one in which terms end."""
    month = month_of(today)
    coming = queue.expiry_beside(session, month.first - timedelta(days=1), +1)
    found = coming or queue.expiry_beside(session, month.first, -1)
    return month if found is None else month_of(found)


def named(campaigns: Campaigns, code: str) -> NamedCampaign | None:
    """The campaign of that code; None for no code. Raises RefusedInputError for one that is not there."""
    found = next((one for one in campaigns if one.code == code), None)
    if found is None and code:
        known = ", ".join(one.code for one in campaigns) or "aucune"
        raise RefusedInputError(
            f"La campagne «\u00a0{code}\u00a0» n’existe pas.",
            "Rien n’a changé.",
            f"Celles de data/campagnes.toml{THIN}: {known}.",
        )
    return found


def of_campaign(campaigns: Campaigns, code: str) -> ColumnElement[bool]:
    """The condition over `Subscription`: the term is in the named campaign of that code; all for no code.

    As `campaign_of` has it: in the first that takes it. Raises RefusedInputError.
    """
    mine = named(campaigns, code)
    if mine is None:
        return true()
    earlier = takewhile(lambda one: one is not mine, campaigns)
    return and_(_takes(mine), *(~_takes(one) for one in earlier))


def about_campaign(term_id: Any, campaigns: Campaigns, code: str) -> ColumnElement[bool]:
    """The same condition, over a column that holds the number of a term."""
    if not code:
        return true()
    its = select(Subscription.id).where(col(Subscription.id) == term_id, of_campaign(campaigns, code))
    return its.correlate_except(Subscription).exists()


def names(campaigns: Campaigns) -> Mapping[str, str]:
    """What each is called, by its code."""
    return {one.code: one.name for one in campaigns}


def _takes(one: NamedCampaign) -> ColumnElement[bool]:
    conditions = [col(Subscription.plan).in_(sorted(one.plans))] if one.plans else []
    clients = []
    if one.departments:
        clients.append(col(Client.department).in_(sorted(one.departments)))
    if one.teams:
        clients.append(func.lower(Client.team).in_(sorted(one.teams)))
    if clients:
        conditions.append(col(Subscription.client_id).in_(select(Client.id).where(*clients)))
    return and_(true(), *conditions)
