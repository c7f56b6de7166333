"""Mails that come back, in the shapes that servers give them: hard, soft, or not understood; and answers."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from console.db.tables import Client, Event, Message
from console.messages.mailbox import MailboxService
from console.messages.returned import read
from tests.world import World, paris

OURS = "<0123456789abcdef0123456789abcdef@numi.support>"
HIM = "marie.dupuis@example.org"


def report(
    action: str, status: str, diagnostic: str = "", *, given_back: str = "message/rfc822", to: str = HIM
) -> bytes:
    """A report as RFC 3464 has it."""
    said = f"Diagnostic-Code: smtp; {diagnostic}\n" if diagnostic else ""
    return f"""From: Mail Delivery Subsystem <MAILER-DAEMON@mx.example>
To: contact@numi.support
Subject: Undelivered Mail Returned to Sender
Message-ID: <report.{action}.{status}.{len(diagnostic)}@mx.example>
Date: Thu, 18 Dec 2025 09:12:00 +0100
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_x"

--=_x
Content-Type: text/plain; charset=utf-8

Your message could not be delivered.

--=_x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {to}
Action: {action}
Status: {status}
{said}
--=_x
Content-Type: {given_back}

Message-ID: {OURS}
Subject: Votre abonnement
From: contact@numi.support

…
--=_x--
""".encode()


def letter(subject: str, body: str, *, sender: str = "MAILER-DAEMON@mx.example", more: str = "") -> bytes:
    """A plain mail."""
    return (
        f"From: {sender}\nTo: contact@numi.support\nSubject: {subject}\n{more}"
        f"Message-ID: <{abs(hash((subject, body)))}@mx.example>\nDate: Thu, 18 Dec 2025 09:12:00 +0100\n"
        f"Content-Type: text/plain; charset=utf-8\n\n{body}\n"
    ).encode()


BACK = f"\n\n------ This is a copy of the message ------\n\nMessage-ID: {OURS}\nSubject: Votre abonnement\n"
HARD = {
    "rfc3464": report("failed", "5.1.1", "550 5.1.1 <marie.dupuis@example.org>: user unknown"),
    "without diagnostic": report("failed", "5.1.1"),
    "headers only": report(
        "failed", "5.1.10", "550 5.1.10 RecipientNotFound", given_back="text/rfc822-headers"
    ),
    "domain gone": report("failed", "5.1.2", "550 5.1.2 bad destination system"),
    "null mx": report("failed", "5.1.10", "556 5.1.10 domain does not accept mail"),
    "diagnostic is truer": report("failed", "5.0.0", "550 5.1.1 no mailbox here by that name"),
    "folded": report("failed", "5.1.1", "550\n 5.1.1 unknown\n user"),
    "upper case": report("Failed", "5.1.1").replace(b"Final-Recipient", b"FINAL-RECIPIENT"),
    "qmail": letter(
        "failure notice",
        f"Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message"
        f" to the following addresses.\nThis is a permanent error; I've given up. Sorry.\n\n"
        f"<{HIM}>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 unknown user\n\n"
        f"--- Below this line is a copy of the message.\n\nMessage-ID: {OURS}\n",
    ),
    "exim": letter(
        "Mail delivery failed: returning message to sender",
        "This message was created automatically by mail delivery software.\n\nA message that you sent could"
        f" not be delivered to one or more of its\nrecipients. This is a permanent error. The following"
        f" address(es) failed:\n\n  {HIM}\n    host mx [192.0.2.1]: 550 5.1.1 no such user{BACK}",
        more=f"X-Failed-Recipients: {HIM}\n",
    ),
}
SOFT = {
    "delayed": report("delayed", "4.4.1", "connection timed out"),
    "full": report("failed", "5.2.2", "552 5.2.2 mailbox full"),
    "full for now": report("failed", "4.2.2", "452 4.2.2 over quota"),
    "policy": report("failed", "5.7.1", "550 5.7.1 message refused by policy"),
    "block": report("failed", "5.7.606", "550 5.7.606 access denied, banned sending IP"),
    "too large": report("failed", "5.3.4", "552 5.3.4 message too big"),
    "server down": report("failed", "4.4.2"),
    "loop": report("failed", "5.4.6", "554 5.4.6 too many hops"),
    "unknown host for now": report("failed", "5.4.4", "unable to look up host"),
    "delay, hard word": report("delayed", "4.0.0", "450 5.1.1 unknown, retrying"),
}
GONE_THROUGH = {
    "delivered": report("delivered", "2.0.0", "250 2.0.0 OK"),
    "relayed": report("relayed", "2.0.0"),
    "expanded": report("expanded", "2.1.5"),
}
NOT_UNDERSTOOD = {
    "vague": letter("Undelivered", "Something went wrong, sorry."),
    "empty": b"",
    "noise": bytes(range(256)) * 4,
    "no recipient": report("failed", "5.1.1", to="").replace(OURS.encode(), b"<else@where>"),
    "broken parts": b"Content-Type: multipart/report; boundary=x\n\n--x\nContent-Type: message/rfc822",
    "spam": letter("You won", "Click here", sender="spam@else.example"),
    "broken charset": b"Subject: =?no-such?B?////?=\nContent-Type: text/plain; charset=nope\n\n\xff",
}
SILENT = {
    "vacation": letter("Absence", "Je reviens lundi.", sender=HIM, more="Auto-Submitted: auto-replied\n"),
    "old vacation": letter("Absence", "Je reviens lundi !", sender=HIM, more="Precedence: bulk\n"),
}


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
