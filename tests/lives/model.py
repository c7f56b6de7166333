"""What is true of a client over time, said a second time: plain facts, and what they make of a term.

Shares no code with the product. A fact has the instant at which it happened; what a term is at some instant
is worked out from the facts told by then, in whatever order they were told. The days, the offers and the
messages are those of the specification, written out again.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
BACK = range(7, 31)
CLOSED = {date(2025, 12, 25), date(2026, 1, 1), date(2026, 4, 6), date(2026, 5, 1), date(2026, 5, 8)}
CLOSED |= {date(2026, 12, 25), date(2027, 1, 1)}
"""The public holidays on which something could be due: no SMS goes on them, nor on Sundays."""


def midnight(day: date) -> datetime:
    """The first instant of a day in Paris."""
    return datetime.combine(day, time(), PARIS)


def day_of(at: datetime) -> date:
    """The day in Paris of an instant."""
    return at.astimezone(PARIS).date()


def months_later(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month."""
    first = (day.replace(day=1) + timedelta(31 * months)).replace(day=1)
    last = (first + timedelta(31)).replace(day=1) - timedelta(1)
    return last.replace(day=min(day.day, last.day))


@dataclass(frozen=True)
class Step:
    """A step of a timeline, from so many days after the end of what it counts from.

    notice: it goes to whom nothing canvasses. until: the last day of the offer that it is there for.
    """

    code: str
    offset: int
    channels: tuple[str, ...] = ("email",)
    notice: bool = False
    leaves_time: bool = False
    until: int | None = None


YEARLY = (
    Step("J-30", -30, until=-23),
    Step("J-14", -14, ("email", "sms")),
    Step("J-7", -7, leaves_time=True, until=-7),
    Step("J-3", -3),
    Step("J-0", 0, notice=True),
    Step("J+1", 1),
    Step("J+7", 7),
    Step("J+14", 14, ("sms",)),
    Step("J+30", 30),
    Step("J+31", 31, ()),
)
MONTHLY = (
    Step("J-7", -7),
    Step("J-1", -1, leaves_time=True),
    Step("J-0", 0, notice=True),
    Step("J+31", 31, ()),
)
PAUSES = (Step("P-14", -14, notice=True), Step("P-3", -3, ("email", "sms")), Step("P-0", 0, notice=True))

LETTERS = {
    "renewed": "confirmation-renouvellement",
    "discounted": "confirmation-remise",
    "downgraded": "confirmation-downgrade",
    "paused": "confirmation-pause",
    "resumed": "confirmation-reprise",
    "link": "lien-renouvellement",
}
"""What is written at once to a client who agreed to something on the phone."""
RENEWING = ("renewed", "already", "discounted", "downgraded", "resumed")
"""What a client may agree to that opens a term."""
COSTS = {"discounted": 3000, "gift": 600}
LOYALTY = 800
"""What offers cost us, in cents: 3 months at 25 € instead of 35; a workshop; 2 € and a workshop."""


@dataclass(frozen=True)
class Fact:
    """What happened: renewed, paid, filed (a file says renewed, `dated` or not), refused (now or out of a
    pause), agreed (on the phone, to `what`), confirmed (in writing), withdrawn, refunded, talked, escalated,
    answered, promised (something of ours that costs `n`), rated (`n`).
    """

    kind: str
    at: datetime
    dated: bool = True
    what: str = ""
    n: int = 0


@dataclass(frozen=True)
class Stand:
    """What a term is: its fate (or `awaited`), since which day, when its client came back; its pause; the
    agreement on the phone; whether numi owed an answer when it ended."""

    fate: str
    since: date | None
    back: date | None = None
    pause: str = ""
    agreement: str = ""
    owed: bool = False


