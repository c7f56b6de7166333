"""Who sits where, as the machine itself knows it: nobody chooses it on a command line."""

import os
import sys
from getpass import getuser
from os import environ
from socket import gethostname

from console.base.text import clean


def whose() -> str:
    """« session camille · poste-3 »: the account of the system, and the machine."""
    try:
        session = _session()
    except (KeyError, OSError, ImportError):
        session = "inconnue"
    return clean(f"session {session} · {gethostname()}", limit=60)


def machine() -> str:
    """Its name, « poste-3 »."""
    return clean(gethostname(), limit=60)


def process() -> str:
    """This process among those of all machines, without a space: « 4312@poste-3 »."""
    return f"{os.getpid()}@{gethostname()}"


def is_over(one: str) -> bool:
    """Whether that `process` is known to have ended; of another machine's nothing is known."""
    number, _, where = one.partition("@")
    if where != gethostname() or not number.isdecimal() or sys.platform == "win32":  # where asking ends it
        return False
    try:
        os.kill(int(number), 0)
    except OSError as error:
        return isinstance(error, ProcessLookupError)
    return False


def _session() -> str:
    """The account of the process, not the one that a variable says."""
    if sys.platform != "win32":
        from os import getuid
        from pwd import getpwuid

        return getpwuid(getuid()).pw_name
    return environ.get("USERNAME") or getuser()
