"""Random lives of some clients at once: what the product says of them is what the model says, all along."""

import json
import os
import tempfile
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from console.base.dates import day_of, plus_days, start_of
from console.base.vocabulary import Direction
from console.cases.openings import openings_of
from console.cases.pauses import pause_of
from console.cases.upkeep import refresh_stale
from console.cases.views import Campaign
from console.db.tables import Pause, Subscription
from console.integrity import database
from console.ledger.sealer import SealService
from console.messages.events import FeedbackService
from console.rules.openings import Tracking
from console.rules.pauses import Pause as PauseFacts
from tests.lives.model import Life, Stand, fractions
from tests.world import CONTENT, REFUSAL, World, paris

BEGIN = paris("2025-11-20T09:00")
EXPIRY = date(2025, 12, 31)
DECEMBER = Campaign(date(2025, 12, 1), EXPIRY)
FILED = "31/12/2026"
CHECKED = [paris(f"2026-{day}T00:00") for day in ("01-01", "01-31", "02-01", "04-01", "05-01", "06-01")]
FATES = {
    "renewed": "renewed",
    "cancelled": "refused",
    "expired": "silent",
    "active": "awaited",
    "paused": "paused",
}
SET_ASIDE = ("déjà réglée", "n’a jamais commencé")
"""What a file may be told of a client who is back on other days than those it says."""
YEARS = int(os.environ.get("LIVES", "60"))
"""How many years are drawn, each of one to four clients; more by hand."""


KINDS = ("renewed", "paid", "filed", "dated", "refused", "agreed", "confirmed", "withdrawn", "paused")
PAUSE = ("Hésite", "Ce n’est pas", "Accepte la pause", "Le client confirme", "Ne pas demander")
AGREED = ("Veut renouveler", "Je m’en occupe", "Ne pas demander", "Terminer")


@dataclass(frozen=True)
class Act:
    """What happens on a day after the beginning; `ago`: days since it happened, for what is told later."""

    day: int
    kind: str
    ago: int = 0


acts = st.builds(
    Act,
    st.integers(0, 170),
    st.sampled_from(KINDS),
    st.integers(0, 40),
)
years = st.lists(st.lists(acts, max_size=4, unique_by=lambda act: act.kind), min_size=1, max_size=4)


