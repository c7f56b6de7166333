"""Random lives of some clients at once: what the product says of them is what the model says, all along."""

import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from console.base.clock import Clock
from console.base.dates import day_of, plus_days, start_of
from console.base.vocabulary import Channel, Direction
from console.calls.ending import HELD
from console.cases import facts
from console.cases.openings import openings_of
from console.cases.upkeep import place_again, refresh_stale
from console.cases.views import Campaign
from console.context import Context
from console.db.tables import Message, Subscription
from console.integrity import database
from console.ledger.sealer import SealService
from console.messages.events import FeedbackService
from console.messages.outbox import OutboxService
from console.messages.reminders import RelanceService
from console.outside.gate import Gateway, Outgoing
from console.rules.openings import Tracking
from console.supervision.views import Desk
from tests.lives.model import COSTS, MONTHLY, YEARLY, Life, Stand, fractions
from tests.world import CONTENT, World, paris

BEGIN = paris("2025-11-20T09:00")
EXPIRY = date(2025, 12, 31)
DECEMBER = Campaign(date(2025, 12, 1), EXPIRY)
NEXT = date(2026, 12, 31)
NEXT_DECEMBER = Campaign(date(2026, 12, 1), NEXT)
DAYS = 170
"""How long after the beginning something may happen to the first terms."""
A_YEAR_LATER, LATER_DAYS = 365, 100
"""When the terms that follow have their own days, and for how long."""
QUIET = range(DAYS + 30, A_YEAR_LATER)
"""When nothing happens and nothing is due: one day in ten is looked at."""
LIVES = int(os.environ.get("LIVES", "20"))
"""How many lives are drawn; more by hand."""
LONG = "LIVES" in os.environ
"""By hand every day is looked at, and every figure on it."""
A_YEAR = 64 if LONG else 10
"""How many of them are lived side by side, on one base."""
FATES = {
    "renewed": "renewed",
    "discounted": "discounted",
    "downgraded": "downgraded",
    "cancelled": "refused",
    "expired": "silent",
    "active": "awaited",
    "paused": "paused",
}
SET_ASIDE = ("déjà réglée", "n’a jamais commencé")
"""What a file may be told of a client who is back on other days than those it says."""

OPENING = {  # the end of a call, by what is agreed to, from the opening of the script
    "renewed": ("Veut renouveler", "Je m’en occupe", "{}", "Terminer"),
    "link": ("Veut renouveler", "Depuis son compte", "{}", "Terminer"),
    "already": ("A déjà renouvelé", "Terminer"),
    "discounted": ("Hésite", "Le prix", "Accepte la remise", "Le client confirme", "{}"),
    "downgraded": ("Hésite", "Le prix", "Accepte le passage", "Le client confirme", "{}"),
    "resumed": ("Veut reprendre", "Le client confirme", "{}"),
    "paused": ("Hésite", "Ce n’est pas", "Accepte la pause", "Le client confirme", "{}"),
}
OFFERED = {"renewed", "link", "discounted", "downgraded"}
"""The calls in which what the client pays is talked about, hence the offer."""
LEAVES = ("Trop cher", "Noté, conclure = Je dois faire des économies.")
STAYS_OPEN = {
    "undecided": ("Hésite", "Autre chose", "Noté = Il hésite", "Veut l’avis", "Préfère voir", "Terminer"),
    "gift": ("Signale", "Noté, proposer = Absente", "Accepte un atelier", "Préfère voir", "Terminer"),
    "escalated": ("Signale", "Noté, proposer = Absente", "Demande un responsable", "Transmettre = Absente"),
    "callback": ("Demande un rappel", "Promettre = demain 14h"),
}
CALLS = (*(what for what in OPENING if what != "resumed"), "refused", *STAYS_OPEN)
OUTSIDE = ("online", "paid", "filed", "dated", "confirmed", "refunded", "clicked")
DESK = ("seen", "withdrawn", "answered", "clock")


@dataclass(frozen=True)
class Act:
    """What happens on a day after the beginning; `ago`: days since it happened, for what is told later."""

    day: int
    kind: str
    ago: int = 0


