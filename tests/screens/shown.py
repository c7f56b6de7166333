"""What most tests of screens are shown: the real services over a copy of the demo, on its own day.

The demo is made once; a failure, a delay or another answer is put before a real service by
`patch.object`.
"""

import atexit
import fcntl
import os
import shutil
import tempfile
from functools import cache
from itertools import count
from pathlib import Path

from console.dashboard.views import DashboardView
from console.demo.demo import demo_context
from console.services import Services, build
from tests.world import CONTENT, World, paris

_copies = count()


@cache
def _folder() -> Path:
    """Where the demo and its copies are, until the process ends."""
    folder = Path(tempfile.mkdtemp(prefix="demo-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def made() -> Path:
    """The demo's file, to be copied; the first worker that needs it makes it for all of them."""
    path, run = _folder() / "demo.db", os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if run is None:
        return _make(path)
    shared = Path(tempfile.gettempdir()) / f"demo-{run}.db"
    lock = shared.with_suffix(".lock")
    for one in (shared, lock):
        atexit.register(one.unlink, missing_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not shared.exists():
            _make(_folder() / "first.db").rename(shared)
        return Path(shutil.copy(shared, path))


def _make(path: Path) -> Path:
    demo_context(f"sqlite:///{path}", CONTENT, "Jean").database.close()
    return path


def shown() -> Services:
    """The services of a demo of one's own."""
    path = _folder() / f"{next(_copies)}.db"
    shutil.copy(made(), path)
    return build(demo_context(f"sqlite:///{path}", CONTENT, "Jean"))


def lived(folder: Path, at: str = "2025-12-20T14:00") -> World:
    """A demo of one's own as a world: its clock stands still until the test moves it."""
    path = folder / "demo.db"
    shutil.copy(made(), path)
    return World(path, paris(at))


@cache
def demo_view() -> DashboardView:
    """What the demo's dashboard shows, for tests of what is only painted."""
    over = shown()
    view = over.dashboard.view()
    over.ctx.database.close()
    return view