class Year:
    """The same acts done to the product and to the model."""

    def __init__(self, folder: str, clients: int) -> None:
        self.world = World(Path(folder) / "base.db", BEGIN)
        openings_of(self.world.database, Tracking("mesure"), BEGIN)
        self.lives = [Life(EXPIRY) for _ in range(clients)]
        for n in range(clients):
            self.world.add(self.code(n), last_name=f"Dupuis{n}", email=f"c{n}@example.org", phone="")
        self.told = 0

    @staticmethod
    def code(n: int) -> str:
        return f"CLT-{n:05}"

    def act(self, n: int, act: Act) -> None:
        """One act of one client."""
        now = self.world.now
        at = max(BEGIN, now - timedelta(act.ago))
        life = self.lives[n]
        if act.kind in {"renewed", "dated"}:  # a client renews once, before paying, whoever tells it first
            paid = life.days("paid")
            told = min([at, *paid])
            if act.kind == "dated":  # no file says a day before what was known
                told = min(paid or life.days("agreed"), default=at)
            at = life.truth = life.truth or told
        if act.kind == "paid" and life.truth:
            at = max(at, life.truth)
        match act.kind:
            case "renewed" | "paid":
                self.event(n, act.kind, at)
                life.tell(act.kind, at)
            case "paused":
                if life.stand(now).fate == "awaited":
                    self.world.walk(self.world.begin(n + 1, Direction.INBOUND), *PAUSE)
                    life.tell("paused", self.world.now)
            case "filed" if not life.days("paused"):
                if life.stand(now).back and not life.days("renewed"):
                    return  # known to be back, from a day that nothing but a payment tells
                self.file(n, "")
                over = paris(f"{EXPIRY}T23:59:59")
                life.tell("filed", min(now, over), dated=False, known=now)
            case "dated":
                self.file(n, f"{at:%d/%m/%Y}")
                life.tell("filed", min(now, at.replace(hour=23, minute=59, second=59)), known=now)
            case "refused":
                stand = life.stand(now)
                if stand.fate in {"awaited", "silent"} and not stand.back:
                    self.world.walk(self.world.begin(n + 1, Direction.INBOUND), "Hésite", *REFUSAL[3:])
                    life.tell("refused", self.world.now)

            case "agreed":
                if life.stand(now).fate in {"awaited", "silent"} and not life.stand(now).back:
                    self.world.walk(self.world.begin(n + 1, Direction.INBOUND), *AGREED)
                    life.tell("agreed", self.world.now)
            case "confirmed":
                if life.agreement(now) not in {"", "withdrawn"}:
                    at = max([at, *life.days("agreed")])
                    self.event(n, "confirmed", at)
                    life.tell("confirmed", at)
            case "withdrawn" if not life.days("paused"):
                term = self.world.services.clients.file(n + 1).agreement
                assert (term is not None) == (life.agreement(now) == "oral")
                if term is not None:
                    self.world.services.agreements.withdraw(term, "Finalement non.")
                    life.tell("withdrawn", now)

    def event(self, n: int, kind: str, at: datetime) -> None:
        self.told += 1
        line = {"id": f"e{self.told}", "type": kind, "client": self.code(n), "at": at.isoformat()}
        report = FeedbackService(self.world.context).take([(1, json.dumps(line))])
        assert not report.faults, report.faults

    def file(self, n: int, renewed_on: str) -> None:
        row = {"code": self.code(n), "nom": f"Dupuis{n}", "expire_le": FILED, "renouvele_le": renewed_on}
        row["email"] = f"c{n}@example.org"
        report = self.world.services.imports.take([(2, row)])
        assert not [one for one in report.faults if not any(said in one.reason for said in SET_ASIDE)], (
            report.faults
        )

    def compare(self) -> None:
        """Each client, and the figures of the month."""
        now = self.world.now
        refresh_stale(self.world.context)
        terms = {}
        for term in sorted(self.world.all(Subscription), key=lambda one: one.expires_on, reverse=True):
            terms[term.client_id] = term
        pauses = {row.client_id: pause_of(row) for row in self.world.all(Pause)}
        found = [self.stand(terms[n + 1], pauses.get(n + 1)) for n in range(len(self.lives))]
        stands = [life.stand(now) for life in self.lives]
        assert found == stands, (now, found, stands)
        measures = self.world.services.kpis.view(DECEMBER).measures
        counted = {one.kpi.value: (one.numerator, one.denominator) for one in measures}
        expected = fractions(self.lives, now)
        counted = {name: counted[name] for name in expected}
        assert counted == expected, (now, counted, expected)

    def stand(self, term: Subscription, pause: PauseFacts | None) -> Stand:
        """What a term is according to its row; what was decided after its last day is no fate."""
        over = start_of(plus_days(term.expires_on, 1))
        late = term.settled_at is not None and term.settled_at >= over
        fate = "silent" if late else FATES[term.status]
        since = over if late else term.settled_at
        back = term.came_back_at
        state = pause.state(self.world.now) if pause and fate == "paused" else ""
        return Stand(fate, since and day_of(since), back and day_of(back), state)


def live(year: list[list[Act]]) -> None:
    """A year of some clients, compared at each act and on the days that matter."""
    with tempfile.TemporaryDirectory() as folder:
        lived = Year(folder, len(year))
        todo = [
            (BEGIN + timedelta(days=act.day, hours=1), n, act) for n, life in enumerate(year) for act in life
        ]
        moments = sorted({at for at, _, _ in todo} | set(CHECKED))
        for moment in moments:
            lived.world.now = moment
            for at, n, act in todo:
                if at == moment:
                    lived.act(n, act)
                    lived.world.wait(minutes=1)
            lived.compare()
            if moment in CHECKED[::3]:
                SealService(lived.world.context).seal()
        checked = database.Checked(CONTENT, lived.world.clock)
        assert database.faults(f"sqlite:///{lived.world.path}", checked) == []
        lived.world.database.close()


@settings(
    max_examples=YEARS,
    deadline=None,
    derandomize="LIVES" not in os.environ,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@example([[Act(43, "agreed"), Act(104, "renewed"), Act(164, "confirmed")]])
@example([[Act(39, "agreed"), Act(112, "renewed"), Act(151, "dated")]])
@example([[Act(20, "paused"), Act(80, "paid")], [Act(22, "paused"), Act(145, "renewed")]])
@example([[Act(20, "agreed"), Act(44, "withdrawn"), Act(60, "paid")]])
@example([[Act(24, "agreed"), Act(75, "confirmed")], [Act(45, "agreed"), Act(76, "renewed")]])
@example([[Act(41, "paid"), Act(44, "renewed", ago=17)]])  # told last, happened first
@given(years)
def test_product_and_model_agree(year: list[list[Act]]) -> None:
    """`LIVES=2000 pytest tests/lives` draws other years, and as many."""
    live(year)
