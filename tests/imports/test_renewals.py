"""Renewals told by a file and by an event: one fact, at its own day, whenever it becomes known."""

import json
from collections.abc import Iterator
from datetime import date
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from console.base.dates import day_of
from console.base.vocabulary import Direction, Figure
from console.cases.upkeep import refresh_stale
from console.cases.views import Campaign
from console.db.tables import Agreement, Event, Subscription
from console.messages.events import FeedbackService
from tests.world import REFUSAL, World, paris

DECEMBER = Campaign(date(2025, 12, 1), date(2025, 12, 31))
IN_TIME, LATE = "2025-12-20T10:00+01:00", "2026-01-05T10:00+01:00"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "base.db", paris("2025-11-20T09:00"))
    world.add("CLT-00001")
    yield world
    world.database.close()


def file(world: World, at: str, expires: str = "31/12/2026", on: str = "") -> Any:
    """The client's line as a file has it, taken in at an instant."""
    world.now = paris(at)
    row = {
        "code": "CLT-00001", "nom": "Dupuis", "email": "marie.dupuis@example.org", "expire_le": expires,
        "renouvele_le": on,
    }  # fmt: skip
    report = world.services.imports.take([(2, row)])
    assert not report.faults, report.faults
    return report


def event(world: World, at: str, happened: str, kind: str = "renewed") -> None:
    world.now = paris(at)
    line = {"id": f"{kind}{happened}", "type": kind, "client": "CLT-00001", "at": happened}
    report = FeedbackService(world.context).take([(1, json.dumps(line))])
    assert not report.faults, report.faults


def first(world: World) -> Subscription:
    term: Subscription = min(world.all(Subscription), key=lambda term: term.expires_on)
    return term


def told(world: World, at: str) -> dict[str, tuple[int, int]]:
    """Numerator and denominator of every figure of December."""
    world.now = paris(at)
    view = world.services.kpis.view(DECEMBER)
    return {one.kpi.value: (one.numerator, one.denominator) for one in view.measures}


@pytest.mark.parametrize(
    "at", ["2025-12-10T09:00", "2025-12-31T09:00", "2026-01-01T09:00", "2026-03-20T09:00"]
)
def test_a_renewal_is_one_whatever_the_day_of_the_import(world: World, at: str) -> None:
    report = file(world, at)
    assert (report.renewed, report.undated) == (1, 1)
    term = first(world)
    assert (term.status, term.pane, term.came_back_at) == ("renewed", "retained", None)
    assert term.settled_at == min(paris(at), paris("2025-12-31T23:59:59"))
    assert term.settled_known_at == paris(at)
    assert (told(world, "2026-03-21T09:00")["renouvellement"], term.dated_by_import) == ((1, 1), True)
    assert len(world.all(Subscription)) == 2
    (renewed,) = [one for one in world.all(Event) if one.kind == "renewed"]
    assert (renewed.at, renewed.known_at) == (term.settled_at, paris(at))
    file(world, "2026-03-22T09:00")
    assert len(world.all(Subscription)) == 2


def test_a_day_given_is_the_renewals_own(world: World) -> None:
    report = file(world, "2026-01-10T09:00", on="05/12/2025")
    assert (report.renewed, report.undated) == (1, 0)
    assert first(world).settled_at == paris("2025-12-05T23:59:59")
    assert told(world, "2026-02-10T09:00")["precoces"] == (1, 1)
    assert "renouvellement daté" not in world.services.kpis.view(DECEMBER).reserves


def test_a_day_after_the_expiry_is_a_come_back(world: World) -> None:
    file(world, "2026-01-20T09:00", on="10/01/2026")
    term = first(world)
    assert (term.status, term.pane, term.came_back_how) == ("expired", "lapsed", "already_renewed")
    figures = told(world, "2026-02-15T09:00")
    assert (figures["churn"], figures["reactivation"]) == ((1, 1), (1, 1))


