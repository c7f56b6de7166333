"""The timeline on a client's file: done, opened, skipped and why, next."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from console.base.vocabulary import Channel
from console.clients.views import StepMark
from screens.clients.journey import drawn, told
from tests.messages.timeline import Days
from tests.world import paris, plain


@pytest.fixture
def days(tmp_path: Path) -> Iterator[Days]:
    world = Days(tmp_path / "base.db", paris("2025-12-01T08:00"), folder=tmp_path / "envoyes")
    yield world
    world.database.close()


def way(days: Days, client: int) -> dict[str, StepMark]:
    return {mark.code: mark for mark in days.services.clients.file(client).journey}


def test_what_was_done_and_what_comes_is_seen_at_a_glance(days: Days) -> None:
    client = days.add(client_since=date(2024, 6, 1))
    days.day("2025-12-01T08:00")
    days.opened("J-30", paris("2025-12-02T09:00"))
    days.day("2025-12-17T09:00")
    days.services.clients.oppose(client, Channel.EMAIL)
    days.day("2025-12-24T08:00")
    marks = way(days, client)
    assert [(code, marks[code].state) for code in ("J-30", "J-14", "J-7", "J-3", "J-0", "J+31")] == [
        ("J-30", "opened"), ("J-14", "sent"), ("J-7", "skipped"), ("J-3", "next"), ("J-0", "coming"),
        ("J+31", "coming"),
    ]  # fmt: skip
    assert marks["J-14"].on == date(2025, 12, 17)
    assert len(marks["J-14"].details) == 2
    assert [plain(line) for line in marks["J-7"].details] == ["e-mail : non envoyé, opposition du client"]
    lines = drawn(tuple(marks.values()), 80).plain.split("\n")
    assert lines[0].split() == list(marks)
    assert lines[1].split()[:5] == ["ouvert", "envoyé", "sauté", "→28/12", "31/12"]
    assert max(map(len, lines)) <= 80
    words = told(tuple(marks.values()), 60).plain
    assert "ouvert le 02/12" in words
    assert max(map(len, words.split("\n"))) <= 60


def test_a_client_who_renewed_has_nothing_to_come(days: Days) -> None:
    client = days.add(status="renewed", retention="renewed", settled_at=days.now)
    days.day("2025-12-01T08:00")
    marks = way(days, client)
    assert {mark.state for mark in marks.values()} == {"skipped", "none"}
    assert "abonnement renouvelé" in marks["J-30"].details[0]
