"""A base that is held in the middle of a delivery: each message is received once."""

from collections import Counter
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import psycopg
import pytest

from console.base.errors import StorageError
from console.messages.leases import SendReport
from tests.delivery.conftest import WEDNESDAY, Company, reach
from tests.delivery.post import Post

MANY = 12
HELD_S = 8.0
"""Longer than anybody waits for a lock."""


@pytest.mark.long
def test_each_message_is_received_once_when_the_base_is_held_for_eight_seconds(
    postgresql: str, tmp_path: Path, post: Post
) -> None:
    company = Company(tmp_path / "none.db", WEDNESDAY, url=postgresql)
    for number in range(MANY):
        company.queue(number)
    outside = reach(post.port, folder=tmp_path / "messages")
    reports: list[SendReport] = []

    def send() -> None:
        """As cron does: a run that the base has refused is followed by another, once its lease is over."""
        until = monotonic() + 60
        while len(post.letters) < MANY and monotonic() < until:
            try:
                reports.append(company.outbox(smtp=outside.smtp, folder=outside.folder).send_due())
            except StorageError:
                company.wait(minutes=6)

    sender = Thread(target=send)
    sender.start()
    while not post.letters:
        sleep(0.001)
    with psycopg.connect(postgresql) as other:
        other.execute("LOCK TABLE message IN ACCESS EXCLUSIVE MODE")
        sleep(HELD_S)
    sender.join()
    assert Counter(post.ids) == dict.fromkeys(company.messages(), 1)
    assert {one.status for one in company.messages().values()} == {"sent"}
    company.database.close()
