"""A price that changes in the course of a day: no client hears or reads two of them that day."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from console.base.tree import Tree
from console.base.vocabulary import Billing, Channel, Direction, Plan
from console.cases import versions
from console.content import Content
from console.context import Context
from console.db.tables import Client, Message, Subscription
from console.integrity.publishing import PublishingService
from console.messages.events import FeedbackService
from console.messages.reminders import RelanceService
from console.messages.reminders_report import RelanceReport
from console.portal.service import PortalService
from console.rules.links import Link, Purpose
from console.services import Services, build
from tests.world import CONTENT, DIAL, World, paris, plain

OLD, NEW = "36,99", "38,99"
LATER = date(2026, 1, 20)
MORNING, NOON, TOMORROW = paris("2025-12-17T10:05"), paris("2025-12-17T12:00"), paris("2025-12-18T12:00")


@pytest.fixture
def world(url: str, tmp_path: Path) -> Iterator[World]:
    """The morning of a day on which CLT-1 is due a message, and CLT-2 is not."""
    one = World(tmp_path / "unused.db", MORNING, url=url)
    one.add("CLT-1", email="a@example.org")
    one.add("CLT-2", email="b@example.org", expires_on=LATER)
    with one.database.writing() as session:
        versions.used(session, real(one))
    yield one
    one.database.close()


def real(world: World) -> Context:
    """What who opens the console now has."""
    with world.database.reading() as session:
        return versions.newest(session, replace(world.context, demo=False))


def publish_at_noon(world: World) -> None:
    world.now = NOON
    texts = dict(CONTENT.root.texts)
    name = "data/catalogue.toml"
    texts[name] = texts[name].replace(f'prix = "{OLD}"', f'prix = "{NEW}"')
    with world.database.writing() as session:
        versions.publish(session, real(world), Content(Tree.of_texts(texts)))


def id_of(world: World, code: str) -> int:
    return world.services.clients.search(code)[0].client_id


def price_of_a_call(world: World, code: str, agent: str = "Camille") -> int:
    """The year's tariff by which a call goes that is prepared now, and left at that."""
    services = build(replace(real(world), agent=agent))
    view = services.calls.begin(id_of(world, code), Direction.OUTBOUND)
    services.calls.abandon(view.call_id)
    return price_in(services)


def price_in(services: Services) -> int:
    """The year's tariff by which the call of a console goes."""
    return services.calls._ctx.content.data.catalogue.tariffs[Plan.PREMIUM, Billing.ANNUAL]


def call(world: World, code: str, agent: str = "Camille") -> Services:
    """They are spoken to."""
    world.services = build(replace(real(world), agent=agent))
    world.walk(world.services.calls.begin(id_of(world, code), Direction.OUTBOUND), *DIAL)
    return world.services


def letters(world: World, code: str) -> str:
    client = id_of(world, code)
    return plain(" ".join(one.text for one in world.all(Message) if one.client_id == client))


def test_who_was_written_to_hears_the_same_price_that_day(world: World) -> None:
    RelanceService(real(world)).run()
    assert letters(world, "CLT-1")
    assert not letters(world, "CLT-2")
    publish_at_noon(world)
    assert price_of_a_call(world, "CLT-1") == 3699
    assert price_of_a_call(world, "CLT-2") == 3899, "nobody told them another"
    world.now = TOMORROW
    assert price_of_a_call(world, "CLT-1") == 3899


def test_who_was_called_reads_the_same_price_that_day(world: World) -> None:
    call(world, "CLT-2")
    publish_at_noon(world)
    assert NEW not in plain(build(real(world)).by_hand.propose(id_of(world, "CLT-2"), Channel.EMAIL).text)
    portal, links = PortalService(real(world)), real(world).links
    token = links.token(Link(Purpose.RENEW, "CLT-2", LATER, LATER))
    shown = plain(str(portal.page(token)))
    assert OLD in shown
    assert NEW not in shown
    other = plain(str(portal.page(links.token(Link(Purpose.RENEW, "CLT-1", date(2025, 12, 31), LATER)))))
    assert NEW in other, "nobody told them another"
    world.now = TOMORROW
    assert NEW in plain(str(portal.page(token)))


def test_reminders_that_follow_a_call_tell_its_price(world: World) -> None:
    """Those of the day go by its first run, but for who has heard another price since."""
    RelanceService(real(world)).run()
    publish_at_noon(world)
    late = {name: world.add(name, email=f"{name}@example.org") for name in ("CLT-3", "CLT-4")}
    call(world, "CLT-3")
    service = RelanceService(replace(world.context, content=CONTENT, demo=False))
    with world.database.reading() as session:
        terms = {code: term for code, term in _terms(world).items() if code in late}
        told = {
            made.number: made.planner.rules.catalogue.tariffs[Plan.PREMIUM, Billing.ANNUAL]
            for made in service._plans(session, list(terms.values()), RelanceReport([]), world.now)[0]
        }
    assert told == {terms["CLT-3"]: 3899, terms["CLT-4"]: 3699}


def test_a_price_published_while_the_reminders_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two consoles in calls, a run between two of its turns: whoever was told a price reads that one."""
    for turn in ("FIRST_IN_FILE", "FIRST_ON_SERVER"):
        monkeypatch.setattr(f"console.messages.reminders.{turn}", 2)
    for number in range(3, 7):
        world.add(f"CLT-{number}", email=f"{number}@example.org")
    late, met = "CLT-6", list[int]()
    before = call(world, "CLT-2")

    def meanwhile(looked_at: int, total: int) -> None:
        met.append(total - looked_at)
        if len(met) == 1:
            publish_at_noon(world)
            call(world, late, agent="Ana")

    RelanceService(real(world)).run(progress=meanwhile)
    assert met[0] > 0, "the run was over before the price changed"
    assert price_in(before) == 3699, "a call that has begun keeps its words"
    assert price_in(world.services) == 3899
    read = {one.code: letters(world, one.code) for one in world.all(Client) if one.code != "CLT-2"}
    assert {code for code, text in read.items() if NEW in text} == {late}
    assert {code for code, text in read.items() if OLD in text} == read.keys() - {late}

    PublishingService(real(world)).put_back(1)
    assert price_of_a_call(world, "CLT-1", agent="Zoé") == 3699
    assert price_in(world.services) == 3899


def test_a_price_that_was_told_may_be_paid_once_it_is_another(world: World, tmp_path: Path) -> None:
    call(world, "CLT-2")
    publish_at_noon(world)
    world.now = TOMORROW
    lines = [
        {"id": code, "type": "paid", "client": code, "at": TOMORROW.isoformat(), "amount_cents": 3699}
        for code in ("CLT-1", "CLT-2")
    ]
    path = tmp_path / "events.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    report = FeedbackService(real(world)).run(path)
    assert (report.taken, report.set_aside) == (1, 1)
    assert "(38,99 €)" in plain(report.faults[0].reason), "CLT-1 was never told the former price"


def _terms(world: World) -> dict[str, int]:
    clients = {one.id: one.code for one in world.all(Client)}
    return {clients[one.client_id]: one.id or 0 for one in world.all(Subscription)}
