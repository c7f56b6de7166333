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
from console.db.tables import Agreement, Call, Event, GrantedOffer, Message, Pause, Subscription

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
    ratings: tuple[tuple[date, int], ...] = ()

    @property
    def days_left(self) -> int:
        """From the decision to the expiry; negative when it came after."""
        assert self.decided_at
        return (self.expires_on - self.decided_at.astimezone(PARIS).date()).days

    @property
    def in_time(self) -> bool:
        """Whether it was decided on the last day at the latest."""
        return self.decided_at is not None and self.days_left >= 0

    @property
    def ended_at(self) -> datetime:
        """When nothing was to be hoped for any more: the decision, or the end of the last day."""
        over = datetime.combine(self.expires_on + timedelta(1), time(), PARIS)
        return self.decided_at or over


def terms_of(database: Database, today: date) -> list[Term]:
    """Every term with what happened to it until the end of a day."""
    until = datetime.combine(today + timedelta(1), time(), PARIS)
    found: defaultdict[int | None, Term] = defaultdict(lambda: Term(date.min))
    with database.reading() as session:
        for row in session.exec(select(Subscription)).all():
            found[row.id] = Term(row.expires_on)
        for event in session.exec(select(Event).where(Event.subscription_id != None)).all():  # noqa: E711
            term = found[event.subscription_id]
            if event.kind == "refused" and term.decision == "paused" and _day(event.at) > term.expires_on:
                continue  # the choice made stands, whatever follows
            if event.kind in DECISIONS and (term.decided_at is None or event.at >= term.decided_at):
                term.decision, term.decided_at = event.kind, event.at
        for made in session.exec(select(Agreement)).all():
            term = found[made.subscription_id]
            if made.agreed_at == term.decided_at and _lapsed(made, term.expires_on, today):
                term.decision, term.decided_at = "", None
                taken = (offer for offer in session.exec(select(GrantedOffer)).all())
                for offer in taken:
                    if offer.accepted_at == made.agreed_at and offer.subscription_id == made.subscription_id:
                        offer.accepted_at = None
                if made.opened_id and not found[made.opened_id].decision:
                    found.pop(made.opened_id)
        for message in session.exec(select(Message)).all():
            if message.sent_at and message.sent_at < until and message.kind[:2] in {"J-", "J+"}:
                found[message.subscription_id].sent += (message.sent_at,)
        for offer in session.exec(select(GrantedOffer)).all():
            if offer.accepted_at and offer.accepted_at >= until:
                offer.accepted_at = None
            if offer.granted_at < until:
                found[offer.subscription_id].offers += (offer,)
        for call in session.exec(select(Call)).all():
            if call.satisfaction is not None and call.ended_at and call.ended_at < until:
                found[call.subscription_id].ratings += ((_day(call.ended_at), call.satisfaction),)
    return list(found.values())


def _day(at: datetime) -> date:
    return at.astimezone(PARIS).date()


def _lapsed(made: Agreement, expires_on: date, today: date) -> bool:
    """An agreement to pay, which nothing proved within 30 days of the expiry, or of itself where later."""
    last = max(expires_on, made.agreed_at.astimezone(PARIS).date()) + timedelta(30)
    proved = made.confirmed_at is not None and made.confirmed_at.astimezone(PARIS).date() <= last
    return made.outcome != "paused" and not proved and made.withdrawn_at is None and today > last


def _rests(database: Database, first: date, last: date, today: date) -> dict[int, bool]:
    """The pauses that ended more than 30 days ago without a resumption, and whether the client came back."""
    found = {}
    with database.reading() as session:
        terms = {term.id: term for term in session.exec(select(Subscription)).all()}
        for pause in session.exec(select(Pause)).all():
            term = terms[pause.subscription_id]
            ended = pause.resume_by if pause.refused_at is None else _day(pause.refused_at)
            resumed = pause.resumed_at and _day(pause.resumed_at)
            if term.status != "paused" or not first <= term.expires_on <= last:
                continue
            if (resumed and resumed <= ended) or (today - ended).days <= 30:
                continue
            found[pause.subscription_id] = bool(resumed and 7 <= (resumed - ended).days <= 30)
    return found


def fractions(database: Database, first: date, last: date, today: date) -> dict[str, tuple[int, int]]:
    """Numerator and denominator of each figure, by code."""
    terms = [term for term in terms_of(database, today) if first <= term.expires_on <= last]
    past = [t for t in terms if t.expires_on < today]
    renewed = [t for t in terms if t.in_time and t.decision in RENEWED]
    early = [t for t in renewed if t.days_left > 7]
    paused = [t for t in terms if t.in_time and t.decision == "paused"]
    refused = [t for t in terms if t.in_time and t.decision == "refused"]
    lost = [t for t in past if not (t.in_time and t.decision in KEPT)]
    long_lost = [t for t in lost if (today - t.expires_on).days > 30]
    back = [t for t in long_lost if t.decision in KEPT and -30 <= t.days_left <= -7]
    rests = _rests(database, first, last, today)
    settled = [t for t in terms if t.in_time or t in past]
    reminded = [t for t in settled if any(at <= t.ended_at and _day(at) <= t.expires_on for at in t.sent)]
    taken = [(t, o) for t in terms for o in t.offers if o.accepted_at and _day(o.accepted_at) <= t.expires_on]
    loyal = {"fidelite", "telephone"}
    offered = [
        t for t in terms if any(o.offer in loyal and _day(o.granted_at) <= t.expires_on for o in t.offers)
    ]
    rated = [note for t in terms for on, note in t.ratings if on <= last + timedelta(30)]
    base = past if len(past) == len(terms) else terms
    return {
        "renouvellement": (sum(t in renewed for t in base), len(base)),
        "precoces": (len(early), len(renewed)),
        "retention": (sum(t.in_time and t.decision in KEPT for t in reminded), len(reminded)),
        "fidelite": (len({id(t) for t, o in taken if o.offer in loyal}), len(offered)),
        "downgrade": (sum(t.in_time and t.decision == "downgraded" for t in terms), len(terms)),
        "suspension": (len(paused), len(paused) + len(refused)),
        "churn": (len(lost), len(past)),
        "reactivation": (len(back) + sum(rests.values()), len(long_lost) + len(rests)),
        "geste": (sum(o.cost_cents for _, o in taken), len(renewed)),
        "satisfaction": (sum(rated), len(rated)),
    }
