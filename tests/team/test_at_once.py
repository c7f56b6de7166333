"""Agents and senders at work at once on a real server: nobody is refused, nothing is lost or done twice."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Barrier, Lock, Thread
from typing import Any

import pytest
from sqlmodel import select

from console.base.errors import ConflictError, JustSpokenError
from console.base.vocabulary import Channel, Direction
from console.calls import keeping, meanwhile, writing
from console.calls.views import NOTE
from console.cases.upkeep import reassess
from console.db.tables import Call as CallRow
from console.db.tables import CallStep, ChurnRecord, Client, Event, Message, Subscription
from console.imports.service import ImportReport, ImportService
from console.integrity.database import faults
from console.messages import delivery
from console.messages.delivery import Delivery
from console.messages.leases import SendReport
from console.outside.gate import Gateway, Outgoing
from console.outside.outside import Outside
from console.services import Services
from tests.servers import Server
from tests.world import DIAL, REFUSAL, World, paris

AGENTS, CALLS = 8, 3
CLIENTS = AGENTS * CALLS + AGENTS


@pytest.fixture
def world(tmp_path: Path, postgresql_url: Server, request: pytest.FixtureRequest) -> Iterator[World]:
    """Clients to call now, and messages that wait, on a server; how many of each."""
    clients, messages = getattr(request, "param", (1, 0))
    world = World(
        tmp_path / "base.db", paris("2025-12-22T10:30"), url=postgresql_url.new(postgresql_url.tables)
    )
    for n in range(clients):
        named: dict[str, Any] = {
            "last_name": f"Dupuis{n}",
            "email": f"c{n}@example.org",
            "phone": f"+3363998{n:04}",
        }
        client = world.add(f"CLT-{n:05}", client_since=date(2024, 1, 1), **named)
        world.mail(client, "J-14", paris("2025-12-17T08:00"))
        for again in range(messages):
            told = {"message_id": f"<{client}.{again}@example.org>", "dedup_key": f"{client}:b{again}"}
            world.mail(client, "J-7", None, subject="Bonjour", **told)
    with world.database.writing() as session:
        reassess(session, world.context, list(range(1, clients + 1)))
    yield world
    world.database.close()


def together(n: int, act: Callable[[int], object]) -> list[object]:
    """What each of `n` threads gives, which all begin at once."""
    ready = Barrier(n)

    def one(number: int) -> object:
        ready.wait(20)
        return act(number)

    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(one, range(n)))


def a_day(world: World, console: Services, chance: random.Random) -> tuple[Counter[str], list[int]]:
    """Calls of one agent, as they are proposed: what became of them, and whom they called."""
    found, called = Counter[str](), []
    for _ in range(CALLS):
        proposed = console.dashboard.next_call(0).client_id
        if proposed is None:
            found["nobody"] += 1
            continue
        try:
            view = console.calls.begin(proposed, Direction.OUTBOUND)
        except ConflictError:
            found["refused"] += 1
            continue
        called.append(proposed)
        labels = REFUSAL if chance.random() < 0.5 else (DIAL[0], "Pas de réponse")
        for label in labels:
            name, _, typed = label.partition(" = ")
            if view.capture is not None:
                console.calls.draft(view.call_id, view.capture.name, typed or "des mots")
            (index,) = [
                one.index
                for one in view.choices
                if one.label.replace("\u202f", " ").replace("\u00a0", " ").startswith(name)
            ]
            view = console.calls.choose(view.call_id, view.seq, index, typed)
        found["ended"] += 1
    return found, called


@pytest.mark.parametrize("world", [(CLIENTS, 2)], indirect=True)
def test_a_day_of_agents_and_senders_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "LEASED", 7)
    monkeypatch.setattr(keeping, "PATIENCE", 30.0)  # a machine that does something else keeps nothing here
    consoles = [world.as_agent(f"Agent {n}") for n in range(AGENTS)]
    received, one_at_a_time = Counter[str](), Lock()

    class Post(Gateway):
        def open(self) -> None:
            """Always can."""

        def send(self, message: Outgoing, hand_over: Callable[[], None]) -> str:
            hand_over()
            with one_at_a_time:
                received[message.message_id] += 1
            return ""

        def close(self) -> None:
            """Nothing to leave."""

    def act(number: int) -> tuple[Counter[str], list[int]] | SendReport:
        if number < AGENTS:
            return a_day(world, consoles[number], random.Random(number))
        outside = Outside(folder=world.path.parent, named=True, link_secret="secret of the tests")
        ctx = replace(world.context, agent="", demo=False, trial=True, outside=outside)
        return Delivery(ctx, lambda: {Channel.EMAIL: Post()}).run()

    done = together(AGENTS + 2, act)
    days = [one for one in done if isinstance(one, tuple)]
    assert sum((found for found, _ in days), Counter()) == {"ended": AGENTS * CALLS}
    called = Counter(client for _, clients in days for client in clients)
    assert set(called.values()) == {1}, called
    assert set(received.values()) == {1}
    calls = world.all(CallRow)
    assert (len(calls), [call for call in calls if call.ended_at is None]) == (AGENTS * CALLS, [])
    steps = Counter(step.call_id for step in world.all(CallStep))
    refused = [call for call in calls if call.outcome == "refused"]
    assert sorted(steps.values()) == sorted([len(REFUSAL)] * len(refused) + [2] * (len(calls) - len(refused)))
    records = sorted(one.seq for one in world.all(ChurnRecord))
    assert records == list(range(records[0], records[0] + len(refused)))
    messages = world.all(Message)
    sent = {one.message_id for one in messages if one.status == "sent" and one.subject == "Bonjour"}
    assert sent == {one for one in received if one in sent}
    with world.database.reading() as session:
        told = Counter(session.exec(select(Event.key).where(Event.kind == "mail_sent")).all())
    assert set(told.values()) == {1}
    assert faults(world.url) == []


def test_two_imports_of_one_file_add_each_client_once(world: World) -> None:
    """They write beside the agents, one batch at a time."""
    file = world.path.with_name("clients.csv")
    titles = "nom;prenom;email;telephone;expire_le"
    rows = (f"Roy{n};Lise;l{n}@example.org;06399800{n:02};31/12/2025" for n in range(90))
    file.write_text("\n".join([titles, *rows]), encoding="utf-8")
    reports = together(2, lambda _: ImportService(world.context).run(file))
    added = sum(one.added for one in reports if isinstance(one, ImportReport))
    assert (added, len(world.all(Client))) == (90, 91)
    assert faults(world.url) == []


def test_nobody_writes_in_a_call_whose_outcome_is_being_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words typed at another console would be gone with what the outcome has read."""
    view = world.walk(world.begin(1), DIAL[0])
    other, usual = world.as_agent("Jean"), meanwhile.settled_as
    typing = Thread(target=lambda: other.calls.draft(view.call_id, NOTE, "Rappeler le soir."))
    waited = list[bool]()

    def type_beside(found: Subscription) -> str:
        if not waited:
            typing.start()
            typing.join(0.5)
            waited.append(typing.is_alive())
        return usual(found)

    monkeypatch.setattr(writing, "settled_as", type_beside)
    monkeypatch.setattr(keeping, "PATIENCE", 30.0)
    world.press(view, "Pas de réponse")
    typing.join(20)
    assert waited == [True]


def test_one_client_is_one_agents_at_once(world: World) -> None:
    def begin(number: int) -> str:
        try:
            return world.as_agent(f"Agent {number}").calls.begin(1, Direction.OUTBOUND).call_id
        except (ConflictError, JustSpokenError):
            return ""

    begun = [call for call in together(6, begin) if call]
    assert len(begun) == 1
    assert [call.id for call in world.all(CallRow)] == begun


def test_two_consoles_of_one_agent_write_a_step_once(world: World) -> None:
    view = world.begin(1)
    consoles = [world.as_agent("Jean") for _ in range(4)]
    for one in consoles:
        one.calls.resume()

    def choose(number: int) -> bool:
        try:
            consoles[number].calls.choose(view.call_id, view.seq, 0)
        except ConflictError:
            return False
        return True

    done = together(4, choose)
    assert True in done
    assert [step.seq for step in world.all(CallStep)] == [0]
