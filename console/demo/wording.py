"""What a message to a client of a demonstration may name."""

from datetime import datetime
from typing import Any

from console.base.dates import add_months
from console.db.tables import Client, Subscription
from console.demo.files import DemoClient
from console.messages.wording import variables
from console.rules.links import Links
from console.rules.offers import Catalogue, Grant
from console.rules.pauses import Pause


def of_demo(
    one: DemoClient,
    agent: str,
    offer: Grant | None,
    catalogue: Catalogue,
    now: datetime,
    links: Links,
    pause: Pause | None = None,
) -> dict[str, Any]:
    """Variables of one client of a demonstration, at an instant, with the offer that a message presents."""
    client = Client(
        code=one.code,
        civility=one.civility,
        first_name=one.first_name,
        last_name=one.last_name,
        email=one.email,
        email_usable=bool(one.email),
        client_since=one.since,
    )
    term = Subscription(
        client_id=1,
        plan=one.plan,
        billing=one.billing,
        starts_on=add_months(one.expires_on, -12),
        expires_on=one.expires_on,
    )
    return variables(
        client, term, offer=offer, agent=agent, catalogue=catalogue, now=now, links=links, pause=pause
    )
