"""What was paid must be a price of this client; a refund takes back what the payment gave."""

from datetime import date
from typing import Any

import pytest

from console.base.dates import start_of
from console.cases.upkeep import reassess
from console.db.tables import CampaignCount, Client, Event, GrantedOffer, Message, Proposal, Subscription
from console.integrity.database import faults
from tests.delivery.conftest import Company
from tests.delivery.test_feedback import event, marie, state, take
from tests.world import paris, plain

__all__ = ["marie"]

WRONG = [0, 1, 1850, 3698, 3700, 7398]


@pytest.mark.parametrize("kind", ["paid", "renewed"])
@pytest.mark.parametrize("amount", WRONG)
def test_a_payment_that_is_no_price_gives_nothing(marie: Company, kind: str, amount: int) -> None:
    before = state(marie)
    report = take(marie, event(kind, amount_cents=amount))
    assert report.exit_code == 1
    assert "n’est ni le tarif de ce client (36,99 €)" in plain(report.faults[0].reason)
    assert state(marie) == before


def test_the_price_is_that_of_the_offer_named(marie: Company) -> None:
    assert take(marie, event("paid", offer="fidelite", amount_cents=1)).set_aside == 1
    assert take(marie, event("paid", 2, offer="fidelite", amount_cents=3499)).taken == 1


def test_a_price_that_only_somebody_else_was_granted(marie: Company) -> None:
    assert take(marie, event("paid", amount_cents=3299)).set_aside == 1
    with marie.database.writing() as session:
        session.add(
            GrantedOffer(
                client_id=1,
                subscription_id=1,
                offer="retour",
                granted_at=marie.now,
                ends_at=paris("2025-12-24T23:59"),
                price_cents=3299,
                normal_price_cents=3699,
            )
        )
    assert take(marie, event("paid", amount_cents=3299)).taken == 1


def counts(company: Company) -> dict[tuple[date, str], int]:
    return {(one.expires_on, one.figure): one.n for one in company.all(CampaignCount) if one.n}


@pytest.mark.parametrize("kind", ["refunded", "chargeback", "cancelled"])
@pytest.mark.parametrize("paid", ["paid", "renewed"])
@pytest.mark.parametrize("amount", [3699, None])
def test_what_is_paid_back_takes_back_what_it_gave(
    marie: Company, paid: str, kind: str, amount: int | None
) -> None:
    with marie.database.writing() as session:
        reassess(session, marie.context, [1])
    before, figures = marie.one(Subscription), counts(marie)
    take(marie, event(paid, amount_cents=3699))
    assert len(marie.all(Subscription)) == 2
    report = take(marie, event(kind, 2, at="2025-12-18T09:30:00+01:00", amount_cents=amount))
    assert (report.taken, report.faults) == (1, [])
    assert marie.one(Subscription) == before
    assert counts(marie) == figures
    confirmation = next(m for m in marie.all(Message) if m.kind == "confirmation-renouvellement")
    assert confirmation.status == "cancelled"
    told = next(one for one in marie.all(Event) if one.kind == "taken_back")
    assert "l’abonnement du 01/01/2026 au 31/12/2026 est retiré" in told.text
    again = take(marie, event("refunded", 3, at="2025-12-18T09:40:00+01:00", amount_cents=amount))
    assert "aucun paiement" in again.faults[0].reason
    assert take(marie, event("paid", 4, at="2025-12-18T09:50:00+01:00", amount_cents=3699)).taken == 1
    assert [term.status for term in marie.all(Subscription)] == ["renewed", "active"]


def test_after_the_expiry_the_term_is_over(marie: Company) -> None:
    take(marie, event("paid", amount_cents=3699))
    marie.now = paris("2026-01-20T10:00")
    take(marie, event("chargeback", 2, at="2026-01-15T09:00:00+01:00"))
    term = marie.one(Subscription)
    assert (term.status, term.retention, term.pane) == ("expired", "", "lapsed")
    assert term.settled_at == start_of(date(2026, 1, 1))


def test_a_term_that_is_over_is_not_taken_back(marie: Company) -> None:
    """It has its own month, reminders and fate: a supervisor looks at the sum."""
    marie.now = paris("2025-12-18T10:00")
    take(marie, event("paid", amount_cents=3699))
    marie.now = paris("2027-02-18T10:00")
    with marie.database.writing() as session:
        reassess(session, marie.context, [1, 2])
    before = marie.all(Subscription)
    report = take(marie, event("refunded", 2, at="2027-02-18T09:00:00+01:00", amount_cents=3699))
    assert "(jusqu’au 31/12/2026) est déjà réglé ou échu" in report.faults[0].reason
    assert (report.set_aside, marie.all(Subscription)) == (1, before)
    assert [term.status for term in before] == ["renewed", "expired"]


def test_a_come_back_paid_back_is_none(marie: Company) -> None:
    marie.now = paris("2026-01-06T10:00")
    take(marie, event("paid", amount_cents=3699, at="2026-01-04T09:00:00+01:00"))
    assert marie.all(Subscription)[0].came_back_at == paris("2026-01-04T09:00")
    report = take(marie, event("refunded", 2, amount_cents=3699, at="2026-01-05T09:00:00+01:00"))
    assert (report.taken, report.faults) == (1, [])
    term = marie.one(Subscription)
    assert (term.status, term.came_back_at, term.came_back_how) == ("expired", None, "")
    assert faults(f"sqlite:///{marie.path}") == []