@pytest.mark.parametrize("happened", [IN_TIME, LATE])
def test_file_and_event_in_any_order_are_one_fact(tmp_path: Path, happened: str) -> None:
    found = []
    for order in permutations(("file", "event", "file again")):
        world = World(tmp_path / f"{'-'.join(order)}.db", paris("2025-11-20T09:00"))
        world.add("CLT-00001")
        for n, what in enumerate(order):
            at = f"2026-01-{10 + n}T09:00"
            if what == "event":
                event(world, at, happened)
            else:
                file(world, at)
        term = first(world)
        figures = told(world, "2026-03-01T09:00")
        found.append((term.status, term.settled_at, term.came_back_at, term.dated_by_import, figures))
        if happened == IN_TIME:
            assert len(world.all(Subscription)) == 2
        world.database.close()
    assert all(one == found[0] for one in found), found
    status, settled_at, came_back_at, undated, _ = found[0]
    assert not undated
    if happened == IN_TIME:
        assert (status, settled_at, came_back_at) == ("renewed", paris("2025-12-20T10:00"), None)
    else:
        assert (status, came_back_at) == ("expired", paris("2026-01-05T10:00"))


@pytest.mark.parametrize("happened", [IN_TIME, LATE])
def test_of_two_days_told_the_first_is_the_renewals(tmp_path: Path, happened: str) -> None:
    found = []
    for order in permutations(("file", "event")):
        world = World(tmp_path / f"{'-'.join(order)}.db", paris("2025-11-20T09:00"))
        world.add("CLT-00001")
        for n, what in enumerate(order):
            at = f"2026-01-{10 + n}T09:00"
            if what == "event":
                event(world, at, happened)
            else:
                file(world, at, on="12/12/2025")
        term = first(world)
        stands = term.status, term.settled_at and day_of(term.settled_at), term.came_back_at
        found.append((*stands, told(world, "2026-03-01T09:00")))
        world.database.close()
    assert found[0] == found[1]
    assert found[0][:3] == ("renewed", date(2025, 12, 12), None)


def test_a_row_a_term_as_our_export_has_it_changes_nothing(world: World) -> None:
    file(world, "2025-12-10T09:00")
    row = {"code": "CLT-00001", "nom": "Dupuis", "email": "marie.dupuis@example.org"}
    both = [(2, row | {"expire_le": "31/12/2025"}), (3, row | {"expire_le": "31/12/2026"})]
    for lines in (both, both[::-1]):
        report = world.services.imports.take(lines)
        assert (report.unchanged, report.rejected) == (2, 0), report.faults
    moved = row | {"email": "marie@example.org", "expire_le": "31/12/2026"}
    assert world.services.imports.take([both[0], (3, moved)]).rejected == 1, "which address is right?"


IN_TIME_ONCE = ("renewed", date(2025, 12, 20), None)
A_YEAR = (date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("facts", "stands", "following"),
    [
        ((("paid", LATE), ("renewed", IN_TIME)), IN_TIME_ONCE, A_YEAR),
        ((("renewed", LATE), ("renewed", IN_TIME)), IN_TIME_ONCE, A_YEAR),
        (
            (("paid", LATE), ("renewed", IN_TIME), ("file", "12/12/2025")),
            ("renewed", date(2025, 12, 12), None),
            A_YEAR,
        ),
        ((("renewed", LATE), ("renewed", IN_TIME), ("file", "")), IN_TIME_ONCE, A_YEAR),
        (
            (("renewed", LATE), ("file", "04/01/2026")),
            ("expired", date(2026, 1, 1), date(2026, 1, 4)),
            A_YEAR,
        ),
        ((("renewed", LATE), ("file", "")), ("expired", date(2026, 1, 1), date(2026, 1, 5)), A_YEAR),
        (
            (("renewed", LATE), ("paid", "2026-01-06T10:00+01:00")),
            ("expired", date(2026, 1, 1), date(2026, 1, 5)),
            (date(2026, 1, 5), date(2027, 1, 4)),
        ),
    ],
)
def test_facts_told_in_any_order_leave_the_same_terms(
    tmp_path: Path, facts: tuple[tuple[str, str], ...], stands: tuple[Any, ...], following: tuple[date, date]
) -> None:
    for order in permutations(facts):
        world = World(tmp_path / f"{len(list(tmp_path.iterdir()))}.db", paris("2025-11-20T09:00"))
        world.add("CLT-00001")
        for n, (kind, happened) in enumerate(order):
            if kind == "file":
                file(world, f"2026-01-{10 + n}T09:00", on=happened)
            else:
                event(world, f"2026-01-{10 + n}T09:00", happened, kind)
        term, after = sorted(world.all(Subscription), key=lambda one: one.expires_on)
        days = [at and day_of(at) for at in (term.settled_at, term.came_back_at)]
        assert (term.status, *days) == stands, order
        assert (after.starts_on, after.expires_on) == following, order
        world.database.close()


