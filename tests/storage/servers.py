"""A private PostgreSQL server for the tests, started when its programs are on the machine."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def postgresql_programs() -> Path | None:
    """The folder that holds initdb, pg_ctl and postgres; the newest version first."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name), reverse=True)
    if on_path := shutil.which("initdb"):
        found.append(Path(on_path).resolve().parent)
    return next(
        (folder for folder in found if all((folder / n).exists() for n in ("initdb", "postgres"))), None
    )


def _as_server() -> dict[str, int]:
    """PostgreSQL refuses to run as root: then some other account of the machine runs it."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            account = pwd.getpwnam(name)
            return {"user": account.pw_uid, "group": account.pw_gid}
    raise RuntimeError("no account to run PostgreSQL under")


@contextmanager
def postgresql_server() -> Iterator[str]:
    """Runs a server on a free loopback port; gives the URL prefix to which a database name is added."""
    programs = postgresql_programs()
    assert programs is not None
    account = _as_server()
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    if account:
        os.chown(folder, account["user"], account["group"])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def run(*command: str) -> None:
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(folder)}
        subprocess.run(
            [str(programs / command[0]), *command[1:]],
            check=True,
            cwd=folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            **account,
        )

    data = str(folder / "data")
    run("initdb", "-D", data, "-U", "numi", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = (
        f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c max_connections=40 -c shared_buffers=32MB"
    )
    run("pg_ctl", "-D", data, "-w", "-s", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql://numi@127.0.0.1:{port}/"
    finally:
        run("pg_ctl", "-D", data, "-s", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