acts = st.builds(
    Act, st.integers(0, DAYS - 6), st.sampled_from((*CALLS, *OUTSIDE, *DESK)), st.integers(0, 40)
)
later = st.builds(
    Act,
    st.integers(A_YEAR_LATER, A_YEAR_LATER + LATER_DAYS - 20),
    st.sampled_from((*CALLS, *OUTSIDE, *DESK)),
    st.integers(0, 40),
)
lives = st.tuples(
    st.sampled_from(("vip", "other", "monthly")),
    st.builds(
        list.__add__,
        st.lists(acts, max_size=6, unique_by=lambda act: act.kind),
        st.lists(later, max_size=4, unique_by=lambda act: act.kind),
    ),
)
years = st.lists(lives, min_size=A_YEAR, max_size=A_YEAR)


class Way(Gateway):
    """A way out by which everything leaves."""

    def open(self) -> None: ...

    def send(self, message: Outgoing, hand_over: Callable[[], None]) -> str:
        hand_over()
        return ""

    def close(self) -> None: ...


class Year:
    """The same acts done to the product and to the model."""

    def __init__(self, folder: str, who: list[str]) -> None:
        self.world, self.begin = World(Path(folder) / "base.db", BEGIN), BEGIN
        measured = openings_of(self.world.database, Tracking("mesure"), BEGIN)
        self.lives = [Life(EXPIRY, one == "vip", MONTHLY if one == "monthly" else YEARLY) for one in who]
        for n, one in enumerate(who):
            since = date(2024, 1, 1) if one == "vip" else date(2025, 1, 1)
            monthly = {"billing": "monthly", "starts_on": date(2025, 12, 1)}
            term: dict[str, Any] = monthly if one == "monthly" else {}
            self.world.add(
                self.code(n),
                last_name=f"Dupuis{n}",
                email=f"c{n}@example.org",
                phone=f"+336399800{n:02}",
                client_since=since,
                **term,
            )
        self.first = [*self.lives]
        self.terms = [n + 1 for n in range(len(who))]
        """The term that each client's present life is about."""
        late = Clock(lambda: self.world.now + HELD)  # what a call has just caused has waited
        self.sender = Context(self.world.database, late, CONTENT, "", machine=late, tracking=measured)
        self.told, self.failed = 0, set[int]()
        self.figures = dict[Campaign, dict[str, tuple[int, int]]]()

    @staticmethod
    def code(n: int) -> str:
        return f"CLT-{n:05}"

    # -- what happens ----------------------------------------------------------------------------------

    def act(self, n: int, act: Act) -> None:
        """One act of one client, where it can happen at all."""
        life, now = self.lives[n], self.world.now
        if act.day >= A_YEAR_LATER and life.expires_on != NEXT:
            return  # of a client who has no term that ends then
        if act.kind in CALLS:
            if life.steps is YEARLY and not life.lower:
                self.call(n, act)
        elif act.kind in OUTSIDE:
            at = max([self.begin, now - timedelta(act.ago), *life.days("refunded")])
            if life.steps is MONTHLY and (
                life.stays(life.stand(now)) and max(at, life.truth or at) >= life.over
            ):
                return  # of the next month
            getattr(self, act.kind)(n, life, at)
        else:
            getattr(self, act.kind)(n, life, act)

    def call(self, n: int, act: Act) -> None:
        """The client calls us, and the call ends as drawn where it may."""
        life, stand = self.lives[n], self.lives[n].stand(self.world.now)
        if life.stays(stand):
            return
        resting = stand.pause == "running"
        over = self.world.now >= life.over
        if resting and act.kind not in {"renewed", "refused", "escalated"}:
            return
        if (over and act.kind in {"discounted", "downgraded", "paused"}) or (
            act.kind == "refused" and life.days("refused")
        ):
            return
        offer, began = life.offer(self.world.now), self.world.now
        view = self.world.begin(n + 1, Direction.INBOUND)
        life.tell("talked", began, began, what="offer" if act.kind in OFFERED and not resting else "")
        rating = act.ago % 6
        rated = f"{rating} sur 5" if rating else "Ne pas demander"
        if act.kind == "refused":
            follow = "Bonne relation : relance" if act.ago % 2 else "Bonne relation, mais"
            first = ("Ne reprendra pas",) if resting else ("Hésite", "Refus définitif")
            self.world.walk(view, *first, *LEAVES, follow)
            life.tell("refused", self.world.now, self.world.now, n=act.ago % 2)
        elif act.kind in STAYS_OPEN:
            labels = ("Signale un problème", "Transmettre = Absente") if resting else STAYS_OPEN[act.kind]
            self.world.walk(view, *labels)
            if act.kind == "escalated":
                life.tell("escalated", self.world.now, self.world.now)
            elif act.kind != "callback":
                life.tell("promised", self.world.now, self.world.now, n=COSTS.get(act.kind, 0))
        else:
            what = "resumed" if resting else act.kind
            labels = OPENING[what]
            self.world.walk(view, *(label.format(rated) for label in labels))
            cost = offer if what == "renewed" else COSTS.get(what, 0)
            life.tell("agreed", self.world.now, self.world.now, what=what, n=cost)
            if rating and "{}" in labels:
                life.tell("rated", self.world.now, self.world.now, n=rating)

    def online(self, n: int, life: Life, at: datetime) -> None:
        """A client renews once, before paying, whoever tells it first."""
        if life.stand(self.world.now).fate in {"discounted", "downgraded"}:
            return
        at = life.truth or min([at, *life.days("paid")])
        if any(made.at <= at and life.holds(made, at) for made in life.agreed("downgraded")):
            return  # of which plan, nobody says
        life.truth = at
        self.event(n, "renewed", at)
        life.tell("renewed", at, self.world.now)

    def paid(self, n: int, life: Life, at: datetime) -> None:
        at = max([at, life.truth or at, *(made.at for made in life.agreed("downgraded"))])
        self.event(n, "paid", at)
        life.tell("paid", at, self.world.now)

    def filed(self, n: int, life: Life, at: datetime) -> None:
        """The company's file, without the day."""
        stand, now = life.stand(self.world.now), self.world.now
        if life.agreed("paused", "discounted") or (stand.back and stand.agreement):
            return  # the file would say other days
        self.file(n, "")
        life.tell("filed", min(now, life.over - timedelta(seconds=1)), now, dated=False)

    def dated(self, n: int, life: Life, at: datetime) -> None:
        """The company's file, with the day on which the client renewed."""
        stand, now = life.stand(self.world.now), self.world.now
        if life.agreed("discounted") or stand.fate == "downgraded" or (stand.back and stand.agreement):
            return  # the file would say other days
        at = life.truth or min([at, *life.days("paid")])
        if life.steps is MONTHLY and day_of(at) > plus_days(life.expires_on, 31):
            return  # the file would say another month
        life.truth = at
        self.file(n, f"{at:%d/%m/%Y}")
        life.tell("filed", min(now, at.replace(hour=23, minute=59, second=59)), now)

    def confirmed(self, n: int, life: Life, at: datetime) -> None:
        """The client accepts in writing what was agreed on the phone."""
        made = life.agreed()
        if made and made[-1].what != "link" and life.agreement(made[-1], self.world.now) != "withdrawn":
            at = max(at, made[-1].at)
            self.event(n, "confirmed", at)
            life.tell("confirmed", at, self.world.now)

    def refunded(self, n: int, life: Life, at: datetime) -> None:
        """What the client paid, or renewed online, is paid back; a term that is over is not taken back."""
        now, cheaper = self.world.now, life.stand(self.world.now).fate == "discounted"
        if life.days("renewed", "paid") and life.stays(life.stand(now)):
            left = (life.kept_until(now) - day_of(now)).days
            if cheaper and 0 <= left <= 30:
                return  # what was written about the three months would be told of the term before
            if (life.steps is MONTHLY or cheaper) and left < 0:
                self.event(n, "refunded", now, refused="est déjà réglé ou échu")
                return
            self.event(n, "refunded", now)
            life.tell("refunded", now, now)
            life.truth = None

    def clicked(self, n: int, life: Life, at: datetime) -> None:
        """The client follows the link of the last e-mail."""
        if any(channel == "email" for _, channel, _ in life.posted):
            self.event(n, "clicked", self.world.now)
            life.tell("clicked", self.world.now, self.world.now)

    def seen(self, n: int, life: Life, act: Act) -> None:
        """An agent sees the written acceptance."""
        if life.stand(self.world.now).agreement == "oral":
            self.world.services.agreements.received(self.term(n))
            life.tell("confirmed", self.world.now, self.world.now)

    def withdrawn(self, n: int, life: Life, act: Act) -> None:
        """The client changes their mind."""
        waiting = self.world.services.clients.file(n + 1).agreement
        assert (waiting is not None) == (life.stand(self.world.now).agreement in {"oral", "link"})
        if waiting is not None:
            self.world.services.agreements.withdraw(waiting, "Finalement non.")
            life.tell("withdrawn", self.world.now, self.world.now, what=life.agreed()[-1].what)

    def answered(self, n: int, life: Life, act: Act) -> None:
        """The supervisor answers."""
        if life.escalated():
            desk = self.world.services.escalations
            rows = desk.page(Desk.ESCALATIONS, 0, 9).rows
            (asked,) = [one.id for one in rows if one.case.client_id == n + 1 and not one.answered]
            desk.answer(asked, "Offrez un atelier.")
            life.tell("answered", self.world.now, self.world.now)

    def clock(self, n: int, life: Life, act: Act) -> None:
        """The clock is wrong for a moment, and somebody looks at the screens."""
        right = self.world.now
        self.world.now += timedelta(days=act.ago * 5)
        refresh_stale(self.world.context)
        self.world.services.kpis.view(DECEMBER)
        self.world.now = right
        place_again(self.world.context)

    def term(self, n: int) -> int:
        """The id of a client's term."""
        return self.terms[n]

    def event(self, n: int, kind: str, at: datetime, refused: str = "") -> None:
        """An event arrives, and is taken unless set aside for the reason `refused`."""
        self.told += 1
        line = {"id": f"e{self.told}", "type": kind, "client": self.code(n), "at": at.isoformat()}
        report = FeedbackService(self.world.context).take([(1, json.dumps(line))])
        reasons = [one.reason for one in report.faults]
        assert len(reasons) == bool(refused), reasons
        assert all(refused in one for one in reasons), reasons

    def file(self, n: int, renewed_on: str) -> None:
        until = plus_days(self.lives[n].expires_on, 365 if self.lives[n].steps is YEARLY else 31)
        row = {
            "code": self.code(n),
            "nom": f"Dupuis{n}",
            "expire_le": f"{until:%d/%m/%Y}",
            "renouvele_le": renewed_on,
        }
        row["email"] = f"c{n}@example.org"
        report = self.world.services.imports.take([(2, row)])
        assert not [one for one in report.faults if not any(said in one.reason for said in SET_ASIDE)], (
            report.faults
        )

    def send(self) -> None:
        """What is due leaves."""
        ways: dict[Channel, Gateway] = {Channel.EMAIL: Way(), Channel.SMS: Way()}
        OutboxService(self.sender, lambda: ways).send_due()

    def morning(self) -> None:
        """The daily job, and what it sends."""
        report = RelanceService(self.world.context).run()
        assert not report.faults, report.faults
        self.send()
        for life, _ in self.all():
            life.job(self.world.now)

    def all(self) -> list[tuple[Life, int]]:
        """Every life, those of the first terms first, each with its client."""
        present = [(life, n) for n, life in enumerate(self.lives) if life is not self.first[n]]
        return [*((life, n) for n, life in enumerate(self.first)), *present]

    def turn(self) -> None:
        """A year later: whoever renewed in time has a term of a year, and who came back one from that day."""
        self.begin = BEGIN + timedelta(A_YEAR_LATER)
        with self.world.database.reading() as session:
            terms = session.exec(select(Subscription).where(Subscription.status == "active")).all()
        opened = {term.client_id - 1: term for term in terms if term.id not in self.terms}
        for n, life in enumerate(self.first):
            stand, term = life.stand(self.world.now), opened.get(n)
            told = life.agreed("discounted") or life.days("filed")  # the days of the next term are theirs
            if life.steps is MONTHLY or n in self.failed:
                continue
            if stand.fate in {"renewed", "downgraded"}:
                assert term is not None, (n, stand)
                assert (term.starts_on, term.expires_on) == (date(2026, 1, 1), NEXT), (n, stand, term)
                assert (term.plan == "basic") == (stand.fate == "downgraded"), (n, stand, term)
            elif stand.back and not told and stand.agreement != "lapsed":
                assert term is not None, (n, stand)
                assert term.starts_on == stand.back, (n, stand, term)
            if term is not None and term.expires_on == NEXT:
                lower = term.plan == "basic"
                self.lives[n] = Life(NEXT, vip=not lower, lower=lower)
                self.terms[n] = term.id or 0

    # -- what is the same ------------------------------------------------------------------------------

    def compare(self, figures: bool) -> None:
        """Each client, what was written to them, and the figures of the months."""
        now, ctx = self.world.now, self.world.context
        refresh_stale(ctx)
        lived = [(life, n, n + 1 if life is self.first[n] else self.terms[n]) for life, n in self.all()]
        lived.sort(key=lambda one: one[2])  # as the cases come
        with ctx.database.reading() as session:
            rows = {term.id: term for term in session.exec(select(Subscription))}
            terms = [rows[term] for _, _, term in lived]
            cases = facts.cases(session, ctx, [term.id or 0 for term in terms])
            sent = [
                (one.subscription_id, one.kind, one.channel, day_of(one.sent_at or now))
                for one in session.exec(select(Message).where(Message.status == "sent"))
            ]
        for (life, n, _), term, case in zip(lived, terms, cases, strict=True):
            if n in self.failed:
                continue
            found, stand = self.stand(term, case), life.stand(now)
            assert found == stand, (n, now, found, stand)
            left = Counter(one[1:] for one in sent if one[0] == term.id)
            written = Counter((kind, channel, day_of(at)) for kind, channel, at in life.posted)
            assert left == written, (n, now, left - written, written - left)
        for campaign in (DECEMBER, NEXT_DECEMBER):
            cohort = [life for life, _, _ in lived if life.expires_on == campaign.last]
            if cohort and not self.failed:
                self.compare_figures(campaign, fractions(cohort, now), anyway=figures)

    def compare_figures(
        self, campaign: Campaign, expected: dict[str, tuple[int, int]], *, anyway: bool
    ) -> None:
        """The ten figures of a month, read where they are expected to have moved, or `anyway`."""
        if not anyway and expected == self.figures.get(campaign):
            return
        self.figures[campaign] = expected
        measures = self.world.services.kpis.view(campaign).measures
        counted = {one.kpi.value: (one.numerator, one.denominator) for one in measures}
        wrong = {name: (n, expected[name]) for name, n in counted.items() if n != expected[name]}
        assert not wrong, (self.world.now, campaign, wrong)

    def stand(self, term: Subscription, case: facts.Case) -> Stand:
        """What a term is according to its row; what was decided after its last day is no fate."""
        now, over = self.world.now, start_of(plus_days(term.expires_on, 1))
        late = term.settled_at is not None and term.settled_at >= over
        fate = "silent" if late else FATES[term.retention if term.retention == "discounted" else term.status]
        since = over if late else term.settled_at
        back, pause, made = term.came_back_at, case.facts.pause, case.agreement
        return Stand(
            fate,
            since and day_of(since),
            back and day_of(back),
            pause.state(now).value if pause and fate == "paused" else "",
            made.state(day_of(now)).value if made else "",
            case.left_unanswered and now >= over,
        )