def test_what_was_said_of_the_term_that_goes_is_kept(marie: Company) -> None:
    take(marie, event("paid", amount_cents=3699))
    with marie.database.writing() as session:
        message = session.get(Message, 1)
        assert message
        message.subscription_id, message.status = 2, "queued"
    marie.now = paris("2026-01-20T10:00")
    take(marie, event("reply", 2, text="Merci", at="2026-01-10T09:00:00+01:00"))
    take(marie, event("refunded", 3, at="2026-01-15T09:00:00+01:00"))
    assert {one.subscription_id for one in marie.all(Event)} == {1}
    assert {one.subscription_id for one in marie.all(Message)} == {1}
    assert next(one for one in marie.all(Message) if one.id == 1).status == "cancelled"
    assert faults(f"sqlite:///{marie.path}") == []


def test_an_offer_taken_is_open_again(marie: Company) -> None:
    take(marie, event("paid", offer="fidelite", amount_cents=3499))
    assert marie.all(Subscription)[0].workshops_given == 1
    take(marie, event("refunded", 2, at="2025-12-18T09:30:00+01:00", amount_cents=3499))
    assert marie.one(Subscription).workshops_given == 0
    assert marie.one(GrantedOffer).accepted_at is None


@pytest.mark.parametrize("same_moment", [True, False])
def test_what_was_given_whatever_happens_stays_given(marie: Company, same_moment: bool) -> None:
    """A gesture, and what a client had taken in another call, are not the refund's."""
    paid_at, before = paris("2025-12-18T09:00"), paris("2025-12-10T15:00")
    with marie.database.writing() as session:
        for code, at in (("geste-atelier", paid_at if same_moment else before), ("autre", before)):
            session.add(
                GrantedOffer(
                    client_id=1,
                    subscription_id=1,
                    offer=code,
                    granted_at=before,
                    accepted_at=at,
                    ends_at=paris("2025-12-31T23:59"),
                    price_cents=3699,
                    normal_price_cents=3699,
                    workshops=1,
                )
            )
        for what, answer in (("gesture", "accepted"), ("pause", "declined")):
            made: dict[str, Any] = {"at": paid_at, "answered_at": paid_at}
            session.add(Proposal(client_id=1, subscription_id=1, what=what, answer=answer, key=what, **made))
        message = Proposal(
            client_id=1, subscription_id=1, at=before, what="loyalty", offer="fidelite", key="m"
        )
        session.add(message)
    take(marie, event("paid", offer="fidelite", amount_cents=3499, at="2025-12-18T09:00:00+01:00"))
    assert {one.what: one.answer for one in marie.all(Proposal)}["loyalty"] == "accepted"
    assert marie.all(Subscription)[0].workshops_given == 3
    take(marie, event("refunded", 2, at="2025-12-18T09:30:00+01:00", amount_cents=3499))
    assert {one.offer for one in marie.all(GrantedOffer) if one.accepted_at} == {"geste-atelier", "autre"}
    answers = {one.what: one.answer for one in marie.all(Proposal)}
    assert answers == {"gesture": "accepted", "pause": "declined", "loyalty": "none"}
    assert marie.one(Subscription).workshops_given == 2


def test_a_part_paid_back_leaves_the_year(marie: Company) -> None:
    take(marie, event("paid", amount_cents=3699))
    some: dict[str, Any] = {"at": "2025-12-18T09:30:00+01:00"}
    assert take(marie, event("refunded", 2, amount_cents=1000, **some)).taken == 1
    assert [term.status for term in marie.all(Subscription)] == ["renewed", "active"]
    told = next(one for one in marie.all(Event) if one.kind == "partly_paid_back")
    assert "10,00 € sur 36,99 €, l’abonnement reste" in plain(told.text)
    assert "dépasse ce que" in take(marie, event("refunded", 3, amount_cents=2700, **some)).faults[0].reason
    assert take(marie, event("refunded", 4, amount_cents=2699, **some)).taken == 1
    assert [term.status for term in marie.all(Subscription)] == ["active"]


def test_one_of_two_payments_paid_back_leaves_the_year(marie: Company) -> None:
    take(marie, event("paid", amount_cents=3699))
    take(marie, event("paid", 2, amount_cents=3699, at="2025-12-18T09:20:00+01:00"))
    take(marie, event("refunded", 3, amount_cents=3699, at="2025-12-18T09:30:00+01:00"))
    assert [term.status for term in marie.all(Subscription)] == ["renewed", "active"]


@pytest.mark.parametrize("amount", [3699, 0, 1, None])
def test_nothing_to_take_back(marie: Company, amount: int | None) -> None:
    before = state(marie)
    assert take(marie, event("refunded", amount_cents=amount)).set_aside == 1
    assert state(marie) == before


def test_a_year_settled_since_is_not_taken_back(marie: Company) -> None:
    take(marie, event("paid", amount_cents=3699))
    with marie.database.writing() as session:
        following = session.get(Subscription, 2)
        assert following
        following.status = "paused"
    before = state(marie)
    report = take(marie, event("refunded", 2, at="2025-12-18T09:30:00+01:00"))
    assert "à voir avec un superviseur" in report.faults[0].reason
    assert state(marie) == before
    assert marie.one(Client)
