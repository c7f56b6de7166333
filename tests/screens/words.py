"""Words typed in each text field, one way out of the console, and what a next one finds of them."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from console.base.vocabulary import DraftField
from console.db.tables import Call, Escalation, Subscription
from screens.app import HotlinerApp
from screens.common.note import write_about
from tests.calls.desk import settle
from tests.world import World, paris

WORDS = "phrase importante"
NIGHT = paris("2025-12-19T23:30")
"""When a call has to be allowed."""


@dataclass(frozen=True, slots=True)
class Typing:
    """A text field: the keys that lead to it from the dashboard, or what it is outside a call."""

    keys: tuple[str, ...] = ()
    outside: DraftField | None = None


FIELDS: dict[str, Typing] = {
    "note of a call": Typing(("a", "n")),
    "field of a call": Typing(("a", "1", "7")),
    "remark on the script": Typing(("a", "m")),
    "lifted hours": Typing(("a", "l")),
    **{str(one): Typing(outside=one) for one in DraftField},
}


async def quits(app: Any, pilot: Any) -> None:
    await pilot.press("ctrl+q")
    if not app._exit:
        await pilot.press("ctrl+q")


async def leaves_then_quits(app: Any, pilot: Any) -> None:
    await pilot.press("escape")
    await quits(app, pilot)


async def is_ended(app: Any, pilot: Any) -> None:
    app._stop_on(signal.SIGTERM)
    await pilot.pause()


async def loses_its_terminal(app: Any, pilot: Any) -> None:
    app.terminal_gone()
    await pilot.pause()


WAYS: dict[str, Callable[[Any, Any], Awaitable[None]]] = {
    "Ctrl+Q": quits,
    "Échap, Ctrl+Q": leaves_then_quits,
    "SIGTERM": is_ended,
    "terminal gone": loses_its_terminal,
}


def begun(world: World, field: str) -> None:
    """What there is before anything is typed: Marie, and the escalation that may be answered."""
    if field == "lifted hours":
        world.now = NIGHT
    client = world.add(last_name="Dupuis")
    with world.database.writing() as session:
        term = session.get(Subscription, client)
        assert term is not None
        escalation = Escalation(client_id=client, subscription_id=client, agent="Jean", summary="")
        escalation.created_at = world.now
        if field == DraftField.ESCALATION:
            session.add(escalation)


@asynccontextmanager
async def typed(world: World, field: str) -> AsyncIterator[tuple[Any, Any]]:
    """The console with the field open; the base may be taken away then."""
    app: Any = HotlinerApp(world.services)
    app.said = ""
    leave = app.exit

    def told(*args: Any, message: str | None = None, **options: Any) -> None:
        app.said += message or ""
        leave(*args, message=message, **options)

    app.exit = told
    async with app.run_test(size=(100, 36)) as pilot:
        await settle(pilot)
        one = FIELDS[field]
        for key in one.keys:
            await pilot.press(key)
            await settle(pilot)
        if one.outside is not None:
            write_about(
                app.top, world.services, 1, "Marie", one.outside, 1, print, lambda _: None, title="Mots"
            )
            await settle(pilot)
        yield app, pilot


async def leave(app: Any, pilot: Any, way: str, seconds: float) -> None:
    """Type, leave at once, and be gone by so many seconds."""
    await pilot.press(*("space" if char == " " else char for char in WORDS))
    await WAYS[way](app, pilot)
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while not app._exit and loop.time() < until:
        await asyncio.sleep(0.02)
    assert app._exit, "it does not leave"


def found(world: World, field: str) -> str:
    """What a new console finds, once the base answers: the words in the field."""
    one = FIELDS[field]
    calls = world.restart().calls
    calls.resume()
    assert calls._keeper.settled(20)
    if one.outside is not None:
        return calls.words(1, one.outside, 1)
    return "".join(repr(call.drafts) for call in world.all(Call))
