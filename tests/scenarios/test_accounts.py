"""Accounts as a team has them: made by commands, asked for by the others, and in a terminal."""

import json
import os
import sqlite3
import stat
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests import ready
from tests.program import FRIDAY, Console, change, home, log_of, row, rows
from tests.terminal import Terminal, hotliner
from tests.world import plain

RIGHT, OTHER = "un cheval correct", "une pile d'agrafes"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(marie: Path) -> Run:
    """A command on Marie's database: `typed` is what its standard input gives."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HOTLINER_")}
    log = str(marie.parent / "home" / "hotliner.log")
    environment = {**kept, **home(marie.parent), "HOTLINER_LOG": log, "HOTLINER_DATABASE_URL": str(marie)}

    def run_it(
        *arguments: str, agent: str = "", password: str = "", typed: str = ""
    ) -> subprocess.CompletedProcess[str]:
        who = {"HOTLINER_AGENT": agent or "personne", "HOTLINER_DATE": FRIDAY}
        asked = {**environment, **who, **({"HOTLINER_PASSWORD": password} if password else {})}
        return ready.run(*arguments, env=asked, typed=typed)

    return run_it


_TEAM: list[bytes] = []


@pytest.fixture
def team(run: Run, marie: Path) -> None:
    """Ada the administrator, Ana the supervisor, Jean the hotliner; made once, by the commands."""
    if not _TEAM:
        first = run("utilisateur", "ajouter", "Ada", "--role", "administrateur", typed=f"{RIGHT}\n")
        assert (first.returncode, first.stdout) == (0, "Ada peut se connecter, comme administrateur.\n")
        for name, role in (("Ana", "superviseur"), ("Jean", "hotliner")):
            line = "utilisateur", "ajouter", name, "--role", role
            done = run(*line, agent="ada", password=RIGHT, typed=RIGHT)
            assert done.returncode == 0, done.stderr
        _TEAM.append(marie.read_bytes())
    marie.write_bytes(_TEAM[0])


@pytest.mark.usefixtures("team")
def test_commands_ask_who_it_is_and_obey_the_role(run: Run, marie: Path, tmp_path: Path) -> None:
    asked = {
        "superviseur": [
            ("exporter", "refus"), ("exporter", "clients"), ("exporter", "journal"), ("indicateurs",),
            ("rapport", "--mois", "2025-12"),
        ],
        "administrateur": [
            ("rgpd", "exporter", "CLT-00245"), ("rgpd", "effacer", "CLT-00245", "--oui"),
            ("rgpd", "purger", "--simulation"), ("utilisateur", "lister"),
            ("utilisateur", "mot-de-passe", "Ana"), ("utilisateur", "desactiver", "Ana"),
            ("sauvegarder", str(tmp_path / "copie.db")), ("restaurer", str(marie)),
            ("transferer", str(marie), str(tmp_path / "cible.db")),
        ],
    }  # fmt: skip
    nobody = run("exporter", "refus")
    assert (nobody.returncode, nobody.stdout) == (2, "")
    assert "HOTLINER_PASSWORD" in nobody.stderr
    for role, commands in asked.items():
        for command in commands:
            done = run(*command, agent="Jean", password=RIGHT)
            assert (done.returncode, done.stdout) == (2, ""), command
            assert f"Réservé au rôle {role}." in done.stderr
    assert not (tmp_path / "copie.db").exists()
    assert row(marie, "SELECT last_name FROM client")["last_name"] == "Dupuis"
    for agent, command in (
        ("Ana", ("indicateurs",)),
        ("Ada", ("rgpd", "exporter", "CLT-00245")),
        ("Ada", ("sauvegarder", str(tmp_path / "copie.db"))),
    ):
        assert run(*command, agent=agent, password=RIGHT).returncode == 0
    assert stat.S_IMODE((tmp_path / "copie.db").stat().st_mode) == 0o600


@pytest.mark.usefixtures("team")
def test_a_base_that_is_busy_is_not_restored_by_anybody(run: Run, marie: Path, tmp_path: Path) -> None:
    copy = str(tmp_path / "copie.db")
    assert run("sauvegarder", copy, agent="Ada", password=RIGHT).returncode == 0
    with closing(sqlite3.connect(marie, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = run("restaurer", copy, agent="Jean", password=RIGHT)
    assert done.returncode == 3
    assert "occupée" in done.stderr
    assert not list(marie.parent.glob("*-avant-restauration-*"))


@pytest.mark.usefixtures("team")
def test_copies_and_their_return_are_written_down(run: Run, marie: Path, tmp_path: Path) -> None:
    copy = str(tmp_path / "copie.db")
    assert run("sauvegarder", copy, agent="Ada", password=RIGHT).returncode == 0
    done = run("restaurer", copy, agent="Ada", password=RIGHT)
    assert done.returncode == 0
    assert "Les comptes et leurs mots de passe sont ceux de la sauvegarde." in done.stderr
    told = rows(
        marie, "SELECT agent, text FROM event WHERE kind = 'audit' AND text LIKE 'base.%' ORDER BY id"
    )
    assert told == [{"agent": "Ada", "text": "base.restored"}], "a copy that is made is told afterwards"


@pytest.mark.usefixtures("team")
def test_what_a_machine_does_by_itself_needs_nobody(run: Run) -> None:
    assert run("relancer").returncode == 0
    assert run("envoyer").returncode == 0
    assert run("verifier").returncode == 0


@pytest.mark.usefixtures("team")
def test_accounts_are_listed_changed_and_closed(run: Run, marie: Path) -> None:
    own = ("utilisateur", "mot-de-passe", "Jean")
    assert run(*own, agent="Jean", password=RIGHT, typed=OTHER).returncode == 0
    assert "refusé" in run("utilisateur", "mot-de-passe", "Jean", agent="Jean", password=RIGHT).stderr
    closed = run("utilisateur", "desactiver", "jean", agent="Ada", password=RIGHT)
    assert closed.returncode == 0
    listed = json.loads(run("utilisateur", "lister", "--json", agent="Ada", password=RIGHT).stdout)
    assert [(one["nom"], one["role"], one["actif"]) for one in listed] == [
        ("Ada", "administrateur", True),
        ("Ana", "superviseur", True),
        ("Jean", "hotliner", False),
    ]
    short = run("utilisateur", "ajouter", "Zoé", agent="Ada", password=RIGHT, typed="court")
    assert (short.returncode, short.stdout) == (2, "")
    assert "12 caractères" in short.stderr
    shown = run("config", password=RIGHT).stdout
    assert RIGHT not in shown
    assert "password = ***" in shown
    everything = [path for path in marie.parent.rglob("*") if path.is_file()]
    secret = [path for path in everything if RIGHT.encode() in path.read_bytes()]
    assert secret == []
    assert all(
        stat.S_IMODE(path.stat().st_mode) == 0o600 for path in everything if path.suffix in {".db", ".log"}
    )
    acts = [one["text"] for one in rows(marie, "SELECT text FROM event WHERE kind = 'audit' ORDER BY id")]
    assert {"user.added", "user.password", "user.deactivated", "user.signed_in", "user.refused"} <= set(acts)


def failures(database: Path) -> int:
    """Wrong passwords in a row given for Jean."""
    return int(row(database, "SELECT failures FROM user_account WHERE name = 'Jean'")["failures"])


def wait_for_failures(one: Console, database: Path, number: int) -> None:
    one.wait_for(lambda _: failures(database) >= number)


@pytest.mark.usefixtures("team")
def test_the_console_asks_who_it_is_before_it_shows_anybody(
    run: Run, marie: Path, opened: Callable[..., Console]
) -> None:
    one = opened(marie)
    one.wait_for("Connexion")
    assert "Dupuis" not in one.text
    for number in range(3):
        one.send(f"mauvais essai {number}")
        one.press("enter")
        wait_for_failures(one, marie, number + 1)  # the screen still tells of the last
        one.settle()
        one.wait_for("Vérification", absent=True)
        assert "refusé" in one.text
    one.send(RIGHT)
    one.press("enter")
    one.wait_for("l’accès est bloqué jusqu’au")
    one.press("ctrl+q")
    assert one.wait_exit() == 0
    again = opened(marie, date="2036-12-19T16:00")  # no date passes the lock
    again.wait_for("Connexion")
    again.send(RIGHT)
    again.press("enter")
    again.wait_for("l’accès est bloqué jusqu’au")
    again.press("ctrl+q")
    assert again.wait_exit() == 0
    change(marie, "DELETE FROM meta WHERE key LIKE 'tries.session.%'")  # Ada sits at another machine
    lifted = run("utilisateur", "mot-de-passe", "Jean", agent="Ada", password=RIGHT, typed=OTHER)
    assert lifted.returncode == 0
    again = opened(marie, date="2025-12-19T16:00")
    again.wait_for("Connexion")
    again.send(OTHER)
    again.press("enter")
    again.dashboard()
    again.wait_for("Jean · hotliner")
    again.press("a")
    again.at("Préparer l’appel")
    again.process.kill()
    again.process.wait()
    back = opened(marie, date="2025-12-19T16:01")
    back.wait_for("Connexion")
    assert "Préparer" not in back.text
    back.send(OTHER)
    back.press("enter")
    back.at("Préparer l’appel")
    for secret in (RIGHT, OTHER):
        assert secret not in log_of(marie)


def test_a_password_typed_at_the_terminal_is_not_shown(marie: Path) -> None:
    options = ("--base", str(marie), "--agent", "Ada")
    command = hotliner("utilisateur", "ajouter", "Ada", "--role", "administrateur", *options)
    with Terminal(command, size=(100, 20), env=home(marie.parent), ready=True) as terminal:
        for asked, typed in (("Nouveau mot de passe", RIGHT), ("encore une fois", RIGHT)):
            terminal.wait_for(asked)
            terminal.send(f"{typed}\r")
        terminal.wait_for("Ada peut se connecter")
        assert RIGHT not in plain(terminal.text)
        assert terminal.wait_exit() == 0


@pytest.mark.usefixtures("team")
def test_a_job_signs_as_the_machine_or_as_who_proves_who_they_are(
    run: Run, marie: Path, tmp_path: Path
) -> None:
    """Once there are accounts a name without its password signs nothing; each run leaves one line."""
    clients = tmp_path / "clients.csv"
    for number, (agent, password) in enumerate((("Ana", ""), ("ana", RIGHT))):
        line = f"CLT-9000{number};Lise;Roy;lise.roy{number}@example.org;31/12/2025;01/01/2024"
        clients.write_text(f"code;prenom;nom;email;expire_le;client_depuis\n{line}\n", encoding="utf-8")
        done = run("importer", str(clients), agent=agent, password=password)
        assert done.returncode == 0, done.stderr
    runs = rows(marie, "SELECT agent, data FROM event WHERE kind = 'audit' AND text = 'job.run' ORDER BY id")
    alone, signed = runs
    assert alone["agent"].startswith("importer · session ")
    assert signed["agent"] == "Ana"
    for one in runs:
        told = json.loads(one["data"])
        assert (told["job"], told["added"], told["date"][:10]) == ("importer", 1, FRIDAY[:10])
        assert told["machine"].startswith("importer · session ")
    added = rows(
        marie, "SELECT agent FROM event WHERE kind != 'audit' AND at > '2025-12-19' AND agent = 'Ana'"
    )
    assert len(added) <= 1
