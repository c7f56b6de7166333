"""The ways to a team's base that the administrator's chapter of the README gives: poolers, encryption."""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from console.base.clock import frozen_at
from console.base.errors import StorageError
from console.base.vocabulary import CallOutcome
from console.db.engine import open_database
from tests.calls.desk import FRIDAY
from tests.servers import Server, _as_server, postgresql_programs, postgresql_server
from tests.world import REFUSAL, World, plain

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
HERE = ROOT / "tests" / "delivery"
PGBOUNCER = Path(shutil.which("pgbouncer") or "/usr/sbin/pgbouncer")

pytestmark = pytest.mark.skipif(
    postgresql_programs() is None, reason="PostgreSQL’s programs are not installed"
)


@contextmanager
def pooler(server: Server, mode: str, more: str = "") -> Iterator[int]:
    """The port of a PgBouncer before the server."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    file = server.folder / f"{mode}.ini"
    file.write_text(
        f"[databases]\n* = host=127.0.0.1 port={server.port} user=numi\n[pgbouncer]\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = any\npool_mode = {mode}\n"
        f"unix_socket_dir =\nmax_client_conn = 100\ndefault_pool_size = 5\n{more}",
        encoding="utf-8",
    )
    file.chmod(0o644)
    with subprocess.Popen([PGBOUNCER, "-q", str(file)], **_as_server()) as process:
        try:
            until = time.monotonic() + 10
            while time.monotonic() < until:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.02)
            yield port
        finally:
            process.kill()


@pytest.mark.skipif(not PGBOUNCER.exists(), reason="PgBouncer is not installed")
@pytest.mark.parametrize("mode", ["session", "transaction"])
def test_a_day_behind_a_pooler(postgresql_url: Server, tmp_path: Path, mode: str) -> None:
    url = postgresql_url.new(postgresql_url.tables)
    with pooler(postgresql_url, mode) as port:
        plainly = f"postgresql://numi@127.0.0.1:{port}/{url.rpartition('/')[2]}"
        with pytest.raises(StorageError, match=r"ajoutez .*\?pooler=transaction"):
            open_database(plainly, clock=frozen_at(FRIDAY))
        behind = f"{plainly}?pooler=transaction"
        worlds = [World(tmp_path / "none.db", FRIDAY, agent, behind) for agent in ("Jean", "Anne")]
        for number, world in enumerate(worlds):
            view = world.begin(world.add(f"CLT-{number}", email=f"c{number}@example.org"))
            for other in worlds:  # each in its turn: connections are lent to one, then to the other
                other.services.dashboard.view()
            assert world.walk(view, *REFUSAL).outcome is CallOutcome.REFUSED
        for world in worlds:
            world.database.close()


def test_what_the_readme_has_pasted_is_taken(postgresql_url: Server) -> None:
    """By the role that owns the base; the other shells’ lines are tried by hand."""
    chapter = README.partition("### La base d’une équipe")[2].partition("\n### ")[0]
    pasted = re.findall(r"```sql\n(.+?)```", chapter, re.DOTALL)
    assert len(pasted) > 1
    with psycopg.connect(postgresql_url.new(postgresql_url.tables), autocommit=True) as owner:
        for statements in pasted:
            owner.execute(statements)


def test_an_encrypted_line_is_checked(tmp_path: Path) -> None:
    with postgresql_server() as server:
        with psycopg.connect(f"{server}postgres") as asked:
            if asked.execute("SHOW ssl_library").fetchone() == ("",):
                pytest.skip("this PostgreSQL was built without encryption")
        for name, there in (("localhost.crt", "server.crt"), ("localhost.pem", "server.key")):
            shutil.copy(HERE / name, server.folder / "data" / there)
            (server.folder / "data" / there).chmod(0o600)
            if account := _as_server():
                os.chown(server.folder / "data" / there, account["user"], account["group"])
        server.stop()
        with (server.folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write("ssl = on\n")
        server.start()
        url = server.new().replace("127.0.0.1", "localhost")
        checked = f"{url}?sslmode=verify-full&sslrootcert={HERE / 'localhost.crt'}"
        world = World(tmp_path / "none.db", FRIDAY, url=checked)
        with world.database.reading() as session:
            used = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            assert session.connection().exec_driver_sql(used).scalar() is True
        world.database.close()
        with pytest.raises(StorageError) as error:
            open_database(f"{url}?sslmode=verify-full&sslrootcert=system", clock=frozen_at(FRIDAY))
        assert "son certificat, ou le chiffrement, est refusé" in plain(str(error.value))
