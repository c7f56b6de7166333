"""The program as its user has it: a database file, a terminal, keys. sqlite3 reads what was written."""

import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from console.base.clock import running_from
from console.context import Context
from console.db.engine import open_database
from console.demo.files import read_demo
from console.demo.play import play
from tests.screens.shown import made
from tests.terminal import Terminal, hotliner
from tests.world import CONTENT, paris, plain

AZERTY = "&é\"'(-è_ç"
"""The digit row of a French keyboard, without Maj."""
FRIDAY = "2025-12-19T15:00"
AGAIN = "appuyez de nouveau pour le confirmer"
DEMO_DAY = "2025-12-20T14:00"
SENTENCE = "Je dois faire des économies en ce moment, c’est pour ça."
_PHASES = "|".join(re.escape(phase) for phase in {step.phase for step in CONTENT.script.steps.values()})
_STEP = re.compile(rf"^ ?(?:{_PHASES}) {{2,}}(.+?)(?: {{2,}}.*)?$", re.MULTILINE)
_SHARE = r"(\d+)(?: \(\d+ %\))? +"
_HEADLINE = re.compile(rf"^ (\d+) +{_SHARE}{_SHARE}{_SHARE}\d\d/\d\d", re.MULTILINE)
_PARTS = re.compile(
    r"(\d+) urgents? · (\d+) cette semaine · (\d+) plus tard · (\d+) ateliers? offerts? · (\d+) refus"
    r" · (\d+) sans réponse"
)


def home(folder: Path) -> dict[str, str]:
    """The environment of a user whose folders are all in `folder`, and whose bases are for trials."""
    names = ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DOCUMENTS_DIR")
    return {**{name: str(folder / "home") for name in names}, "HOTLINER_ESSAI": "1"}


class Console(Terminal):
    """The console on a database. Counts the keys pressed; `choose` finds a choice by what it says."""

    def __init__(
        self,
        database: Path,
        *,
        date: str = FRIDAY,
        agent: str = "Jean",
        size: tuple[int, int] = (100, 36),
        demo: bool = False,
        tour: bool = False,
        under: Sequence[str] = (),
    ) -> None:
        self.presses = 0
        self.log = database.parent / "home" / "hotliner.log"
        options = ("--base", str(database), "--date", date, "--agent", agent)
        command = [*under, *hotliner(*(("demo",) if demo else ()), *options)]
        env = {"HOTLINER_LOG": str(self.log), **({"HOTLINER_TOUR": "true"} if tour else {})}
        super().__init__(command, size=size, env=home(database.parent) | env, ready=not under)

    @property
    def text(self) -> str:
        """What the screen shows, with ordinary spaces."""
        return plain(super().text)

    def press(self, *keys: str) -> None:
        self.presses += len(keys)
        super().press(*keys)

    @property
    def step(self) -> str:
        """The title of the call's step, empty outside a call."""
        found = _STEP.search(self.text)
        return found[1].strip() if found else ""

    def at(self, title: str) -> str:
        """Wait for a step of the call."""
        return self.wait_for(lambda _: self.step == title)

    def choose(self, label: str) -> None:
        """Press the key of the choice that begins so, and wait for the next step.

        What closes a call asks for the key again when it came before its step was whole.
        """
        pattern = re.compile(rf"^ [ ❯] (\d)  {re.escape(label)}", re.MULTILINE)
        self.wait_for(lambda text: pattern.search(text) is not None)
        self.settle(0.03)
        found = pattern.search(self.text)
        assert found
        before, key = self.step, AZERTY[int(found[1]) - 1]
        self.press(key)
        self.wait_for(lambda text: self.step != before or AGAIN in text)
        if self.step == before:
            self.press(key)
            self.wait_for(lambda _: self.step != before)

    def jump(self, key: str) -> None:
        """Press a key that leads elsewhere in the call, and wait for the step."""
        before = self.step
        self.press(key)
        self.wait_for(lambda _: self.step != before)

    def type(self, text: str) -> None:
        """Type a sentence; it is no key press."""
        self.send(text)
        self.wait_for(lambda shown: text[-25:] in shown)

    def walk(self, *acts: str) -> None:
        """Choices by label; « = text » types, « key:p » presses."""
        for act in acts:
            if act.startswith("= "):
                self.type(act[2:])
            elif act.startswith("key:"):
                self.jump(act[4:])
            else:
                self.choose(act)

    def leave_call(self, outcome: str) -> str:
        """Wait until the call is closed, read what was written, go back to the dashboard."""
        summary = self.wait_for(f"Appel terminé : {outcome}")
        self.settle(0.1)  # a key pressed before this screen was painted is ignored
        self.press("enter")
        self.wait_for("Appel terminé", absent=True)
        return summary

    def dashboard(self) -> dict[str, int]:
        """Wait for the filled dashboard; its figures."""
        return figures(self.wait_for(counted))

    def shows(self, expected: dict[str, int], timeout: float = 20) -> None:
        """Wait until the dashboard shows these figures."""
        try:
            self.wait_for(lambda text: counted(text) and figures(text) == expected, timeout)
        except AssertionError as error:
            raise AssertionError(f"expected {expected}\n{error}") from None

    def quit(self) -> None:
        """Leave from the dashboard."""
        self.press("q")
        try:
            code = self.wait_exit()
        except Exception:
            raise AssertionError(f"the console did not quit:\n{self.text}") from None
        assert code == 0


