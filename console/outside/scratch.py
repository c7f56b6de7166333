"""A private folder for what must not outlast its use: removed once done with, or when the program ends.

What a killed program left is removed by the next one that makes such a folder: one in use is held locked.
"""

import os
import shutil
import stat
import sys
import tempfile
import time
import weakref
from contextlib import suppress
from pathlib import Path

PREFIX = "hotliner-simulation-"
MAKING_SECONDS = 60
"""A folder so young may not be locked yet."""
FORGOTTEN_SECONDS = 86_400
"""Where nothing can be locked, a folder so old is nobody's any more."""


class Scratch:
    """The folder, readable by its owner only. Raises OSError when it cannot be made."""

    def __init__(self) -> None:
        _sweep(Path(tempfile.gettempdir()))
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._end = weakref.finalize(self, _remove, self.path, _lock(self.path))

    def remove(self) -> None:
        """Remove it with what it holds; again changes nothing."""
        self._end()


def _remove(path: Path, lock: int | None) -> None:
    shutil.rmtree(path, ignore_errors=True)
    if lock is not None:
        os.close(lock)


def _lock(path: Path) -> int | None:
    """What holds the folder locked until it is closed. Raises BlockingIOError when somebody else does."""
    if sys.platform == "win32":
        return None
    import fcntl

    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _sweep(folder: Path) -> None:
    """Remove what was left; what is not ours, or cannot be looked at, stays."""
    least = FORGOTTEN_SECONDS if sys.platform == "win32" else MAKING_SECONDS
    for path in folder.glob(f"{PREFIX}*"):
        with suppress(OSError):
            found = path.lstat()
            ours = not hasattr(os, "getuid") or found.st_uid == os.getuid()
            if ours and stat.S_ISDIR(found.st_mode) and time.time() - found.st_mtime > least:
                _remove(path, _lock(path))
