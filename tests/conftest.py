"""What every test shares: where files are made, and what costs time for nothing."""

import asyncio
import gc
import inspect
import os
import sys
import tempfile
from pathlib import Path

import pytest

from tests import compiled
from tests.screens.hurried import Hurried

pytest_plugins = ("tests.databases", "tests.program")

GIGABYTE = 1 << 30
MEMORY = Path("/dev/shm")


def _in_memory() -> bool:
    """Whether a whole run of the tests fits in the machine's memory, and programs may be run from there."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK | os.X_OK):
        return False
    found = os.statvfs(MEMORY)
    return found.f_bavail * found.f_frsize > 2 * GIGABYTE and not found.f_flag & os.ST_NOEXEC


# No test cuts the power: a killed program has written what it gave to the system, on a disk or not.
if _in_memory():
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)
# Hundreds of consoles are started: each would compile itself.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
compiled.share()


def pytest_xdist_auto_num_workers() -> int:
    """Half as many workers again as there are cores: tests in a terminal mostly wait for what it shows."""
    cores = os.cpu_count() or 1
    return cores + cores // 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest tests are begun first, so that no worker is left alone with one."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """What is imported by now is never garbage: looking for some in it is a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test written as a coroutine, on a loop that never waits for the clock."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = inspect.signature(pyfuncitem.obj).parameters
    with asyncio.Runner(loop_factory=Hurried) as runner:
        runner.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in wanted}))
    return True


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Screens without animations, in colours; the keys of a call may be the same, as fast as a test types."""
    monkeypatch.setattr("screens.call.key_queue.AGAIN_S", 0.0)
    monkeypatch.setattr("screens.kit.typed_ahead.HELD_SECONDS", 0.0)
    monkeypatch.setattr("screens.kit.typed_ahead.REPEAT_SECONDS", 0.0)
    monkeypatch.setattr("textual.constants.TEXTUAL_ANIMATIONS", "none")
    monkeypatch.delenv("NO_COLOR", raising=False)
