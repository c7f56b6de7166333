"""A real base, opened by a clock that is wrong: every command and the console, then the right clock again."""

import csv
import subprocess
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from console.base.dates import day_of
from console.cli import app as cli
from tests import ready
from tests.program import home, row, rows
from tests.terminal import Terminal, hotliner
from tests.world import plain

Run = Callable[..., subprocess.CompletedProcess[str]]

TODAY = day_of(datetime.now(UTC))
FAR = [TODAY + timedelta(days=20), TODAY + timedelta(days=5 * 365), TODAY - timedelta(days=30)]
COMMANDS: dict[str, Sequence[tuple[str, ...]]] = {
    "importer": [("clients.csv",), ("clients.csv", "--simulation")],
    "envoyer": [()],
    "evenements": [("events.jsonl",)],
    "essai-envoi": [("jean@example.org",)],
    "portail": [("--port", "0")],
    "rebonds": [("events.jsonl",)],
    "relancer": [(), ("--simulation",)],
    "exporter": [("refus",), ("clients",), ("indicateurs",), ("journal",)],
    "indicateurs": [()],
    "rapport": [("--mois", f"{TODAY:%Y-%m}"), ("--mois", f"{TODAY:%Y-%m}", "--sortie", "page.html")],
    "rgpd": [("exporter", "CLT-00000"), ("effacer", "CLT-00000", "--oui"), ("purger", "--oui")],
    "utilisateur": [("lister",), ("ajouter", "Ada", "--role", "administrateur")],
    "sauvegarder": [("copie.db",)],
    "transferer": [("base.db", "cible.db")],
    "migrer": [()],
    "sceller": [()],
    "droits": [("consoles",)],
    "restaurer": [("absent.db",)],
    "verifier": [()],
    "contenu": [("versions",), ("revenir", "1")],
    "apercu": [("J-14",)],
    "config": [()],
    "script": [()],
}
READS = {"indicateurs", "verifier", "config", "script", "droits", "apercu"}
"""What writes nothing at any date: the places that it brings up to date are taken back."""
SOME = {"indicateurs", "apercu", "relancer", "importer", "rapport"}
"""What reads or asks in each way there is, for the other dates: whether a date is doubted is asked once."""
REAL = {"HOTLINER_ESSAI": ""}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def command(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        variables = {
            "HOTLINER_DATABASE_URL": str(tmp_path / "base.db"),
            "HOTLINER_AGENT": "Jean",
            **variables,
        }
        env = {"PATH": "", **home(tmp_path), **REAL, **variables}
        return ready.run(*arguments, env=env, cwd=tmp_path, typed="un cheval correct\n")

    return command


@pytest.fixture
def base(run: Run, tmp_path: Path) -> Path:
    """A real base of today: clients whose terms end from yesterday on."""
    with (tmp_path / "clients.csv").open("w", encoding="utf-8") as file:
        out = csv.writer(file, delimiter=";")
        out.writerow(("code", "nom", "email", "expire_le"))
        for n in range(12):
            day = TODAY + timedelta(days=4 * n - 1)
            out.writerow((f"CLT-{n:05}", f"Nom {n}", f"n{n}@example.org", day.isoformat()))
    (tmp_path / "events.jsonl").write_text("", encoding="utf-8")
    assert run("importer", "clients.csv").returncode == 0
    return tmp_path / "base.db"


def lasting(base: Path) -> dict[str, list[dict[str, object]]]:
    """All that is in the base, but for the marks of its openings and what says when to look at a term."""
    tables = [one["name"] for one in rows(base, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {name: rows(base, f"SELECT * FROM {name}") for name in tables if name not in {"meta", "watch"}}
    for term in found["subscription"]:
        del term["placed_at"]
    found["campaign_count"] = [one for one in found["campaign_count"] if one["n"]]
    return found


def test_every_command_is_here() -> None:
    assert {*COMMANDS, "demo", "diagnostic"} == {one.name for one in cli.app.registered_commands}


def test_an_installation_is_looked_at_by_a_wrong_clock_and_nothing_is_written(run: Run, base: Path) -> None:
    run("indicateurs")
    before = lasting(base)
    done = run("diagnostic", HOTLINER_DATE=f"{FAR[0]}T10:00")
    assert (done.returncode, "✗ horloge" in plain(done.stdout)) == (1, True), done.stdout
    assert lasting(base) == before


@pytest.mark.parametrize(
    ("far", "commands"),
    [(FAR[0], COMMANDS), (FAR[1], SOME), (FAR[2], SOME)],
    ids=["20 days", "5 years", "a month back"],
)
def test_a_command_at_a_wrong_date_asks_or_leaves_nothing(
    run: Run, base: Path, far: date, commands: Collection[str]
) -> None:
    run("indicateurs")
    before = lasting(base)
    for command, arguments in ((one, each) for one in commands for each in COMMANDS[one]):
        done = run(command, *arguments, HOTLINER_DATE=f"{far}T10:00")
        reads = command in READS or "--simulation" in arguments or arguments in {("lister",), ("versions",)}
        reads = reads or (command == "rapport" and "--sortie" not in arguments)
        if reads and command != "utilisateur":
            assert done.returncode == 0, (command, done.stderr)
            assert run("indicateurs").returncode == 0
        else:
            assert done.returncode == 2, (command, done.stdout)
            assert "La date demandée est le" in done.stderr, command
            assert "« --date-sure »" in plain(done.stderr), command
        assert lasting(base) == before, (command, arguments)
        assert rows(base, "SELECT 1 FROM watch WHERE look_on > ?", TODAY.isoformat()) == [], command
    assert run("relancer").returncode == 0, "the right clock is not doubted for it"


@pytest.mark.parametrize("far", FAR, ids=["20 days", "5 years", "a month back"])
def test_the_console_asks_and_leaves_without_a_trace(run: Run, base: Path, far: object) -> None:
    run("indicateurs")
    before = lasting(base)
    command = hotliner("--base", str(base), "--agent", "Jean", "--date", f"{far}T10:00")
    with Terminal(command, size=(100, 30), env=home(base.parent) | REAL, ready=True) as console:
        text = plain(console.wait_for("2  Quitter"))
        assert "La date demandée est le" in text
        console.press("enter", "enter", "escape", "a")
        console.settle()
        console.press("é")
        assert console.wait_exit() == 0
        assert b"Traceback" not in console.raw
    assert lasting(base) == before


def test_whoever_means_it_is_not_held_up(run: Run, base: Path) -> None:
    later = f"{TODAY + timedelta(days=20)}"
    done = run("relancer", "--date", later, "--date-sure")
    assert done.returncode == 0, done.stderr
    assert row(base, "SELECT count(*) AS n FROM message")["n"] > 0
    assert run("--date-sure", "relancer", "--date", later).returncode == 0
    back = run("relancer")
    assert back.returncode == 2, "the clock is now before what was written"
    assert "plus tôt" in back.stderr
    assert run("relancer", "--date-sure").returncode == 0
    assert run("relancer").returncode == 0, "once is enough"
    ended = f"SELECT 1 FROM subscription WHERE status = 'expired' AND expires_on >= '{TODAY}'"
    assert rows(base, ended) == []


def test_the_console_goes_on_at_a_date_that_is_meant(base: Path) -> None:
    command = hotliner("--base", str(base), "--agent", "Jean", "--date", f"{TODAY + timedelta(days=3)}T10:00")
    with Terminal(command, size=(100, 30), env=home(base.parent) | REAL, ready=True) as console:
        console.wait_for("1  Continuer à cette date")
        console.press("&")
        console.wait_for("mis à jour")
        console.press("q")
        assert console.wait_exit() == 0


def silent_for(base: Path, days: int) -> None:
    """Nobody has opened the base for so many days."""
    import sqlite3

    back = f"-{days} days"
    with closing(sqlite3.connect(base)) as file, file:
        file.execute("UPDATE event SET at = strftime('%Y-%m-%d %H:%M:%f000', at, ?)", (back,))
        file.execute("DELETE FROM meta")


def test_after_a_silence_a_job_asks_until_somebody_has_said_that_the_clock_is_right(
    run: Run, base: Path
) -> None:
    silent_for(base, 12)
    job = run("relancer")
    assert job.returncode == 2
    assert "Dernier fait connu" in job.stderr
    assert "Sommes-nous bien le" in plain(job.stderr)
    assert run("indicateurs").returncode == 0
    with Terminal(
        hotliner("--base", str(base)), size=(100, 30), env=home(base.parent) | REAL, ready=True
    ) as console:
        console.wait_for("1  Continuer à cette date")
        console.press("1")
        console.wait_for("mis à jour")
        console.press("q")
        assert console.wait_exit() == 0
    assert run("relancer").returncode == 0


def test_no_base_is_made_at_a_date_that_is_not_meant(run: Run, tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("nom;email;expire_le\nPetit;z@example.org;31/12/2025\n", "utf-8")
    asked = ("importer", "one.csv", "--date", "2025-11-30")
    assert run(*asked).returncode == 2
    assert not (tmp_path / "base.db").exists()
    assert run(*asked, "--essai").returncode == 0
    assert run("relancer", "--date", "2031-01-01").returncode == 0, "a trial base takes any date"
    made = tmp_path / "real.db"
    assert run("importer", "one.csv", HOTLINER_DATABASE_URL=str(made)).returncode == 0
    refused = run("relancer", "--essai", HOTLINER_DATABASE_URL=str(made))
    assert refused.returncode == 2
    assert "n’est pas une base d’essai" in refused.stderr
    again = run("relancer", "--date", "2031-01-01", HOTLINER_DATABASE_URL=str(made), HOTLINER_ESSAI="1")
    assert again.returncode == 2, "a real base stays one"


def test_a_backup_as_old_as_may_be_is_put_back_and_asks_nothing(run: Run, base: Path) -> None:
    assert run("sauvegarder", "copie.db").returncode == 0
    silent_for(base.parent / "copie.db", 40)
    assert run("restaurer", "copie.db").returncode == 0
    assert run("relancer").returncode == 0


def test_a_day_read_too_early_is_planned_all_the_same(run: Run, base: Path) -> None:
    due = f"{TODAY + timedelta(days=1)}T00:30"  # within a day of the machine's clock
    said = run("relancer", "--simulation", "--json", "--date", due).stdout
    run("indicateurs", "--date", f"{FAR[0]}")
    assert run("relancer", "--simulation", "--json", "--date", due).stdout == said
    assert '"looked_at": 0' not in said
