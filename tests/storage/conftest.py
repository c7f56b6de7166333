"""Databases for the tests: real SQLite files, and a real PostgreSQL server where there is one."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from console.clock import frozen_at
from console.services import users
from tests.storage.servers import Server, postgresql_programs, postgresql_server

NOW = datetime(2025, 12, 20, 13, tzinfo=UTC)
CLOCK = frozen_at(NOW)


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Hashes that cost next to nothing; a test of their own holds what the real ones cost."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users, "_hasher", lambda: quick)
        yield


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[Server]:
    """The prefix of the URLs of a private server; skips when PostgreSQL is not installed."""
    if postgresql_programs() is None:
        pytest.skip("PostgreSQL’s initdb and postgres are neither in PATH nor in /usr/lib/postgresql")
    with postgresql_server() as prefix:
        yield prefix


@pytest.fixture
def postgresql(postgresql_url: Server) -> str:
    """The URL of a new, empty PostgreSQL database."""
    return postgresql_url.new()


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    """The URL of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'base.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest) -> str:
    """Each kind of database in turn, still to be made."""
    return str(request.getfixturevalue(request.param))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """Each kind of database in turn; the server's has its tables."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite"))
    server: Server = request.getfixturevalue("postgresql_url")
    return server.new(server.tables)
