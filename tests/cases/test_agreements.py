"""An agreement given on the phone: counted at once, then proved, taken back, or undone by time."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.base.dates import day_of
from console.base.errors import ConflictError
from console.base.vocabulary import CallOutcome, Direction, Figure
from console.cases import agreements
from console.cases.upkeep import refresh_stale
from console.cases.views import Campaign
from console.db.query import ReadBatch
from console.db.tables import Agreement, Client, GrantedOffer, Message, Subscription
from console.figures.rules import Kpi
from console.figures.service import KpiService
from console.integrity.database import faults
from console.messages.events import FeedbackService
from console.messages.reminders import RelanceService
from console.rules import agreements as rules
from console.rules.agreements import AgreementState as State
from tests.world import DIAL, World, paris, plain

EXPIRY = date(2025, 12, 31)
DECEMBER = Campaign(date(2025, 12, 1), EXPIRY)
NEXT_DECEMBER = Campaign(date(2026, 12, 1), date(2026, 12, 31))
RENEWED = (*DIAL, "Oui", "Je m’en occupe", "5 sur 5", "Terminer")
LOWER_PLAN = ("Hésite", "Le prix", "Accepte le passage", "Le client confirme", "5 sur 5")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Monday 22/12/2025 at 10:30: calls are lawful."""
    world = World(tmp_path / "base.db", paris("2025-12-22T10:30"))
    yield world
    assert not faults(f"sqlite:///{tmp_path / 'base.db'}")
    world.database.close()


def agreed(world: World, code: str = "CLT-00245") -> int:
    """A client who renewed on the phone; gives the client's number."""
    client = world.add(code)
    world.walk(world.begin(client, Direction.OUTBOUND), *RENEWED)
    return client


def at(world: World, moment: str) -> None:
    world.now = paris(moment)
    refresh_stale(world.context)


def event(world: World, kind: str, moment: str, **more: object) -> int:
    told = {"id": f"{kind}{moment}", "type": kind, "client": "CLT-00245", "at": f"{moment}:00+01:00", **more}
    return FeedbackService(world.context).take([(1, json.dumps(told))]).taken


def stands(world: World) -> list[tuple[str, str, str]]:
    terms = sorted(world.all(Subscription), key=lambda term: term.expires_on)
    return [(term.status, term.retention, term.pane) for term in terms]


KEPT = [("renewed", "renewed", "retained"), ("active", "", "later")]
GONE = [("expired", "", "lapsed"), ("void", "", "void")]


def test_without_a_proof_it_holds_until_30_days_after_the_expiry(world: World) -> None:
    agreed(world)
    at(world, "2026-01-30T23:59")
    assert stands(world) == KEPT
    at(world, "2026-01-31T00:00")
    assert stands(world) == GONE
    file = world.services.clients.file(1)
    assert plain(file.written_agreement) == "donné au téléphone le 22/12/2025, jamais confirmé"
    assert plain(file.history[0].title) == "Accord jamais confirmé"
    kpis = {
        one.kpi: (one.numerator, one.denominator) for one in KpiService(world.context).view(DECEMBER).measures
    }
    assert (kpis[Kpi.RENEWAL], kpis[Kpi.CHURN], kpis[Kpi.GESTURE]) == ((0, 1), (1, 1), (0, 0))
    assert KpiService(world.context).view(NEXT_DECEMBER).cohort == 0
    assert RelanceService(world.context).run().queued.total() == 0


def test_a_clock_put_right_gives_back_what_time_had_undone(world: World) -> None:
    agreed(world)
    at(world, "2026-02-15T10:00")
    assert stands(world) == GONE
    at(world, "2025-12-23T10:00")
    assert stands(world) == KEPT
    titles = [one.title for one in world.services.clients.file(1).history]
    assert "Accord jamais confirmé" not in titles


@pytest.mark.parametrize("kind", ["confirmed", "paid"])
@pytest.mark.parametrize("told", ["2026-01-20T12:00", "2026-02-20T12:00"], ids=["in time", "late"])
def test_a_proof_in_time_holds_whenever_it_is_known(world: World, kind: str, told: str) -> None:
    agreed(world)
    at(world, told)
    assert event(world, kind, "2026-01-20T11:00") == 1
    assert stands(world)[0] == KEPT[0]
    at(world, "2026-03-01T12:00")
    assert stands(world)[0] == KEPT[0]
    assert world.one(Agreement).confirmed_by == {"confirmed": "written", "paid": "paid"}[kind]


