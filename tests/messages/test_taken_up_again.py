"""What the planning takes up, or takes up again, once a client has agreed, left or changed their mind."""

import json
from pathlib import Path

import pytest

from console.base.vocabulary import Direction
from console.messages.events import FeedbackService
from tests.messages.timeline import Days
from tests.world import paris

RENEWED = ("Veut renouveler", "Je m’en occupe", "Ne pas demander", "Terminer")
BY_LINK = ("Veut renouveler", "Depuis son compte", "Ne pas demander", "Terminer")
PAUSE = ("Hésite", "Ce n’est pas", "Accepte la pause", "Le client confirme", "Ne pas demander")
GONE = ("Ne reprendra pas", "Trop cher", "Noté, conclure = Trop cher.", "Bonne relation : relance")


@pytest.fixture
def days(tmp_path: Path) -> Days:
    made = Days(tmp_path / "base.db", paris("2025-11-20T09:00"), folder=tmp_path / "messages")
    made.add()
    return made


def called(days: Days, at: str, *labels: str) -> None:
    days.now = paris(at)
    days.walk(days.begin(1, Direction.INBOUND), *labels)
    days.send()


def told(days: Days, kind: str, at: str) -> None:
    days.now = paris(at)
    line = {"id": f"{kind}{at}", "type": kind, "client": "CLT-00245", "at": f"{at}:00+01:00"}
    assert not FeedbackService(days.context).take([(1, json.dumps(line))]).set_aside


def test_the_link_comes_again_where_no_step_comes_first(days: Days) -> None:
    days.day("2025-12-01T09:00")
    called(days, "2025-12-05T10:00", *BY_LINK)
    assert days.day("2025-12-07T09:00") == []
    assert days.day("2025-12-08T09:00") == [("rappel-lien", "email")]


def test_who_came_back_on_the_phone_is_asked_to_accept_in_writing(days: Days) -> None:
    days.day("2026-01-14T09:00")
    called(days, "2026-01-15T10:00", *RENEWED)
    assert days.day("2026-01-17T09:00") == []
    assert days.day("2026-01-18T09:00") == [("acceptation", "email")]


def test_who_takes_a_come_back_back_is_written_to_again(days: Days) -> None:
    days.day("2026-01-03T09:00")
    called(days, "2026-01-03T10:00", *RENEWED)
    days.day("2026-01-04T09:00")
    days.services.agreements.withdraw(1, "Finalement non.")
    assert days.day("2026-01-07T09:00") == [("J+7", "email")]


def test_a_discount_taken_back_is_in_no_later_message(days: Days) -> None:
    discount = "Hésite", "Le prix", "Accepte la remise", "Le client confirme", "Ne pas demander"
    called(days, "2025-12-20T10:00", *discount)
    days.services.agreements.withdraw(1, "Finalement non.")
    assert days.day("2025-12-28T09:00") == [("J-3", "email")]
    assert "25,00" not in days.message("J-3").text


def test_who_is_paid_back_is_reminded_again(days: Days) -> None:
    told(days, "paid", "2025-12-20T10:00")
    days.day("2025-12-21T09:00")
    told(days, "refunded", "2025-12-26T10:00")
    assert days.day("2025-12-28T09:00") == [("J-3", "email")]


def test_who_left_out_of_a_pause_is_written_to_three_months_later(days: Days) -> None:
    called(days, "2025-12-20T10:00", *PAUSE)
    called(days, "2026-01-15T10:00", *GONE)
    (closing,) = [one for one in days.sent() if one.kind == "cloture"]
    assert closing.sent_at is not None
    assert days.services.clients.file(1).agreement is None  # nobody waits for a pause that is over
    assert days.day("2026-04-14T09:00") == []
    assert days.day("2026-04-15T09:00") == [("suivi-3-mois", "email")]


def test_the_reminders_of_a_pause_go_once_its_resumption_has_lapsed(days: Days) -> None:
    called(days, "2025-12-20T10:00", *PAUSE)
    called(days, "2026-01-15T10:00", "Veut reprendre", "Le client confirme", "Ne pas demander")
    days.day("2026-01-20T09:00")
    assert days.day("2026-03-17T09:00") == [("P-14", "email")]
    told(days, "paid", "2026-03-20T10:00")
    assert days.day("2026-03-28T09:00") == [("confirmation-reprise", "email")]
