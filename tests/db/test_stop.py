"""A read that nobody waits for any more ends in the database, and leaves its connection fit for others."""

from collections.abc import Iterator
from contextlib import suppress
from contextvars import copy_context
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import text

from console.base.errors import StorageError
from console.base.stop import GivenUpError, Stop
from console.db.engine import Database, open_database
from tests.databases import CLOCK

ENDLESS = text(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000000)"
    " SELECT sum(i) FROM n"
)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    one = open_database(url, clock=CLOCK)
    yield one
    one.close()


def test_a_query_under_way_ends_when_it_is_given_up(database: Database) -> None:
    stop, begun, ended = Stop(), Event(), list[Exception]()

    def read() -> None:
        try:
            with database.reading() as session:
                begun.set()
                session.connection().execute(ENDLESS)
        except StorageError as error:
            ended.append(error)

    reader = Thread(target=lambda: stop.run(read), daemon=True)
    reader.start()
    assert begun.wait(10)
    while reader.is_alive():  # until the query has begun, there is nothing to end
        stop.ask()
        reader.join(0.05)
    assert ended
    with database.reading() as session:
        assert session.connection().scalar(text("SELECT 1")) == 1


def test_a_query_that_cannot_be_ended_is_left_alone(database: Database) -> None:
    stop, left = Stop(), list[bool]()

    def read() -> None:
        with database.reading() as session:
            driver: Any = session.connection().connection.driver_connection
            driver.close()
            stop.ask()
            left.append(True)

    with suppress(StorageError):  # the end of a unit whose connection is closed
        copy_context().run(stop.run, read)
    assert left


def test_what_was_given_up_before_it_began_does_not_begin(database: Database) -> None:
    stop = Stop()
    stop.ask()

    def read() -> None:
        with database.reading():
            raise AssertionError("begun")

    thread_errors = list[type[BaseException]]()

    def run() -> None:
        try:
            stop.run(read)
        except GivenUpError as error:
            thread_errors.append(type(error))

    thread = Thread(target=run)
    thread.start()
    thread.join()
    assert thread_errors == [GivenUpError]


def test_writing_is_never_given_up(database: Database) -> None:
    stop = Stop()

    def write() -> None:
        with database.writing() as session:
            stop.ask()
            session.connection().execute(text("INSERT INTO meta (key, value) VALUES ('stop', 'no')"))

    thread = Thread(target=lambda: stop.run(write))
    thread.start()
    thread.join()
    with database.reading() as session:
        assert session.connection().scalar(text("SELECT value FROM meta WHERE key = 'stop'")) == "no"
