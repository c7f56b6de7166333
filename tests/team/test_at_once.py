"""Agents and senders at work at once on a real server: nobody is refused, nothing is lost or done twice."""

import random
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Barrier, Lock, Thread
from time import sleep
from typing import Any

import pytest
from sqlalchemy import true
from sqlmodel import Session, select

from console.base.errors import ConflictError, JustSpokenError
from console.base.vocabulary import Channel, Direction
from console.calls import keeping, meanwhile, writing
from console.calls.views import NOTE
from console.cases import upkeep
from console.cases.facts import Case
from console.cases.upkeep import reassess
from console.context import Context
from console.db.dialect import Unit
from console.db.tables import Call as CallRow
from console.db.tables import (
    CallStep,
    ChurnRecord,
    Client,
    Event,
    Message,
    ShortLink,
    Subscription,
)
from console.db.turns import Turns
from console.imports.plan import BatchPlan
from console.imports.service import ImportReport, ImportService
from console.imports.writing import BatchWriting
from console.integrity.database import faults
from console.messages import delivery
from console.messages.delivery import Delivery
from console.messages.leases import SendReport
from console.messages.outbox_store import hand_over, keep_links, link_rows
from console.outside.gate import Gateway, Outgoing
from console.outside.outside import Outside
from console.rules.links import Link, Purpose
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


def test_an_import_holds_whom_it_finds_as_it_writes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody is added after it has looked, and shares a number: what it learns is written about both."""
    number, address = "+33639981111", "lise@example.org"
    other = world.add("CLT-70001", email="autre@example.org", phone=number)
    file = world.path.with_name("clients.csv")
    row = f"Lise;Roy;{address};;31/12/2025;oui"
    file.write_text(f"prenom;nom;email;telephone;expire_le;opposition_appel\n{row}\n", encoding="utf-8")
    usual, came, waited = Turns.working, list[int](), list[bool]()

    def late(turns: Turns, client_ids: Collection[int]) -> AbstractContextManager[Session]:
        named: dict[str, Any] = {"first_name": "Lise", "last_name": "Roy", "email": address, "phone": number}
        came.extend(() if came else [world.add("CLT-70002", **named)])
        return usual(turns, client_ids)

    def write_to_the_other() -> None:
        with world.database.sharing_session(other) as session:
            session.get_one(Client, other)

    write = BatchWriting.write

    def write_beside(batch: BatchWriting, plan: BatchPlan) -> None:
        agent = Thread(target=write_to_the_other)
        agent.start()
        agent.join(0.5)
        waited.append(agent.is_alive())
        write(batch, plan)

    monkeypatch.setattr(Turns, "working", late)
    monkeypatch.setattr(BatchWriting, "write", write_beside)
    assert ImportService(world.context).run(file).updated == 1
    assert waited == [True]
    assert {one.id for one in world.all(Client) if one.opposed_call} == {other, *came}


def test_many_cases_and_a_few_are_assessed_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each figure is moved once, in one order: two units never wait for each other."""
    early, late = date(2026, 1, 10), date(2026, 2, 10)
    clients = [
        world.add(f"CLT-7000{n}", expires_on=on, email="", phone="")
        for n, on in enumerate((late, early, late, early))
    ]
    terms = {one.client_id: one.id for one in world.all(Subscription)}
    world.now = paris("2026-03-02T10:00")
    usual = upkeep.cases_at

    def slow(unit: Unit, ctx: Context, term_ids: Sequence[int]) -> list[Case]:
        found = usual(unit, ctx, term_ids)
        sleep(0.3)
        return found

    monkeypatch.setattr(upkeep, "BATCH", 1)
    monkeypatch.setattr(upkeep, "cases_at", slow)

    def assess(number: int) -> None:
        two = (clients[number], clients[3 - number])  # what ends late comes first for one, last for the other
        with world.database.sharing_session(*two) as session:
            reassess(session, world.context, [terms[one] for one in two])

    together(2, assess)
    monkeypatch.undo()
    assert faults(world.url) == []


def test_a_sender_waits_for_nobody_who_withdraws_messages(world: World) -> None:
    """Each of them had one of two messages, and wanted the other's."""
    (one,) = world.all(Client)
    for n in range(2):
        told = {"message_id": f"<{n}@example.org>", "dedup_key": f"{n}", "lease_token": "token"}
        world.mail(one.id, "J-7", None, recipient=one.email, **told)
    first, second = (message.id for message in world.all(Message) if message.lease_token)
    until = paris("2025-12-22T10:40")
    with world.database.sharing_session(one.id) as session:
        session.get_one(Message, second).status = "cancelled"
        session.flush()
        with world.database.single() as sender:
            marked = hand_over(
                sender, true(), Channel.EMAIL, dict.fromkeys((first, second), 1), [], "token", until
            )
        session.get_one(Message, first).status = "cancelled"
    assert marked == {first}
    assert {one.status for one in world.all(Message) if one.lease_token} == {"cancelled"}


def test_two_senders_shorten_the_same_links_at_once(world: World) -> None:
    """The e-mails and the SMS of the same clients, which do not leave in the same order."""
    until = date(2026, 1, 31)
    links = {f"{n}": Link(Purpose.UNSUBSCRIBE, "CLT-00000", until, until) for n in range(600)}
    rows = link_rows(1, links, world.now)

    def keep(number: int) -> None:
        with world.database.sharing_session() as session:
            keep_links(session, rows[:: (1, -1)[number]])

    together(2, keep)
    assert len(world.all(ShortLink)) == len(links)


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
