"""The demonstration: its figures come out of ordinary rows, and its clock never goes back."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, func, select

from console.base.clock import frozen_at
from console.base.dates import PARIS
from console.base.errors import RefusedInputError
from console.base.vocabulary import Action, CallOutcome, Direction, Figure, Pane
from console.calls import keeping
from console.cases.upkeep import refresh_stale
from console.cases.views import Campaign, CaseRow
from console.context import Context
from console.dashboard.views import DashboardView
from console.db.engine import open_database
from console.db.meta import read_meta, write_meta
from console.db.tables import Call, ChurnRecord, Client, Event, GrantedOffer, Message, Subscription
from console.demo.demo import demo_context, park
from console.demo.files import read_demo
from console.demo.made import made_up
from console.demo.play import play
from console.rules.hours import next_call_slot
from console.services import Services, build
from tests.screens.shown import shown
from tests.world import CONTENT, plain

DECEMBER = Campaign(date(2025, 12, 1), date(2025, 12, 31))
START = datetime(2025, 12, 20, 14, tzinfo=PARIS)
E = date(2025, 12, 31)


@pytest.fixture(scope="module")
def demo() -> Iterator[Services]:
    """The demonstration as it is first opened; only read."""
    ctx = shown().ctx
    yield build(Context(ctx.database, frozen_at(START), CONTENT, "Jean", demo=True))
    ctx.database.close()


@pytest.fixture(scope="module")
def view(demo: Services) -> DashboardView:
    return demo.dashboard.view(DECEMBER)


def test_the_figures_are_those_known_in_advance(view: DashboardView) -> None:
    wanted = {
        Figure.TO_CONTACT: 47,
        Figure.RETAINED: 23,
        Figure.AWAITING: 24,
        Figure.URGENT: 3,
        Figure.WEEK: 13,
        Figure.LATER: 8,
        Figure.AT_RISK: 8,
        Figure.REFUSED: 3,
        Figure.LAPSED: 0,
        Figure.RENEWED: 23,
        Figure.WORKSHOPS: 18,
    }
    assert {figure: view.counts[figure] for figure in wanted} == wanted
    assert (view.deadline, view.cohort, view.over, int(view.pace_expected)) == (E, 50, False, 44)


def test_the_three_urgent_clients_come_in_order_each_with_its_reason(view: DashboardView) -> None:
    marie, paul, sophie = view.urgent
    assert [(row.name, row.code, row.days_left) for row in view.urgent] == [
        ("Marie Dupuis", "CLT-00245", 11),
        ("Paul Martin", "CLT-00156", 11),
        ("Sophie Bernard", "CLT-00089", 11),
    ]
    assert (marie.action, marie.vip, marie.seniority_months, marie.at_risk) == (Action.CALL, True, 18, False)
    assert marie.callable_now
    assert marie.reason == "Rappel promis sam. 20/12 à 14:00."
    assert plain(marie.mails) == "2 e-mails envoyés, dernier non ouvert"
    assert plain(marie.offer).startswith("34,99 € + 1 atelier")
    assert marie.offer.endswith("24/12")
    assert (paul.action, paul.vip, paul.at_risk) == (Action.MESSAGE, False, False)
    assert "ouvert le 18/12, sans clic" in plain(paul.mails)
    assert plain(paul.offer).startswith("35,14 €")
    assert (sophie.action, sophie.vip, sophie.at_risk) == (Action.CALL, False, True)
    assert (sophie.callable_now, sophie.when_label) == (False, "lun. 22/12 à 10:00")
    assert plain(sophie.offer).startswith("36,99 € + 1 atelier")
    assert "prix plus bas" in sophie.note


def test_who_is_in_which_pane_is_as_composed(demo: Services) -> None:
    _, week = _rows(demo, Figure.WEEK)
    assert sum(row.at_risk for row in week) == 7
    assert not any(row.vip for row in week)
    assert all(row.expires_on >= date(2025, 12, 24) for row in week)
    _, later = _rows(demo, Figure.LATER)
    assert all(row.expires_on == E and not row.at_risk for row in later)
    _, retained = _rows(demo, Figure.WORKSHOPS)
    assert sum(row.vip for row in retained) == 12


def test_renewals_and_refusals_are_rows_of_lawful_days(demo: Services) -> None:
    field = CONTENT.data.field
    with demo.ctx.database.reading() as session:
        calls = session.exec(select(Call)).all()
        outbound = [call for call in calls if call.direction == Direction.OUTBOUND]
        outcomes = sorted(call.outcome for call in outbound)
        zones = {client.id: client.timezone for client in session.exec(select(Client)).all()}
        settled = session.exec(select(Subscription.settled_at).where(Subscription.status == "renewed")).all()
        queued = session.exec(select(Message.kind).where(Message.status == "queued")).all()
        assert session.exec(select(func.count()).select_from(ChurnRecord)).one() == 3
    assert outcomes == [CallOutcome.REFUSED] * 3 + [CallOutcome.RENEWED] * 3
    for call in outbound:
        assert call.dialled_at is not None
        assert next_call_slot(call.dialled_at, zones[call.client_id], field) == call.dialled_at
    assert len(settled) == 23
    assert all(datetime(2025, 12, 13, tzinfo=PARIS) <= at <= START for at in settled if at)
    assert queued == []


def test_phone_numbers_are_kept_for_fiction_and_addresses_for_examples(demo: Services) -> None:
    fiction = ("+3319900", "+3326191", "+3335301", "+3346571", "+3353649", "+3363998")
    with demo.ctx.database.reading() as session:
        people = session.exec(select(Client)).all()
    assert len(people) == 50
    assert all(one.phone.startswith(fiction) for one in people if one.phone)
    assert all(one.email.endswith("@example.org") for one in people if one.email)
    assert {one.phone_kind for one in people} == {"mobile", "landline", "none"}
    assert len({one.timezone for one in people}) >= 3
    assert any("’" in one.last_name for one in people)


def test_panes_add_up_as_days_go_by() -> None:
    ctx = shown().ctx
    for day in (0, 1, 2, 4, 8, 11, 12):
        later = Context(ctx.database, frozen_at(START + timedelta(days=day)), CONTENT, "Jean", demo=True)
        refresh_stale(later)
        n = build(later).dashboard.view(DECEMBER).counts
        assert n[Figure.URGENT] + n[Figure.WEEK] + n[Figure.LATER] == n[Figure.AWAITING]
        assert n[Figure.AWAITING] + n[Figure.RETAINED] == n[Figure.TO_CONTACT]
        assert n[Figure.TO_CONTACT] + n[Figure.REFUSED] + n[Figure.LAPSED] == 50
    assert n[Figure.AWAITING] == 0
    ctx.database.close()


def test_a_demo_is_opened_again_where_it_was_left() -> None:
    first = shown().ctx
    url = f"sqlite:///{first.database.place}"
    left = START + timedelta(hours=3)
    assert timedelta() <= first.clock.now() - START < timedelta(seconds=30)
    park(Context(first.database, frozen_at(left), CONTENT, "Jean", demo=True))
    first.database.close()
    again = demo_context(url, CONTENT, "Jean")
    assert timedelta() <= again.clock.now() - left < timedelta(seconds=30)
    later = left + timedelta(days=2)
    with again.database.writing() as session:
        session.add(Event(at=later, kind="note", client_id=1, text="x", data={}))
    again.database.close()
    killed = demo_context(url, CONTENT, "Jean")
    assert timedelta() <= killed.clock.now() - later < timedelta(seconds=30)
    killed.database.close()
    remade = demo_context(url, CONTENT, "Jean", remake=True)
    assert remade.clock.now() - START < timedelta(seconds=30)
    assert build(remade).dashboard.view(DECEMBER).counts[Figure.TO_CONTACT] == 47
    remade.database.close()


def test_an_unfinished_demo_is_made_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'demo.db'}"
    demo_context(url, CONTENT, "Jean", size=1).database.close()
    database = open_database(url, clock=frozen_at(START))
    with database.writing() as session:
        write_meta(session, "demo", "?demo")
    database.close()
    ctx = demo_context(url, CONTENT, "Jean")
    with ctx.database.reading() as session:
        assert read_meta(session, "demo") == "demo"
        assert session.exec(select(func.count()).select_from(Client)).one() == 50
    ctx.database.close()


def test_real_clients_are_never_replaced(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'base.db'}"
    database = open_database(url, clock=frozen_at(START))
    with database.writing() as session:
        session.add(
            Client(code="CLT-1", last_name="Réel", client_since=E, created_at=START, updated_at=START)
        )
    database.close()
    with pytest.raises(RefusedInputError, match="vrais clients"):
        demo_context(url, CONTENT, "Jean", remake=True)


def test_the_worked_example_is_its_own_data_set_however_slow_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "PATIENCE", 0.0)
    database = open_database(f"sqlite:///{tmp_path / 'marie.db'}", clock=frozen_at(START))
    now = datetime(2025, 12, 19, 15, tzinfo=PARIS)
    ctx = Context(database, frozen_at(now), CONTENT, "Jean", demo=True)
    play(ctx, read_demo(CONTENT.root / "data" / "demo" / "marie.toml"))
    services = build(ctx)
    (found,) = services.clients.search("CLT-00245")
    assert (found.expires_on, found.vip, found.seniority_months) == (E, True, 18)
    assert found.status == "intéressée mais indécise"
    assert plain(found.mails).startswith("2 e-mails envoyés")
    with database.reading() as session:
        term = session.exec(select(Subscription.id).where(Subscription.expires_on == E)).one()
        sent = session.exec(
            select(Message).where(Message.subscription_id == term, col(Message.step).in_(["J-30", "J-14"]))
        ).all()
        offers = session.exec(select(GrantedOffer.offer).order_by(col(GrantedOffer.granted_at))).all()
    assert sorted((one.kind, one.channel) for one in sent) == [
        ("J-14", "email"),
        ("J-14", "sms"),
        ("J-30", "email"),
    ]
    assert offers[-2:] == ["remise-5", "fidelite"]
    assert not any(one.clicked_at for one in sent)
    database.close()


def test_made_up_clients_are_the_same_for_the_same_number() -> None:
    made, other = made_up(CONTENT, 160), made_up(CONTENT, 161)
    assert made == made_up(CONTENT, 160)
    assert made.clients[:5] != other.clients[:5]


def test_made_up_clients_live_a_year_around_the_day(tmp_path: Path) -> None:
    ctx = demo_context(f"sqlite:///{tmp_path / 'demo.db'}", CONTENT, "Jean", size=200)
    with ctx.database.reading() as session:
        people = session.exec(select(Client.code)).all()
        terms = session.exec(select(Subscription)).all()
    counts = build(ctx).dashboard.view(DECEMBER).counts
    ctx.database.close()
    assert len(people) == 200
    assert len({term.expires_on.replace(day=1) for term in terms}) >= 12
    assert 0 < counts[Figure.TO_CONTACT] < 60
    assert counts[Figure.REFUSED] > 0
    assert {term.pane for term in terms} >= {Pane.URGENT, Pane.WEEK, Pane.LATER, Pane.RETAINED}


def test_the_demonstration_is_the_same_on_a_server(postgresql: str) -> None:
    demo_context(postgresql, CONTENT, "Jean", size=1).database.close()
    ctx = demo_context(postgresql, CONTENT, "Jean", remake=True)
    counts = build(ctx).dashboard.view(DECEMBER).counts
    assert (counts[Figure.TO_CONTACT], counts[Figure.WORKSHOPS], counts[Figure.REFUSED]) == (47, 18, 3)
    ctx.database.close()


def _rows(demo: Services, figure: Figure) -> tuple[int, tuple[CaseRow, ...]]:
    page = demo.dashboard.rows(DECEMBER, figure, 0, 100)
    return page.total, page.rows
