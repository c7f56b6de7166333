"""What time alone changes while the console is open, and what another console does."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.program import DEMO_DAY, Console, recount, row, rows

LAST_DAY = {"to_contact": 47, "retained": 23, "awaiting": 24, "refused": 3, "lapsed": 0}


@pytest.mark.long
def test_midnight_moves_the_days_left(demo: Path, opened: Callable[..., Console]) -> None:
    console = opened(demo, date="2025-12-20T23:59:50", demo=True)
    before = console.dashboard()
    assert "sam. 20/12/2025" in console.text
    assert "J-11" in console.text
    console.wait_for(r"dim\. 21/12/2025 · mis à jour à 00:00", timeout=30)
    text = console.wait_for(r"échéance 31/12 · J-10")
    assert "J-11" not in text
    after = console.dashboard()
    assert after["to_contact"] == before["to_contact"] == 47
    assert after == recount(demo)
    console.quit()


@pytest.mark.long
def test_at_midnight_those_who_did_not_answer_are_counted_beside(
    demo: Path, opened: Callable[..., Console]
) -> None:
    ending = row(
        demo, "SELECT count(*) n FROM subscription WHERE status = 'active' AND expires_on = '2025-12-24'"
    )["n"]
    assert ending > 0
    console = opened(demo, date="2025-12-24T23:59:50", demo=True)
    before = console.dashboard()
    assert before["lapsed"] == 0
    console.wait_for(rf"· {ending} sans réponse", timeout=30)
    after = console.dashboard()
    assert after["lapsed"] == ending
    assert after["to_contact"] == before["to_contact"] - ending
    assert after["to_contact"] == sum(after[name] for name in ("urgent", "week", "later", "retained"))
    assert after == recount(demo)
    expired = rows(demo, "SELECT settled_at FROM subscription WHERE status = 'expired'")
    assert [term["settled_at"] for term in expired] == ["2025-12-24 23:00:00.000000"] * ending
    console.quit()


@pytest.mark.long
def test_a_promised_callback_falls_due_while_the_console_is_open(
    marie: Path, opened: Callable[..., Console]
) -> None:
    console = opened(marie)
    console.dashboard()
    console.press("a")
    console.walk("Composer", "Le client est au bout du fil", "Demande un rappel", "= demain 10h30")
    console.press("enter")
    console.leave_call("rappel convenu")
    console.wait_for("0 urgent")
    console.quit()

    console = opened(marie, date="2025-12-20T10:29:50")
    before = console.dashboard()
    assert "Rappel promis sam. 20/12 à 10:30" in console.text
    assert "Rappel promis : Marie Dupuis" not in console.text
    console.wait_for("Rappel promis : Marie Dupuis", timeout=30)  # and the bell
    assert b"\x07" in console.raw
    console.wait_for(r"· maintenant")
    after = console.dashboard()
    assert (before["to_contact"], after["to_contact"], after["urgent"]) == (1, 1, 1)
    assert after == recount(marie)
    console.press("a")
    console.choose("Composer")  # a Saturday: lawful because she asked for it
    console.at("Ça sonne")


def test_another_console_shows_up_by_itself(demo: Path, opened: Callable[..., Console]) -> None:
    watching = opened(demo, date=DEMO_DAY, demo=True, agent="Paule")
    before = watching.dashboard()
    watching.press("down", "down")
    watching.wait_for(r"▌ 3 Sophie Bernard")
    acting = opened(demo, date=DEMO_DAY, demo=True)
    acting.dashboard()
    acting.press("a")
    acting.walk("Composer", "Pas de réponse")
    watching.shows(before | {"urgent": 2, "week": 14}, timeout=8)
    text = watching.wait_for(r"▌ 2 Sophie Bernard")
    assert "▌ 1 Paul Martin" not in text
    assert recount(demo) == watching.dashboard()
    watching.press("enter")  # the card opened is hers
    watching.wait_for(r"Sophie Bernard +CLT-00089")


def test_two_agents_cannot_call_the_same_client(demo: Path, opened: Callable[..., Console]) -> None:
    first = opened(demo, date=DEMO_DAY, demo=True)
    second = opened(demo, date=DEMO_DAY, demo=True, agent="Paule")
    first.dashboard()
    second.dashboard()
    first.press("a")
    first.choose("Composer")
    second.press("a")
    text = second.wait_for("Impossible pour l’instant")
    assert "Jean" in text
    assert len(rows(demo, "SELECT 1 FROM call WHERE ended_at IS NULL")) == 1
