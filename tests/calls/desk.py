"""A hotliner's desk for the tests of the call: the real services over a small SQLite file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textual.app import App
from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from console.base.vocabulary import Direction
from console.db.tables import CallStep, ChurnRecord
from console.services import Services
from screens.app import HotlinerApp
from screens.call.screen import CallScreen
from screens.kit.screen import OpenClient
from screens.kit.typed_ahead import InTurn
from screens.themes import NIGHT, THEMES
from tests.world import World, paris

FRIDAY = paris("2025-12-19T15:00")
AZERTY = dict(zip("123456789", ("&", "é", '"', "'", "(", "-", "è", "_", "ç"), strict=True))

TO_PRICE = ("&", "&", "é", "&")
TO_VERBATIM = (*TO_PRICE, "(", "&")
ONLINE, HEARD = ("1", "1"), "Deux ateliers annules, celui du mardi surtout"
FIELDS = {
    "service-analyse": ((*ONLINE, "2"), ("2",), HEARD),
    "autre": ((*ONLINE, "2"), ("4",), HEARD),
    "verbatim": (TO_VERBATIM[:-1], TO_VERBATIM[-1:], HEARD),
    "verbatim-libre": (TO_VERBATIM[:-1], ("8",), HEARD),
    "superviseur": (TO_PRICE, ("x",), HEARD),
    "question": (ONLINE, ("escape", "8"), HEARD),
    "rappel": (ONLINE, ("p",), "mardi si sa fille est la"),
    "rappel, compris": (ONLINE, ("p",), "lundi 10h30"),
}
"""Each step with a field: the keys to the step before it, those that open it from there, what is typed."""


@dataclass
class Desk:
    """Marie, whose Premium ends on 31/12/2025, and the means to see what was written about her."""

    world: World
    client_id: int

    @property
    def services(self) -> Services:
        """The agent's services."""
        return self.world.services

    def steps(self) -> list[tuple[str, str, int | None]]:
        """The journal: act, step, choice."""
        return [
            (row.act, row.step, row.choice) for row in sorted(self.world.all(CallStep), key=lambda s: s.seq)
        ]

    def records(self) -> list[ChurnRecord]:
        """The churn records."""
        return self.world.all(ChurnRecord)


@contextmanager
def desk(folder: Path, *, name: str = "Dupuis", note: str = "", **client: Any) -> Iterator[Desk]:
    """A desk on a Friday afternoon, when calls are lawful."""
    folder.mkdir(exist_ok=True)
    world = World(folder / "base.db", FRIDAY)
    one = Desk(world, world.add(last_name=name, **client))
    if note:
        one.services.clients.add_note(one.client_id, note)
    try:
        yield one
    finally:
        world.database.close()


class CallApp(InTurn[None]):
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

    show_help = HotlinerApp.show_help
    show_palette = HotlinerApp.show_palette

    def on_open_client(self, message: OpenClient) -> None:
        self.opened.append(message.client_id)


def text_of(app: App[Any]) -> str:
    """What is on the screen, line by line."""
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


async def settle(pilot: Pilot[Any]) -> None:
    """Wait until every key has been played, written and painted."""
    for _ in range(3):
        with suppress(WorkerCancelled):  # a read given up for another one
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
) -> AsyncIterator[Any]:  # a test reads the attributes of whichever application and screen is on
    """A call just begun, or the one that was open."""
    calls = one.services.calls
    view = calls.resume() or calls.begin(one.client_id, direction)
    app = CallApp(one.services, lambda: CallScreen(one.services, view))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        yield pilot
