"""Variables of clients of every kind, on which the checks render every text."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import cycle
from typing import Any

from console.base.dates import PARIS, add_months, day_of, end_of, start_of, term_end
from console.base.vocabulary import Billing, Plan
from console.db.tables import Client, Subscription
from console.demo.files import DemoSet
from console.demo.wording import of_demo
from console.messages.wording import variables
from console.rules.links import Links
from console.rules.offers import Catalogue, Grant, grant, phone_offer, standing_offer
from console.rules.outcomes import AGREEMENTS
from console.rules.pauses import Pause
from console.rules.priority import is_vip
from console.rules.timeline import ReminderStep, Timeline

PEOPLE = (
    ("Mme", "Marie", "Dupuis", "marie@example.org", 18),
    ("M.", "", "O’Connor", "", 40),
    ("", "", "Müller", "m@example.org", 0),
    ("Mme", "Anne-Charlotte", "de La Rochefoucauld-Montmorency", "anne@example.org", 6),
    ("", "Dominique", "Lê", "", 1),
)
TERMS = ((Plan.PREMIUM, Billing.ANNUAL), (Plan.PREMIUM, Billing.MONTHLY), (Plan.BASIC, Billing.MONTHLY))
DAYS_LEFT = (30, 11, 1, 0, -1, -20)
EXPIRY = date(2025, 12, 31)
OWED = (
    "un accompagnement personnel, d’ici au vendredi 26 décembre ; "
    "un atelier offert, d’ici au lundi 22 décembre"
)
FURTHER_ON: dict[str, str | bool] = {
    "existe": True,
    "rappel": "lun. 22/12 à 10:00",
    "entrant": True,
    "lien": True,
    "geste": "un atelier offert",
    "engagements": OWED,
    "accord": "renouvellement",
    "objection": "le service n’a pas été à la hauteur",
}
"""What a call that is further on adds to the variables."""
MORNING = timedelta(hours=9)


def samples(catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    """Variables for clients of every kind: plan, period, days left, offer or none, with varied people.

    Every other call is further on: what the walk adds is filled in.
    """
    people = cycle(PEOPLE)
    further_on = cycle((False, True))
    retentions = cycle(("", *AGREEMENTS))
    links = unsigned(catalogue)
    rests = cycle((None, None, resting(EXPIRY, catalogue)))
    for plan, billing in TERMS:
        for left in DAYS_LEFT:
            now = datetime(2025, 12, 31, 11, tzinfo=PARIS) - timedelta(days=left)
            term = Subscription(
                client_id=1,
                plan=plan,
                billing=billing,
                starts_on=add_months(EXPIRY, -12),
                expires_on=EXPIRY,
                retention=next(retentions),
                settled_at=now,
            )
            for offer in _offers(catalogue, now, term):
                civility, first, last, email, months = next(people)
                client = Client(
                    code="CLT-00001",
                    civility=civility,
                    first_name=first,
                    last_name=last,
                    email=email,
                    email_usable=bool(email),
                    client_since=add_months(day_of(now), -months),
                )
                sample = variables(
                    client,
                    term,
                    offer=offer,
                    agent="Jean",
                    catalogue=catalogue,
                    now=now,
                    links=links,
                    mails_sent=months,
                    pause=next(rests),
                )
                if next(further_on):
                    sample["appel"] |= FURTHER_ON | {"lien": bool(email)}
                yield sample


def demo_samples(catalogue: Catalogue, made: DemoSet) -> Iterator[dict[str, Any]]:
    """Variables of the demonstration's clients, at its instant, with the phone offer where one is made."""
    for one in made.clients:
        offer = phone_offer(
            catalogue,
            now=made.instant,
            expires_on=one.expires_on,
            plan=one.plan,
            billing=one.billing,
            running=None,
        )
        yield of_demo(one, made.agent, offer, catalogue, made.instant, unsigned(catalogue))


def step_samples(
    catalogue: Catalogue, timeline: Timeline, step: ReminderStep, made: DemoSet
) -> Iterator[dict[str, Any]]:
    """Variables of the demonstration's clients on the day of a step, with each offer it can make."""
    of_pauses = timeline.pauses.steps if timeline.pauses else ()
    for one in made.clients:
        pause = None
        day = step.day(one.expires_on)
        if step in of_pauses:
            pause = resting(one.expires_on, catalogue)
            day = step.day(pause.resume_by)
        offers = {
            standing_offer(
                catalogue,
                timeline,
                today=day,
                expires_on=one.expires_on,
                plan=one.plan,
                billing=one.billing,
                vip=is_vip(one.since, day, catalogue.vip_months),
                at_risk=at_risk,
                wants_lower_price=False,
            )
            for at_risk in (True, False)
        }
        for offer in offers:
            now, links = start_of(day) + MORNING, unsigned(catalogue)
            yield of_demo(one, made.agent, offer, catalogue, now, links, pause)


def resting(expires_on: date, catalogue: Catalogue) -> Pause:
    """The longest pause after a term."""
    starts_on = expires_on + timedelta(days=1)
    return Pause(start_of(expires_on), starts_on, term_end(starts_on, catalogue.pause_months))


def unsigned(catalogue: Catalogue) -> Links:
    """Links as long as those that are sent, for nobody to follow."""
    return Links(b"", catalogue.company.short_link_base)


def _offers(catalogue: Catalogue, now: datetime, term: Subscription) -> Iterator[Grant | None]:
    plan, billing = Plan(term.plan), Billing(term.billing)
    yield None
    yield phone_offer(
        catalogue, now=now, expires_on=term.expires_on, plan=plan, billing=billing, running=None
    )
    for code in catalogue.offers:
        yield grant(catalogue, code, plan=plan, billing=billing, ends_at=end_of(day_of(now)))
