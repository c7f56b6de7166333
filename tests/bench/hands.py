"""Random hands on consoles in terminals: what stops, what has no way back, what does not quit."""

from __future__ import annotations

import os
import re
import shutil
import signal
import termios
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

from console.base.clock import running_from
from console.base.roles import Role
from console.context import Context
from console.db.engine import open_database
from console.people.accounts import UserService
from tests.bench.pairs import Result
from tests.program import DEMO_DAY, Console, log_of, whole
from tests.screens.hands import WAYS, Hands
from tests.screens.shown import made
from tests.terminal import sent
from tests.world import CONTENT, paris

PASSWORD = "un cheval correct"
TEAM = {"Ada": Role.ADMINISTRATOR, "Ana": Role.SUPERVISOR, "Jean": Role.HOTLINER}
SIZES = ((80, 24), (100, 36))
ACTS = 800
"""How many acts one console lives through."""
SCREENS = 4
"""How many ways are gone before it is looked whether one comes back."""
BURSTS = 16
"""How many writes each screen is given."""
PAINT_S = 0.04
"""How long a write waits for the frame it may bring: most bring one, some none."""
QUIET_S = 0.06
"""Without anything new for so long, the console has most often painted all."""
CLOSED_S = 1.2
"""After so long a paste that was never closed has ended, where nobody types."""
STARTED_S = 120.0
"""How long a console may take to start, and to look at a password, on a machine that others keep busy."""
BACK = 60
"""How many keys the way back to the dashboard may take, the end of a call and a password included."""
ENDS: dict[str, int | None] = {"ctrl+q": 0, "SIGTERM": 143, "SIGHUP": 129, "window": None}
"""The ways out, each with the exit code; of a window that is closed the console may see signal or end."""
_HOME = re.compile("^ Renouvellements .*", re.MULTILINE)
_ABOVE = re.compile("[╭╔]|Échap")
_CALL = re.compile("Appel (?:entrant|sortant)")
_ENDED = re.compile(r"(\d)  Le client a raccroché|Appel terminé")
_COOKED = termios.ECHO | termios.ICANON | termios.ISIG
MODES = (b"1049", b"1000", b"1002", b"1003", b"1004", b"1006", b"1015", b"1016", b"2004", b"2048")


@dataclass
class Seen:
    """What became of all consoles."""

    consoles: int = 0
    acts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)


def hands(folder: Path, thousands: int) -> Result:
    """So many thousands of keys, clicks, pastes, resizes and changes of focus, in bursts of one to six."""
    seen, base = Seen(), team(folder)
    first = int(os.environ.get("HANDS_SEED", "0"))
    while sum(seen.acts.values()) < thousands * 1000:
        live(base, first + seen.consoles, seen)
    for fault in seen.faults:
        print(fault, flush=True)
    acts = sum(seen.acts.values())
    shares = ", ".join(f"{name} {share * 100 // acts} %" for name, share in seen.acts.most_common())
    return Result(
        f"{acts} gestes ({shares}) dans {seen.consoles} consoles, en rafales de 1 à 6",
        f"{len(seen.faults)} arrêts ou impasses",
        f"{acts / seen.seconds:.0f} gestes/s",
        float(len(seen.faults)),
    )


def team(folder: Path) -> Path:
    """The demo with somebody of each role."""
    base = folder / "mains.db"
    shutil.copy(made(), base)
    clock = running_from(paris(DEMO_DAY))
    with closing(open_database(f"sqlite:///{base}", clock=clock, trial=True)) as database:
        ctx = Context(database, clock, CONTENT, "Ada", role=Role.ADMINISTRATOR, demo=True)
        for name, role in TEAM.items():
            UserService(ctx).add(name, role, PASSWORD)
    return base


def live(base: Path, seed: int, seen: Seen) -> None:
    """One console, from the password to one of the ways out."""
    size, name = SIZES[seed % 2], list(TEAM)[seed % 3]
    with TemporaryDirectory(dir=base.parent) as folder:
        copy = Path(shutil.copy(base, Path(folder) / "base.db"))
        played = Played(copy, seed, size, name)
        started = time.monotonic()
        try:
            with played.console:
                played.live()
        except Exception as error:
            played.faults.append(f"{type(error).__name__}: {error}")
        seen.seconds += time.monotonic() - started
        seen.consoles += 1
        seen.acts.update(played.hands.counts)
        seen.faults += [f"graine {seed}, {name}, {size}: {fault}" for fault in played.faults]


