"""The key figures computed a second time, the slow and plain way: from what happened, sharing no code.

Only facts are read: the days of each term, what was decided about it, the messages sent, the offers granted
and taken, the ratings given. The columns that repeat where a case stands are not looked at.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import select

from console.db.engine import Database
from console.db.tables import Call, Event, GrantedOffer, Message, Subscription

PARIS = ZoneInfo("Europe/Paris")
RENEWED = {"renewed", "discounted"}
KEPT = RENEWED | {"downgraded", "paused"}
DECISIONS = KEPT | {"refused"}


@dataclass
class Term:
    """What happened to a term: the last decision about it, empty when there was none, and when."""

    expires_on: date
    decision: str = ""
    decided_at: datetime | None = None
    sent: tuple[datetime, ...] = ()
    offers: tuple[GrantedOffer, ...] = ()
    ratings: tuple[int, ...] = ()

    @property
    def days_left(self) -> int:
        """From the decision to the expiry; negative when it came after."""
        assert self.decided_at
        return (self.expires_on - self.decided_at.astimezone(PARIS).date()).days

    @property
    def ended_at(self) -> datetime:
        """When nothing was to be hoped for any more: the decision, or the end of the last day."""
        over = datetime.combine(self.expires_on + timedelta(1), time(), PARIS)
        return self.decided_at or over


def terms_of(database: Database) -> list[Term]:
    """Every term with what happened to it."""
    found: defaultdict[int | None, Term] = defaultdict(lambda: Term(date.min))
    with database.reading() as session:
        for row in session.exec(select(Subscription)).all():
            found[row.id] = Term(row.expires_on)
        for event in session.exec(select(Event).where(Event.subscription_id != None)).all():  # noqa: E711
            term = found[event.subscription_id]
            if event.kind in DECISIONS and (term.decided_at is None or event.at >= term.decided_at):
                term.decision, term.decided_at = event.kind, event.at
        for message in session.exec(select(Message)).all():
            if message.sent_at and message.kind[:2] in {"J-", "J+"}:
                found[message.subscription_id].sent += (message.sent_at,)
        for offer in session.exec(select(GrantedOffer)).all():
            found[offer.subscription_id].offers += (offer,)
        for call in session.exec(select(Call)).all():
            if call.satisfaction is not None:
                found[call.subscription_id].ratings += (call.satisfaction,)
    return list(found.values())


def fractions(database: Database, first: date, last: date, today: date) -> dict[str, tuple[int, int]]:
    """Numerator and denominator of each figure, by code."""
    terms = [term for term in terms_of(database) if first <= term.expires_on <= last]
    past = [t for t in terms if t.expires_on < today]
    renewed = [t for t in terms if t.decision in RENEWED]
    early = [t for t in renewed if t.days_left > 7]
    paused = [t for t in terms if t.decision == "paused"]
    refused = [t for t in terms if t.decision == "refused"]
    expired = [t for t in past if not t.decision or t.days_left < 0]
    back = [t for t in expired if t.decision in KEPT and -30 <= t.days_left <= -7]
    settled = [t for t in terms if t.decision or t in past]
    reminded = [t for t in settled if any(at <= t.ended_at for at in t.sent)]
    loyal = [[o for o in t.offers if o.offer in {"fidelite", "telephone"}] for t in terms]
    rated = [rating for t in terms for rating in t.ratings]
    base = past if len(past) == len(terms) else terms
    return {
        "renouvellement": (sum(t.decision in RENEWED for t in base), len(base)),
        "precoces": (len(early), len(renewed)),
        "retention": (sum(t.decision in KEPT for t in reminded), len(reminded)),
        "fidelite": (sum(any(o.accepted_at for o in some) for some in loyal), sum(map(bool, loyal))),
        "downgrade": (sum(t.decision == "downgraded" for t in terms), len(terms)),
        "suspension": (len(paused), len(paused) + len(refused)),
        "churn": (sum(t.decision not in KEPT for t in past), len(past)),
        "reactivation": (len(back), len(expired)),
        "geste": (sum(o.cost_cents for t in terms for o in t.offers if o.accepted_at), len(renewed)),
        "satisfaction": (sum(rated), len(rated)),
    }