@pytest.mark.parametrize("kind", ["confirmed", "paid"])
def test_a_proof_that_came_too_late_is_a_come_back(world: World, kind: str) -> None:
    agreed(world)
    at(world, "2026-02-20T12:00")
    assert event(world, kind, "2026-02-20T11:00") == 1
    refresh_stale(world.context)
    term, *following = sorted(world.all(Subscription), key=lambda one: one.expires_on)
    assert (term.status, term.came_back_at) == ("expired", paris("2026-02-20T11:00"))
    assert [one.status for one in following if one.status != "void"] == ["active"]
    view = KpiService(world.context).view(DECEMBER)
    assert next(one.numerator for one in view.measures if one.kpi is Kpi.CHURN) == 1


def test_a_client_who_changes_their_mind_is_awaited_again(world: World) -> None:
    client = agreed(world)
    RelanceService(world.context).run()
    world.wait(hours=3)
    term = world.services.clients.file(client).agreement
    assert term is not None
    world.services.agreements.withdraw(term, "Finalement non, trop cher.")
    assert [row[0] for row in stands(world)] == ["active", "void"]
    assert world.one(GrantedOffer).accepted_at is None
    assert {one.kind: one.status for one in world.all(Message)}["confirmation-renouvellement"] == "cancelled"
    with pytest.raises(ConflictError, match="n’attend de confirmation"):
        world.services.agreements.withdraw(term, "Non.")
    history = [(plain(one.title), one.detail) for one in world.services.clients.file(client).history]
    assert ("Accord retiré par le client", "Finalement non, trop cher.") in history
    at(world, "2025-12-28T08:00")
    assert [send for send, _ in RelanceService(world.context).run().queued] == ["J-3"]
    world.now = paris("2025-12-29T10:30")
    world.walk(world.begin(client, Direction.OUTBOUND), *RENEWED)
    assert stands(world) == KEPT, "the same term begins after all"
    assert len(world.all(Agreement)) == 2


def test_taken_up_again_two_days_after_or_at_the_eve(world: World) -> None:
    agreed(world)

    def listed() -> list[str]:
        with world.database.reading() as session:
            found = agreements.awaited(ReadBatch(session), world.now)()
            assert agreements.awaited(ReadBatch(session), world.now, agent="Jean")() == found
            assert agreements.awaited(ReadBatch(session), world.now, agent="Anne")() == []
            return [plain(one.why(day_of(world.now))) for one in found]

    world.wait(hours=47, minutes=50)
    assert listed() == []
    world.wait(minutes=20)
    assert len(listed()) == 1
    world.now = paris("2025-12-30T09:00")
    assert "l’échéance est demain ; sans elle il ne vaut plus le 31/01/2026" in listed()[0]
    world.now = paris("2026-01-03T09:00")
    assert "échéance passée depuis 3 jours" in listed()[0]
    event(world, "paid", "2026-01-03T08:00")
    assert listed() == []


def test_one_given_on_the_eve_is_taken_up_the_next_day(world: World) -> None:
    world.now = paris("2025-12-30T16:00")
    agreed(world)
    with world.database.reading() as session:
        assert agreements.awaited(ReadBatch(session), world.now)() == []
        assert len(agreements.awaited(ReadBatch(session), paris("2025-12-31T00:00"))()) == 1


moments = st.datetimes(
    min_value=paris("2025-11-01T00:00").replace(tzinfo=None),
    max_value=paris("2026-02-25T00:00").replace(tzinfo=None),
).map(lambda moment: paris(moment.isoformat()))


said = st.sampled_from([one for one in CallOutcome if one is not CallOutcome.RESUMED])


@given(said, moments, st.none() | moments, st.none() | moments, moments)
def test_states_against_a_table(outcome, agreed_at, proved, withdrawn, now) -> None:  # type: ignore[no-untyped-def]
    made = rules.Agreement(outcome, EXPIRY, agreed_at, proved, withdrawn)
    last = max(EXPIRY, day_of(agreed_at)) + timedelta(30)
    pays = outcome.value in {"renewed", "discounted", "downgraded", "already_renewed"}
    in_time = proved is not None and day_of(proved) <= last
    if withdrawn is not None:
        expected = State.WITHDRAWN
    elif proved is not None:
        expected = State.CONFIRMED if in_time or not pays else State.LAPSED
    elif not pays and outcome.value != "paused":
        expected = State.LINK
    else:
        expected = State.LAPSED if pays and day_of(now) > last else State.ORAL
    assert made.state(day_of(now)) is expected
    assert made.holds(day_of(now)) == (expected in {State.ORAL, State.CONFIRMED})


