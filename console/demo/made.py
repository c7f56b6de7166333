"""Made-up clients for trials at scale: plausible, and always the same for the same number."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from console.base.dates import day_of, plus_days, start_of
from console.base.text import fold
from console.base.vocabulary import Billing, CallOutcome, Channel, Direction, Plan
from console.content import Content
from console.demo.files import DemoCall, DemoClient, DemoFact, DemoSet, DemoWords, read_words
from console.demo.play import demo_set
from console.messages.events_file import FeedbackKind
from console.rules.hours import FieldRules, last_window

MOST_CALLS = 60
"""How many calls are walked through the script, at most: they cost far more than rows."""

OVERSEAS = ("Indian/Reunion", "America/Guadeloupe", "America/Martinique", "America/Cayenne", "Indian/Mayotte")
LANDLINES = ("01 99 00", "02 61 91", "03 53 01", "04 65 71", "05 36 49")
WALKS: tuple[tuple[CallOutcome, tuple[str, ...]], ...] = (
    (CallOutcome.REFUSED, ("1", "1", "2", "1", "5", "1", "Je dois réduire mes dépenses.", "1", "1")),
    (CallOutcome.REFUSED, ("1", "1", "2", "5", "3", "2", "Je n’ai plus le temps de m’en servir.", "1", "2")),
    (CallOutcome.REFUSED, ("1", "1", "2", "6", "4", "J’ai changé de projet.", "1", "2")),
    (CallOutcome.REFUSED, ("1", "1", "2", "6", "8", "1", "3")),
    (CallOutcome.RENEWED, ("1", "1", "1", "1", "4", "1")),
    (CallOutcome.DOWNGRADED, ("1", "1", "2", "1", "3", "1", "6")),
    (CallOutcome.DISCOUNTED, ("1", "1", "2", "1", "4", "1", "6")),
    (CallOutcome.PAUSED, ("1", "1", "2", "3", "1", "1", "6")),
)


def made_up(content: Content, number: int) -> DemoSet:
    """So many clients, their expiries spread over a year around the demonstration's day."""
    made = replace(demo_set(content), name=f"taille-{number}")
    words = read_words(content.root / "data" / "demo" / "noms.toml")
    return replace(made, clients=tuple(_People(made, words, number, content.data.field).all()))