@dataclass
class Life:
    """A client whose term ends on a day, all that was told of them, all that was written to them."""

    expires_on: date
    vip: bool = True
    steps: tuple[Step, ...] = YEARLY
    facts: list[Fact] = field(default_factory=list)
    posted: list[tuple[str, str, datetime]] = field(default_factory=list)
    decided: set[tuple[str, str]] = field(default_factory=set)  # sent once, or given up
    truth: datetime | None = None  # when the client renewed, once that is drawn
    lower: bool = False  # of the lower plan: no loyalty offer is made for it

    @property
    def over(self) -> datetime:
        """The first instant after the term."""
        return midnight(self.expires_on + timedelta(1))

    @property
    def resume_by(self) -> date:
        """The last day of a pause: three whole months after the term, which ends with a month."""
        return (self.expires_on.replace(day=1) + timedelta(125)).replace(day=1) - timedelta(1)

    def tell(
        self, kind: str, at: datetime, now: datetime, *, dated: bool = True, what: str = "", n: int = 0
    ) -> None:
        """One more fact is known, and the letter that answers it is written at once."""
        before = self.stand(now)
        letter = {"agreed": LETTERS.get(what, ""), "escalated": "accuse-escalade", "promised": "engagements"}
        if kind == "refused" and not self.days("refused"):
            letter["refused"] = "cloture"
        if kind in {"withdrawn", "refunded"} and not any(one == "suivi-3-mois" for one, _, _ in self.posted):
            self.decided.discard(("suivi-3-mois", "email"))
        self.facts.append(Fact(kind, at, dated, what, n))
        agreed = any(self.holds(made, now) for made in self.agreed(*RENEWING))
        if kind in {"renewed", "paid"} and not self.stays(before) and not agreed:  # else it was written then
            resting = before.fate == "paused" and at >= self.over
            letter[kind] = LETTERS["resumed" if resting else "renewed"]
        if letter.get(kind):
            self.posted.append((letter[kind], "email", now))

    def days(self, *kinds: str) -> list[datetime]:
        """When the facts of some kinds happened, as they were told."""
        return [fact.at for fact in self.facts if fact.kind in kinds]

    # -- agreements ------------------------------------------------------------------------------------

    def agreed(self, *whats: str) -> list[Fact]:
        """What was agreed to on the phone, of some kinds or all, as it was told."""
        return [fact for fact in self.facts if fact.kind == "agreed" and (not whats or fact.what in whats)]

    def agreement(self, made: Fact, now: datetime, *, by_file: bool = True) -> str:
        """What an agreement is by then: oral (or link), confirmed, withdrawn, lapsed; `by_file`: a file may
        prove it."""
        after = self.facts[self.facts.index(made) + 1 :]
        closing = next((fact for fact in after if fact.kind in {"agreed", "withdrawn", "refused"}), None)
        if any(fact.kind == "refunded" for fact in after):
            return "withdrawn"
        told = after[: after.index(closing)] if closing else after
        proving = {"renewed", "paid"} | ({"confirmed"} if made.what != "link" else set())
        follows = day_of(made.at) <= day_of(self.over)  # what was agreed begins where the term ends
        if by_file and (follows or made.what == "link"):  # a file shows the term that was agreed to
            proving |= {"filed"}
        proofs = [day_of(fact.at) for fact in told if fact.kind in proving]
        if made.what in {"link", "paused"}:  # nothing is owed: time does not undo them
            until = date.max
        else:
            until = max(self.expires_on, day_of(made.at)) + timedelta(30)
        if any(day <= until for day in proofs):
            return "confirmed"
        if closing:
            return "withdrawn"
        if proofs or day_of(now) > until:
            return "lapsed"
        return "link" if made.what == "link" else "oral"

    def holds(self, made: Fact, now: datetime) -> bool:
        """Whether an agreement counts; of one given after the end, that had lapsed until a file proved it,
        the file alone says when its client renewed."""
        return self.agreement(made, now, by_file=made.at < self.over) in {"oral", "confirmed"}

    # -- what the term is ------------------------------------------------------------------------------

    def stand(self, now: datetime) -> Stand:
        """What the term is at an instant."""
        fate, since, back, pause = self._fate(now)
        made = self.agreed()
        asked, answered = self.days("escalated"), self.days("answered")
        owed = now >= self.over and any(
            at < self.over and not (len(answered) > n and answered[n] < self.over)
            for n, at in enumerate(asked)
        )
        state = self.agreement(made[-1], now) if made else ""
        return Stand(fate, since and day_of(since), back and day_of(back), pause, state, owed)

    @staticmethod
    def stays(stand: Stand) -> bool:
        """Whether the client of a term stays, on a pause under way for the time being."""
        if stand.fate == "paused":
            return stand.pause == "resumed" or stand.back is not None
        return stand.back is not None or stand.fate in {"renewed", "discounted", "downgraded"}

    def _fate(self, now: datetime) -> tuple[str, datetime | None, datetime | None, str]:
        stays = sorted(self._renewals(now), key=lambda fact: fact.at)
        in_time = [fact for fact in stays if fact.at < self.over]
        if in_time:
            how = next((fact.what for fact in in_time if fact.kind == "agreed"), "renewed")
            return "renewed" if how in {"resumed", "already"} else how, in_time[0].at, None, ""
        left = [fact for fact in self._left() if fact.at < self.over]
        back = stays[0].at if stays else None
        if left and left[-1].kind == "agreed":
            return self._paused(left[-1], back, now)
        if left:
            return "refused", left[-1].at, back, ""
        return ("silent", self.over, back, "") if now >= self.over else ("awaited", None, None, "")

    def _paused(
        self, made: Fact, back: datetime | None, now: datetime
    ) -> tuple[str, datetime | None, datetime | None, str]:
        """A pause is the fate, whatever follows: resumed in time, refused, or lapsed; then a come-back."""
        end = self.pause_end()
        if back and back < end:
            return "paused", made.at, None, "resumed"
        lapses = end == midnight(self.resume_by + timedelta(1))
        return "paused", made.at, back, "running" if now < end else "lapsed" if lapses else "refused"

    def pause_end(self) -> datetime:
        """When the pause ends without a resumption: a refusal or a change of mind, else its last day."""
        gone = [fact.at for fact in self.facts if fact.kind == "refused" and fact.at >= self.over]
        back = [fact for fact in self.facts if fact.kind == "withdrawn" and fact.what == "paused"]
        gone += [fact.at for fact in back if fact.at >= self.over]
        return min([*gone, midnight(self.resume_by + timedelta(1))])

    def kept_until(self, now: datetime) -> date:
        """The last day of what the client of a month renewed, the file's where one says it; of a lower price
        the last of its three months."""
        stand = self.stand(now)
        if stand.fate == "discounted":
            return months_later(self.expires_on, 3)
        back = stand.back
        if back is None or self.days("filed"):
            return months_later(self.expires_on, 1)
        return months_later(back, 1) - timedelta(1)

    def _left(self) -> list[Fact]:
        """The pauses and refusals that stand: an agreement that came to nothing leaves none before it."""
        found = list[Fact]()
        for fact in self.facts:
            match fact.kind, fact.what:
                case ("refused", _) | ("agreed", "paused"):
                    found.append(fact)
                case "agreed", "renewed" | "already" | "discounted" | "downgraded" if fact.at < self.over:
                    found.clear()
                case "withdrawn", "paused" if fact.at < self.over:
                    found.pop()
        return found

    def _renewals(self, now: datetime) -> list[Fact]:
        """The renewals; the true instant of one takes the place of the day that a file had it guessed.

        A payment after the end may be that of a renewal in time: it proves no other instant. What was paid
        back is as if it had never been.
        """
        paid_back = max((n for n, fact in enumerate(self.facts) if fact.kind == "refunded"), default=-1)
        facts = self.facts[paid_back + 1 :]
        told = [fact for fact in facts if fact.kind in {"renewed", "paid", "filed"} and fact.dated]
        told += [fact for fact in self.agreed(*RENEWING) if self.holds(fact, now)]
        guessed = [fact for fact in facts if fact.kind == "filed" and not fact.dated]
        lapsed = [fact for fact in self.agreed() if self.agreement(fact, now) == "lapsed"]
        if lapsed and lapsed[-1] == self.agreed()[-1] and not guessed:  # who confirms too late comes back
            after = self.facts[self.facts.index(lapsed[-1]) + 1 :]  # what came before confirmed another
            told += [fact for fact in after if fact.kind == "confirmed"]
        known = any(fact.kind != "paid" or fact.at < self.over for fact in told)
        return told if known else told + guessed[:1]

    def escalated(self) -> bool:
        """Whether a supervisor owes an answer."""
        return len(self.days("escalated")) > len(self.days("answered"))

    # -- what is written to the client -----------------------------------------------------------------

    def job(self, now: datetime) -> None:
        """What leaves at the run of a day."""
        stand = self.stand(now)
        left, refused = self._left(), [fact for fact in self.facts if fact.kind == "refused"]
        gone = stand.pause == "refused" or (bool(left) and left[-1].kind == "refused")
        if self.stays(stand):
            pass
        elif stand.fate == "paused":
            if stand.pause == "running" and now >= self.over:
                self._follow(PAUSES, self.resume_by, now)
        elif stand.fate in {"awaited", "silent"} and not gone:
            self._follow(self.steps, self.expires_on, now)
            self._link_again(now)
        if stand.agreement == "oral" and (made := self.agreed()[-1]).what in LETTERS:
            self._once("acceptation", made.at + timedelta(hours=48), now)
        if stand.fate == "downgraded":
            self._once("transition", midnight(self.expires_on), now)
        if gone and refused and refused[0].n and not self.escalated():
            service_ended = max(day_of(refused[0].at), self.expires_on)
            due = midnight(months_later(service_ended, 3))
            if not self.stays(stand):
                self._once("suivi-3-mois", due, now)
            elif now >= due:
                self.decided.add(("suivi-3-mois", "email"))  # given up

    def _follow(self, steps: tuple[Step, ...], end: date, now: datetime) -> None:
        """The step that is due, from its day to the next one's, once a channel."""
        today = day_of(now)
        come = [step for step in steps if end + timedelta(step.offset) <= today]
        for channel in come[-1].channels if come else ():
            step, key = come[-1], (come[-1].code, channel)
            before = end + timedelta(come[-2].offset) if len(come) > 1 else date.max
            if key in self.decided or (self.escalated() and not step.notice):
                continue
            if step.leaves_time and any(day_of(at) >= before for at in self._reactions()):
                self.decided.add(key)  # left time
            elif step.until is not None and today > end + timedelta(step.until):
                self.decided.add(key)  # its offer is over
            elif channel == "email" or (today.weekday() < 6 and today not in CLOSED):
                self._post(key, now)

    def _link_again(self, now: datetime) -> None:
        """The link that the client asked for, two days later, where no step brings it first."""
        made = self.agreed()
        if not made or self.agreement(made[-1], now) != "link":
            return
        asked, due = day_of(made[-1].at), made[-1].at + timedelta(hours=48)
        last = self.expires_on - timedelta(3)
        until = last if last > asked else self.expires_on
        key = ("rappel-lien", "email")
        if key not in self.decided and due <= now and day_of(due) < until and day_of(now) < until:
            if any(at > made[-1].at for at in self._reactions()):
                self.decided.add(key)
            else:
                self._post(key, now)

    def _reactions(self) -> list[datetime]:
        return self.days("talked", "clicked")

    def _once(self, kind: str, due: datetime, now: datetime) -> None:
        """An e-mail due from an instant on, for fifteen days."""
        if (kind, "email") not in self.decided and due <= now < midnight(day_of(due) + timedelta(15)):
            self._post((kind, "email"), now)

    def _post(self, key: tuple[str, str], now: datetime) -> None:
        self.decided.add(key)
        self.posted.append((*key, now))

    # -- what it counts in the figures -----------------------------------------------------------------

    def reminded(self, now: datetime) -> bool:
        """Whether a step had reached the client when the case was settled."""
        until = min(self._fate(now)[1] or self.over, self.over)
        codes = {step.code for step in self.steps}
        return any(kind in codes and at <= until for kind, _, at in self.posted)

    def offer(self, now: datetime) -> int:
        """What the best offer that a call presents at an instant costs us; 0 without one."""
        day = (day_of(now) - self.expires_on).days
        if -14 <= day <= 0:
            return LOYALTY
        sent = {kind for kind, _, _ in self.posted}
        for code, until, cost in (
            ("J-30", -23, 185),
            ("J+1", 10, 1600),
            ("J+7", 14, 2000),
            ("J+30", 30, 7000),
        ):
            if code in sent and int(code[1:]) <= day <= until:
                return cost
        return 0

    def heard(self, fact: Fact) -> bool:
        """Whether a rating was given before the figures of the term stood."""
        return day_of(fact.at) <= self.expires_on + timedelta(30)

    def cost(self, now: datetime) -> int:
        """What the offers that the client took in time cost us, in cents; a gift stays given."""
        gifts = sum(fact.n for fact in self.facts if fact.kind == "promised" and fact.at < self.over)
        return gifts + sum(fact.n for fact in self.agreed() if self._taken(fact, now))

    def _taken(self, made: Fact, now: datetime) -> bool:
        """Whether what was agreed to holds and was in time: the rest is part of a come-back."""
        return made.at < self.over and self.holds(made, now)

    def loyalty(self, now: datetime) -> tuple[bool, bool]:
        """Whether the loyalty offer was taken, and whether it was made: to a VIP by J-14 and J-7, to all who
        spoke of the price from J-14 on."""
        first = midnight(self.expires_on - timedelta(14))
        by_mail = self.vip and any(kind in {"J-14", "J-7"} for kind, _, _ in self.posted)
        spoken = any(
            f.kind == "talked" and f.what == "offer" and first <= f.at < self.over for f in self.facts
        )
        taken = any(f.n == LOYALTY and f.what == "renewed" and self._taken(f, now) for f in self.agreed())
        return taken, by_mail or spoken


