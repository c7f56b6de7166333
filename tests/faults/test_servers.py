"""Whatever happens to a server or to the line in the middle of a call: it goes on, and is written once."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import psycopg
import pytest

from console.base.errors import StorageError
from console.base.vocabulary import CallOutcome
from console.calls import keeping, service
from console.calls.service import KEPT_HERE
from console.calls.views import CallView
from console.db import dialect
from console.db.tables import Call, CallStep, ChurnRecord, Event, Message, Subscription
from tests.calls.desk import FRIDAY
from tests.line import Line, line
from tests.servers import Server, postgresql_programs, postgresql_server, standby_of
from tests.world import DIAL, REFUSAL, World, plain

pytestmark = pytest.mark.skipif(
    postgresql_programs() is None, reason="PostgreSQL’s programs are not installed"
)

WORDS = "Je dois faire des économies en ce moment."
NOTE = "Parle vite."
STEP_S = 3.0
"""More than a step may take, on a machine that has much else to do."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One that tests may stop: nobody else works in it."""
    with postgresql_server() as one:
        yield one


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "PATIENCE", 0.3)
    monkeypatch.setattr(keeping, "RETRY_SECONDS", 0.1)
    monkeypatch.setattr(service, "BEGINNING_SECONDS", 0.1)


@dataclass
class Place:
    """A base, the server that has it and the line by which consoles reach it."""

    server: Server
    url: str
    line: Line

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]

    def tell(self, statement: str) -> None:
        """As who administers the server."""
        with psycopg.connect(f"{self.server}{self.name}", autocommit=True) as connection:
            connection.execute(statement)


# -- what may happen -----------------------------------------------------------------------------------


@contextmanager
def cut(place: Place) -> Iterator[str]:
    place.line.cut()
    yield "ne répond pas"
    place.line.mend()


@contextmanager
def frozen(place: Place) -> Iterator[str]:
    place.line.freeze()
    yield ""  # whoever asks meanwhile waits: there is nothing to be told yet
    place.line.mend()


@contextmanager
def frozen_then_cut(place: Place) -> Iterator[str]:
    """What a system makes of a line that is dead for ten seconds."""
    place.line.freeze()
    yield ""
    place.line.cut()
    place.line.mend()


@contextmanager
def stopped(place: Place) -> Iterator[str]:
    place.server.stop()
    yield "ne répond pas"
    place.server.start()


@contextmanager
def crowded(place: Place) -> Iterator[str]:
    place.tell("ALTER ROLE agent CONNECTION LIMIT 0")
    place.tell("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'agent'")
    yield "n’accepte pas une connexion de plus"
    place.tell("ALTER ROLE agent CONNECTION LIMIT -1")


@contextmanager
def suspended(place: Place) -> Iterator[str]:
    """Another machine sleeps in the middle of a write, what it wrote locked: the server ends it."""
    with psycopg.connect(place.url, options="-c idle_in_transaction_session_timeout=2s") as asleep:
        asleep.execute("SELECT pg_advisory_xact_lock(%s)", (dialect.WRITE_LOCK,))
        asleep.execute("SELECT * FROM call FOR UPDATE")
        asleep.execute("SELECT * FROM subscription FOR UPDATE")
        yield ""
        asleep.close()


@contextmanager
def full(place: Place) -> Iterator[str]:
    place.tell("CREATE TABLE filler (words text) WITH (autovacuum_enabled = false)")
    place.tell("ALTER TABLE filler ALTER words SET STORAGE EXTERNAL")
    for size in (1_000_000, 8_000, 500):
        with suppress(psycopg.errors.DiskFull):
            while True:
                place.tell(f"INSERT INTO filler VALUES (repeat('x', {size}))")
    yield ""
    place.tell("DROP TABLE filler")


FAULTS: dict[str, Callable[[Place], AbstractContextManager[str]]] = {
    one.__name__: one for one in (cut, frozen, frozen_then_cut, stopped, crowded, suspended)
}


# -- a call meanwhile ----------------------------------------------------------------------------------


