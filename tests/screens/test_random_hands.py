"""Random hands on every screen: whatever is pressed, clicked or pasted, the console goes on and is left."""

from __future__ import annotations

import asyncio
import os
import time
import traceback
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.worker import Worker, WorkerCancelled

from console.base.roles import Role
from console.base.vocabulary import Figure
from console.dashboard.service import DashboardService
from screens.app import HotlinerApp
from screens.common.choose import ChooseModal
from screens.kit.driver import PasteParser
from tests.screens.hands import WAYS, Hands
from tests.screens.shown import shown

ACTS = int(os.environ.get("HANDS", "1200"))
"""How many acts are drawn in all; more by hand."""
FIRST = int(os.environ.get("HANDS_SEED", "0"))
RUN = 200
"""How many acts each console lives through."""
ROLES = (Role.HOTLINER, Role.SUPERVISOR, Role.ADMINISTRATOR)
SIZES = ((80, 24), (100, 36))


class Played:
    """A console under random hands; what it must never do is kept in `faults`."""

    def __init__(self, seed: int) -> None:
        self.seed = FIRST + seed
        self.size = SIZES[seed % 2]
        self.hands = Hands(self.seed, self.size)
        self.sent: list[str] = []
        services = shown()
        services._ctx = replace(services.ctx, role=ROLES[seed % 3])
        self.app: Any = HotlinerApp(services)
        self.faults: list[str] = []
        setattr(self.app._recovery, "handles", self._failed)  # noqa: B010

    def _failed(self, error: Exception) -> bool:
        self.faults.append("".join(traceback.format_exception(error)))
        return True

    def send(self, data: str) -> None:
        self.sent.append(data)
        for event in self.parser.feed(data) if data else ():
            self.app._driver.process_message(event)

    async def rest(self, pilot: Any) -> None:
        for _ in range(2):
            with suppress(WorkerCancelled):
                await self.app.workers.wait_for_complete()
            await pilot.pause()

    async def live(self, acts: int) -> None:
        app, hands = self.app, self.hands
        self.parser = PasteParser()
        async with app.run_test(size=self.size) as pilot:
            await self.rest(pilot)
            for way in self._ways():
                self.send(way)
                if hands.bursts(0.7):
                    await self.rest(pilot)
                for _ in range(20):
                    self.send(hands.burst())
                    for event in self.parser.tick():
                        app._driver.process_message(event)
                    if hands.bursts(0.4):
                        await pilot.pause()
                    else:
                        await asyncio.sleep(0)
                    if not app.is_running or self.faults:
                        break
                if self.faults:
                    return
                await pilot.pause()
                if not app.is_running or app._exit:
                    break
                await self._way_back(pilot)
                if self.faults or sum(hands.counts.values()) > acts:
                    break
            if app.is_running and not app._exit:
                self._tick()
                self.send("\x11")
                await pilot.pause()
                self.send("\x11")
                await self.rest(pilot)
            if not app._exit:
                self.faults.append(f"the console does not quit from {app.screen_stack}")
            if app.return_code:
                self.faults.append(f"exit code {app.return_code}")
        self._look_at_base()

    def _look_at_base(self) -> None:
        """Whole, and counted as it is listed."""
        ctx = self.app.services.ctx
        with ctx.database.reading() as session:
            found = session.connection().exec_driver_sql("PRAGMA integrity_check").scalar()
        counts = DashboardService(ctx).view().counts
        panes = (Figure.URGENT, Figure.WEEK, Figure.LATER, Figure.RETAINED)
        if found != "ok" or sum(counts[one] for one in panes) != counts[Figure.TO_CONTACT]:
            self.faults.append(f"the base: {found}, {counts}")

    def _ways(self) -> Iterator[str]:
        while True:
            yield self.hands.one_of(WAYS)

    async def _way_back(self, pilot: Any) -> None:
        """From anywhere Échap leads back to the dashboard, or to the call that is open."""
        app = self.app
        for _ in range(80):
            if len(app.screen_stack) == 1 or app._exit:
                return
            asked = isinstance(app.screen, ChooseModal) or app.screen.holds_call
            self.send(self.hands.one_of("123456789h\x1b") if asked else "\x1b")
            self._tick()
            await self.rest(pilot)
            if self.faults:
                return
        if not app.calling:
            self.faults.append(f"no way back from {app.screen_stack}")

    def _tick(self) -> None:
        time.sleep(0.03)
        for event in self.parser.tick():
            self.app._driver.process_message(event)


@pytest.mark.parametrize("seed", range(max(1, ACTS // RUN)))
async def test_hands(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DOCUMENTS_DIR", str(tmp_path))
    monkeypatch.setattr("screens.kit.driver.PASTE_SECONDS", 0.02)
    monkeypatch.setattr("textual.constants.ESCAPE_DELAY", 0.01)
    played = Played(seed)
    run = Worker._run

    async def watched(self: Any, app: Any) -> None:
        await run(self, app)
        if self._error is not None and not isinstance(self._error, asyncio.CancelledError):
            played.faults.append("".join(traceback.format_exception(self._error)))

    monkeypatch.setattr(Worker, "_run", watched)
    await played.live(RUN)
    assert not played.faults, f"seed {played.seed}\n{played.faults[0]}\n{played.sent[-25:]}"
