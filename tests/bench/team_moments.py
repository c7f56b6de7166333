"""Two moments of a team's day: everybody opens in the morning, and the messages of the night leave."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import update

from console.db.tables import Client, Message
from tests.bench import people
from tests.bench.pairs import Result, milliseconds
from tests.bench.people import Place, services_of, told
from tests.bench.team import FORK, MORNING, lines_to, made, posting
from tests.crowd import fill
from tests.servers import Server, postgresql_server
from tests.world import World, known_as

CONSOLES = 10
AT_ONCE = (1, 2, 4)
"""Senders at work together."""
TODAY_A_SECOND = 21
"""Messages that one sender delivered in a second before they were taken in batches."""


def first_morning(folder: Path, clients: int) -> list[Result]:
    """Ten consoles open at once on the day after: how long until the last shows its dashboard."""
    with postgresql_server() as server:
        url = made(server, folder, clients)
        place = Place(url, folder, MORNING + timedelta(days=1) - datetime.now(UTC), 1)
        began = perf_counter()
        consoles = [FORK.Process(target=_open, args=(place, f"Agent-{n}")) for n in range(CONSOLES)]
        for one in consoles:
            one.start()
        for one in consoles:
            one.join()
        last = perf_counter() - began
        times = sorted(one["s"] for one in told(folder) if one["what"] == "opened")
    assert len(times) == CONSOLES, f"{CONSOLES - len(times)} consoles did not open"
    return [
        Result(
            f"premier matin, {CONSOLES} consoles, {clients} clients\u202f: la première et la dernière prête",
            f"{milliseconds(times[0] * 1000)} / {milliseconds(last * 1000)}",
            "2 s",
            last / 2,
            1.0,
        )
    ]


def _open(place: Place, name: str) -> None:
    with people.Diary(place, name).timed("opened"):
        services_of(place, name).first_view()


def senders(folder: Path, messages: int, delay: float) -> list[Result]:
    """Messages a second that one, two and four senders deliver to a server that answers at once."""
    return list(_senders(folder, messages, delay))


def _senders(folder: Path, messages: int, delay: float) -> Iterator[Result]:
    one_alone = 0.0
    with postgresql_server() as server:
        for together in AT_ONCE:
            where = folder / f"{together}"
            where.mkdir()
            rate, came = _rate(server, where, messages, together, delay)
            one_alone = one_alone or rate
            wanted = 10 * TODAY_A_SECOND if together == 1 else 1.6 * one_alone
            yield Result(
                f"{together} envoyeurs à {delay * 1000:.0f} ms, {messages} e-mails"
                f" ({came - messages} de trop), par seconde (voulu ÷ obtenu)",
                f"{rate:.0f}",
                f"{wanted:.0f}",
                wanted / rate,
                1.0,
            )


def _rate(server: Server, folder: Path, messages: int, together: int, delay: float) -> tuple[float, int]:
    url = server.new(server.tables)
    world = World(folder / "unused.db", MORNING, url=url)
    _queue(world, messages)
    world.database.close()
    received = folder / "received"
    with lines_to(server, delay) as line, posting(received) as post:
        place = Place(
            url.replace(f":{server.port}/", f":{line}/"), folder, MORNING - datetime.now(UTC), 1, post
        )
        processes = [FORK.Process(target=_send, args=(place, f"Envoi-{n}")) for n in range(together)]
        for one in processes:
            one.start()
        for one in processes:
            one.join()
    spans = [one for one in told(folder) if one["what"] == "sent"]
    took = max(one["until"] for one in spans) - min(one["since"] for one in spans)
    return messages / took, len(received.read_text(encoding="utf-8").split())


def _send(place: Place, name: str) -> None:
    box, began = people.outbox(place, name), datetime.now(UTC).timestamp()
    box.send_due()
    people.Diary(place, name).tell("sent", since=began, until=datetime.now(UTC).timestamp())


def _queue(world: World, messages: int) -> None:
    """So many e-mails that may leave."""
    fill(world, messages, expires_on=date(2025, 12, 28))
    columns: dict[str, Any] = {
        **known_as("J-7"), "channel": "email", "status": "queued", "subject": "Votre abonnement",
        "text": "Bonjour, à bientôt.", "html": "<p>Bonjour, à bientôt.</p>", "created_at": world.now,
        "not_before": world.now,
    }  # fmt: skip
    with world.database.writing() as session:
        session.execute(update(Client).values(email_usable=True, opposed_email=False))
        for number in range(1, messages + 1):
            key = f"<{number}.bench@example.org>"
            mine: dict[str, Any] = {
                "client_id": number,
                "subscription_id": number,
                "recipient": f"c{number}@example.org",
            }
            session.add(Message(message_id=key, dedup_key=key, **mine, **columns))
