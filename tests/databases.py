"""Databases for the tests: real SQLite files, and a real PostgreSQL server where there is one."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from console.base.clock import frozen_at
from console.people import accounts as users
from tests.servers import Server, postgresql_programs, postgresql_server
from tests.world import World

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


Fill = Callable[[World], None]
Filled = Callable[[Fill, datetime], World]
_FILLED: dict[tuple[Fill, str], tuple[datetime, bytes | str]] = {}


@pytest.fixture(params=["sqlite", "postgresql"])
def filled(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Filled]:
    """Gives a world as `fill` leaves it when it begins at an instant: filled once, then copied. Each kind."""
    server: Server | None = None
    if request.param == "postgresql":
        server = request.getfixturevalue("postgresql_url")
    path, worlds = tmp_path / "base.db", []

    def give(fill: Fill, now: datetime) -> World:
        kind = fill, request.param
        if kind not in _FILLED:
            first = World(tmp_path / "first.db", now, url=server.new(server.tables) if server else "")
            fill(first)
            first.database.close()
            kept = first.url.rpartition("/")[2] if server else first.path.read_bytes()
            _FILLED[kind] = first.now, kept
        now, kept = _FILLED[kind]
        if isinstance(kept, bytes):
            path.write_bytes(kept)
        worlds.append(World(path, now, url=server.new(kept) if server and isinstance(kept, str) else ""))
        return worlds[-1]

    yield give
    for world in worlds:
        world.database.close()
