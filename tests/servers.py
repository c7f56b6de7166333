"""A private PostgreSQL server for the tests, started when its programs are on the machine."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg

from console.base.clock import system_clock
from console.db.engine import open_database


def _version(folder: Path) -> list[int]:
    return [int(part) for part in folder.parent.name.split(".") if part.isdigit()]


def postgresql_programs() -> Path | None:
    """The folder that holds initdb, pg_ctl and postgres: the one asked for, else the newest version."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    if chosen := os.environ.get("HOTLINER_POSTGRESQL_BIN"):
        found.insert(0, Path(chosen))
    if on_path := shutil.which("initdb"):
        found.append(Path(on_path).resolve().parent)
    return next(
        (folder for folder in found if all((folder / n).exists() for n in ("initdb", "postgres"))), None
    )


def _as_server() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then some other account of the machine runs it."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            account = pwd.getpwnam(name)
            return {"user": account.pw_uid, "group": account.pw_gid}
    raise RuntimeError("no account to run PostgreSQL under")


class Server(str):
    """A running server; the text is the URL prefix to which a database name is added."""

    folder: Path
    programs: Path

    def new(self, like: str = "template1") -> str:
        """The URL of a new database: empty, or the copy of another one that nobody has open."""
        name = f"t{uuid.uuid4().hex}"
        with psycopg.connect(f"{self}postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
        return f"{self}{name}"

    @cached_property
    def tables(self) -> str:
        """A database that is up to date and holds nothing, to be copied."""
        url = self.new()
        open_database(url, clock=system_clock(), trial=True).close()
        return url.removeprefix(self)

    @property
    def port(self) -> int:
        """Where it listens on this machine."""
        return int(self.rpartition(":")[2].strip("/"))

    def start(self) -> None:
        where = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.folder}"
        options = f"{where} -c shared_buffers=32MB -c fsync=off"  # it is killed, the machine never is
        log = str(self.folder / "log")
        self.run("pg_ctl", "-D", "data", "-w", "-s", "-l", log, "-o", options, "start")

    def stop(self) -> None:
        self.run("pg_ctl", "-D", "data", "-s", "-m", "immediate", "stop")

    def promote(self) -> None:
        """A standby takes the place of the server that it followed."""
        self.run("pg_ctl", "-D", "data", "-w", "-s", "promote")

    def run(self, *command: str) -> None:
        subprocess.run(
            [str(self.programs / command[0]), *command[1:]],
            check=True,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(self.folder)},
            stdout=subprocess.DEVNULL,
            **_as_server(),
        )


@contextmanager
def postgresql_server() -> Iterator[Server]:
    """Runs a server of its own on a free loopback port, until the end of the block."""
    with _running(["initdb", "-D", "data", "-U", "numi", "-A", "trust", "-E", "UTF8", "--no-sync"]) as server:
        yield server


@contextmanager
def standby_of(server: Server) -> Iterator[Server]:
    """Another server that follows it closely: what the first has committed, the second has."""
    copied = ["pg_basebackup", "-D", "data", "-R", "-c", "fast", "-X", "stream", "-d", f"{server}postgres"]
    with _running(copied) as standby, psycopg.connect(f"{server}postgres", autocommit=True) as first:
        first.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        first.execute("ALTER SYSTEM SET synchronous_commit = 'remote_apply'")
        first.execute("SELECT pg_reload_conf()")
        yield standby


@contextmanager
def _running(made: list[str]) -> Iterator[Server]:
    """A server on a free port of this machine, whose folder `data` this command makes."""
    programs = postgresql_programs()
    assert programs is not None
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(f"postgresql://numi@127.0.0.1:{port}/")
    server.programs = programs
    server.folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if account := _as_server():
        os.chown(server.folder, account["user"], account["group"])
    server.run(*made)
    server.start()
    try:
        yield server
    finally:
        with suppress(subprocess.CalledProcessError):
            server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)
