"""The technical log: what failed and where, for who maintains the console. Never a client's data."""

import logging
import os
import traceback
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

_SIZE = 1_000_000
_KEPT = 3
_QUOTING = ("22", "23", "P0")
"""Classes of SQLSTATE whose words quote values: of data, of constraints, of what a trigger raised."""


class _PrivateFile(RotatingFileHandler):
    """A log file that only its owner reads; a link in its place is refused."""

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
        descriptor = os.open(self.baseFilename, flags, 0o600)
        return open(descriptor, "a", encoding="utf-8", errors="backslashreplace")  # noqa: PTH123


class _Discreet(logging.Formatter):
    """Tracebacks without the exceptions' own words, which may quote a client.

    The words stay where they come from the system or the database engine and name no value: of a server's
    the first line, with its SQLSTATE, but for faults in the data themselves.
    """

    def formatException(  # noqa: N802
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        """Type and stack of the exception and of those that caused it."""
        lines: list[str] = []
        error = ei[1]
        while error is not None:
            lines[:0] = [*traceback.format_tb(error.__traceback__), _name(error) + "\n"]
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "".join(lines).rstrip()


def _name(error: BaseException) -> str:
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    if isinstance(error, OSError) and error.strerror:
        return f"{kind}: {error.strerror}"
    if type(error).__module__ == "sqlite3":
        return f"{kind}: {error}"
    if type(error).__module__.startswith("psycopg"):
        state = getattr(error, "sqlstate", None) or ""
        words = str(error).partition("\n")[0] if state[:2] not in _QUOTING else ""
        return f"{kind}: {state} {words}".rstrip(": ")
    return kind


def start_log(file: Path, *, soon: bool = True) -> None:
    """Send the program's log to `file`, kept small. A log that cannot be written stops nothing.

    soon: the file is made now; otherwise once there is something to say.
    """
    root = logging.getLogger()
    formers = [*root.handlers]
    root.setLevel(logging.INFO)
    logging.raiseExceptions = False
    try:
        handler: logging.Handler = _PrivateFile(file, maxBytes=_SIZE, backupCount=_KEPT, delay=not soon)
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(_Discreet("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root.addHandler(handler)
    for former in formers:  # only now: another thread may have something to say
        root.removeHandler(former)
    logging.captureWarnings(True)
