"""Variables of clients of every kind, on which the checks render every text."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from console.domain.dates import PARIS, add_months, day_of, end_of
from console.domain.model import Billing, Plan
from console.domain.offers import Catalogue, Grant, grant, phone_offer
from console.services.wording import variables
from console.storage.tables import Client, Subscription


def samples(catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    """Variables for clients of every kind: plan, period, civility, names, days left, offer or none."""
    expiry = date(2025, 12, 31)
    long_name = "Anne-Charlotte", "de La Rochefoucauld-Montmorency"
    people = (
        ("Mme", "Marie", "Dupuis", "marie@example.org", 18),
        ("M.", "", "O’Connor", "", 40),
        ("", "", "Müller", "m@example.org", 0),
        ("Mme", *long_name, "anne@example.org", 6),
    )
    terms = ((Plan.PREMIUM, Billing.ANNUAL), (Plan.PREMIUM, Billing.MONTHLY), (Plan.BASIC, Billing.MONTHLY))
    for civility, first, last, email, months in people:
        for plan, billing in terms:
            for left in (30, 11, 1, 0, -1, -20):
                now = datetime(2025, 12, 31, 11, tzinfo=PARIS) - timedelta(days=left)
                client = Client(
                    code="CLT-00001",
                    civility=civility,
                    first_name=first,
                    last_name=last,
                    email=email,
                    email_usable=bool(email),
                    client_since=add_months(day_of(now), -months),
                )
                term = Subscription(
                    client_id=1,
                    plan=plan,
                    billing=billing,
                    starts_on=add_months(expiry, -12),
                    expires_on=expiry,
                )
                for offer in _sample_offers(catalogue, now, term):
                    yield variables(
                        client,
                        term,
                        offer=offer,
                        agent="Jean",
                        catalogue=catalogue,
                        now=now,
                        mails_sent=months,
                    )


def _sample_offers(catalogue: Catalogue, now: datetime, term: Subscription) -> Iterator[Grant | None]:
    plan, billing = Plan(term.plan), Billing(term.billing)
    yield None
    yield phone_offer(
        catalogue, now=now, expires_on=term.expires_on, plan=plan, billing=billing, running=None
    )
    for code in catalogue.offers:
        yield grant(catalogue, code, plan=plan, billing=billing, ends_at=end_of(day_of(now)))
