"""What most tests of screens are shown: the real services over a copy of the demo, on its own day.

The demo is made once a process; a failure or a delay is put before a real service by `patch.object`.
"""

import atexit
import shutil
import tempfile
from functools import cache
from itertools import count
from pathlib import Path

from console.demo.demo import demo_context
from console.services import Services, build
from tests.world import CONTENT

_copies = count()


@cache
def _folder() -> Path:
    """Where the demo and its copies are, until the process ends."""
    folder = Path(tempfile.mkdtemp(prefix="demo-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def made() -> Path:
    """The demo's file, to be copied."""
    path = _folder() / "demo.db"
    demo_context(f"sqlite:///{path}", CONTENT, "Jean").database.close()
    return path


def shown() -> Services:
    """The services of a demo of one's own."""
    path = _folder() / f"{next(_copies)}.db"
    shutil.copy(made(), path)
    return build(demo_context(f"sqlite:///{path}", CONTENT, "Jean"))
