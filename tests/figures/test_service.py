"""The key figures: the same as a second, independent computation, whatever the period and the data."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlmodel import select

from console.base.clock import frozen_at
from console.base.dates import start_of
from console.cases.views import Campaign
from console.context import Context
from console.db.engine import Database
from console.db.tables import Call, Event, GrantedOffer, Message, Proposal, ScriptVersion, Subscription
from console.demo.demo import demo_context
from console.exports.forms import Format, What
from console.exports.service import ExportService
from console.figures.report import ReportService
from console.figures.rules import Kpi
from console.figures.service import KpiService
from console.figures.views import Counting, KpiView
from tests.figures.kpi_twice import fractions, terms_of
from tests.screens.shown import shown
from tests.world import CONTENT, World, known_as, paris

NOW = paris("2025-12-20T14:00")
YEAR = Campaign(date(2025, 1, 1), date(2025, 12, 31))
OUTCOMES = {
    "renewed": ["renewed", "discounted", "already_renewed"],
    "downgraded": ["downgraded"],
    "paused": ["paused"],
    "cancelled": [""],
}
DECIDED = {
    "renewed": "renewed",
    "discounted": "discounted",
    "already_renewed": "renewed",
    "downgraded": "downgraded",
    "paused": "paused",
}
"""The event that each retention leaves; a refusal has none of them."""


def lived(world: World, number: int) -> None:
    """Clients with everything that the figures look at, drawn so that each bound is met and crossed."""
    random = Random(number)
    with world.database.writing() as session:
        session.add(ScriptVersion(hash="x", stored_at=NOW, content=""))
    for n in range(number):
        expires_on = date(2025, 1, 1) + timedelta(days=random.randrange(365))
        client_id = world.add(f"CLT-{n:05d}", expires_on=expires_on, email=f"c{n}@example.org")
        with world.database.writing() as session:
            term = session.exec(select(Subscription).where(Subscription.client_id == client_id)).one()
            # On the very midnights in Paris that the formulas compare with, and a second before.
            midnight = paris(
                f"{expires_on + timedelta(days=random.choice((-40, -8, -7, 0, 1, 7, 30, 31)))}T00:00"
            )
            at = midnight - timedelta(seconds=random.randint(0, 1))
            links: dict[str, Any] = {"client_id": client_id, "subscription_id": term.id}
            if at < NOW and random.random() < 0.8:
                term.status = random.choice(list(OUTCOMES))
                term.retention = random.choice(OUTCOMES[term.status])
                term.settled_at = at
                if term.retention and at >= start_of(expires_on + timedelta(days=1)):
                    term.came_back_at, term.came_back_how = at, term.retention
                    term.status, term.retention = "expired", ""
                    term.settled_at = start_of(expires_on + timedelta(days=1))
                kind = DECIDED.get(term.retention or term.came_back_how, "refused")
                session.add(Event(**links, at=at, kind=kind))
            for kind in random.sample(("J-30", "J-7", "J+1", "confirmation-pause"), random.randint(0, 3)):
                sent = random.choice((None, at, at + timedelta(hours=random.randint(-99, 99))))
                session.add(
                    Message(
                        **links, message_id=f"{n}{kind}", dedup_key=f"{n}{kind}", channel="email",
                        **known_as(kind),
                        recipient="x", text="…", created_at=NOW, not_before=NOW, sent_at=sent,
                        status="sent" if sent else "queued",
                    )
                )  # fmt: skip
            for offer in random.sample(("fidelite", "telephone", "retour"), random.randint(0, 2)):
                taken = random.choice((None, at))
                session.add(
                    GrantedOffer(
                        **links, offer=offer, granted_at=at, ends_at=at, price_cents=3499, accepted_at=taken,
                        normal_price_cents=3699, cost_cents=random.choice((0, 600, 1200)),
                    )
                )  # fmt: skip
                session.add(
                    Proposal(
                        **links, at=at, what="loyalty", offer=offer, answered_at=taken, key=f"{n}{offer}",
                        answer="accepted" if taken else "none",
                    )
                )  # fmt: skip
            if random.random() < 0.3:
                session.add(
                    Call(
                        id=f"{n:032}", client_id=client_id, subscription_id=term.id or 0, agent="Jean",
                        direction="inbound", script_hash="x", started_at=at, ended_at=at,
                        satisfaction=random.choice((None, 1, 3, 5)),
                    )
                )  # fmt: skip


def lone_days(database: Database) -> tuple[list[date], list[date]]:
    """Some days on which one term ends, and some on which none does."""
    ending = Counter(term.expires_on for term in terms_of(database, NOW.date()))
    around = [NOW.date() + timedelta(days=n) for n in range(-80, 80)]
    lone, empty = ([day for day in around if ending[day] == n][::20] for n in (1, 0))
    return lone, empty


def check(ctx: Context, period: Campaign, now: datetime = NOW) -> KpiView:
    """Every figure equals its second computation, and opens as many cases as it counts."""
    service = KpiService(ctx)
    view = service.view(period)
    twice = fractions(ctx.database, period.first, period.last, now.date())
    assert {m.kpi.value: (m.numerator, m.denominator) for m in view.measures} == twice
    then = now.date() - (view.period.last - view.before.last)  # when it was as old as this one is
    before = fractions(ctx.database, view.before.first, view.before.last, then)
    for one in view.measures:
        assert (one.before is None) == (before[one.kpi][1] == 0)
        if one.kpi not in {Kpi.GESTURE, Kpi.SATISFACTION}:
            assert service.count(period, one.kpi) == one.numerator
            assert service.count(period, one.kpi, whole=True) == one.denominator
            found = service.rows(period, one.kpi, None, 3)
            assert len(found.rows) == min(3, one.numerator)
            assert (found.after is None) == (one.numerator <= 3)
    return view


@pytest.mark.long
def test_a_year_of_data_counted_twice(tmp_path: Path) -> None:
    world = World(tmp_path / "base.db", NOW)
    lived(world, 400)
    view = check(world.context, YEAR)
    assert view.cohort == 400
    assert all(one.value is not None and one.before is None for one in view.measures)
    assert all(one.numerator for one in view.measures)
    for month in (1, 3, 6, 10, 11, 12):
        first = date(2025, month, 1)
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        check(world.context, Campaign(first, last))
    check(world.context, Campaign(date(2025, 11, 7), date(2025, 11, 21)))
    lone, empty = lone_days(world.database)
    assert lone
    assert empty
    for day in lone:
        assert check(world.context, Campaign(day, day)).cohort == 1
    for day in empty:
        assert {one.value for one in check(world.context, Campaign(day, day)).measures} == {None}


@pytest.mark.parametrize("size", [0, 60])
def test_the_demonstration_counted_twice(tmp_path: Path, size: int) -> None:
    url = f"sqlite:///{tmp_path / 'demo.db'}"
    made = demo_context(url, CONTENT, "Jean", size=size) if size else shown().ctx
    ctx = replace(made, clock=frozen_at(NOW))
    december = check(ctx, Campaign(date(2025, 12, 1), date(2025, 12, 31)))
    if not size:
        assert [(one.numerator, one.denominator) for one in december.measures[:2]] == [(23, 50), (23, 23)]
    check(ctx, Campaign(date(2025, 9, 1), date(2026, 9, 30)))
    lone, empty = lone_days(ctx.database)
    assert empty
    assert lone or not size
    for day in lone + empty + [date(2025, 12, n) for n in (20, 21, 25, 31)]:
        check(ctx, Campaign(day, day))
    made.database.close()


def test_a_team_counts_the_same_on_postgresql(tmp_path: Path, postgresql: str) -> None:
    world = World(tmp_path / "unused.db", NOW, url=postgresql)
    lived(world, 60)
    check(world.context, YEAR)
    check(world.context, Campaign(date(2025, 11, 1), date(2025, 11, 30)))
    for what in {*What} - {What.REFUSALS, What.PRESENCES}:
        assert ExportService(world.context).write(what, Format.JSON, tmp_path / what) > 0
    assert list(ReportService(world.context).report(date(2025, 11, 1)).lines())
    world.database.close()


def test_pages_follow_one_another_over_the_whole_year(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.figures.store.TERMS_AT_ONCE", 20)
    world = World(tmp_path / "base.db", NOW)
    lived(world, 230)
    service = KpiService(world.context)
    pages = [service.rows(YEAR, Kpi.DOWNGRADE, None, 50, whole=True)]
    while pages[-1].after:
        pages.append(service.rows(YEAR, Kpi.DOWNGRADE, pages[-1].after, 50, whole=True))
    seen = [(row.expires_on, row.code) for page in pages for row in page.rows]
    assert [len(page.rows) for page in pages] == [50, 50, 50, 50, 30]
    assert seen == sorted(set(seen))


def test_a_long_count_tells_how_far_it_has_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path / "base.db", NOW)
    lived(world, 120)
    at_once = KpiService(world.context).view(YEAR)
    monkeypatch.setattr("console.figures.store.TERMS_AT_ONCE", 20)
    *steps, view = KpiService(world.context).counting(YEAR)
    assert view == at_once
    told = [(step.done, step.of) for step in steps if isinstance(step, Counting)]
    assert len(told) == len(steps) > 3
    assert told == sorted(set(told))
    assert {of for _, of in told} == {120}


def test_nothing_is_not_zero(tmp_path: Path) -> None:
    world = World(tmp_path / "base.db", NOW)
    for one in check(world.context, YEAR).measures:
        assert (one.value, one.met, one.verdict, one.trend) == (None, None, "–", "–")
        assert one.words == "n.\xa0d."


@pytest.mark.parametrize("expires_on", [date(2025, 12, 19), date(2025, 12, 20), date(2025, 12, 31)])
def test_one_term_alone(tmp_path: Path, expires_on: date) -> None:
    world = World(tmp_path / "base.db", NOW)
    world.add(expires_on=expires_on)
    view = check(world.context, Campaign(date(2025, 12, 1), date(2025, 12, 31)))
    assert view.running is (expires_on >= NOW.date())
    renewal, churn = view.measures[0], next(m for m in view.measures if m.kpi is Kpi.CHURN)
    assert (renewal.value, renewal.denominator) == (Decimal(0), 1)
    assert churn.denominator == (0 if view.running else 1)
    assert renewal.paced is view.running
