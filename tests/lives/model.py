"""What is true of a client over time, said a second time: plain facts, and what they make of a term.

Shares no code with the product. A fact has the instant at which it happened; what a term is at some instant
is worked out from the facts told by then, in whatever order they were told.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
BACK = range(7, 31)


def midnight(day: date) -> datetime:
    """The first instant of a day in Paris."""
    return datetime.combine(day, time(), PARIS)


def day_of(at: datetime) -> date:
    """The day in Paris of an instant."""
    return at.astimezone(PARIS).date()


@dataclass(frozen=True)
class Fact:
    """What happened: renewed, paid, filed (a file says renewed, `dated` or not), refused, agreed (on the
    phone), confirmed (in writing), withdrawn, paused.
    """

    kind: str
    at: datetime
    dated: bool = True
    known: datetime | None = None  # when it was told, where that proves something


@dataclass(frozen=True)
class Stand:
    """What a term is: its fate (or `awaited`), since which day, when its client came back; its pause."""

    fate: str
    since: date | None
    back: date | None = None
    pause: str = ""


@dataclass
class Life:
    """A client whose term ends on a day, and all that was told of them."""

    expires_on: date
    facts: list[Fact] = field(default_factory=list)
    truth: datetime | None = None  # when the client renewed, once that is drawn

    def tell(self, kind: str, at: datetime, *, dated: bool = True, known: datetime | None = None) -> None:
        """One more fact is known. A file that says what an event said, or says it again, adds nothing."""
        self.facts.append(Fact(kind, at, dated, known))

    def days(self, kind: str) -> list[datetime]:
        """When the facts of a kind happened, as they were told."""
        return [fact.at for fact in self.facts if fact.kind == kind]

    def stand(self, now: datetime) -> Stand:
        """What the term is at an instant."""
        over = midnight(self.expires_on + timedelta(1))
        stays = sorted(self._renewals(now), key=lambda fact: fact.at)
        refusals = [fact for fact in self.facts if fact.kind == "refused"]
        in_time = [fact for fact in stays if fact.at < over]
        if in_time:
            return Stand("renewed", day_of(in_time[0].at))
        if self.days("paused"):
            return self._paused(stays, now)
        back = day_of(stays[0].at) if stays else None
        refused = [fact.at for fact in refusals if fact.at < over]
        if refused:
            return Stand("refused", day_of(refused[0]), back)
        return Stand("silent", day_of(over), back) if now >= over else Stand("awaited", None)

    @property
    def resume_by(self) -> date:
        """The last day of a pause: three whole months after the term, which ends with a month."""
        return (self.expires_on.replace(day=1) + timedelta(125)).replace(day=1) - timedelta(1)

    def _paused(self, stays: list[Fact], now: datetime) -> Stand:
        """A pause is the fate, whatever follows: resumed in time, or lapsed, and then perhaps a come-back."""
        since = day_of(self.days("paused")[0])
        if stays and day_of(stays[0].at) <= self.resume_by:
            return Stand("paused", since, pause="resumed")
        state = "lapsed" if day_of(now) > self.resume_by else "running"
        return Stand("paused", since, day_of(stays[0].at) if stays else None, state)

    def agreement(self, now: datetime) -> str:
        """What the agreement given on the phone is by then; empty without one."""
        agreed = self.days("agreed")
        if not agreed:
            return ""
        if self.days("withdrawn"):
            return "withdrawn"
        until = max(self.expires_on, day_of(agreed[0])) + timedelta(30)
        proofs = [fact for fact in self.facts if fact.kind in {"confirmed", "paid", "renewed", "filed"}]
        if any(day_of(fact.known or fact.at) <= until for fact in proofs):
            return "confirmed"
        return "oral" if not proofs and day_of(now) <= until else "lapsed"

    def _renewals(self, now: datetime) -> list[Fact]:
        """The renewals; the true instant of one takes the place of the day that a file had it guessed.

        A payment after the end may be that of a renewal in time: it proves no other instant.
        """
        over = midnight(self.expires_on + timedelta(1))
        told = [fact for fact in self.facts if fact.kind in {"renewed", "paid", "filed"} and fact.dated]
        if self.agreement(now) in {"oral", "confirmed"}:
            told += [fact for fact in self.facts if fact.kind == "agreed"]
        if self.agreement(now) == "lapsed":  # who confirms too late comes back
            told += [fact for fact in self.facts if fact.kind == "confirmed"]
        guessed = [fact for fact in self.facts if not fact.dated]
        known = any(fact.kind != "paid" or fact.at < over for fact in told)
        return told if known else told + guessed[:1]


def fractions(lives: list[Life], now: datetime) -> dict[str, tuple[int, int]]:
    """Numerator and denominator of the figures of these terms as one cohort."""
    stands = [(life, life.stand(now)) for life in lives]
    today = day_of(now)
    past = [(life, one) for life, one in stands if life.expires_on < today]
    renewed = [(life, one) for life, one in stands if one.fate in {"renewed", "discounted"}]
    over = [(life, one) for life, one in stands if one.pause == "lapsed"]
    over = [(life, one) for life, one in over if (today - life.resume_by).days > 30]
    back_on = [one for life, one in over if one.back and (one.back - life.resume_by).days in BACK]
    lost = [(life, one) for life, one in past if one.fate in {"refused", "silent"}]
    long_lost = [(life, one) for life, one in lost if (today - life.expires_on).days > 30]
    back = [one for life, one in long_lost if one.back and (one.back - life.expires_on).days in BACK]
    early = [one for life, one in renewed if one.since and (life.expires_on - one.since).days > 7]
    base = past if len(past) == len(stands) else stands
    refused = sum(one.fate == "refused" for _, one in stands)
    paused = sum(one.fate == "paused" for _, one in stands)
    return {
        "renouvellement": (sum(pair in renewed for pair in base), len(base)),
        "precoces": (len(early), len(renewed)),
        "downgrade": (sum(one.fate == "downgraded" for _, one in stands), len(stands)),
        "suspension": (paused, paused + refused),
        "churn": (len(lost), len(past)),
        "reactivation": (len(back) + len(back_on), len(long_lost) + len(over)),
    }