class Played:
    """A console in a terminal, under hands that are always the same for a seed."""

    def __init__(self, base: Path, seed: int, size: tuple[int, int], name: str) -> None:
        self.base, self.size, self.faults = base, size, list[str]()
        self.hands = Hands(seed, size)
        self.console = Console(base, date=DEMO_DAY, agent=name, size=size)
        self.sent: list[str] = []
        self.end = list(ENDS)[seed // 6 % len(ENDS)]

    @property
    def running(self) -> bool:
        return self.console.process.poll() is None

    def live(self) -> None:
        """Sign in; then screen after screen; then leave."""
        one = self.console
        one.wait_for("Mot de passe", STARTED_S)
        self.unlock()
        while self.running and sum(self.hands.counts.values()) < ACTS:
            for _ in range(SCREENS):
                self.send(self.hands.one_of(WAYS))
                if self.hands.bursts(0.5):
                    one.settle(0.05, timeout=1)
                for _ in range(BURSTS):
                    self.send(self.hands.burst())
                    if self.hands.bursts(0.05):
                        one.resize(*self.hands.size())
                    one.pump(PAINT_S)
                    if not self.running:
                        break
                self.escape()
            self.way_back()
        self.leave()

    def send(self, text: str) -> None:
        self.sent = [*self.sent[-40:], text]
        try:
            self.console.send(text.encode("utf-8", "surrogatepass"))
        except OSError:
            if self.running:
                raise

    def unlock(self) -> None:
        """Give the password; the dashboard follows, or whatever the lock had hidden."""
        self.send(f"{PASSWORD}\r")
        self.console.wait_for("Mot de passe", STARTED_S, absent=True)

    def escape(self) -> None:
        """Back, as far as a few Échap lead."""
        for _ in range(4):
            self.send(sent("escape"))
            self.console.pump(PAINT_S)

    def way_back(self) -> None:
        """Échap leads to the dashboard from anywhere; a call is ended by its own keys, or gone back in."""
        ending = cycle("2h1\x7f\x1b")  # one that was not dialled: the client calls, hangs up
        for tried in range(BACK):
            if not self.running:
                return
            shown = self.shown(QUIET_S if tried < 8 else 8 * QUIET_S)
            if "Mot de passe" in shown:
                self.unlock()
            elif _HOME.search(shown) and not _ABOVE.search(shown):
                return
            elif tried == 1:
                self.console.settle(CLOSED_S, timeout=2 * CLOSED_S)
            elif found := _ENDED.search(shown):
                self.send(found[1] or "\r")
            elif _CALL.search(shown) and "Quitter le champ" not in shown:
                self.send(next(ending))
            else:
                self.send(sent("escape"))
        self.faults.append(f"no way back\n{self.console.text}\n{self.sent!r}")

    def shown(self, quiet: float) -> str:
        """The whole screen, painted anew as the window has its own size again; nothing comes any more then.

        quiet: in seconds; a machine that is busy needs more.
        """
        one, (width, height) = self.console, self.size
        one.settle(quiet, timeout=5)
        one.resize(width, height - 1)
        one.pump(2 * quiet)
        one.resize(width, height)
        one.settle(quiet, timeout=5)
        return one.text

    def leave(self) -> None:
        """By the way of this seed; the terminal must be given back."""
        one, way = self.console, self.end
        one.settle(CLOSED_S, timeout=2 * CLOSED_S)
        if not self.running:
            way = "by itself"
        elif way == "ctrl+q":
            for _ in range(2):  # words that are not written are said first
                if self.running:
                    self.send(sent("ctrl+q"))
                    one.settle(0.5)
        elif way == "window":
            one.hang_up()
        else:
            one.kill(getattr(signal, way))
        begun = time.monotonic()
        try:
            code = one.process.wait(timeout=10) if way == "window" else one.wait_exit(timeout=10)
        except Exception:
            self.faults.append(f"does not quit by {way}\n{one.text}\n{self.sent!r}")
            return
        wanted = ENDS.get(way, 0)
        if wanted is not None and code != wanted:
            self.faults.append(f"{way} ends with {code}\n{self.sent!r}")
        if time.monotonic() - begun > 5:
            self.faults.append(f"{way} took {time.monotonic() - begun:.1f} s")
        if way != "window":
            self.faults += left_on(one.raw)
            if (termios.tcgetattr(one.descriptor)[3] & _COOKED) != _COOKED:
                self.faults.append(f"{way} leaves the terminal raw")
        if found := re.findall(r"^.*(?:ERROR|CRITICAL).*$", log_of(self.base), re.MULTILINE):
            self.faults.append(f"{found}\n{log_of(self.base)[-4000:]}\n{self.sent!r}")
        whole(self.base)


def left_on(raw: bytes) -> list[str]:
    """The modes of the terminal that are on at the end."""
    found = [mode for mode in MODES if raw.rfind(b"\x1b[?%sh" % mode) > raw.rfind(b"\x1b[?%sl" % mode)]
    if raw.rfind(b"\x1b[?25l") > raw.rfind(b"\x1b[?25h"):
        found.append(b"hidden cursor")
    if raw.count(b"\x1b[>1u") > raw.count(b"\x1b[<u"):
        found.append(b"kitty keys")
    if b"Traceback" in raw:
        found.append(b"traceback")
    return [f"left on: {one.decode()}" for one in found]