def live(year: list[tuple[str, list[Act]]]) -> None:
    """The lives of some clients, compared every day and at each act."""
    days = sorted({act.day for _, life in year for act in life})
    until = A_YEAR_LATER + LATER_DAYS if days and days[-1] >= A_YEAR_LATER else DAYS
    with tempfile.TemporaryDirectory() as folder:
        lived = Year(folder, [who for who, _ in year])
        for day in range(until):
            if not LONG and day in QUIET and day % 10:
                continue
            lived.world.now = BEGIN + timedelta(days=day)
            lived.morning()
            if day == A_YEAR_LATER:
                lived.turn()
            lived.world.wait(hours=1)
            for n, (_, life) in enumerate(year):
                for act in life:
                    if act.day == day:
                        lived.act(n, act)
                        lived.send()
                        lived.world.wait(minutes=1)
            lived.compare(figures=LONG or day % 10 == 0 or day in days)
            if day % 60 == 50:
                SealService(lived.world.context).seal()
        checked = database.Checked(CONTENT, lived.world.clock)
        assert database.faults(f"sqlite:///{lived.world.path}", checked) == []
        lived.world.database.close()


KNOWN: list[tuple[str, list[Act]]] = [
    *((who, []) for who in ("vip", "other", "monthly")),
    ("vip", [Act(43, "renewed"), Act(104, "online"), Act(164, "confirmed")]),
    ("vip", [Act(41, "paid"), Act(44, "online", 17)]),  # told last, happened first
    ("vip", [Act(22, "renewed", 5), Act(28, "dated", 24)]),
    ("vip", [Act(37, "renewed"), Act(79, "filed")]),
    ("vip", [Act(22, "renewed"), Act(70, "paid"), Act(75, "filed")]),
    ("vip", [Act(16, "link", 3), Act(60, "online")]),
    ("other", [Act(44, "renewed"), Act(46, "withdrawn")]),
    ("other", [Act(23, "discounted"), Act(140, "paid")]),
    ("other", [Act(3, "refused", 1), Act(9, "paused"), Act(128, "dated", 10)]),
    ("other", [Act(22, "paused"), Act(26, "renewed"), Act(36, "clock", 14)]),
    ("other", [Act(35, "paused"), Act(54, "renewed")]),
    ("other", [Act(12, "paused"), Act(134, "already")]),  # back once the pause was over, and never proved
    ("other", [Act(35, "paused"), Act(56, "refused", 1)]),
    ("other", [Act(10, "paused"), Act(59, "withdrawn"), Act(151, "refused", 15)]),
    ("other", [Act(20, "escalated"), Act(31, "answered"), Act(33, "downgraded")]),
    ("other", [Act(25, "escalated"), Act(60, "gift", 4)]),
    ("monthly", [Act(30, "online"), Act(37, "refunded")]),
    ("monthly", [Act(50, "paid"), Act(52, "filed")]),
    ("vip", [Act(10, "already", 18), Act(93, "filed", 16), Act(130, "online", 6)]),
    ("vip", [Act(40, "renewed", 16), Act(59, "online", 29), Act(140, "refunded", 8)]),
    ("other", [Act(46, "refused", 11), Act(96, "link", 9), Act(137, "withdrawn")]),
    (
        "other",
        [Act(42, "renewed"), Act(140, "filed")],
    ),  # the file's term is the one agreed to on its first day
    ("monthly", [Act(30, "online"), Act(90, "refunded")]),  # paid back once the month was over
    ("other", [Act(0, "refused"), Act(47, "renewed"), Act(117, "confirmed", 15)]),  # accepted too late: back
    ("other", [Act(10, "paused"), Act(50, "renewed"), Act(100, "confirmed")]),
    # a lower price of three months, paid back once they were over
    ("other", [Act(38, "discounted"), Act(91, "online", 25), Act(161, "refunded")]),
    # what confirmed the pause proves nothing of what was said once it was over
    ("other", [Act(4, "paused"), Act(94, "confirmed", 25), Act(135, "already")]),
]
"""Lives that were once told wrong, and those that nobody should have to draw."""


@settings(
    max_examples=LIVES // A_YEAR,
    deadline=None,
    derandomize=not LONG,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@example(KNOWN)
@given(years)
def test_product_and_model_agree(year: list[tuple[str, list[Act]]]) -> None:
    """`LIVES=2000 pytest tests/lives` draws other lives, and as many."""
    if any(acts for _, acts in year):  # else it is drawn first, and lived among those known
        live(year)