def test_a_file_put_right_tells_that_the_renewal_was_in_time(world: World) -> None:
    file(world, "2026-01-07T09:00", expires="04/01/2027")
    assert first(world).came_back_at is not None
    file(world, "2026-01-08T09:00")
    term, following = sorted(world.all(Subscription), key=lambda one: one.expires_on)
    assert (term.status, term.dated_by_import, term.came_back_at) == ("renewed", True, None)
    assert (following.starts_on, following.expires_on) == (date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize("paid", ["2026-01-05T10:00+01:00", "2026-02-15T10:00+01:00"])
def test_a_payment_after_the_end_pays_for_a_renewal_in_time(tmp_path: Path, paid: str) -> None:
    for order in permutations(("file", "paid", "file again")):
        world = World(tmp_path / f"{'-'.join(order)}.db", paris("2025-11-20T09:00"))
        world.add("CLT-00001")
        for n, what in enumerate(order):
            if what == "paid":
                event(world, f"2026-02-{20 + n}T09:00", paid, kind="paid")
            else:
                file(world, f"2026-02-{20 + n}T09:00")
        term, following = sorted(world.all(Subscription), key=lambda one: one.expires_on)
        assert (term.status, term.dated_by_import, term.came_back_at) == ("renewed", True, None), order
        assert (following.starts_on, following.expires_on) == (date(2026, 1, 1), date(2026, 12, 31)), order
        world.database.close()


def test_a_payment_late_in_a_term_renews_it_though_the_one_before_was_never_paid(world: World) -> None:
    file(world, "2025-12-20T09:00")
    event(world, "2026-01-12T09:00", "2026-01-10T10:00+01:00", kind="paid")
    assert [one.status for one in world.all(Subscription)] == ["renewed", "active"]
    world.add("CLT-00002", email="b@example.org", phone="+33639980002")
    row = {"code": "CLT-00002", "nom": "Dupuis", "email": "b@example.org", "expire_le": "31/12/2026"}
    assert world.services.imports.take([(2, row)]).renewed == 1
    world.now = paris("2026-12-11T09:00")
    told = {"id": "p", "type": "paid", "client": "CLT-00002", "at": "2026-12-10T10:00+01:00"}
    assert FeedbackService(world.context).take([(1, json.dumps(told))]).taken == 1
    terms = [one for one in world.all(Subscription) if one.client_id == 2]
    assert [(one.status, one.expires_on.year) for one in sorted(terms, key=lambda one: one.expires_on)] == [
        ("renewed", 2025), ("renewed", 2026), ("active", 2027),
    ]  # fmt: skip


def test_who_came_back_by_paying_stays_so_where_the_file_says_the_same(world: World) -> None:
    event(world, "2026-01-06T09:00", "2026-01-03T10:00+01:00", kind="paid")
    file(world, "2026-01-07T09:00", expires="02/01/2027")
    assert (first(world).status, first(world).came_back_at) == ("expired", paris("2026-01-03T10:00"))


AGREED = ("Veut renouveler", "Je m’en occupe", "Ne pas demander", "Terminer")


def test_an_agreement_is_proved_on_the_day_that_the_file_gives(world: World) -> None:
    world.now = paris("2025-12-20T15:00")
    world.walk(world.begin(1, Direction.INBOUND), *AGREED)
    file(world, "2026-02-20T09:00", on="22/12/2025")
    (made,) = world.all(Agreement)
    assert day_of(made.confirmed_at) == date(2025, 12, 22)
    settled_at = first(world).settled_at
    assert first(world).status == "renewed"
    assert settled_at is not None
    assert day_of(settled_at) == date(2025, 12, 20)


def test_a_term_that_never_began_gives_way_to_the_one_that_the_file_says(world: World) -> None:
    world.now = paris("2025-12-20T15:00")
    world.walk(world.begin(1, Direction.INBOUND), *AGREED)
    event(world, "2026-02-15T12:00", "2026-02-15T10:00+01:00")
    file(world, "2026-02-20T09:00")
    assert [(one.status, one.expires_on) for one in world.all(Subscription)] == [
        ("expired", date(2025, 12, 31)),
        ("active", date(2026, 12, 31)),
    ]
    assert first(world).came_back_at == paris("2026-02-15T10:00")


def test_a_refusal_stands_when_the_renewal_was_after_the_end(world: World) -> None:
    client = first(world).client_id
    world.now = paris("2025-12-19T15:00")
    world.walk(world.begin(client), *REFUSAL)
    file(world, "2026-01-10T09:00")
    assert first(world).status == "renewed"
    event(world, "2026-02-15T09:00", LATE)
    term = first(world)
    assert (term.status, term.pane, term.came_back_at) == ("cancelled", "refused", paris("2026-01-05T10:00"))
    assert term.settled_at is not None
    assert term.settled_at < paris("2025-12-20T00:00")
    view = world.services.kpis.view(DECEMBER)
    assert view.correction is not None
    assert view.correction.words == "corrigé le 15/02/2026, 1 renouvellement de moins"


def test_the_same_month_gives_the_same_figures_on_any_later_day(world: World) -> None:
    world.add("CLT-00002", email="b@example.org", phone="+33639980002")
    file(world, "2025-12-31T18:00")
    read = {day: told(world, f"{day}T09:00") for day in ("2026-01-01", "2026-01-15", "2026-01-30")}
    view = world.services.kpis.view(DECEMBER)
    assert view.provisional_until == date(2026, 1, 30)
    read["2026-03-31"] = told(world, "2026-03-31T09:00")
    assert world.services.kpis.view(DECEMBER).provisional_until is None
    for figures in read.values():
        assert (figures["renouvellement"], figures["churn"]) == ((1, 2), (1, 2))


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2026-01-30T23:00", ""),
        ("2026-02-10T09:00", "Corrigé le 10/02/2026, 1 renouvellement connu après."),
    ],
)
def test_what_is_known_late_corrects_a_month_that_stood(world: World, at: str, words: str) -> None:
    told(world, "2026-01-02T09:00")
    assert first(world).status == "expired"
    event(world, at, IN_TIME)
    assert (first(world).status, first(world).pane) == ("renewed", "retained")
    view = world.services.kpis.view(DECEMBER)
    assert view.reserves == words
    assert view.plain()["renouvellements_connus_apres"] == bool(words)
    assert told(world, "2026-04-01T09:00")["churn"] == (0, 1)