class _People:
    """Draws clients one after the other."""

    def __init__(self, made: DemoSet, words: DemoWords, number: int, field: FieldRules) -> None:
        self._words = words
        self._random = Random(f"hotliner {number}")  # noqa: S311  -- names and dates, nothing secret
        self._made = made
        self._today = day_of(made.instant)
        self._number = number
        self._field = field
        self._calls_left = min(MOST_CALLS, number // 20)

    def all(self) -> Iterator[DemoClient]:
        """Every client, in the order of their codes."""
        for number in range(1, self._number + 1):
            yield self._client(number)

    def _client(self, number: int) -> DemoClient:
        random = self._random
        first, last = random.choice(self._words.first_names), random.choice(self._words.last_names)
        email = random.random() < 0.95
        phone, timezone = self._phone(must=not email)
        expires_on = plus_days(self._today, random.randint(-90, 274))
        client = DemoClient(
            code=f"CLT-{number:05d}",
            civility=random.choice(("Mme", "M.", "")),
            first_name=first,
            last_name=last,
            email=_address(first, last, number) if email else "",
            phone=phone,
            since=plus_days(expires_on, -364 - int(random.expovariate(1 / 200))),
            expires_on=expires_on,
            timezone=timezone,
            plan=Plan.PREMIUM if random.random() < 0.93 else Plan.BASIC,
            billing=Billing.ANNUAL,
            opposed=frozenset({random.choice(tuple(Channel))}) if random.random() < 0.03 else frozenset(),
        )
        if client.plan is Plan.BASIC:
            client = replace(client, billing=Billing.MONTHLY)
        return self._lived(client)

    def _phone(self, *, must: bool) -> tuple[str, str]:
        random = self._random
        kind = random.random()
        pairs = f"{random.randrange(100):02d} {random.randrange(100):02d}"
        timezone = random.choice(OVERSEAS) if random.random() < 0.06 else ""
        if kind < 0.78 or (must and kind > 0.96):
            return f"06 39 98 {pairs}", timezone
        return (f"{random.choice(LANDLINES)} {pairs}", timezone) if kind < 0.96 else ("", timezone)

    def _lived(self, client: DemoClient) -> DemoClient:
        """What happened to a client, as far as the reminders have come."""
        random, now = self._random, self._made.instant
        facts = []
        if random.random() < 0.08:
            facts.append(DemoFact(None, self._before(now, 80), random.choice(self._words.notes)))
        days_left = (client.expires_on - self._today).days
        if days_left > 30:
            return replace(client, facts=tuple(facts))
        facts += self._mails(client)
        settles = 0.85 if days_left < 0 else 0.8 * (30 - days_left) / 30
        drawn = random.random()
        if drawn < settles:
            return self._settled(replace(client, facts=tuple(facts)))
        if drawn > 0.97:
            facts.append(
                DemoFact(FeedbackKind.PRICE_REQUEST, self._before(now, 20), "Demande un prix plus bas.")
            )
        elif drawn > 0.955 and days_left > 1:
            promised = (now + timedelta(days=random.randint(1, min(days_left, 10)))).replace(
                hour=random.randint(10, 16), minute=30
            )
            keys = ("4", f"{promised:%d/%m %H:%M}", "1")
            asked = now - timedelta(minutes=random.randint(30, 1440))
            client = replace(client, calls=(DemoCall(asked, Direction.INBOUND, keys, CallOutcome.CALLBACK),))
        return replace(client, facts=tuple(facts))

    def _mails(self, client: DemoClient) -> Iterator[DemoFact]:
        """What comes back, whether or not a message will have gone by then."""
        random = self._random
        if not client.email or random.random() < 0.25:
            return
        for offset in (-30, -14, -7, -3):
            sent = start_of(plus_days(client.expires_on, offset)) + timedelta(hours=9)
            at = sent + timedelta(minutes=random.randint(5, 3000))
            clicked = at + timedelta(minutes=3)
            if random.random() < 0.55 and clicked < self._made.instant:
                yield DemoFact(FeedbackKind.OPENED, at)
                if random.random() < 0.2:
                    yield DemoFact(FeedbackKind.CLICKED, clicked)

    def _settled(self, client: DemoClient) -> DemoClient:
        """Renewed by the link of an e-mail, or, for a few, on the phone as the call went."""
        random = self._random
        first = start_of(plus_days(client.expires_on, -30)) + timedelta(hours=10)
        last = min(self._made.instant, start_of(plus_days(client.expires_on, 1)))
        at = first + (last - first) * random.random()
        if (
            self._calls_left
            and client.phone
            and client.plan is Plan.PREMIUM
            and Channel.CALL not in client.opposed
        ):
            window = last_window(at, client.timezone or "Europe/Paris", self._field.calls, self._field)
            if window is not None and window.start > first:
                self._calls_left -= 1
                outcome, keys = WALKS[self._calls_left % len(WALKS)]
                made = window.start + timedelta(minutes=random.randint(0, 90))
                return replace(client, calls=(DemoCall(made, Direction.OUTBOUND, keys, outcome),))
        renewed = DemoFact(FeedbackKind.RENEWED, at.replace(microsecond=0))
        return replace(client, facts=(*client.facts, renewed))

    def _before(self, instant: datetime, days: int) -> datetime:
        return instant - timedelta(minutes=self._random.randint(1, days * 1440))


def _address(first: str, last: str, number: int) -> str:
    """An address that cannot exist, of the domain kept for examples."""
    local = f"{fold(first)}.{fold(last)}".replace(" ", "-").replace("'", "")
    return f"{local}.{number}@example.org"
