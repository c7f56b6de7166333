"""A hotliner's desk for the tests of the call: the real services over a small SQLite file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlmodel import select
from textual.app import App
from textual.pilot import Pilot

from console.clock import PARIS, frozen_at
from console.content import Content, default_root
from console.domain.model import Direction
from console.services.context import Context, Services
from console.services.upkeep import reassess
from console.storage.engine import Database, open_database
from console.storage.tables import CallStep, ChurnRecord, Client, Subscription
from screens.base import OpenClient
from screens.call import CallScreen
from screens.themes import NIGHT, THEMES

FRIDAY = datetime(2025, 12, 19, 15, 0, tzinfo=PARIS)
CONTENT = Content(default_root())
AZERTY = dict(zip("123456789", ("&", "é", '"', "'", "(", "-", "è", "_", "ç"), strict=True))


@dataclass
class Desk:
    """The services, and the means to see what they wrote."""

    database: Database
    services: Services
    ids: dict[str, int] = field(default_factory=dict)

    def rows(self, table: Any) -> list[Any]:
        """Every row of a table."""
        with self.database.reading() as session:
            return list(session.exec(select(table)))

    def steps(self) -> list[tuple[str, str, int | None]]:
        """The journal: act, step, choice."""
        return [(row.act, row.step, row.choice) for row in sorted(self.rows(CallStep), key=lambda s: s.seq)]

    def records(self) -> list[ChurnRecord]:
        """The churn records."""
        return self.rows(ChurnRecord)


@contextmanager
def desk(folder: Path, *, name: str = "Dupuis", note: str = "", now: datetime = FRIDAY) -> Iterator[Desk]:
    """A desk with Marie, whose Premium ends on 31/12/2025."""
    clock = frozen_at(now)
    database = open_database(f"sqlite:///{folder / 'base.db'}", clock=clock)
    ctx = Context(database, clock, CONTENT, "Jean", demo=True)
    one = Desk(database, Services(ctx))
    with database.writing() as session:
        client = Client(
            code="CLT-00245",
            civility="Mme",
            first_name="Marie",
            last_name=name,
            email="marie.dupuis@exemple.fr",
            email_usable=True,
            phone="+33639981234",
            phone_raw="06 39 98 12 34",
            phone_kind="mobile",
            client_since=date(2024, 6, 1),
            created_at=now,
            updated_at=now,
        )
        session.add(client)
        session.flush()
        term = Subscription(
            client_id=client.id or 0,
            plan="premium",
            billing="annual",
            starts_on=date(2025, 1, 1),
            expires_on=date(2025, 12, 31),
        )
        session.add(term)
        session.flush()
        reassess(session, ctx, [term.id or 0])
        one.ids = {"client": client.id or 0, "term": term.id or 0}
    if note:
        one.services.clients.add_note(one.ids["client"], note)
    try:
        yield one
    finally:
        database.close()


class CallApp(App[None]):
    """Nothing but the call."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, services: Services, screen: Callable[[], Any]) -> None:
        super().__init__()
        self.services = services
        self.make = screen
        self.left: list[object] = []
        self.opened: list[int] = []

    def on_mount(self) -> None:
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = NIGHT
        self.push_screen(self.make(), self.left.append)

    def on_open_client(self, message: OpenClient) -> None:
        self.opened.append(message.client_id)


async def settle(pilot: Pilot[Any]) -> None:
    """Wait until every key has been played, written and painted."""
    for _ in range(3):
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()


async def press(pilot: Pilot[Any], *keys: str) -> None:
    """Press the keys one after the other, each on what the former has painted."""
    for one in keys:
        await pilot.press(one)
        await settle(pilot)


async def write(pilot: Pilot[Any], text: str) -> None:
    """Type a text at once."""
    await pilot.press(*("space" if char == " " else char for char in text))
    await settle(pilot)


@asynccontextmanager
async def calling(
    one: Desk, *, size: tuple[int, int] = (80, 24), direction: Direction = Direction.OUTBOUND
) -> Any:
    """A call just begun, or the one that was open."""
    calls = one.services.calls
    view = calls.resume() or calls.begin(one.ids["client"], direction)
    app = CallApp(one.services, lambda: CallScreen(one.services, view))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        yield pilot