def counted(text: str) -> bool:
    """Whether all the figures are there: the parts of the dashboard may come a frame apart."""
    return bool(_HEADLINE.search(plain(text)) and _PARTS.search(plain(text)))


def figures(text: str) -> dict[str, int]:
    """The figures that the dashboard shows."""
    head, parts = _HEADLINE.search(text), _PARTS.search(text)
    assert head
    assert parts
    names = ("to_contact", "retained", "awaiting", "at_risk")
    more = ("urgent", "week", "later", "workshops", "refused", "lapsed")
    return {name: int(n) for name, n in zip(names + more, head.groups() + parts.groups(), strict=True)}


def rows(database: Path, query: str, *values: Any) -> list[dict[str, Any]]:
    """Rows of a query, as plain mappings."""
    with closing(sqlite3.connect(database, timeout=10)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(query, values)]


def row(database: Path, query: str, *values: Any) -> dict[str, Any]:
    """The only row of a query."""
    (one,) = rows(database, query, *values)
    return one


def change(database: Path, statement: str, *values: Any) -> None:
    """What another program writes."""
    with closing(sqlite3.connect(database, timeout=10)) as connection, connection:
        connection.execute(statement, values)


def recount(database: Path) -> dict[str, int]:
    """December's figures counted from the terms, which also must agree with one another and be whole."""
    terms = rows(
        database, "SELECT * FROM subscription WHERE expires_on BETWEEN '2025-12-01' AND '2025-12-31'"
    )
    panes = {
        "active": {"urgent", "week", "later"},
        "renewed": {"retained"},
        "downgraded": {"retained"},
        "paused": {"retained"},
        "cancelled": {"refused"},
        "expired": {"lapsed"},
    }
    assert all(term["pane"] in panes[term["status"]] for term in terms)
    counts = {
        name: sum(term["pane"] == name for term in terms)
        for name in ("urgent", "week", "later", "retained", "refused", "lapsed")
    }
    counts["awaiting"] = sum(term["status"] == "active" for term in terms)
    counts["at_risk"] = sum(term["at_risk"] for term in terms)
    counts["workshops"] = sum(term["workshops_given"] for term in terms if term["pane"] == "retained")
    counts["to_contact"] = counts["urgent"] + counts["week"] + counts["later"] + counts["retained"]
    assert counts["to_contact"] == counts["awaiting"] + counts["retained"]
    return counts


def whole(database: Path) -> None:
    """The database has no damage, and nothing twice."""
    assert row(database, "PRAGMA quick_check") == {"quick_check": "ok"}
    assert rows(database, "PRAGMA foreign_key_check") == []
    assert rows(database, "SELECT call_id FROM churn_record GROUP BY call_id HAVING count(*) > 1") == []
    assert len(rows(database, "SELECT 1 FROM call WHERE ended_at IS NULL")) <= 1


@pytest.fixture(scope="session")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the data sets in database files, made once: marie.db, demo.db."""
    folder = tmp_path_factory.mktemp("sets")
    clock = running_from(paris(FRIDAY))
    database = open_database(f"sqlite:///{folder / 'marie.db'}", clock=clock, trial=True)
    ctx = Context(database, running_from(paris(FRIDAY)), CONTENT, "Jean", demo=True)  # fictitious numbers
    play(ctx, read_demo(CONTENT.root / "data" / "demo" / "marie.toml"))
    database.close()
    shutil.copy(made(), folder / "demo.db")
    return folder


@pytest.fixture
def marie(sets: Path, tmp_path: Path) -> Path:
    """A database whose only client is the worked example's, with two reminders still to be sent."""
    database = Path(shutil.copy(sets / "marie.db", tmp_path / "marie.db"))
    add_reminders(database)
    return database


@pytest.fixture
def demo(sets: Path, tmp_path: Path) -> Path:
    """The demonstration's database; Marie has two reminders still to be sent."""
    database = Path(shutil.copy(sets / "demo.db", tmp_path / "demo.db"))
    add_reminders(database)
    return database


_REMINDER = """
    INSERT INTO message (message_id, dedup_key, client_id, subscription_id, channel, kind, recipient, subject,
                         text, html, status, purpose, step, created_at, not_before)
    SELECT ?1, ?1, c.id, s.id, 'email', ?1, c.email, '', 'x', '', 'queued', 'reminder', ?1,
           '2025-12-17 08:00:00.000000', '2025-12-24 08:00:00.000000'
    FROM client c JOIN subscription s ON s.client_id = c.id AND s.expires_on = '2025-12-31'
    WHERE c.code = 'CLT-00245'
"""


def add_reminders(database: Path) -> None:
    """What the daily planning would have queued for Marie."""
    for step in ("J-7", "J-3"):
        change(database, _REMINDER, step)


@pytest.fixture
def opened() -> Iterator[Callable[..., Console]]:
    """Opens consoles, and ends those still running."""
    consoles: list[Console] = []

    def start(*arguments: Any, **options: Any) -> Console:
        consoles.append(Console(*arguments, **options))
        return consoles[-1]

    yield start
    for console in consoles:
        console.__exit__()
        assert b"Traceback" not in console.raw


def log_of(database: Path) -> str:
    """The technical log of the consoles on this database."""
    log = database.parent / "home" / "hotliner.log"
    return log.read_text() if log.exists() else ""
