"""Variables of one client, made to measure."""

from datetime import date, datetime
from typing import Any

from console.base.dates import PARIS
from console.base.vocabulary import Billing, Plan
from console.content import default_root
from console.db.tables import Client, Subscription
from console.messages.wording import facts, variables
from console.rules.files import load_data
from console.rules.links import Links
from console.rules.offers import Grant, phone_offer
from console.rules.pauses import Pause

CATALOGUE = load_data(default_root()).catalogue
LINKS = Links(b"secret of the tests", CATALOGUE.company.short_link_base)
NOW = datetime(2025, 12, 19, 15, tzinfo=PARIS)


def rows(**columns: Any) -> tuple[Client, Subscription]:
    """A client and a term; columns of either by name."""
    term: dict[str, Any] = {
        "plan": "premium",
        "billing": "annual",
        "starts_on": date(2025, 1, 1),
        "expires_on": date(2025, 12, 31),
        "retention": "",
        "settled_at": None,
    }
    term |= {name: columns.pop(name) for name in list(columns) if name in term}
    person: dict[str, Any] = {
        "code": "CLT-00245",
        "civility": "Mme",
        "first_name": "Marie",
        "last_name": "Dupuis",
        "email": "marie@example.org",
        "email_usable": True,
        "client_since": date(2024, 6, 1),
    }
    return Client(**person | columns), Subscription(client_id=1, **term)


def presented(term: Subscription, now: datetime) -> Grant | None:
    """What a call presents."""
    plan, billing = Plan(term.plan), Billing(term.billing)
    return phone_offer(
        CATALOGUE, now=now, expires_on=term.expires_on, plan=plan, billing=billing, running=None
    )


def make(now: datetime = NOW, pause: Pause | None = None, **columns: Any) -> dict[str, Any]:
    """The variables."""
    client, term = rows(**columns)
    offer = presented(term, now)
    return variables(
        client,
        term,
        offer=offer,
        agent="Jean",
        catalogue=CATALOGUE,
        now=now,
        links=LINKS,
        mails_sent=2,
        pause=pause,
    )


def facts_of(now: datetime = NOW, **columns: Any) -> frozenset[str]:
    """The facts."""
    client, term = rows(**columns)
    return facts(client, term, presented(term, now), CATALOGUE, now)