def test_a_refund_corrects_a_month_that_stood(world: World) -> None:
    event(world, "2025-12-21T09:00", IN_TIME)
    assert told(world, "2026-01-31T09:00")["renouvellement"] == (1, 1)
    event(world, "2026-02-15T09:00", "2026-02-15T08:00+01:00", kind="refunded")
    assert told(world, "2026-02-16T09:00")["renouvellement"] == (0, 1)
    assert world.services.kpis.view(DECEMBER).reserves == "Corrigé le 15/02/2026, 1 renouvellement de moins."


def test_a_file_proves_what_was_agreed_on_the_first_day_after_the_end(world: World) -> None:
    """The agreement had lapsed; the file shows the very term that was agreed to."""
    world.now = paris("2026-01-01T10:30")
    call = world.begin(first(world).client_id, Direction.INBOUND)
    world.walk(call, "Veut renouveler", "Je m’en occupe", "Ne pas demander", "Terminer")
    assert told(world, "2026-04-08T09:00")["renouvellement"] == (0, 1)
    file(world, "2026-04-09T09:00")
    term, made = first(world), world.one(Agreement)
    assert (term.status, term.dated_by_import) == ("renewed", True)
    assert made.confirmed_by == "file"
    assert world.services.kpis.view(DECEMBER).plain()["gardes_sans_accord_ecrit_ni_paiement"] == 0
    assert [one.status for one in world.all(Subscription)] == ["renewed", "active"]


@pytest.mark.parametrize("left", ["refused", "paused", ""])
def test_who_accepts_in_writing_what_had_lapsed_is_back(world: World, left: str) -> None:
    world.now = paris("2025-12-10T10:00")
    pause = "Hésite", "Ce n’est pas", "Accepte la pause", "Le client confirme", "Ne pas demander"
    renewal = ("Veut renouveler", "Je m’en occupe", "Ne pas demander", "Terminer")
    if left == "paused":
        world.walk(world.begin(1, Direction.INBOUND), *pause)
    elif left:
        world.walk(world.begin(1), *REFUSAL)
    world.now = paris("2026-01-06T10:00")
    again = ("Veut reprendre", "Le client confirme", "Ne pas demander")
    world.walk(world.begin(1, Direction.INBOUND), *(again if left == "paused" else renewal))
    told(world, "2026-02-20T09:00")
    refresh_stale(world.context)
    assert [one.status for one in world.all(Subscription)][1:] == ["void"]
    event(world, "2026-03-02T10:00", "2026-03-02T09:00+01:00", kind="confirmed")
    term = first(world)
    fate = {"refused": "cancelled", "paused": "paused", "": "expired"}[left]
    assert (term.status, term.retention == "resumed") == (fate, left == "paused")
    assert term.came_back_at == (None if left == "paused" else paris("2026-03-02T09:00"))
    assert [one.status for one in world.all(Subscription)][1:] == ["active"]