def fractions(lives: list[Life], now: datetime) -> dict[str, tuple[int, int]]:
    """Numerator and denominator of the ten figures of these terms as one cohort."""
    stands = [(life, life.stand(now)) for life in lives]
    today = day_of(now)
    past = [(life, one) for life, one in stands if life.expires_on < today]
    renewed = [(life, one) for life, one in stands if one.fate in {"renewed", "discounted"}]
    kept = [pair for pair in stands if pair[1].fate in {"renewed", "discounted", "downgraded", "paused"}]
    closed = [pair for pair in stands if pair[1].fate not in {"awaited", "silent"} or pair in past]
    reminded = [(life, one) for life, one in closed if life.reminded(now)]
    over = [(life, one) for life, one in stands if one.pause in {"lapsed", "refused"}]
    ended = [(min(day_of(life.pause_end()), life.resume_by), one) for life, one in over]
    ended = [(day, one) for day, one in ended if (today - day).days > 30]
    back_on = [one for day, one in ended if one.back and (one.back - day).days in BACK]
    lost = [(life, one) for life, one in past if one.fate in {"refused", "silent"}]
    long_lost = [(life, one) for life, one in lost if (today - life.expires_on).days > 30]
    back = [one for life, one in long_lost if one.back and (one.back - life.expires_on).days in BACK]
    early = [one for life, one in renewed if one.since and (life.expires_on - one.since).days > 7]
    base = past if len(past) == len(stands) else stands
    refused = sum(one.fate == "refused" for _, one in stands)
    paused = sum(one.fate == "paused" for _, one in stands)
    offers = [life.loyalty(now) for life in lives]
    ratings = [fact.n for life in lives for fact in life.facts if fact.kind == "rated" and life.heard(fact)]
    return {
        "renouvellement": (sum(pair in renewed for pair in base), len(base)),
        "precoces": (len(early), len(renewed)),
        "retention": (sum(pair in kept for pair in reminded), len(reminded)),
        "fidelite": (sum(taken for taken, _ in offers), sum(made for _, made in offers)),
        "downgrade": (sum(one.fate == "downgraded" for _, one in stands), len(stands)),
        "suspension": (paused, paused + refused),
        "churn": (len(lost), len(past)),
        "reactivation": (len(back) + len(back_on), len(long_lost) + len(ended)),
        "geste": (sum(life.cost(now) for life in lives), len(renewed)),
        "satisfaction": (sum(ratings), len(ratings)),
    }
