"""Mails that come back, in the shapes that servers give them: hard, soft, or not understood; and answers."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from console.db.tables import Client, Event, Message
from console.messages.mailbox import MailboxService
from console.messages.returned import read
from tests.messages.reports import (
    ACCENTED,
    GONE_THROUGH,
    HARD,
    HER,
    HIM,
    NOT_UNDERSTOOD,
    OURS,
    SILENT,
    SOFT,
    complaint,
    letter,
)
from tests.world import World, paris


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "base.db", paris("2025-12-20T14:00"))
    world.mail(world.add(), "J-14", paris("2025-12-17T08:30"), message_id=OURS, recipient=HIM)
    yield world
    world.database.close()


def take(world: World, *mails: bytes) -> tuple[int, int, int, int]:
    """taken, known, silent, set aside."""
    seen: list[bytes] = []
    report = MailboxService(world.context).take((raw, partial(seen.append, raw)) for raw in mails)
    assert len(seen) == report.read - report.set_aside
    return report.taken, report.known, report.silent, report.set_aside


@pytest.mark.parametrize("name", HARD)
def test_a_hard_report_condemns_the_address_once(world: World, name: str) -> None:
    assert take(world, HARD[name]) == (1, 0, 0, 0)
    assert take(world, HARD[name]) == (0, 1, 0, 0)
    assert not world.one(Client).email_usable
    assert world.one(Message).bounced_at == paris("2025-12-18T09:12")


@pytest.mark.parametrize("name", SOFT)
def test_a_soft_report_is_told_and_condemns_nobody(world: World, name: str) -> None:
    assert take(world, SOFT[name]) == (1, 0, 0, 0)
    assert world.one(Client).email_usable
    assert [one.kind for one in world.all(Event)] == ["bounced"]


@pytest.mark.parametrize("name", GONE_THROUGH)
def test_a_report_of_success_tells_the_delivery(world: World, name: str) -> None:
    assert take(world, GONE_THROUGH[name]) == (1, 0, 0, 0)
    assert world.one(Message).delivered_at == paris("2025-12-18T09:12")


@pytest.mark.parametrize("name", NOT_UNDERSTOOD)
def test_what_is_not_understood_is_left_to_be_read(world: World, name: str) -> None:
    assert take(world, NOT_UNDERSTOOD[name]) == (0, 0, 0, 1)
    assert world.one(Client).email_usable
    assert world.all(Event) == []


@pytest.mark.parametrize("name", SILENT)
def test_a_machine_that_answers_says_nothing(world: World, name: str) -> None:
    assert take(world, SILENT[name]) == (0, 0, 1, 0)
    assert world.all(Event) == []


@pytest.mark.parametrize("name", ACCENTED)
def test_a_report_about_an_address_with_accents(tmp_path: Path, name: str) -> None:
    world = World(tmp_path / "base.db", paris("2025-12-20T14:00"))
    world.mail(world.add(email=HER), "J-14", paris("2025-12-17T08:30"), message_id=OURS, recipient=HER)
    raw, usable = ACCENTED[name]
    assert take(world, raw) == (1, 0, 0, 0)
    assert world.one(Client).email_usable is usable
    world.database.close()


def test_the_reports_are_of_many_shapes() -> None:
    shapes = [*HARD.values(), *SOFT.values(), *GONE_THROUGH.values(), *NOT_UNDERSTOOD.values()]
    assert len(set(shapes)) == len(shapes) >= 60


def test_a_delay_that_ends_in_a_failure_is_two_reports(world: World) -> None:
    later, given_up = SOFT["delayed"], SOFT["delayed, given up at last"]
    assert take(world, later, given_up, later) == (2, 1, 0, 0)
    assert world.one(Client).email_usable
    assert take(world, HARD["rfc3464"]) == (1, 0, 0, 0)
    assert not world.one(Client).email_usable


def test_a_complaint_passed_on_stops_the_canvassing(world: World) -> None:
    assert take(world, complaint("abuse")) == (1, 0, 0, 0)
    assert world.one(Client).opposed_email
    assert world.one(Client).email_usable


def test_refusals_that_are_about_us_are_counted_and_said(world: World) -> None:
    mails = [(SOFT[name], lambda: None) for name in ("our quota", "our reputation", "full", "block")]
    found = MailboxService(world.context).take(mails)
    assert (found.taken, found.against_us) == (4, 3)
    assert found.answer == "550 5.4.5 Daily user sending limit exceeded"


def test_a_report_of_an_address_alone_is_about_who_was_written_to_there(world: World) -> None:
    lost = HARD["headers of the report alone"]
    assert OURS.encode() not in lost
    assert take(world, lost.replace(HIM.encode(), b"nobody@example.org")) == (0, 0, 0, 1)
    assert take(world, lost) == (1, 0, 0, 0)


def test_who_writes_back_has_reacted_and_the_card_has_the_words(world: World) -> None:
    body = "Bonjour, je préfère payer au mois.\n\nMarie\n\nLe 17 déc. 2025, numi a écrit :\n> Votre offre"
    again = letter("Re: Votre offre", body, sender=f"Marie <{HIM.upper()}>", more=f"In-Reply-To: {OURS}\n")
    assert take(world, again) == (1, 0, 0, 0)
    (told,) = world.all(Event)
    assert (told.kind, told.text) == ("reply", "Bonjour, je préfère payer au mois. Marie")
    assert take(world, letter("Question", "Et les ateliers ?", sender=HIM)) == (1, 0, 0, 0)  # no reference


@pytest.mark.parametrize(
    ("subject", "body"), [("desinscription", ""), ("Re: offre", "STOP"), ("Re", "désinscrire moi")]
)
def test_who_asks_to_hear_no_more_is_unsubscribed(world: World, subject: str, body: str) -> None:
    assert take(world, letter(subject, body, sender=HIM)) == (1, 0, 0, 0)
    assert world.one(Client).opposed_email


@pytest.mark.parametrize(
    "body",
    [
        "Je ne veux surtout pas que tout cela stop du jour au lendemain, mais j’aimerais en parler.",
        "Ne me désabonnez pas, je paie demain",
        "Je veux me désabonner de Premium, trop cher",
    ],
)
def test_an_answer_that_says_stop_in_passing_is_an_answer(body: str) -> None:
    assert read(letter("Re: offre", body, sender=HIM)).kind == "reply"