def test_a_come_back_by_telephone_is_a_renewal_once_it_is_known_to_have_been_in_time(world: World) -> None:
    world.now = paris("2026-01-05T10:30")
    call = world.begin(first(world).client_id, Direction.INBOUND)
    world.walk(call, "Veut renouveler", "Je m’en occupe", "Ne pas demander", "Terminer")
    assert first(world).came_back_at is not None
    event(world, "2026-01-08T09:00", IN_TIME)
    term = first(world)
    assert (term.status, term.came_back_at) == ("renewed", None)
    assert len(world.all(Subscription)) == 2


def test_a_date_put_right_after_the_end_gives_the_term_back(world: World) -> None:
    told(world, "2026-01-01T09:00")
    assert first(world).status == "expired"
    file(world, "2026-01-01T10:00", expires="02/01/2026")
    term = first(world)
    assert (term.status, term.settled_at, term.expires_on) == ("active", None, date(2026, 1, 2))
    assert "expired" not in {one.kind for one in world.services.clients.file(term.client_id).history}
    told(world, "2026-01-03T00:00")
    assert first(world).settled_at == paris("2026-01-03T00:00")


def test_a_clock_put_right_takes_an_expiry_back(world: World) -> None:
    told(world, "2026-06-01T09:00")
    assert first(world).status == "expired"
    told(world, "2025-12-01T09:00")
    assert first(world).status == "active"
    assert not [one for one in world.all(Event) if one.kind == "expired"]


def test_a_come_back_is_shown_wherever_the_departure_is(world: World) -> None:
    client = first(world).client_id
    world.now = paris("2025-12-19T15:00")
    world.walk(world.begin(client), *REFUSAL)
    event(world, "2026-01-15T11:00", "2026-01-15T10:00+01:00")
    words = "revenue le 15/01/2026"
    view = world.services.dashboard.view(DECEMBER)
    assert (view.counts[Figure.REFUSED], view.counts[Figure.RETAINED]) == (1, 0)
    assert view.refused[0].since == words
    assert world.services.refusals.page(DECEMBER, 0, 10).rows[0].since == words
    assert (
        dict(world.services.refusals.file(view.refused[0].record_id).fields)["Depuis"] == words.capitalize()
    )
    (refused,) = [one for one in world.services.clients.file(client).history if one.kind == "refused"]
    assert refused.detail.endswith(words)
    behind = world.services.dashboard.rows(DECEMBER, Figure.REFUSED)
    assert behind.rows[0].offer.endswith(words)


def test_a_silent_client_who_came_back_stays_silent_that_month(world: World) -> None:
    told(world, "2026-01-02T09:00")
    event(world, "2026-01-15T11:00", "2026-01-15T10:00+01:00")
    view = world.services.dashboard.view(DECEMBER)
    assert (view.counts[Figure.LAPSED], view.counts[Figure.RETAINED]) == (1, 0)
    (row,) = world.services.dashboard.rows(DECEMBER, Figure.LAPSED).rows
    assert row.offer.endswith("revenue le 15/01/2026")
    (ended,) = [one for one in world.services.clients.file(row.client_id).history if one.kind == "expired"]
    assert ended.detail.endswith("Revenue le 15/01/2026.")


def test_a_refused_client_who_renews_in_time_is_renewed(world: World) -> None:
    client = first(world).client_id
    world.now = paris("2025-12-19T15:00")
    world.walk(world.begin(client), *REFUSAL)
    event(world, "2025-12-29T11:00", "2025-12-28T10:00+01:00")
    (row,) = world.services.refusals.page(DECEMBER, 0, 10).rows
    assert row.since == "a renouvelé le 28/12/2025"
    assert told(world, "2026-02-01T09:00")["churn"] == (0, 1)
