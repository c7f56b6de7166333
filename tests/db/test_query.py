"""Queries that leave together are answered each for itself."""

from pathlib import Path

from sqlalchemy import bindparam, event
from sqlmodel import col

from console.db.base_clock import base_seconds
from console.db.query import ReadBatch, columns
from console.db.tables import Client
from tests.world import World, paris

_CODES = (
    columns(Client.code, Client.created_at)
    .where(col(Client.code) >= bindparam("first"), col(Client.code) != bindparam("but"))
    .order_by(col(Client.code))
    .limit(bindparam("limit"))
)


def test_a_batch_is_one_statement_on_a_server_and_mixes_no_values(url: str, tmp_path: Path) -> None:
    world = World(tmp_path / "base.db", paris("2025-12-22T10:30"), url=url)
    for n in range(4):
        world.add(f"CLT-{n}")
    with world.database.reading() as session:
        sent: list[str] = []
        event.listen(session.connection(), "before_cursor_execute", lambda *given: sent.append(given[2]))
        batch = ReadBatch(session)
        all_of_them = batch.ask(_CODES, first="CLT-0", but="", limit=10)
        middle = batch.ask(_CODES, first="CLT-1", but="CLT-2", limit=2)
        again = batch.ask(_CODES, first="CLT-1", but="CLT-2", limit=2)
        last = batch.ask(_CODES, first="CLT-1", but="CLT-3", limit=2)
        assert not sent, "nothing leaves before an answer is read"
        assert [row.code for row in middle()] == ["CLT-1", "CLT-3"]
        assert [row.code for row in last()] == ["CLT-1", "CLT-2"]
        assert again() is middle()
        assert [row.code for row in all_of_them()] == ["CLT-0", "CLT-1", "CLT-2", "CLT-3"]
        assert all_of_them()[0].created_at == world.now
        assert len(sent) == (1 if world.database.shared else 3)
        after = batch.ask(_CODES, first="CLT-3", but="", limit=1)
        assert [row.code for row in after()] == ["CLT-3"]
        assert len(sent) == (2 if world.database.shared else 4)
    world.database.close()


def test_a_statement_that_reads_the_clock_of_the_base_is_compiled_once() -> None:
    assert columns(base_seconds().label("now"))._generate_cache_key() is not None
