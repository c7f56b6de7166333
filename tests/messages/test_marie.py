"""The worked example, day by day through the services: the job each morning, the messages, the call."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from console.db.tables import ChurnRecord, Event, GrantedOffer, Message, Subscription
from tests.messages.timeline import Days
from tests.world import DIAL, REFUSAL, paris, plain

DOWNGRADE = (
    *DIAL,
    "Hésite",
    "Le prix",
    "Accepte le passage à Basic",
    "Le client confirme",
    "Ne pas demander",
)


@pytest.fixture
def days(tmp_path: Path) -> Iterator[Days]:
    world = Days(tmp_path / "base.db", paris("2025-11-20T10:00"), folder=tmp_path / "envoyes")
    yield world
    world.database.close()


def status(days: Days, marie: int) -> str:
    return plain(days.services.clients.file(marie).case.status)


def figures(message: Message) -> str:
    return plain(message.text)


def until_the_call(days: Days) -> int:
    """J-30 without a click; J-14 opened without a click."""
    marie = days.add()
    for day in range(10):
        assert days.day(f"2025-11-{21 + day}T08:00") == []
    assert days.day("2025-12-01T08:00") == [("J-30", "email")]
    assert status(days, marie) == "en attente de réaction"
    gentle = days.message("J-30")
    assert "31/12/2025" in gentle.subject
    assert "35,14 € pour un an au lieu de 36,99 € (-5 %), jusqu’au lundi 8 décembre 2025" in figures(gentle)
    assert "Merci pour ces 18 mois" in figures(gentle)
    for day in range(2, 17):
        assert days.day(f"2025-12-{day:02}T08:00") == []

    assert days.day("2025-12-17T08:30") == [("J-14", "email"), ("J-14", "sms")]
    offer, text = days.message("J-14"), days.message("J-14", "sms")
    assert plain(offer.subject) == "Votre offre numi jusqu’au 24/12/2025 (abonnement jusqu’au 31/12/2025)"
    for row in (
        "Premium, un an   36,99 €   34,99 €",
        "1 atelier        20,00 €   en cadeau",
        "En tout          56,99 €   34,99 €",
        "Votre économie             22,00 €",
    ):
        assert row in figures(offer)
    assert "22,00 € d'économie, dont un atelier offert" in figures(text)
    assert "31/12/2025" in text.text
    assert "24/12/2025" in text.text
    days.opened("J-14", paris("2025-12-17T19:12"))
    assert days.day("2025-12-18T08:00") == []
    assert status(days, marie) == "intéressée mais indécise"
    granted = [(one.offer, one.ends_at.astimezone(days.now.tzinfo).date()) for one in days.all(GrantedOffer)]
    assert granted == [("remise-5", date(2025, 12, 8)), ("fidelite", date(2025, 12, 24))]
    return marie


def test_marie_accepts_the_downgrade(days: Days) -> None:
    marie = until_the_call(days)
    days.now = paris("2025-12-22T14:00")
    view = days.walk(days.begin(marie), *DOWNGRADE)
    assert view.outcome == "downgraded"
    days.send()
    letter = days.message("confirmation-downgrade")
    assert letter.status == "sent"
    assert "Basic, à 9,99 € par mois" in figures(letter)
    assert status(days, marie) == "passage à Basic"
    premium, basic = sorted(days.all(Subscription), key=lambda term: term.expires_on)
    assert (premium.plan, premium.expires_on) == ("premium", date(2025, 12, 31))
    assert (basic.plan, basic.starts_on, basic.billing) == ("basic", date(2026, 1, 1), "monthly")

    assert days.day("2025-12-23T08:00") == []
    after = {"J-7", "J-3", "J-0", "J+1", "J+7", "J+14", "J+30"}
    assert {kind for kind, _ in days.reasons()} == after
    assert set(days.reasons().values()) == {"downgraded"}
    assert days.day("2025-12-24T15:00") == [("acceptation", "email")], (
        "two days, and still no written agreement"
    )
    term = min(days.all(Subscription), key=lambda one: one.expires_on)
    days.services.agreements.received(term.id)
    for day in range(25, 31):
        assert days.day(f"2025-12-{day}T08:00") == []
    assert days.day("2025-12-31T08:00") == [("transition", "email")]
    transition = days.message("transition")
    assert transition.subject == "Votre abonnement Basic commence le 01/01/2026"
    assert "01/01/2026" in transition.subject
    assert "9,99 €" in figures(transition)
    assert status(days, marie) == "actif (formule inférieure)"

    for n in range(330):
        now = paris("2026-01-01T08:00") + timedelta(days=n)
        assert days.day(now.strftime("%Y-%m-%dT08:00")) == [], "no win-back"
    assert status(days, marie) == "actif (formule inférieure)"
    assert days.day("2026-12-01T08:00") == [("J-30", "email")]
    (yearly,) = (one for one in days.sent() if one.kind == "J-30" and one.subscription_id == basic.id)
    assert "Faire le point" in yearly.subject
    assert "9,99 € par mois" in figures(yearly)
    assert not days.all(ChurnRecord)


def test_marie_refuses(days: Days) -> None:
    marie = until_the_call(days)
    days.now = paris("2025-12-19T15:00")
    view = days.walk(days.begin(marie), *REFUSAL)
    assert view.outcome == "refused"
    days.send()
    closing = days.message("cloture")
    assert closing.status == "sent"
    assert "€" not in closing.text
    record = days.one(ChurnRecord)
    assert (record.reason, record.effective_on, record.follow_up_on) == (
        "PRIX",
        date(2025, 12, 31),
        date(2026, 3, 31),
    )
    assert status(days, marie) == "résiliée"

    now = paris("2025-12-20T08:00")
    while now < paris("2026-03-19T00:00"):
        assert days.day(now.strftime("%Y-%m-%dT08:00")) == []
        now += timedelta(days=1)
    assert {kind for kind, _ in days.reasons()} == {"J-7", "J-3", "J-0", "J+1", "J+7", "J+14", "J+30"}
    assert set(days.reasons().values()) == {"refused"}
    assert not [event for event in days.all(Event) if event.kind == "file_closed"]
    assert days.day("2026-03-31T08:00") == [("suivi-3-mois", "email")]
    assert days.day("2026-03-20T08:00") == []
    assert sorted(one.kind for one in days.sent()) == ["J-14", "J-14", "J-30", "cloture", "suivi-3-mois"]


def test_marie_never_answers(days: Days) -> None:
    """The whole timeline, each message once, on its day, with its figures."""
    days.add()
    told: dict[str, list[tuple[str, str]]] = {}
    for n in range(70):
        day = (paris("2025-11-25T08:30") + timedelta(days=n)).strftime("%Y-%m-%d")
        if found := days.day(f"{day}T08:30"):
            told[day] = found
    assert told == {
        "2025-12-01": [("J-30", "email")],
        "2025-12-17": [("J-14", "email"), ("J-14", "sms")],
        "2025-12-24": [("J-7", "email")],
        "2025-12-28": [("J-3", "email")],
        "2025-12-31": [("J-0", "email")],
        "2026-01-01": [("J+1", "email")],
        "2026-01-07": [("J+7", "email")],
        "2026-01-14": [("J+14", "sms")],
        "2026-01-30": [("J+30", "email")],
    }
    back = figures(days.message("J+1"))
    for row in ("36,99 €   32,99 € (-10,8 %)", "2 ateliers              40,00 €", "76,99 €   32,99 €"):
        assert row in back
    assert "samedi 10 janvier 2026" in back
    assert "20,00 € ou, si vous préférez, un mois offert" in figures(days.message("J+7"))
    assert "3 mois payés, 5 mois de service" in figures(days.message("J+30"))
    (closed,) = (event for event in days.all(Event) if event.kind == "file_closed")
    assert closed.at == paris("2026-01-31T08:30")
