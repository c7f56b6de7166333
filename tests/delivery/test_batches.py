"""Several messages at a time on a server's base: what the base fails to write on the way."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session

from console.base.errors import BusyError
from console.db import history
from console.db.query import NewRow
from console.db.tables import Event
from console.messages import delivery
from console.messages.leases import Leases
from console.outside.outside import Outside
from tests.delivery.conftest import WEDNESDAY, Company
from tests.delivery.post import Post, wait


@pytest.fixture
def company(tmp_path: Path, url: str, by_smtp: Outside) -> Iterator[Company]:
    world = Company(tmp_path / "base.db", WEDNESDAY, url=url)
    world.outside = by_smtp
    for number in range(1, 9):
        world.queue(number)
    yield world
    world.database.close()


def standing(company: Company) -> list[tuple[str, int, int]]:
    """Of each message: its status, its tries, those of unknown result."""
    return [(one.status, one.attempts, one.uncertain) for one in company.messages().values()]


def test_what_has_left_is_written_though_the_next_cannot_be_marked(
    company: Company, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A base that was held for a moment had the same e-mail sent again five minutes later."""
    real, asked = Leases.hand_over, 0

    def hand_over(self: Leases, *given: Any) -> None:
        nonlocal asked
        asked += 1
        if asked == 2:
            raise BusyError("La base est occupée.")
        real(self, *given)

    monkeypatch.setattr(Leases, "hand_over", hand_over)
    with pytest.raises(BusyError):
        company.outbox().send_due()
    assert sorted(standing(company)) == [("queued", 0, 0)] * 7 + [("sent", 1, 0)]
    assert company.outbox().send_due().sent == 7
    assert len({one.id for one in post.letters}) == len(post.letters) == 8


def test_marks_are_taken_off_messages_let_go_however_often_that_is_tried(
    company: Company, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two such marks would say of a message that never left that it may have been received."""
    monkeypatch.setattr(delivery, "AGAIN_SECONDS", 0.0)
    monkeypatch.setattr(delivery, "FAST_SECONDS", 60.0)
    real, refused = company.database.sharing_session, 0

    @contextmanager
    def sharing(*clients: int) -> Iterator[Session]:
        nonlocal refused
        with real(*clients) as session:
            yield session
            if len(post.letters) == 2 and not refused:
                refused += 1
                raise BusyError("La base est occupée.")

    monkeypatch.setattr(company.database, "sharing_session", sharing)
    company.outbox().send_due(stop=lambda: len(post.letters) == 2)
    assert sorted(standing(company)) == [("queued", 0, 0)] * 6 + [("sent", 1, 0)] * 2


def change_all(company: Company, column: str) -> None:
    with company.database.writing() as session:
        session.connection().exec_driver_sql(f"UPDATE client SET {column}")


@pytest.mark.parametrize(("moment", "taken"), [("RCPT", 0), ("TAKEN", 2)])
def test_an_opposition_stops_whatever_has_not_left(
    company: Company, post: Post, moment: str, taken: int
) -> None:
    """Those leased with the one under way, or marked before a slow one, left all the same."""

    async def oppose(server: Any) -> None:
        change_all(company, "opposed_email = true")
        await wait(0.6)(server)

    post.orders[moment] = [oppose, None] if moment == "RCPT" else [None, oppose, None]
    report = company.outbox().send_due()
    assert (report.sent, report.cancelled, len(post.letters)) == (taken, 8 - taken, taken)
    assert sorted(standing(company)) == [("cancelled", 0, 0)] * (8 - taken) + [("sent", 1, 0)] * taken
    assert [one.kind for one in company.all(Event)].count("message_cancelled") == 8 - taken


def test_a_message_goes_to_the_address_that_its_client_has_as_it_leaves(company: Company, post: Post) -> None:
    post.orders["RCPT"] = [lambda _: change_all(company, "email = 'new.' || email"), None]
    assert company.outbox().send_due().sent == 8
    assert {one.recipients for one in post.letters} == {(f"new.c{n}@example.org",) for n in range(1, 9)}


def test_who_writes_that_a_message_is_dropped_holds_its_client(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_all(company, "opposed_email = true")
    real, held = company.database.sharing_session, set[int]()

    @contextmanager
    def sharing(*clients: int) -> Iterator[Session]:
        with real(*clients) as session:
            held.update(clients)
            yield session
        held.clear()

    def add_once(unit: Any, told: list[NewRow]) -> None:
        assert {one.values["client_id"] for one in told} <= held
        add(unit, told)

    add = history.add_once
    monkeypatch.setattr(company.database, "sharing_session", sharing)
    monkeypatch.setattr(history, "add_once", add_once)
    assert company.outbox().send_due().cancelled == 8
