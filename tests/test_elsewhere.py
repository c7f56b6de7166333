"""Windows and macOS, where agents sit: no module of ours needs, to be imported, what only Unix has."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

_HIDDEN = """
import importlib, os, pkgutil, signal, sys, time
import console, screens

def all_of_ours():
    for package in (console, screens):
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if "migrations" not in found.name:
                importlib.import_module(found.name)

all_of_ours()  # with the libraries, which know Windows by themselves
from sqlmodel import SQLModel
SQLModel.metadata.clear()
for name in [name for name in sys.modules if name.split(".")[0] in ("console", "screens") and "." in name]:
    del sys.modules[name]
for name in ("fcntl", "grp", "pty", "pwd", "resource", "termios", "tty"):
    sys.modules[name] = None
for name in ("fork", "getuid", "geteuid", "ttyname", "O_NONBLOCK", "O_NOCTTY", "mkfifo"):
    delattr(os, name)
for name in ("SIGHUP", "SIGKILL", "SIGWINCH", "SIGUSR1", "SIGALRM", "setitimer"):
    delattr(signal, name)
sys.platform = "win32"
all_of_ours()
from console.outside.machine import whose
from console.base.clock import running_seconds
print(whose(), running_seconds())
"""


def test_every_module_is_imported_without_what_only_unix_has() -> None:
    command = [sys.executable, "-W", "ignore", "-c", _HIDDEN]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("session ")
