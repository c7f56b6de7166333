"""The links that messages carry, each signed and holding as long as what it opens."""

from datetime import date

from console.base.dates import day_of, plus_days
from console.db.tables import Client, Subscription
from console.rules.links import Link, Links, Purpose
from console.rules.offers import Grant
from console.rules.pauses import Pause

WAY_BACK_DAYS = 31
AGREEMENT_DAYS = 60
YEAR_DAYS = 366
UNSUBSCRIBE_DAYS = 3 * YEAR_DAYS
RATE_DAYS, HEARD_DAYS = 14, 30
"""How long an exchange can be rated; and the days after an expiry by which its month's figures stand."""


def links_of(
    client: Client,
    term: Subscription,
    offer: Grant | None,
    links: Links,
    today: date,
    pause: Pause | None = None,
) -> dict[str, str | bool]:
    """The address of each page, for one client and the term that a message is about.

    A paused client resumes by the page that opens an account again, as long as the pause lasts.
    """

    def url(purpose: Purpose, until: date, code: str = "") -> str:
        return links.url(Link(purpose, client.code, term.expires_on, until, code))

    expired = today > term.expires_on
    back = Purpose.REACTIVATE if expired else Purpose.RENEW
    way_back = plus_days(max(today, term.expires_on), WAY_BACK_DAYS)
    if pause is not None and pause.resume_by >= today > term.expires_on:
        way_back = pause.resume_by
    last_day = way_back if expired else term.expires_on
    return {
        "renouveler": url(back, day_of(offer.ends_at), offer.offer) if offer else url(back, last_day),
        "reprendre": url(Purpose.REACTIVATE, pause.resume_by if pause else way_back),
        "reactiver": url(Purpose.REACTIVATE, way_back),
        "confirmer": url(Purpose.CONFIRM, plus_days(today, AGREEMENT_DAYS)),
        "modifier": url(Purpose.CHANGE, plus_days(today, YEAR_DAYS)),
        "premium": url(Purpose.UPGRADE, plus_days(today, YEAR_DAYS)),
        "noter": url(Purpose.RATE, rated_until(term.expires_on, today)),
        "desinscrire": url(Purpose.UNSUBSCRIBE, plus_days(today, UNSUBSCRIBE_DAYS)),
    }


def rated_until(expires_on: date, today: date) -> date:
    """The last day on which an exchange of today may be rated: it moves no figure of a month that stands."""
    last, stands = plus_days(today, RATE_DAYS), plus_days(expires_on, HEARD_DAYS)
    return last if today > stands else min(last, stands)
