"""Content that breaks, changes or goes while calls are open: a call keeps its own, the next a sound one."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from console.base.errors import ContentError
from console.base.vocabulary import Direction
from console.cases.versions import taken, versions
from console.content import Content, default_root
from console.context import Context
from console.db.tables import Message
from console.messages.reminders import RelanceService
from console.services import Services, build
from tests.world import REFUSAL, World, paris, plain

OPENING = "scripts_fr/appel/2-ouverture.toml"
CATALOGUE = "data/catalogue.toml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("data", "scripts_fr"):
        shutil.copytree(default_root() / name, tmp_path / "contenu" / name)
    return tmp_path / "contenu"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    yield made
    made.database.close()


def console(world: World, root: Path, agent: str = "Jean") -> Services:
    """A console opened now, on the content folder as it is now."""
    ctx = Context(world.database, world.clock, Content(root), agent, demo=True, machine=world.clock)
    return build(taken(ctx))


def change(root: Path, name: str, old: str, new: str) -> None:
    text = (root / name).read_text("utf-8")
    assert old in text
    (root / name).write_text(text.replace(old, new), "utf-8")


BREAKS: dict[str, Callable[[Path], object]] = {
    "a stray character": lambda root: change(root, OPENING, "[etapes.ouverture]", "&[etapes.ouverture]"),
    "a price without its quote": lambda root: change(root, CATALOGUE, 'prix = "36,99"', 'prix = "36,99'),
    "a message emptied": lambda root: (root / "scripts_fr/emails/cloture.toml").write_text(""),
    "a message as bytes of nothing": lambda root: (root / OPENING).write_bytes(b"\x81\x8d"),
    "the script taken away": lambda root: shutil.rmtree(root / "scripts_fr/appel"),
    "all taken away": shutil.rmtree,
}


@pytest.mark.parametrize("kind", BREAKS)
def test_a_call_ends_and_the_next_begins_whatever_becomes_of_the_files(
    world: World, root: Path, kind: str
) -> None:
    first, second = world.add("CLT-00001"), world.add("CLT-00002", email="b@example.org")
    world.services = console(world, root)
    view = world.services.calls.begin(first, Direction.OUTBOUND)
    BREAKS[kind](root)
    world.services = console(world, root)
    assert world.services.ctx.content_fault, "it is said"
    resumed = world.services.calls.resume()
    assert resumed is not None
    assert (resumed.title, resumed.said, resumed.choices) == (view.title, view.said, view.choices)
    assert world.walk(resumed, *REFUSAL).outcome is not None
    assert [one.kind for one in world.all(Message)] == ["cloture"]
    again = world.services.calls.begin(second, Direction.OUTBOUND)
    assert (again.title, again.phase) == (view.title, view.phase)


def test_a_new_base_says_what_is_wrong_with_the_only_content_that_it_has(world: World, root: Path) -> None:
    client = world.add()
    BREAKS["a stray character"](root)
    with pytest.raises(ContentError, match=r"2-ouverture\.toml, ligne \d+"):
        console(world, root).calls.begin(client, Direction.OUTBOUND)


def test_a_sound_change_is_for_the_next_call_and_not_for_one_that_has_begun(world: World, root: Path) -> None:
    first, second = world.add("CLT-00001"), world.add("CLT-00002", email="b@example.org")
    ana, jean = console(world, root, "Ana"), console(world, root)
    begun = ana.calls.begin(first, Direction.OUTBOUND)
    change(root, CATALOGUE, 'prix = "36,99"', 'prix = "41,99"')
    change(root, "scripts_fr/appel/1-preparation.toml", 'titre = "Préparer l\'appel"', 'titre = "Avant tout"')
    later = console(world, root, "Ana")  # the same agent's console, closed and opened again
    resumed = later.calls.resume()
    assert resumed is not None
    assert resumed.title == begun.title
    assert jean.calls.begin(second, Direction.OUTBOUND).title == "Avant tout", "an open console has it too"
    with world.database.reading() as session:
        assert [bool(one.origin) for one in versions(session)] == [True, True]


def test_the_reminders_of_a_day_have_one_price(world: World, root: Path) -> None:
    world.now = paris("2025-12-17T08:00")
    world.add("CLT-00001")
    RelanceService(console(world, root).ctx).run()
    change(root, CATALOGUE, 'prix = "36,99"', 'prix = "41,99"')
    world.add("CLT-00002", email="b@example.org")
    RelanceService(console(world, root).ctx).run()
    told = [plain(one.text) for one in world.all(Message) if one.channel == "email"]
    assert len(told) == 2
    assert not [one for one in told if "41,99" in one]
    world.wait(days=1)
    world.add("CLT-00003", email="c@example.org")
    RelanceService(console(world, root).ctx).run()
    assert "41,99" in plain(world.all(Message)[-1].text) or "41,99" in plain(world.all(Message)[-2].text)