def test_erased_with_the_client(world: World) -> None:
    from console.ledger.personal import emptied

    table = Agreement.__table__  # type: ignore[attr-defined]
    assert emptied(table) == {"withdrawn_why": ""}
    assert world.all(Client) == []


# -- a link that the client uses alone ------------------------------------------------------------------

BY_LINK = (*DIAL, "Oui", "Depuis son compte", "5 sur 5", "Terminer")


def planned(world: World, moment: str) -> list[tuple[str, str]]:
    at(world, moment)
    before = {one.id for one in world.all(Message)}
    RelanceService(world.context).run()
    return [(one.kind, plain(one.text)) for one in world.all(Message) if one.id not in before]


def by_link(world: World) -> int:
    client = world.add()
    view = world.walk(world.begin(client, Direction.OUTBOUND), *BY_LINK)
    assert view.outcome is CallOutcome.LINK_SENT
    return client


def test_a_link_sent_is_no_renewal(world: World) -> None:
    client = by_link(world)
    (term,) = world.all(Subscription)
    assert (term.status, term.retention, term.settled_at) == ("active", "", None)
    (offer,) = world.all(GrantedOffer)
    assert (offer.accepted_at, offer.ends_at) == (None, paris("2025-12-31T23:59:59"))
    (letter,) = world.all(Message)
    assert letter.kind == "lien-renouvellement"
    assert "34,99 €" in plain(letter.text)
    assert "jusqu'au mercredi 31 décembre 2025" in plain(letter.text).replace("’", "'")
    figures = KpiService(world.context).view(DECEMBER)
    assert next(one.numerator for one in figures.measures if one.kpi is Kpi.RENEWAL) == 0
    assert "lien envoyé le 22/12/2025" in plain(world.services.clients.file(client).written_agreement)
    with world.database.reading() as session:
        assert agreements.awaited(ReadBatch(session), paris("2025-12-30T10:00"))() == []


def test_its_link_and_its_offer_come_again_after_two_days_and_at_j_3(world: World) -> None:
    planned(world, "2025-12-22T10:00")
    world.now = paris("2025-12-22T15:00")
    by_link(world)
    planned(world, "2025-12-22T16:00")
    assert planned(world, "2025-12-23T08:00") == []
    (again,) = planned(world, "2025-12-24T16:00")
    assert again[0] == "rappel-lien"
    assert "34,99 € pour un an" in again[1]
    assert planned(world, "2025-12-25T08:00") == []
    (last,) = planned(world, "2025-12-28T08:00")
    assert last[0] == "J-3"
    assert "34,99 € pour un an" in last[1]
    assert "Vous préfériez renouveler vous-même" in last[1]


@pytest.mark.parametrize("kind", ["renewed", "paid"])
def test_a_click_that_renews_ends_it(world: World, kind: str) -> None:
    by_link(world)
    world.wait(hours=3)
    assert event(world, kind, "2025-12-22T12:00") == 1
    assert stands(world) == KEPT
    made = world.one(Agreement)
    assert (made.outcome, made.confirmed_by) == ("link_sent", "renewed")
    assert planned(world, "2025-12-25T08:00") == []
    at(world, "2026-02-15T08:00")
    assert stands(world)[0] == KEPT[0]


def test_a_link_that_nobody_used_expires_like_any_term(world: World) -> None:
    by_link(world)
    at(world, "2026-01-01T08:00")
    assert stands(world) == [("expired", "", "lapsed")]


# -- what the figures say of it -------------------------------------------------------------------------


