"""The program without the time it takes to import itself: an interpreter that has done so is copied.

So are the statements that it has compiled.

What a test is about happens in a process of its own all the same: it is given its arguments, environment,
streams and terminal, ends with its own code, and is killed like any other. What depends on how an interpreter
starts (the first start, the wheel, a crash, benches) runs `python -m console`.
"""

import atexit
import fcntl
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
_NUMBER = struct.Struct("i")
# Textual reads these when it is imported; a terminal of the tests is always this one.
LOOKS = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "TEXTUAL_ANIMATIONS": "none"}


class Ready:
    """`hotliner` with these arguments, as a process begun at once; of `subprocess.Popen`, what tests need.

    terminal: the descriptor of the terminal it takes over. Without one, it is given `typed` to read, and what
    it writes is kept for `communicate`.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path = ROOT,
        typed: str = "",
        terminal: int | None = None,
    ) -> None:
        self.args = ["hotliner", *arguments]
        self.returncode: int | None = None
        self._kept = [tempfile.TemporaryFile() for _ in range(3)] if terminal is None else []  # noqa: SIM115
        streams = [terminal] * 3 if terminal is not None else [file.fileno() for file in self._kept]
        if self._kept:
            self._kept[0].write(typed.encode())
            self._kept[0].seek(0)
        self._line, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(_copied(), [b"!"], [*streams, theirs.fileno()])
        asked = {"argv": self.args, "env": dict(env), "cwd": str(cwd), "terminal": terminal is not None}
        told = json.dumps(asked).encode()
        self._line.sendall(_NUMBER.pack(len(told)) + told)
        self.pid = _number(self._line)

    def poll(self) -> int | None:
        """Its exit code once it has ended, as `Popen` gives it."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, waited for; raises `subprocess.TimeoutExpired`."""
        if self.returncode is None:
            self._line.settimeout(timeout)
            try:
                self.returncode = _number(self._line)
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(self.args, timeout or 0) from None
            self._line.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Sends it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Ends it at once."""
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """What it wrote on its standard output and error, once it has ended."""
        self.wait(timeout)
        texts = []
        for file in self._kept[1:]:
            file.seek(0)
            texts.append(file.read().decode())
        return texts[0], texts[1]


def run(
    *arguments: str, env: Mapping[str, str], cwd: Path = ROOT, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself."""
    process = Ready(arguments, env=env, cwd=cwd, typed=typed)
    try:
        told = process.communicate(timeout=60)
    finally:
        process.kill()
    return subprocess.CompletedProcess(process.args, process.wait(), *told)


def _number(line: socket.socket) -> int:
    told = line.recv(_NUMBER.size)
    if not told:
        raise RuntimeError("the interpreter that is copied ended")
    return int(_NUMBER.unpack(told)[0])


@cache
def _copied() -> socket.socket:
    """The way to the interpreter that this process of the tests has copied, begun when first needed."""
    ours, theirs = socket.socketpair()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HOTLINER_")}
    with theirs:
        subprocess.Popen(
            [sys.executable, "-m", "tests.ready", str(theirs.fileno())],
            cwd=ROOT,
            env={**kept, **LOOKS, "PYTHONPATH": str(ROOT)},
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
    atexit.register(ours.close)
    return ours


# -- in the interpreter that is copied -----------------------------------------------------------------


def _serve(asking: socket.socket) -> dict[str, Any]:
    """Copies itself until the tests have ended; what was asked of it, in each copy."""
    while True:
        _, given, _, _ = socket.recv_fds(asking, 1, 4)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not given:
            os._exit(0)
        if os.fork() == 0:
            asking.close()
            return _watch(given[:3], socket.socket(fileno=given[3]))
        for one in given:
            os.close(one)


def _watch(streams: list[int], line: socket.socket) -> dict[str, Any]:
    """A copy for the program, and one that tells how it ends; only the former returns."""
    (length,) = _NUMBER.unpack(line.recv(_NUMBER.size, socket.MSG_WAITALL))
    asked: dict[str, Any] = json.loads(line.recv(length, socket.MSG_WAITALL))
    if child := os.fork():
        for one in (0, 1, 2, *streams):
            os.close(one)
        line.sendall(_NUMBER.pack(child))
        _, status = os.waitpid(child, 0)
        line.sendall(_NUMBER.pack(os.waitstatus_to_exitcode(status)))
        os._exit(0)
    line.close()
    for stream, one in enumerate(streams):
        os.dup2(one, stream)
        os.close(one)
    return asked


def _become(asked: dict[str, Any]) -> None:
    """Takes over what an interpreter is given when it starts."""
    if asked["terminal"]:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    tempfile.tempdir = None  # asked of the environment again
    time.tzset()
    sys.argv = asked["argv"]
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, encoding="utf-8", closefd=False)
    for name in ("stdin", "stdout", "stderr"):  # those that the interpreter itself began with
        setattr(sys, f"__{name}__", getattr(sys, name))


def _import_all() -> None:
    for name in ("console", "screens"):
        package = importlib.import_module(name)
        for found in pkgutil.walk_packages(package.__path__, f"{name}."):
            if "migrations" not in found.name:
                importlib.import_module(found.name)


def _compile() -> None:
    """Asks once what most consoles ask of their base: compiling it is a third of what one of them costs."""
    from tests.compiled import share
    from tests.world import REFUSAL, World, paris

    share()
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "base.db", paris("2025-12-19T15:00"))
        client, asked = world.add(), world.services
        asked.dashboard.view()
        asked.clients.file(client)
        world.walk(world.begin(client), *REFUSAL)
        world.restart().calls.resume()
        asked.dashboard.view()
        world.database.close()


def _leave(codes: list[int]) -> None:
    """Ends without taking apart all that was imported: half of what a command takes."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(codes[0])


if __name__ == "__main__":
    codes = [1]  # what an exception that nobody takes ends with
    atexit.register(_leave, codes)  # before all others, hence after them
    _import_all()
    _compile()
    gc.collect()
    gc.freeze()
    _become(_serve(socket.socket(fileno=int(sys.argv[1]))))
    try:
        sys.modules["console.__main__"].main()
    except SystemExit as end:
        codes[:] = [int(end.code or 0)]
        raise
