"""The key figures computed a second time, the slow and plain way: raw rows, plain Python, no shared code."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import select

from console.storage.engine import Database
from console.storage.tables import Call, GrantedOffer, Message, Subscription

RENEWED = {"renewed", "discounted", "already_renewed"}
KEPT = RENEWED | {"downgraded", "paused"}


def _day(at: datetime) -> date:
    return at.astimezone(ZoneInfo("Europe/Paris")).date()


def fractions(database: Database, first: date, last: date, today: date) -> dict[str, tuple[int, int]]:
    """Numerator and denominator of each figure, by code."""
    with database.reading() as session:
        terms: Any = [t for t in session.exec(select(Subscription)).all() if first <= t.expires_on <= last]
        sent, offers, ratings = defaultdict(list), defaultdict(list), defaultdict(list)
        for message in session.exec(select(Message)).all():
            if message.sent_at and message.kind[:2] in {"J-", "J+"}:
                sent[message.subscription_id].append(message.sent_at)
        for offer in session.exec(select(GrantedOffer)).all():
            offers[offer.subscription_id].append(offer)
        for call in session.exec(select(Call)).all():
            if call.satisfaction is not None:
                ratings[call.subscription_id].append(call.satisfaction)
    past = [t for t in terms if t.expires_on < today]
    renewed = [t for t in terms if t.retention in RENEWED]
    early = [t for t in renewed if (t.expires_on - _day(t.settled_at)).days > 7]
    paused = [t for t in terms if t.retention == "paused"]
    expired = [t for t in past if t.status in {"active", "expired"} or _day(t.settled_at) > t.expires_on]
    back = [
        t
        for t in expired
        if t.retention in KEPT and timedelta(7) <= _day(t.settled_at) - t.expires_on <= timedelta(30)
    ]
    reminded = [
        t
        for t in terms
        if (t.status != "active" or t in past)
        and any(t.settled_at is None or at <= t.settled_at for at in sent[t.id])
    ]
    loyal = {t.id: [o for o in offers[t.id] if o.offer in {"fidelite", "telephone"}] for t in terms}
    cost = sum(o.cost_cents for t in terms for o in offers[t.id] if o.accepted_at)
    rated = [rating for t in terms for rating in ratings[t.id]]
    base = past if len(past) == len(terms) else terms
    return {
        "renouvellement": (sum(t in renewed for t in base), len(base)),
        "precoces": (len(early), len(renewed)),
        "retention": (sum(t.retention in KEPT for t in reminded), len(reminded)),
        "fidelite": (
            sum(any(o.accepted_at for o in some) for some in loyal.values()),
            sum(bool(some) for some in loyal.values()),
        ),
        "downgrade": (sum(t.retention == "downgraded" for t in terms), len(terms)),
        "suspension": (len(paused), len(paused) + sum(t.status == "cancelled" for t in terms)),
        "churn": (sum(t.retention not in KEPT for t in past), len(past)),
        "reactivation": (len(back), len(expired)),
        "geste": (cost, len(renewed)),
        "satisfaction": (sum(rated), len(rated)),
    }
