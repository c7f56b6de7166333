"""The worked example when Marie stays: Basic after Premium, never both."""

from collections.abc import Callable
from pathlib import Path

from tests.program import Console, row, rows


def test_marie_accepts_the_downgrade(marie: Path, opened: Callable[..., Console]) -> None:
    console = opened(marie, date="2025-12-22T14:00", size=(80, 24))
    console.wait_for("Marie Dupuis")
    console.press("a")
    console.walk("Composer", "Le client est au bout du fil", "Hésite", "Le prix")
    said = console.wait_for("9,99 €")
    assert "35,00 €" in said
    console.walk("Accepte le passage à Basic", "Le client confirme", "Ne pas demander")
    summary = console.leave_call("passage à Basic")
    assert "Les relances à venir sont annulées." in summary
    console.wait_for("Déjà renouvelés 1")

    terms = rows(marie, "SELECT * FROM subscription WHERE expires_on >= '2025-12-31' ORDER BY starts_on")
    assert [(term["plan"], term["status"], term["starts_on"]) for term in terms] == [
        ("premium", "downgraded", "2025-01-01"),
        ("basic", "active", "2026-01-01"),
    ]
    assert terms[0]["expires_on"] == "2025-12-31"
    assert terms[1]["billing"] == "monthly"
    messages = {m["kind"]: m for m in rows(marie, "SELECT * FROM message")}
    letter = messages["confirmation-downgrade"]
    assert letter["status"] == "queued"
    assert "9,99" in letter["text"]
    assert (messages["J-7"]["status"], messages["J-3"]["status"]) == ("cancelled", "cancelled")
    assert row(marie, "SELECT count(*) n FROM churn_record") == {"n": 0}

    console.press('"')
    console.press("enter")
    console.wait_for("passage à Basic")
