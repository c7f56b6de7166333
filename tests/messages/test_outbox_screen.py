"""Messages by keys: written by hand from a client’s file, seen in the outbox, sent again after a failure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from console.base.vocabulary import MessageStatus
from console.db.tables import Message
from console.messages.sources import PURPOSES, SMS
from screens.clients.file import ClientFileScreen
from screens.common.message_lines import kind_words
from screens.common.preview import MessageModal
from screens.outbox.screen import OutboxScreen
from tests.calls.desk import CallApp, press, settle, text_of
from tests.world import World, paris, plain

SATURDAY = paris("2025-12-20T14:00")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    one = World(tmp_path / "base.db", SATURDAY)
    yield one
    one.database.close()


async def test_a_message_is_read_before_it_leaves_and_one_key_confirms_it(world: World) -> None:
    client = world.add(last_name="Dupuis [/] x", client_since=date(2025, 4, 1))
    app = CallApp(world.services, lambda: ClientFileScreen(world.services, client))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "s")
        assert isinstance(app.screen, MessageModal)
        screen = plain(text_of(app))
        assert "SMS · J-14" in screen
        assert "alphabet GSM-7" in screen
        assert "en recevoir : STOP" in " ".join(screen.split())
        await press(pilot, "escape")
        assert not world.all(Message)
        await press(pilot, "e")
        assert "Dupuis [/] x" in plain(text_of(app))
        await pilot.press("enter", "enter")
        await settle(pilot)
        assert [(one.kind, one.channel, one.status) for one in world.all(Message)] == [
            ("J-14", "email", "queued")
        ]
        await press(pilot, "e")
        assert "attend déjà de partir par e-mail" in " ".join(plain(text_of(app)).split())


async def test_the_outbox_counts_shows_previews_and_sends_again(world: World) -> None:
    waiting, failed = world.add("CLT-00001"), world.add("CLT-00002", last_name="Échoué")
    world.mail(waiting, "J-14", None, subject="Votre offre", text="Bonjour [/] Marie")
    world.mail(failed, "J-14", None, subject="Votre offre", text="Bonjour")
    with world.database.writing() as session:
        message = session.get(Message, 2)
        assert message is not None
        message.status, message.error, message.attempts = "failed", "Boîte pleine", 12
    app = CallApp(world.services, lambda: OutboxScreen(world.services))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        screen = plain(text_of(app))
        assert "1 En attente 1" in screen
        assert "3 Échecs 1" in screen
        await press(pilot, "enter")
        assert "Bonjour [/] Marie" in plain(text_of(app))
        await press(pilot, "escape", "quotation_mark")
        assert "Boîte pleine" in plain(text_of(app))
        await press(pilot, "l")
        assert "3 Échecs 0" in plain(text_of(app))
        assert world.services.outbox.counts()[MessageStatus.QUEUED] == 2
        with world.database.writing() as session:
            message = session.get(Message, 2)
            assert message is not None
            message.status, message.error, message.uncertain = "unsure", "Aucune réponse", 2
        await press(pilot, "apostrophe")
        screen = plain(text_of(app))
        assert "4 À vérifier 1" in screen
        assert "5 Annulés 0" in screen
        assert "Aucune réponse" in screen
        await press(pilot, "z")
        assert "5 Annulés 1" in plain(text_of(app))
    assert world.services.outbox.file(2).row.status is MessageStatus.CANCELLED


def test_every_message_is_named_in_french_and_whole() -> None:
    for name in {*PURPOSES, *SMS}:
        words = kind_words(name)
        assert len(words) <= 15, words
        assert not words.startswith("confirmation"), words
    assert kind_words("cloture") == "clôture"
    assert kind_words("J-14") == "J-14"