def test_every_figure_of_the_retained_says_how_many_have_no_proof(world: World) -> None:
    agreed(world)
    view = KpiService(world.context).view(DECEMBER)
    assert plain(view.reserves) == "Dont 1 sans accord écrit ni paiement."
    assert view.plain()["gardes_sans_accord_ecrit_ni_paiement"] == 1
    counts = world.services.dashboard.view(DECEMBER).counts
    assert (counts[Figure.RETAINED], counts[Figure.UNPROVED]) == (1, 1)
    assert world.services.dashboard.rows(DECEMBER, Figure.UNPROVED).total == 1
    world.wait(hours=1)
    event(world, "confirmed", "2025-12-22T11:00")
    assert KpiService(world.context).view(DECEMBER).reserves == ""
    assert world.services.dashboard.view(DECEMBER).counts[Figure.UNPROVED] == 0


@pytest.mark.parametrize(("expiry", "proof"), [("31/12/2026", "file"), ("31/12/2025", None)])
def test_the_companys_file_proves_what_it_shows(world: World, expiry: str, proof: str | None) -> None:
    """A company that takes in neither payments nor acceptances still has its file."""
    agreed(world)
    at(world, "2026-01-10T08:00")
    row = {"code": "CLT-00245", "nom": "Dupuis", "email": "marie.dupuis@example.org", "expire_le": expiry}
    world.services.imports.take([(2, row)])
    assert world.one(Agreement).confirmed_by == (proof or "")
    at(world, "2026-02-20T08:00")
    term = min(world.all(Subscription), key=lambda one: one.expires_on)
    assert term.status == ("renewed" if proof else "expired")


@pytest.mark.parametrize("told", ["2026-01-26T12:00", "2026-02-20T12:00"], ids=["in time", "late"])
def test_a_renewal_while_the_lower_plan_was_agreed_to_is_set_aside_whenever_it_is_known(
    world: World, told: str
) -> None:
    """It does not say of which plan: somebody has to look, and no second term begins meanwhile."""
    client = world.add("CLT-00245")
    world.walk(world.begin(client, Direction.INBOUND), *LOWER_PLAN)
    at(world, told)
    assert event(world, "renewed", "2026-01-26T11:00") == 0
    assert len(world.all(Subscription)) == 2


@pytest.mark.parametrize("kind", ["renewed", "paid"])
@pytest.mark.parametrize("looked", [True, False], ids=["looked at", "nobody looked"])
def test_who_pays_for_what_has_lapsed_gets_a_term_whoever_looked_meanwhile(
    world: World, kind: str, looked: bool
) -> None:
    """Where only the daily jobs run, nothing else brings the places up to date."""
    agreed(world)
    world.now = paris("2026-03-01T12:00")
    if looked:
        refresh_stale(world.context)
    assert event(world, kind, "2026-03-01T11:00") == 1
    found = [(str(term.starts_on), term.status) for term in world.all(Subscription)]
    assert found == [("2025-01-01", "expired"), ("2026-01-01", "void"), ("2026-03-01", "active")]


def test_a_file_renews_what_has_lapsed_whoever_looked_meanwhile(world: World) -> None:
    agreed(world)
    world.now = paris("2026-03-01T12:00")
    row = {
        "code": "CLT-00245",
        "nom": "Dupuis",
        "email": "marie.dupuis@example.org",
        "expire_le": "31/12/2026",
    }
    assert world.services.imports.take([(2, row)]).renewed == 1
    assert [row[0] for row in stands(world)] == ["renewed", "active"]


@pytest.mark.parametrize(
    ("said", "plan"), [({}, "basic"), ({"formule": "premium"}, "premium")], ids=["plan unsaid", "plan said"]
)
def test_a_lower_plan_that_a_file_proves_after_all_begins_as_it_was_agreed(
    world: World, said: dict[str, str], plan: str
) -> None:
    client = world.add()
    world.walk(world.begin(client, Direction.OUTBOUND), *DIAL, *LOWER_PLAN)
    at(world, "2026-02-05T10:00")
    assert [row[0] for row in stands(world)] == ["expired", "void"]
    row = {"code": "CLT-00245", "nom": "Dupuis", "email": "marie.dupuis@example.org"}
    row |= {"expire_le": "31/12/2026", "renouvele_le": "29/12/2025", **said}
    assert world.services.imports.take([(2, row)]).renewed == 1
    following = max(world.all(Subscription), key=lambda term: term.expires_on)
    assert (following.status, following.plan) == ("active", plan)


def test_nobody_is_reminded_of_a_term_that_never_began(world: World) -> None:
    agreed(world)
    world.now = paris("2026-12-02T09:00")
    assert RelanceService(world.context).run().queued.total() == 0
