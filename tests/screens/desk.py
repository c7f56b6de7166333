"""Opens the console, and reads what is on the screen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from screens.app import HotlinerApp
from tests.screens.shown import shown

SIZE = (80, 24)


class Desk:
    """The console open under a pilot."""

    def __init__(self, app: HotlinerApp, pilot: Pilot[Any]) -> None:
        self.app: Any = app  # a test reads the attributes of whichever screen is on top
        self.pilot = pilot
        self.services: Any = app.services

    async def settle(self) -> None:
        """Wait until nothing is asked nor painted any more."""
        for _ in range(3):
            with suppress(WorkerCancelled):  # a read given up for another one
                await self.app.workers.wait_for_complete()
            await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        """Press keys one after the other, each answered before the next."""
        for name in keys:
            await self.pilot.press(name)
            await self.settle()

    async def type(self, text: str) -> None:
        """Type a text at once."""
        await self.pilot.press(*text)
        await self.settle()

    @property
    def lines(self) -> list[str]:
        """What the terminal shows, with ordinary spaces."""
        strips = self.app.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip) for strip in strips]

    @property
    def text(self) -> str:
        """All of it, ordinary spaces instead of the French ones."""
        return "\n".join(self.lines).replace("\u202f", " ").replace("\u00a0", " ")


@asynccontextmanager
async def at_desk(
    size: tuple[int, int] = SIZE,
    over: Any = None,
    keymap: dict[str, str] | None = None,
    *,
    tour: bool = False,
    recovers: bool = False,
) -> AsyncIterator[Desk]:
    """A desk over `over`; without, over a copy of the demo.

    recovers: the console builds its screens again after a fault; otherwise the test fails with it.
    """
    app = HotlinerApp(over or shown(), keymap=keymap, tour=tour)
    if not recovers:
        setattr(app._recovery, "handles", lambda error: False)  # noqa: B010
    async with app.run_test(size=size) as pilot:
        desk = Desk(app, pilot)
        await desk.settle()
        yield desk
