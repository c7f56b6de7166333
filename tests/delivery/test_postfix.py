"""Real reports, by a real Postfix: sent by it, refused by the next server, come back, and taken in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from console.base.dates import day_of
from console.base.history import EventKind
from console.db.tables import Client, Event, Message
from console.messages.delivery import Delivery
from console.messages.mailbox import MailboxService
from console.outside.mailbox import mails_of
from console.outside.outside import Outside
from console.outside.servers import Security, SmtpServer
from tests.delivery.postfix import WHY_NOT, Relay, relay
from tests.portal.served import free_port
from tests.world import World

pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)
SAID = {
    "inconnue": "550 5.1.1 <inconnue@example.org>: Recipient address rejected: User unknown",
    "sanscode": "550 No such user here",
    "élodie": "550 5.1.1 utilisateur inconnu",
    "pleine": "552 5.1.1 Boite du destinataire pleine. Recipient overquota.",
    "bloquee": "554 5.7.1 Message refused by local policy",
    "lente": "450 4.2.1 Try again later",
    "bonne": "250 OK",
}
GONE = {"inconnue", "sanscode", "élodie"}


class Following:
    """The server after Postfix."""

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        said = SAID[address.partition("@")[0]]
        if said.startswith("250"):
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        return "250 OK"


@contextmanager
def following() -> Iterator[int]:
    controller = Controller(Following(), hostname="127.0.0.1", port=free_port(), enable_SMTPUTF8=True)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def came_back(postfix: Relay, wanted: int) -> None:
    began = monotonic()
    while postfix.back < wanted:
        assert monotonic() - began < 60, f"{postfix.back} of {wanted} have come back"
        sleep(0.05)


def test_what_comes_back_of_a_real_relay(tmp_path: Path) -> None:
    world = World(tmp_path / "base.db", datetime.now(UTC))
    ends: date = day_of(world.now) + timedelta(days=14)
    for index, name in enumerate(SAID):
        client = world.add(f"CLT-{index:05}", email=f"{name}@example.org", expires_on=ends)
        world.mail(client, "J-14", None)
    with following() as port, relay("numi.support", port) as postfix:
        server = SmtpServer("127.0.0.1", postfix.port, Security.NONE)
        context = replace(world.context, outside=Outside(smtp=server, folder=tmp_path), demo=False)
        assert Delivery(context).run().sent == len(SAID)
        came_back(postfix, len(SAID) - 1)  # a report each but of the good one; of the slow one a warning
        postfix.give_up()
        came_back(postfix, len(SAID))
        world.now = datetime.now(UTC)
        taken = MailboxService(context).take(mails_of(postfix.box))
        assert (taken.read, taken.taken, taken.against_us, taken.faults) == (len(SAID), len(SAID), 1, [])
        assert MailboxService(context).take(mails_of(postfix.box)).read == 0
    usable = {client.email.partition("@")[0]: client.email_usable for client in world.all(Client)}
    assert {name for name, still in usable.items() if not still} == GONE
    bounced = {message.recipient for message in world.all(Message) if message.bounced_at}
    assert bounced == {f"{name}@example.org" for name in SAID if name != "bonne"}
    assert sum(one.kind == EventKind.BOUNCED for one in world.all(Event)) == len(SAID)
    world.database.close()
