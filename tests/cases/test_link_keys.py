"""The keys of the links belong to the base: its copy has them, and a new one leaves sent links valid."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from sqlmodel import col, delete

from console.cases.link_keys import link_keys_of
from console.context import Context
from console.db.tables import Event, Meta
from console.outside.outside import Outside
from console.rules.links import Link, Purpose, RefusedLinkError
from tests.world import World, paris

LINK = Link(Purpose.RENEW, "CLT-00001", date(2025, 12, 31), date(2026, 1, 30))


@pytest.fixture
def world(tmp_path: Path, url: str) -> World:
    one = World(tmp_path / "base.db", paris("2025-12-22T11:00"), url=url)
    with one.database.writing() as session:  # a server's base may have served another test
        session.exec(delete(Meta).where(col(Meta.key) == "links.keys"))
    return one


def opened(world: World, outside: Outside) -> Context:
    ctx = replace(world.context, outside=outside)
    return replace(ctx, link_keys=link_keys_of(ctx))


def test_a_key_is_born_with_the_base_and_never_another_one(world: World) -> None:
    first, again = opened(world, Outside()), opened(world, Outside())
    assert first.link_keys == again.link_keys
    assert len(first.link_keys[0]) >= 32
    assert again.links.open(first.links.token(LINK)) == LINK


def test_the_key_of_a_former_file_is_taken_over(world: World, tmp_path: Path) -> None:
    file = tmp_path / f"{uuid4().hex}.cle"  # a key once read is remembered by the name of its file
    former = Outside(link_key=file)
    sent = replace(world.context, outside=former).links.token(LINK)
    assert opened(world, former).links.token(LINK) == sent
    file.unlink()  # the base has it now
    assert opened(world, former).links.open(sent) == LINK


def test_a_key_that_changes_is_told_and_leaves_what_was_sent_valid(world: World) -> None:
    sent = opened(world, Outside()).links.token(LINK)
    changed = opened(world, Outside(link_secret="a secret of the settings"))
    assert changed.links.token(LINK) != sent
    assert changed.links.open(sent) == LINK
    assert [one.text for one in world.all(Event) if one.kind == "audit"] == ["links.key_changed"]
    assert opened(world, Outside(link_secret="a secret of the settings")).link_keys == changed.link_keys
    with pytest.raises(RefusedLinkError):
        changed.links.open(sent[:-1] + ("a" if sent[-1] != "a" else "b"))
