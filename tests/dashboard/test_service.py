"""The dashboard's figures and panes, on both databases: they add up after every act and every midnight."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text
from sqlmodel import col, select

from console.base.dates import day_of, month_end
from console.base.errors import HotlinerError
from console.base.french import hour
from console.base.vocabulary import CallOutcome, Channel, Direction, Figure, Pane, SubscriptionStatus
from console.cases.terms import settlement
from console.cases.upkeep import reassess, refresh_stale
from console.cases.views import Campaign
from console.dashboard.service import FIRST
from console.dashboard.views import DashboardView
from console.db.tables import CampaignCount, Client, Event, Subscription
from console.figures.rules import Kpi
from console.messages.events import FeedbackService
from tests.world import DIAL, REFUSAL, World, paris, plain

DECEMBER = Campaign(date(2025, 12, 1), date(2025, 12, 31))
ADDITIVE = tuple(Figure(pane) for pane in Pane if pane is not Pane.VOID)


@pytest.fixture
def world(url: str, tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "unused.db", paris("2025-12-22T10:00"), url=url)
    yield world
    world.database.close()


@pytest.fixture
def local(sqlite: str, tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "base.db", paris("2025-12-22T10:00"))
    yield world
    world.database.close()


def check_counts(world: World) -> None:
    """The figures kept are those that counting the rows would give."""
    counted: Counter[tuple[date, str]] = Counter()
    for term in world.all(Subscription):
        counted[term.expires_on, term.pane] += 1
        counted[term.expires_on, "at_risk"] += term.at_risk
        if term.pane == Pane.RETAINED:
            kind = "renewed" if term.retention in {"", "already_renewed"} else term.retention
            counted[term.expires_on, kind] += 1
            counted[term.expires_on, "workshops"] += term.workshops_given
        assert term.deadline == month_end(term.expires_on)
    kept = Counter({(row.expires_on, row.figure): row.n for row in world.all(CampaignCount)})
    assert +kept == +counted
    assert min(kept.values(), default=0) >= 0


def check_view(world: World, view: DashboardView) -> None:
    """Panes add up, and every figure opens as many rows as it says."""
    counts = view.counts
    awaiting = counts[Figure.URGENT] + counts[Figure.WEEK] + counts[Figure.LATER]
    assert counts[Figure.AWAITING] == awaiting
    assert counts[Figure.TO_CONTACT] == awaiting + counts[Figure.RETAINED]
    split = (Figure.RENEWED, Figure.DISCOUNTED, Figure.DOWNGRADED, Figure.PAUSED, Figure.RESUMED)
    assert counts[Figure.RETAINED] == sum(counts[figure] for figure in split)
    dashboard = world.services.dashboard
    for figure in Figure:
        page = dashboard.rows(view.campaign, figure, 0, 500)
        assert len({row.subscription_id for row in page.rows}) == len(page.rows) == page.total
        if figure is not Figure.WORKSHOPS:
            assert page.total == counts[figure]
    assert view.urgent == dashboard.rows(view.campaign, Figure.URGENT, 0, FIRST[Pane.URGENT]).rows
    assert view.week == dashboard.rows(view.campaign, Figure.WEEK, 0, FIRST[Pane.WEEK]).rows
    assert view.retained == dashboard.rows(view.campaign, Figure.RETAINED, 0, FIRST[Pane.RETAINED]).rows


def settle(world: World, client_id: int, retention: str, workshops: int = 0) -> None:
    """The client agreed: what an act writes."""
    with world.database.writing() as session:
        term = session.exec(select(Subscription).where(Subscription.client_id == client_id)).one()
        outcome, now = CallOutcome(retention), world.now
        for name, value in settlement(outcome, term.expires_on, at=now, known_at=now).items():
            setattr(term, name, value)
        term.workshops_given = workshops
        assert term.id is not None
        reassess(session, world.context, [term.id])


def test_figures_of_a_mixed_campaign(world: World) -> None:
    kinds = ("renewed", "renewed", "already_renewed", "discounted", "downgraded", "paused")
    for number, kind in enumerate(kinds):
        settle(world, world.add(f"CLT-1{number:04d}"), kind, workshops=number % 3)
    for number in range(5):
        world.add(f"CLT-2{number:04d}", expires_on=date(2025, 12, 24 + number))
    world.add("CLT-30000", expires_on=date(2026, 6, 30))
    view = world.services.dashboard.view()
    assert view.campaign == DECEMBER
    assert view.deadline == date(2025, 12, 31)
    assert view.counts[Figure.TO_CONTACT] == 11
    assert view.counts[Figure.RENEWED] == 3
    assert view.counts[Figure.WORKSHOPS] == 6
    assert (view.cohort, int(view.pace_expected)) == (11, 51)
    check_view(world, view)
    check_counts(world)


def test_a_campaign_is_a_month_or_any_range(world: World) -> None:
    for number, day in enumerate(
        (date(2025, 12, 24), date(2025, 12, 31), date(2026, 1, 5), date(2026, 3, 9))
    ):
        world.add(f"CLT-0000{number}", expires_on=day)
    dashboard = world.services.dashboard
    for first, last, n in (
        (date(2025, 12, 24), date(2025, 12, 24), 1),
        (date(2025, 12, 25), date(2026, 1, 31), 2),
        (date(2025, 12, 1), date(2026, 3, 31), 4),
        (date(2026, 2, 1), date(2026, 2, 28), 0),
    ):
        view = dashboard.view(Campaign(first, last))
        assert view.counts[Figure.TO_CONTACT] == n
        check_view(world, view)
    january = dashboard.neighbour(DECEMBER, +1)
    march = dashboard.neighbour(january, +1)
    assert (january.first, january.last) == (date(2026, 1, 1), date(2026, 1, 31))
    assert (march.first, march.last) == (date(2026, 3, 1), date(2026, 3, 31))
    assert dashboard.neighbour(march, +1) == march
    assert dashboard.neighbour(march, -1) == january
    assert dashboard.neighbour(DECEMBER, -1) == DECEMBER


@pytest.mark.parametrize(
    ("expiry", "shown"),
    [
        (date(2025, 12, 3), (date(2025, 12, 1), date(2025, 12, 31))),
        (date(2026, 2, 28), (date(2026, 2, 1), date(2026, 2, 28))),
        (date(2025, 10, 31), (date(2025, 10, 1), date(2025, 10, 31))),
    ],
)
def test_the_campaign_shown_first(local: World, expiry: date, shown: tuple[date, date]) -> None:
    local.add(expires_on=expiry)
    assert local.services.dashboard.view().campaign == Campaign(*shown)


def test_an_empty_database_has_a_dashboard(world: World) -> None:
    view = world.services.dashboard.view()
    assert view.campaign == DECEMBER
    assert not any(view.counts.values())
    assert (view.urgent, view.cohort, view.fresh_until) == ((), 0, None)


def test_the_queue_is_in_the_order_of_the_rules(world: World) -> None:
    """Promised callbacks, then what can be done now, then by score, expiry and code."""
    for number in (3, 1, 2):
        world.add(f"CLT-0000{number}", expires_on=date(2025, 12, 24))
    world.add("CLT-00004", expires_on=date(2025, 12, 24), client_since=date(2020, 1, 1))
    world.add("CLT-00005", expires_on=date(2025, 12, 24), email="", email_usable=False, phone_kind="none")
    rows = world.services.dashboard.rows(DECEMBER, Figure.AWAITING, 0, 50).rows
    terms = {term.id: term for term in world.all(Subscription)}
    keys = [
        (
            list(Pane).index(Pane(term.pane)),
            term.rank,
            term.rank_at or world.now,
            term.minus_score,
            term.expires_on,
            row.code,
        )
        for row in rows
        for term in [terms[row.subscription_id]]
    ]
    assert all(one <= other for one, other in pairwise(keys))
    same = [row.code for row in rows if row.code in {"CLT-00001", "CLT-00002", "CLT-00003"}]
    assert same == sorted(same)


def test_the_token_moves_with_every_act_and_with_time(world: World) -> None:
    client_id = world.add(expires_on=date(2025, 12, 31))
    dashboard, clients = world.services.dashboard, world.services.clients
    tokens = [dashboard.view().token]
    assert dashboard.token() == tokens[0]
    clients.add_note(client_id, "Préfère être appelée le matin.")
    tokens.append(dashboard.token())
    clients.oppose(client_id, Channel.SMS)
    tokens.append(dashboard.token())
    world.now = paris("2025-12-27T09:00")
    tokens.append(dashboard.view().token)
    assert len(set(tokens)) == len(tokens)
    assert dashboard.token() == tokens[-1]


def test_a_term_over_without_an_answer_lapses_once(world: World) -> None:
    world.add(expires_on=date(2025, 12, 31))
    before = world.services.dashboard.view(DECEMBER)
    assert before.counts[Figure.AWAITING] == 1
    world.now = paris("2026-01-01T00:00")
    for _ in range(2):
        view = world.services.dashboard.view(DECEMBER)
        assert view.counts[Figure.AWAITING] == 0
        assert view.counts[Figure.LAPSED] == 1
        check_view(world, view)
        check_counts(world)
    (term,) = world.all(Subscription)
    assert (term.status, term.fresh_until) == (SubscriptionStatus.EXPIRED, None)
    (told,) = [one for one in world.services.clients.file(term.client_id).history if one.kind == "expired"]
    assert told.at == paris("2026-01-01T00:00")
    assert not [one for one in world.all(Event) if one.kind == "expired"]
    assert view.fresh_until is None


def test_another_expiry_moves_the_figures(world: World) -> None:
    client_id = world.add(expires_on=date(2025, 12, 31))
    with world.database.writing() as session:
        term = session.exec(select(Subscription).where(Subscription.client_id == client_id)).one()
        term.expires_on = date(2026, 1, 15)
        assert term.id is not None
        reassess(session, world.context, [term.id])
    check_counts(world)
    assert world.services.dashboard.view(DECEMBER).counts[Figure.TO_CONTACT] == 0


def test_a_callback_falls_due_while_the_console_is_open(world: World) -> None:
    client_id = world.add(expires_on=date(2026, 1, 31))
    view = world.walk(world.begin(client_id), *DIAL, "Demande un rappel", "Promettre = demain 14h")
    january = Campaign(date(2026, 1, 1), date(2026, 1, 31))
    assert view.outcome == "callback"
    before = world.services.dashboard.view(january)
    assert before.counts[Figure.WEEK] == 1
    assert before.fresh_until is not None
    world.now = paris("2025-12-23T14:00")
    due = world.services.dashboard.view(january)
    assert due.counts[Figure.URGENT] == 1
    (card,) = due.urgent
    assert card.callback_at == paris("2025-12-23T14:00")
    assert card.callable_now
    check_view(world, due)


def test_a_full_cycle(world: World) -> None:
    """Imported, called, refused: on the dashboard, in the refusals and in the file."""
    client_id = world.add(expires_on=date(2025, 12, 31))
    kept = world.add("CLT-00002", email="b@example.org", phone="+33639980002")
    world.mail(client_id, "J-14", paris("2025-12-17T09:00"), opened_at=paris("2025-12-17T12:00"))
    settle(world, kept, "downgraded")
    assert world.services.dashboard.view().counts[Figure.AWAITING] == 1
    view = world.walk(world.begin(client_id), *REFUSAL)
    assert view.outcome == "refused"
    shown = world.services.dashboard.view()
    assert shown.counts[Figure.REFUSED] == 1
    assert shown.counts[Figure.TO_CONTACT] == 1
    (refusal,) = shown.refused
    assert (refusal.client_id, refusal.reason) == (client_id, "PRIX")
    assert world.services.refusals.page(DECEMBER, 0, 10).rows == (refusal,)
    file = world.services.clients.file(client_id)
    assert file.case.status == "résiliée"
    assert world.services.clients.file(kept).case.status == "passage à Basic"
    check_view(world, shown)
    check_counts(world)


ACT = st.tuples(
    st.sampled_from(("note", "oppose", "settle", "call", "refuse", "wait", "midnight", "add", "mail")),
    st.integers(0, 5),
    st.integers(0, 40),
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(ACT, min_size=1, max_size=12))
def test_figures_hold_after_any_acts(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, int, int]]
) -> None:
    path = tmp_path_factory.mktemp("acts") / "base.db"
    world = World(path, paris("2025-12-15T10:00"))
    clients = [
        world.add(f"CLT-0000{number}", expires_on=date(2025, 12, 20) + timedelta(days=5 * number))
        for number in range(4)
    ]
    for what, who, how in acts:
        client_id = clients[who % len(clients)]
        # Refused with a reason (the hours, a call already closed ...), or a call left open elsewhere.
        with suppress(HotlinerError, ValueError):
            _do(world, what, client_id, how, clients)
        check_counts(world)
    check_view(world, world.services.dashboard.view(Campaign(date(2025, 12, 1), date(2026, 1, 31))))
    check_counts(world)
    refresh_stale(world.context)
    for term in world.all(Subscription):
        over = day_of(world.now) > term.expires_on
        late = term.settled_at is not None and day_of(term.settled_at) > term.expires_on
        assert (term.pane == Pane.LAPSED) == late
        if term.status == SubscriptionStatus.EXPIRED:
            assert late
        assert not (over and term.status == SubscriptionStatus.ACTIVE)
    world.database.close()


def _do(world: World, what: str, client_id: int, how: int, clients: list[int]) -> None:
    services = world.services
    match what:
        case "note":
            services.clients.add_note(client_id, "Une note.")
        case "oppose":
            services.clients.oppose(client_id, list(Channel)[how % 3])
        case "settle":
            settle(world, client_id, ("renewed", "discounted", "downgraded", "paused")[how % 4], how % 3)
        case "call":
            view = world.begin(client_id, list(Direction)[how % 2])
            while view.outcome is None:
                choice = view.choices[how % len(view.choices)]
                typed = "Parole du client" if view.capture else ""
                view = services.calls.choose(view.call_id, view.seq, choice.index, typed)
        case "refuse":
            world.walk(world.begin(client_id), *REFUSAL)
        case "wait":
            world.wait(hours=how)
        case "midnight":
            world.wait(days=how % 9)
            services.dashboard.view()
        case "add":
            expires_on = day_of(world.now) + timedelta(days=how)
            clients.append(world.add(f"CLT-1{len(clients):04d}", expires_on=expires_on))
        case "mail":
            world.mail(client_id, "J-14", world.now, opened_at=world.now if how % 2 else None)


# What it costs


def crowd(world: World, n: int) -> None:
    """So many clients at once, expiring at the end of December."""
    with world.database.writing() as session:
        columns: dict[str, Any] = {"created_at": world.now, "updated_at": world.now}
        people = [
            Client(
                code=f"CLT-{i:05d}",
                last_name=f"Nom{i}",
                email=f"n{i}@x.fr",
                email_usable=True,
                client_since=date(2025, 1, 1),
                **columns,
            )
            for i in range(n)
        ]
        session.add_all(people)
        session.flush()
        terms = [
            Subscription(
                client_id=person.id or 0,
                plan="premium",
                billing="annual",
                starts_on=date(2025, 1, 1),
                expires_on=date(2025, 12, 31),
                status="renewed" if i % 2 else "active",
                retention="renewed" if i % 2 else "",
                settled_at=world.now if i % 2 else None,
            )
            for i, person in enumerate(people)
        ]
        session.add_all(terms)
        session.flush()
        reassess(session, world.context, [term.id or 0 for term in terms])


def statements(world: World) -> list[str]:
    """What the database is asked for one view."""
    asked: list[str] = []

    def keep(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(re.sub(r"\(\?(, \?)*\)", "(?)", statement))

    world.services.dashboard.view()
    event.listen(world.database._engine, "before_cursor_execute", keep)
    world.services.dashboard.view()
    event.remove(world.database._engine, "before_cursor_execute", keep)
    return asked


def test_a_view_asks_as_much_for_ten_clients_as_for_a_thousand(local: World) -> None:
    crowd(local, 10)
    few = statements(local)
    with local.database.writing() as session:
        for table in (CampaignCount, Subscription, Client):
            session.execute(text(f"DELETE FROM {table.__tablename__}"))
    crowd(local, 1000)
    assert statements(local) == few
    assert len(few) < 33


def test_a_view_reads_along_indexes(local: World) -> None:
    """No table is scanned and nothing is sorted that grows with the number of clients."""
    crowd(local, 200)
    asked = [one for one in statements(local) if one.startswith("SELECT")]
    plans: dict[str, list[str]] = {}
    with local.database.reading() as session:
        cursor = session.connection().connection.cursor()
        for query in asked:
            values = [None] * query.count("?")
            cursor.execute(f"EXPLAIN QUERY PLAN {query}", values)
            plans[query] = [row[3] for row in cursor.fetchall()]
    paged = 0
    for query, plan in plans.items():
        scans = [step for step in plan if step.startswith("SCAN") and not step.startswith("SCAN anon")]
        if "FROM claim" in query:  # a row an agent at most
            continue
        if "max(event.id)" in query or "min(subscription.fresh_until)" in query:
            assert all("SEARCH" in step for step in plan), plan
            continue
        assert not scans, (query, plan)
        if "anon_1" in query:
            paged += 1
            assert any("COVERING INDEX ix_subscription" in step for step in plan), plan
    assert paged >= 2


def test_deep_pages_follow_one_another(world: World) -> None:
    crowd(world, 130)
    dashboard = world.services.dashboard
    codes = [
        row.code
        for offset in range(0, 130, 20)
        for row in dashboard.rows(DECEMBER, Figure.TO_CONTACT, offset, 20).rows
    ]
    assert len(codes) == len(set(codes)) == 130
    assert dashboard.rows(DECEMBER, Figure.TO_CONTACT, 130, 20).rows == ()
    assert dashboard.rows(DECEMBER, Figure.TO_CONTACT, 0, 20).total == 130


def test_a_large_upkeep_is_done_in_turns(local: World) -> None:
    crowd(local, 1300)
    local.now = paris("2026-01-02T10:00")
    assert 0 < refresh_stale(local.context, seconds=0) < 650
    refresh_stale(local.context, seconds=math.inf)
    view = local.services.dashboard.view(DECEMBER)
    assert view.counts[Figure.LAPSED] == 650
    check_counts(local)
    with local.database.reading() as session:
        left = session.exec(select(Subscription).where(col(Subscription.fresh_until).is_not(None))).all()
    assert left == []


@pytest.mark.parametrize(
    ("whole", "renewed", "said"),
    [
        (7, 1, "1 sur 7 renouvelés : trop peu"),
        (12, 5, "5 sur 12 renouvelés (42 %) pour 53 % attendus : incertain"),
        (12, 0, "0 sur 12 renouvelés (0 %) pour 53 % attendus : en retard"),
        (12, 7, "7 sur 12 renouvelés (58 %) pour 53 % attendus : en avance"),
    ],
)
def test_no_verdict_on_the_pace_that_the_figures_do_not_bear(
    local: World, whole: int, renewed: int, said: str
) -> None:
    """The banner judges as the key figure does."""
    from screens.kit.banner import pace

    world = local
    for number in range(whole):
        client = world.add(f"CLT-{number:05}", email=f"c{number}@example.org", expires_on=date(2025, 12, 28))
        if number < renewed:
            world.agreed(client)
    view = world.services.dashboard.view()
    assert plain("".join(text for text, _ in pace(view))) == said
    (rate,) = (one for one in world.services.kpis.view().measures if one.kpi is Kpi.RENEWAL)
    assert (rate.met, rate.few) == (view.renewals.met, view.renewals.few)


def test_who_renewed_online_today_says_so(world: World) -> None:
    """Whoever was about to call sees why the card has moved."""
    world.add("CLT-00245")
    told = {"id": "e1", "type": "renewed", "client": "CLT-00245", "at": world.now.isoformat()}
    assert FeedbackService(world.context).take([(1, json.dumps(told))]).taken == 1
    (row,) = world.services.dashboard.view().retained
    assert plain(row.offer) == f"en ligne à {hour(world.now)}"
    world.now += timedelta(days=1)
    (row,) = world.services.dashboard.view().retained
    assert row.offer.startswith("le ")
