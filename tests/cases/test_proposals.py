"""Every offer proposed is recorded with its answer, by e-mail or by phone."""

import json
from datetime import date
from pathlib import Path

import pytest

from console.cases.views import Campaign
from console.db.tables import Proposal
from console.figures.report import ReportService
from console.figures.rules import Kpi
from console.messages.events import FeedbackService
from console.records.counting import Topic
from tests.messages.timeline import Days
from tests.world import DIAL, paris

MONTH = Campaign(date(2025, 12, 1), date(2025, 12, 31))


@pytest.fixture
def days(tmp_path: Path) -> Days:
    made = Days(tmp_path / "base.db", paris("2025-11-20T09:00"), folder=tmp_path / "messages")
    made.add(client_since=date(2024, 6, 1))
    return made


def told(days: Days) -> list[tuple[str, str, str, bool]]:
    """What, which offer, the answer, and whether a message proposed it."""
    return [(one.what, one.offer, one.answer, bool(one.message_id)) for one in days.all(Proposal)]


def loyalty(days: Days) -> tuple[int, int]:
    (found,) = (one for one in days.services.kpis.view(MONTH).measures if one.kpi is Kpi.LOYALTY)
    return found.numerator, found.denominator


def test_an_offer_by_e_mail_counts_once_it_has_left_and_a_link_answers_it(days: Days) -> None:
    days.plan("2025-12-17T09:00")
    assert {one[:3] for one in told(days)} == {("loyalty", "fidelite", "none")}
    assert loyalty(days) == (0, 0)  # nothing has left yet
    days.send()
    assert loyalty(days) == (0, 1)
    days.now = paris("2025-12-18T10:00")
    line = {
        "id": "1",
        "type": "renewed",
        "client": "CLT-00245",
        "at": days.now.isoformat(),
        "offer": "fidelite",
    }
    assert not FeedbackService(days.context).take([(1, json.dumps(line))]).set_aside
    assert {one[:3] for one in told(days)} == {("loyalty", "fidelite", "accepted")}
    assert loyalty(days) == (1, 1)


def test_a_call_tells_all_that_it_proposed_and_the_three_readers_agree(days: Days) -> None:
    days.now = paris("2025-12-19T15:00")
    days.walk(days.begin(1), *DIAL, "Hésite", "Le prix", "Accepte la pause", "Le client confirme", "3 sur 5")
    assert told(days) == [
        ("loyalty", "telephone", "none", False),
        ("pause", "", "accepted", False),
        ("downgrade", "", "none", False),
        ("discount", "", "none", False),
    ]
    rows = {row.key: row.cells[0] for row in days.services.reasons.crossing(Topic.PROPOSALS, MONTH).rows}
    assert {key: tuple(cell) for key, cell in rows.items()} == {
        "downgrade": (0, 1),
        "discount": (0, 1),
        "pause": (1, 1),
    }
    (offers,) = (
        one for one in ReportService(days.context).report(date(2025, 12, 1)).charts if "offres" in one.heading
    )
    assert {share.label: share.n for share in offers.shares}["pause"] == 1
    assert loyalty(days) == (0, 1)


def test_an_offer_taken_on_the_phone_is_accepted(days: Days) -> None:
    days.now = paris("2025-12-19T15:00")
    days.walk(days.begin(1), *DIAL, "Oui", "Je m’en occupe", "Ne pas demander", "Terminer")
    assert told(days) == [("loyalty", "telephone", "accepted", False)]
    assert loyalty(days) == (1, 1)