@pytest.fixture
def place(server: Server) -> Iterator[Place]:
    """A new base in which the consoles’ role may do all."""
    url = server.new(server.tables)
    with line(server.port) as one:
        name = url.rpartition("/")[2]
        place = Place(server, f"postgresql://agent@127.0.0.1:{one.port}/{name}", one)
        place.tell("DO $$ BEGIN CREATE ROLE agent LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        place.tell("GRANT ALL ON ALL TABLES IN SCHEMA public TO agent")
        place.tell("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO agent")
        yield place


def talk(world: World, view: CallView) -> CallView:
    """From the first question to a refusal, a note on the way; no step is waited for."""
    calls = world.services.calls
    for label in REFUSAL[2:6]:
        began = monotonic()
        view = world.press(view, label)
        assert monotonic() - began < STEP_S, label
    view = calls.note(view.call_id, NOTE)
    for end in range(5, len(WORDS), 9):
        calls.draft(view.call_id, "verbatim", WORDS[:end])
    return world.walk(view, *REFUSAL[6:])


def written_once(world: World) -> None:
    """The whole call, in order, and what its outcome leads to."""
    until = monotonic() + 30
    while world.services.calls.waiting() and monotonic() < until:
        sleep(0.02)
    assert not world.services.calls.waiting()
    steps = sorted(world.all(CallStep), key=lambda step: step.seq)
    assert [step.seq for step in steps] == list(range(len(REFUSAL)))
    assert world.one(Call).outcome == CallOutcome.REFUSED
    assert plain(world.one(ChurnRecord).verbatim) == WORDS
    assert len(world.all(Message)) == 1
    assert [one.text for one in world.all(Event) if one.kind == "note"] == [NOTE]
    assert world.one(Subscription).status == "cancelled"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_call_goes_on_and_is_written_once(place: Place, tmp_path: Path, fault: str) -> None:
    world = World(tmp_path / "none.db", FRIDAY, url=place.url)
    view = world.walk(world.begin(world.add()), *DIAL)
    with FAULTS[fault](place) as words:
        view = talk(world, view)
        assert view.outcome is CallOutcome.REFUSED
        assert view.summary[0] == KEPT_HERE
        if words:
            with pytest.raises(StorageError) as error:
                world.as_agent("Anne").dashboard.token()
            assert words in plain(str(error.value))
    written_once(world)
    world.database.close()


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("mount") is None, reason="a disk is only ours to make as root"
)
def test_a_full_disk_of_the_server_stops_no_call(server: Server, place: Place, tmp_path: Path) -> None:
    disk = server.folder / "disk"
    disk.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(disk)], check=False)
    if made.returncode:
        pytest.skip("no disk can be made here")
    try:
        (disk / "base").mkdir()
        shutil.chown(disk / "base", (server.folder / "data").owner())
        with psycopg.connect(f"{server}postgres", autocommit=True) as owner:
            owner.execute(f"CREATE TABLESPACE small LOCATION '{disk / 'base'}'")
            owner.execute(f"ALTER DATABASE {place.name} SET TABLESPACE small")
        world = World(tmp_path / "none.db", FRIDAY, url=place.url)
        view = world.walk(world.begin(world.add()), *DIAL)
        with full(place):
            view = talk(world, view)
            assert view.outcome is CallOutcome.REFUSED
            assert world.services.calls.waiting()
            with pytest.raises(StorageError) as error, world.database.writing() as session:
                session.add_all(Event(at=FRIDAY, kind="filler", text="x" * 900) for _ in range(2000))
            assert "plus de place sur le serveur" in plain(str(error.value))
        written_once(world)
        world.database.close()
        with psycopg.connect(f"{server}postgres", autocommit=True) as owner:
            owner.execute(f"DROP DATABASE {place.name} WITH (FORCE)")
            owner.execute("DROP TABLESPACE small")
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_another_server_takes_over_in_the_middle_of_a_call(tmp_path: Path) -> None:
    with postgresql_server() as first:
        url = first.new(first.tables)
        with standby_of(first) as second:
            name = url.rpartition("/")[2]
            hosts = f"host=127.0.0.1:{first.port}&host=127.0.0.1:{second.port}"
            both = f"postgresql://numi@/{name}?{hosts}&target_session_attrs=read-write"
            world = World(tmp_path / "none.db", FRIDAY, url=both)
            assert world.database.place == f"{name} (127.0.0.1:{first.port}, 127.0.0.1:{second.port})"
            view = world.walk(world.begin(world.add()), *DIAL)
            first.stop()
            view = talk(world, view)
            assert view.summary[0] == KEPT_HERE
            with pytest.raises(StorageError, match="ne répond pas"):
                world.as_agent("Anne").dashboard.token()
            second.promote()
            written_once(world)
            world.database.close()
