"""Who signs what: each command with no password, the right one, a wrong one, another or closed account."""

from __future__ import annotations

import csv
import io
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console.base.dates import day_of
from console.cli import app as cli
from console.cli.output import outcome
from console.integrity import verify
from console.people import accounts
from tests.program import home, rows

RIGHT, WRONG = "un cheval correct", "une pile d'agrafes"
TODAY = day_of(datetime.now(UTC))
DATES = [f"{TODAY + timedelta(days=days)}T10:00" for days in (2, -2, 365)]
"""Other days than the machine's."""
JOBS = [
    ("importer", "clients.csv"), ("importer", "clients.csv", "--simulation"), ("relancer",),
    ("relancer", "--simulation"), ("envoyer",), ("evenements", "events.jsonl"), ("sceller",), ("migrer",),
]  # fmt: skip
SIGNED = [
    ("exporter", "refus"), ("exporter", "journal"), ("indicateurs",), ("rapport", "--mois", f"{TODAY:%Y-%m}"),
    ("rgpd", "exporter", "CLT-00001"), ("rgpd", "purger", "--oui"), ("utilisateur", "lister"),
    ("utilisateur", "ajouter", "Zoé"), ("utilisateur", "mot-de-passe", "Jean"),
    ("sauvegarder", "copie.db"), ("restaurer", "absent.db"), ("transferer", "base.db", "cible.db"),
]  # fmt: skip
OPEN = [("verifier",), ("config",), ("script",)]
"""What says nothing of anybody."""
NOBODY, OWN, MISTAKEN, OTHERS, CLOSED = (
    ("Ada", ""),
    ("Ada", RIGHT),
    ("Ada", WRONG),
    ("Jean", RIGHT),
    ("Eve", RIGHT),
)

Run = Callable[..., int]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    for name in [one for one in os.environ if one.startswith("HOTLINER_")]:
        monkeypatch.delenv(name)
    for name, value in home(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOTLINER_ESSAI", "")
    monkeypatch.setenv("HOTLINER_DATABASE_URL", str(tmp_path / "base.db"))
    monkeypatch.setattr(accounts, "wait_after", lambda *_: timedelta())
    monkeypatch.setattr(verify, "verify", lambda *_, **__: iter(()))  # tried here: who asks
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str, who: tuple[str, str] = NOBODY, date: str = "", typed: str = RIGHT) -> int:
        monkeypatch.setenv("HOTLINER_AGENT", who[0])
        monkeypatch.setenv("HOTLINER_PASSWORD", who[1])
        monkeypatch.setenv("HOTLINER_DATE", date)
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{typed}\n"))
        code = outcome(lambda: cli.run(arguments))
        capsys.readouterr()
        return code

    return command


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first base is kept, for the others to be its copies."""
    return tmp_path_factory.mktemp("made")


@pytest.fixture
def base(run: Run, tmp_path: Path, made: Path) -> Path:
    """A real base of today with an administrator, a hotliner and an account that was closed."""
    if any(made.iterdir()):
        shutil.copytree(made, tmp_path, dirs_exist_ok=True)
        return tmp_path / "base.db"
    with (tmp_path / "clients.csv").open("w", encoding="utf-8") as file:
        out = csv.writer(file, delimiter=";")
        out.writerow(("code", "nom", "email", "expire_le"))
        out.writerow(("CLT-00001", "Nom", "n@example.org", (TODAY + timedelta(days=3)).isoformat()))
    (tmp_path / "events.jsonl").write_text("", encoding="utf-8")
    assert run("importer", "clients.csv") == 0
    assert run("utilisateur", "ajouter", "Ada", "--role", "administrateur") == 0
    for name in ("Jean", "Eve"):
        assert run("utilisateur", "ajouter", name, who=OWN) == 0
    assert run("utilisateur", "desactiver", "Eve", who=OWN) == 0
    shutil.copytree(tmp_path, made, dirs_exist_ok=True)
    return tmp_path / "base.db"


def signed(base: Path) -> list[tuple[str, str]]:
    """Who did what, but for passwords tried."""
    found = rows(base, "SELECT agent, text FROM event WHERE text NOT LIKE 'user.refused' ORDER BY id")
    return [(one["agent"], one["text"]) for one in found]


def test_every_command_is_tried() -> None:
    tried = {one[0] for one in (*JOBS, *SIGNED, *OPEN)}
    serving = {"demo", "portail", "essai-envoi", "rebonds", "droits", "apercu", "diagnostic"}  # write nothing
    serving |= {"contenu"}  # who publishes is tried where it is published
    assert {one.name for one in cli.app.registered_commands} - serving == tried


@pytest.mark.parametrize("command", [*JOBS, *SIGNED, *OPEN], ids=" ".join)
def test_nothing_is_signed_with_a_name_that_was_not_proved(
    run: Run, base: Path, command: tuple[str, ...]
) -> None:
    free = command in OPEN
    for who in (NOBODY, MISTAKEN, CLOSED):
        before = signed(base)
        code = run(*command, who=who)
        assert code == (0 if free or (command in JOBS and who is NOBODY) else 2), who
        assert all("session" in agent for agent, _ in signed(base)[len(before) :]), who
    done = len(signed(base))
    assert run(*command, who=OTHERS) in ({0} if free or command in JOBS or "mot-de-passe" in command else {2})
    assert {agent for agent, _ in signed(base)[done:]} <= {"Jean"}
    done = len(signed(base))
    assert run(*command, who=OWN) == (2 if command == ("restaurer", "absent.db") else 0)
    assert {agent for agent, _ in signed(base)[done:]} <= {"Ada"}


def lines(base: Path) -> int:
    """How many lines of the audit there are, but for who signed in."""
    tries = "('user.signed_in', 'user.refused')"
    query = f"SELECT count(*) AS n FROM event WHERE kind = 'audit' AND text NOT IN {tries}"
    return int(rows(base, query)[0]["n"])


@pytest.mark.parametrize("command", [*JOBS, *SIGNED], ids=" ".join)
def test_another_day_than_the_machine_s_is_a_supervisor_s(
    run: Run, base: Path, command: tuple[str, ...]
) -> None:
    """Every account by every date, without « --date-sure »; then with it."""
    simulated, dated = "--simulation" in command, command[0] not in ("sauvegarder", "restaurer")
    before = signed(base)
    for date in DATES:
        for who in (NOBODY, OTHERS, CLOSED, MISTAKEN):
            code = run(*command, who=who, date=date)
            assert code == (0 if simulated and who is NOBODY else 2), (who, date)
    for who in (NOBODY, OTHERS, CLOSED, MISTAKEN):
        code = run(*command, "--date-sure", who=who, date=DATES[-1])
        assert code == (0 if simulated and who is NOBODY else 2), who
    assert signed(base) == before
    if not dated:
        return
    for date in DATES:
        assert run(*command, who=OWN, date=date) == 2, date
    before_it = lines(base)
    assert run(*command, "--date-sure", who=OWN, date=DATES[0]) == 0
    assert lines(base) - before_it <= 1, "one line of the audit a run"
