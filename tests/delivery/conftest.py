"""A small company with messages to send, and a post office that takes them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from console.context import Context
from console.db.tables import Message
from console.messages.outbox import OutboxService
from console.outside.outside import Outside
from console.outside.servers import Security, SmsService, SmtpServer
from tests.delivery.post import Post, SmsDesk, post_office, sms_desk
from tests.world import CONTENT, World, paris

WEDNESDAY = paris("2025-12-17T09:00")


class Company(World):
    """A world whose messages leave for real."""

    outside: Outside

    def outbox(self, **outside: Any) -> OutboxService:
        """What a sender has; the way out of the world unless told otherwise."""
        self.outside = Outside(**outside) if outside else self.outside
        return OutboxService(
            Context(self.database, self.clock, CONTENT, "", machine=self.clock, outside=self.outside)
        )

    def queue(self, number: int = 1, *, kind: str = "J-14", channel: str = "email", **columns: Any) -> int:
        """A client with a message that waits; the message's number."""
        term = {name: columns.pop(name) for name in ("status",) if name in columns}
        person = {name: columns.pop(name) for name in PERSON if name in columns}
        person = {"email": f"c{number}@example.org", **person}
        client = self.add(f"CLT-{number:05}", **person, **term)
        self.mail(
            client,
            kind,
            None,
            **{
                "channel": channel,
                "subject": f"Votre abonnement {number}",
                "text": f"Bonjour {number}, à bientôt.\nSTOP au 36105",
                "html": f"<p>Bonjour {number}, à <b>bientôt</b>.</p>" if channel == "email" else "",
                **columns,
            },
        )
        with self.database.reading() as session:
            found: int | None = session.scalars(select(Message.id).where(Message.client_id == client)).one()
        assert found is not None
        return found

    def messages(self) -> dict[str, Message]:
        """Every message, by the code of its client."""
        return {message.message_id: message for message in self.all(Message)}


PERSON = (
    *("email", "email_usable", "phone", "phone_kind", "timezone", "opposed_email", "opposed_sms"),
    *("first_name", "last_name", "civility"),
)


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    world = Company(tmp_path / "base.db", WEDNESDAY)
    world.outside = Outside(folder=tmp_path / "messages")
    yield world
    world.database.close()


@pytest.fixture
def post() -> Iterator[Post]:
    with post_office() as found:
        yield found


@pytest.fixture
def desk() -> Iterator[SmsDesk]:
    with sms_desk() as found:
        yield found


@pytest.fixture
def by_smtp(tmp_path: Path, post: Post, desk: SmsDesk) -> Outside:
    """Both ways out on loopback."""
    return reach(post.port, desk.url, folder=tmp_path / "messages")


def reach(port: int, url: str = "", *, folder: Path | None = None, **smtp: Any) -> Outside:
    """A server on loopback, spoken to in clear unless told otherwise."""
    return Outside(
        folder=folder,
        smtp=SmtpServer("localhost", port, **{"security": Security.NONE, **smtp}),
        sms=SmsService(url, token="jeton") if url else None,
        link_secret="secret of the tests",
    )


Sending = Callable[[], None]
