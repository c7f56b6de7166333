"""What services posted and the portal could not take: shown, taken again once mended, or closed."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from console.base.errors import RefusedInputError
from console.base.roles import Role
from console.content import Content, default_root
from console.context import Context
from console.db.tables import Client, Event, Message, SetAsideEvent
from console.messages.set_aside import SetAsideService
from console.messages.webhooks import WebhookService
from console.people.privacy import PrivacyService
from console.supervision.todo import TodoService
from tests import ready
from tests.messages.test_webhooks import HEADER, HIM, OURS, SECRET, brevo
from tests.program import home
from tests.world import World, paris

NOW = paris("2025-12-20T14:00")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "base.db", NOW)
    world.mail(world.add(), "J-14", paris("2025-12-17T08:30"), message_id=OURS, recipient=HIM)
    yield world
    world.database.close()


def post(world: World, body: bytes) -> None:
    WebhookService(world.context).post("brevo", HEADER, body, SECRET)


def mended(world: World, folder: Path) -> Context:
    """The same base, whose description of the source knows one more word."""
    shutil.copytree(default_root() / "data", folder / "data")
    source = folder / "data" / "sources" / "brevo.toml"
    source.write_text(f'{source.read_text(encoding="utf-8")}loaded = "opened"\n', encoding="utf-8")
    return replace(world.context, content=Content(folder))


def test_told_again_it_is_kept_once(world: World) -> None:
    for _ in range(3):
        post(world, brevo("loaded"))
    post(world, brevo("loaded", ts_event=1))
    assert len(world.all(SetAsideEvent)) == 2


def test_once_its_cause_is_mended_it_is_taken_as_of_the_day_it_came(world: World, tmp_path: Path) -> None:
    post(world, brevo("loaded"))
    post(world, brevo("loaded", ts_event=""))
    post(world, brevo("new_word"))
    world.now = paris("2025-12-24T09:00")
    service = SetAsideService(mended(world, tmp_path / "content"))
    assert [(one.source, one.at) for one in service.listed()] == [("brevo", NOW)] * 3
    report = service.take_again()
    assert (report.read, report.taken, report.set_aside) == (3, 2, 1)
    assert sorted(one.at for one in world.all(Event)) == [paris("2025-12-18T09:12"), NOW]
    assert world.one(Message).opened_at == paris("2025-12-18T09:12")
    (left,) = service.listed()
    assert left.event["event"] == "new_word"
    assert service.take_again(left.number).set_aside == 1
    assert len(service.listed()) == 1
    with pytest.raises(RefusedInputError):
        service.take_again(left.number + 1)


def test_one_is_closed_with_a_word_and_counts_no_more(world: World) -> None:
    post(world, brevo("new_word"))
    service = SetAsideService(world.context)
    (row,) = service.listed()
    counted = [TodoService(replace(world.context, role=role)).counts().set_aside for role in Role]
    assert counted == [int(role.includes(Role.SUPERVISOR)) for role in Role]
    with pytest.raises(RefusedInputError):
        service.close(row.number, "  ")
    service.close(row.number, "Essai du prestataire")
    assert service.listed() == []
    kept = world.one(SetAsideEvent)
    assert (kept.closed_at, kept.closed_by, kept.closed_why) == (NOW, "Jean", "Essai du prestataire")
    assert TodoService(world.context).counts().set_aside == 0
    with pytest.raises(RefusedInputError):
        service.close(row.number, "Deux fois")
    post(world, brevo("new_word"))
    assert service.listed() == []  # told again, it stays closed


def test_an_erasure_takes_what_is_set_aside_of_the_person_too(world: World) -> None:
    post(world, brevo("new_word"))
    post(world, brevo("new_word", email="nobody@example.org"))
    service = SetAsideService(world.context)
    service.close(service.listed()[1].number, f"Pour {HIM} ?")
    PrivacyService(world.context).erase("CLT-00245")
    assert world.all(SetAsideEvent) == []
    assert HIM not in repr(world.all(Client))


def test_from_outside(world: World, tmp_path: Path) -> None:
    post(world, brevo("new_word"))
    options = ("--base", str(world.path), "--date", "2025-12-20T15:00")

    def run(*arguments: str) -> tuple[int, str, str]:
        done = ready.run("evenements", *arguments, *options, env={**home(tmp_path), "PATH": ""})
        return done.returncode, done.stdout, done.stderr

    code, out, _ = run("--mis-de-cote")
    assert (code, out.split(" · ")[:3]) == (0, ["n° 1", "20/12/2025 14:00", "brevo"])
    assert "n’est pas décrit" in out
    assert json.loads(run("--mis-de-cote", "--json")[1])[0]["event"]["event"] == "new_word"
    assert run("--reprendre")[0] == 1
    assert run("--clore", "Essai")[0] == 2
    assert run("--clore", "Essai", "--numero", "1")[0] == 0
    assert "0 événement mis de côté" in run("--mis-de-cote")[2]
    assert run()[0] == 2
