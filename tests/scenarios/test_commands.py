"""The commands as a shell sees them: words, streams and exit codes."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from console.base.text import as_json
from console.cli import app as cli
from console.cli.output import outcome
from tests import ready

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = (
    "code;nom;prenom;email;telephone;expire_le\n"
    "1;Dupont [/] x;Jean;jean@exemple.fr;06 12 34 56 78;31/12/2025\n"
    "2;Petit;Zoé;zoe@exemple.fr;;31/12/2025\n"
)
ENGLISH = re.compile(
    r"\b(error|usage:|try|missing|invalid|show this|required|traceback|default)\b", re.IGNORECASE
)

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HOTLINER_")}
    folders = {f"XDG_{name}_HOME": str(tmp_path / name) for name in ("DATA", "STATE", "CONFIG")}
    at = {"HOTLINER_DATE": "2025-12-20T14:00", "HOTLINER_ESSAI": "1"}
    return {**kept, **folders, **at, "PYTHONPATH": str(ROOT), "COLUMNS": "100"}


@pytest.fixture
def run(tmp_path: Path, environment: dict[str, str]) -> Run:
    def run_it(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return ready.run(*arguments, env={**environment, **variables}, cwd=tmp_path)

    return run_it


@pytest.fixture
def said(
    tmp_path: Path,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """The same without a new process, for what ends before anything is opened."""

    def run_it(*arguments: str) -> subprocess.CompletedProcess[str]:
        monkeypatch.chdir(tmp_path)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        code = outcome(lambda: cli.run(arguments))
        return subprocess.CompletedProcess(arguments, code, *capsys.readouterr())

    return run_it


@pytest.fixture
def clients(tmp_path: Path) -> Path:
    path = tmp_path / "clients.csv"
    path.write_text(CLIENTS, encoding="utf-8")
    return path


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


COMMANDS = "", *(str(one.name) for one in cli.app.registered_commands)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_in_french(said: Run, command: str) -> None:
    done = said(*command.split(), "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage\u202f: hotliner")
    assert "Afficher cette aide." in done.stdout
    assert not ENGLISH.search(done.stdout)
    assert done.stderr == ""


def test_help_lists_every_command(run: Run) -> None:
    listed = re.findall(r"^  ([a-z-]+)  ", run("--help").stdout.split("Commandes")[1], re.MULTILINE)
    assert tuple(listed) == COMMANDS[1:]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("importe x", "« importer »"),
        ("--truc", "L’option « --truc » n’existe pas"),
        ("importer", "Il manque FICHIER"),
        ("importer a b", "en trop : b"),
        ("importer --simulaton x", "(voir --simulation)"),
        ("config --base", "attend une valeur"),
        ("importer x --simulation=oui", "n’attend pas de valeur"),
        ("exporter rien", "attendu : refus|clients|indicateurs|journal"),
        ("exporter refus --format ods", "attendu : csv|xlsx|json"),
        ("exporter refus --du hier", "« --du » est refusée"),
        ("demo --taille beaucoup", "« --taille » est refusée"),
        ("config --date hier", "option --date"),
        ("config --base mysql://x", "option --base"),
        ("importer absent.csv", "n’existe pas"),
        ("", "La console s’ouvre dans un terminal"),
        ("demo", "La console s’ouvre dans un terminal"),
    ],
)
def test_wrong_use_is_said_in_french_and_changes_nothing(said: Run, line: str, words: str) -> None:
    done = said(*line.split())
    assert done.returncode == 2
    assert words in plain(done.stderr)
    assert not ENGLISH.search(done.stderr.replace("exporter", ""))
    assert done.stdout == ""


def test_import_results_on_one_stream_talk_on_the_other(run: Run, clients: Path, tmp_path: Path) -> None:
    first = run("importer", "clients.csv")
    assert first.returncode == 0
    assert "« Dupont [/] x »" in first.stderr.replace("\u00a0", " ")
    assert "2 ajoutées" in first.stdout
    with clients.open("a", encoding="utf-8") as file:
        file.write("3;Bad;;;;31/02/2025\n")
    mixed = run("importer", "clients.csv", "--rejets", "r.csv", "--json")
    assert mixed.returncode == 1
    assert json.loads(mixed.stdout)["unchanged"] == 2
    assert "ligne 4" in mixed.stderr
    assert "\r" not in mixed.stderr, "no progress bar away from a terminal"
    assert (tmp_path / "r.csv").is_file()
    base = tmp_path / "DATA" / "hotliner" / "hotliner.db"
    assert base.stat().st_mode & 0o777 == 0o600
    assert base.parent.stat().st_mode & 0o777 == 0o700


def test_simulation_writes_nothing_and_only_bad_rows_is_refused_input(
    run: Run, tmp_path: Path, clients: Path
) -> None:
    assert "rien n’est écrit" in run("importer", "clients.csv", "--simulation").stdout
    assert "2 ajoutées" in run("importer", "clients.csv").stdout
    clients.write_text("nom;email;expire_le\n;;\nx;y;z\n", encoding="utf-8")
    assert run("importer", "clients.csv").returncode == 2


def test_a_database_that_cannot_be_opened_is_code_three(run: Run, tmp_path: Path, clients: Path) -> None:
    (tmp_path / "not.db").write_text("x" * 5000)
    for base in ("not.db", "no/folder/x.db"):
        done = run("importer", "clients.csv", "--base", base)
        assert done.returncode == 3
        assert base in done.stderr
        assert "Traceback" not in done.stderr


def test_export_is_for_french_spreadsheets_or_machines(run: Run, tmp_path: Path, clients: Path) -> None:
    run("importer", "clients.csv")
    done = run("exporter", "refus", "--format", "json")
    assert (done.returncode, json.loads(done.stdout)) == (0, [])
    assert "0 ligne" in done.stderr
    assert run("exporter", "refus", "--sortie", "out.csv").returncode == 0
    again = run("exporter", "refus", "--sortie", "out.csv")
    assert again.returncode == 2
    assert "existe déjà" in again.stderr


def test_verifier_needs_no_database_and_finds_a_wrong_figure(run: Run, tmp_path: Path, clients: Path) -> None:
    clean = run("verifier")
    assert clean.returncode == 0
    assert "attention" in clean.stdout
    assert not (tmp_path / "DATA").exists()
    run("importer", "clients.csv")
    with sqlite3.connect(tmp_path / "DATA" / "hotliner" / "hotliner.db") as base:
        base.execute("UPDATE campaign_count SET n = n + 1")
    broken = run("verifier", "--json")
    assert broken.returncode == 1
    faults = [one for one in json.loads(broken.stdout) if not one["warning"]]
    assert {one["place"] for one in faults} == {"base de données"}, "the wrong figures, and nothing else"


def test_verifier_names_the_file_and_the_step_at_fault(run: Run, tmp_path: Path) -> None:
    for name in ("data", "scripts_fr"):
        subprocess.run(["cp", "-r", str(ROOT / name), str(tmp_path)], check=True)
    step = tmp_path / "scripts_fr" / "appel" / "1-preparation.toml"
    step.write_text(step.read_text(encoding="utf-8").replace('vers = "numerotation"', 'vers = "nulle-part"'))
    done = run("verifier", HOTLINER_CONTENT=str(tmp_path))
    assert done.returncode == 1
    assert "1-preparation.toml, ligne 30, preparation : mène à « nulle-part »" in plain(done.stdout)


@pytest.mark.parametrize(
    "command",
    ["relancer", "envoyer", "indicateurs", "utilisateur lister", "exporter refus", "rgpd purger", "verifier",
     "utilisateur ajouter Ada --role administrateur", "sauvegarder copie.db", "rapport --mois 2025-12"],
)  # fmt: skip
def test_a_slip_in_the_name_of_the_base_makes_none(said: Run, tmp_path: Path, command: str) -> None:
    done = said(*command.split(), "--base", str(tmp_path / "nulle-part.db"))
    assert done.returncode == 3
    assert "pas de base de données à cet endroit" in done.stderr
    assert not [*tmp_path.glob("*.db")]


@pytest.mark.parametrize("value", ["9" * 5_000, "[" * 20_000, "{a=" * 20_000, "[" * 2_000_000])
def test_settings_that_no_hand_wrote_are_refused_in_french(
    said: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    (tmp_path / "s.toml").write_text(f"lock_minutes = {value}")
    monkeypatch.setenv("HOTLINER_CONFIG", str(tmp_path / "s.toml"))
    done = said("config")
    assert done.returncode == 2
    assert "TOML valable" in done.stderr


def test_what_is_printed_does_nothing_to_a_terminal(said: Run) -> None:
    done = said("\x1b]52;c;x\x07\u202e\x9b31m")
    assert done.returncode == 2
    assert not re.search("[\x00-\x09\x0b-\x1f\x80-\x9f\u202a-\u202e]", done.stderr)
    assert as_json({"a": "é\x9b\u202e\U000e0041"}) == '{"a": "é\\u009b\\u202e\\udb40\\udc41"}'


def test_backup_and_restore(run: Run, tmp_path: Path, clients: Path) -> None:
    assert run("sauvegarder", "copie.db").returncode == 3, "nothing to back up yet"
    run("importer", "clients.csv")
    assert run("sauvegarder", "copie.db").returncode == 0
    assert run("sauvegarder", "copie.db").returncode == 2
    clients.write_text(CLIENTS + "3;Roux;Léo;leo@exemple.fr;;31/12/2025\n", encoding="utf-8")
    assert "1 ajoutée," in run("importer", "clients.csv").stdout
    done = run("restaurer", "copie.db")
    assert done.returncode == 0
    assert "1 ajoutée," in run("importer", "clients.csv").stdout
    (kept,) = (tmp_path / "DATA" / "hotliner").glob("hotliner-avant-restauration-*.db")
    assert str(kept) in done.stderr
    assert run("restaurer", "clients.csv").returncode == 2


def test_config_shows_values_origins_and_no_secret(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "CONFIG" / "hotliner"
    folder.mkdir(parents=True)
    (folder / "hotliner.toml").write_text('agent = "Zoé"\ndatabase_url = "postgresql://u:motdepasse@h/x"\n')
    done = run("config", "--agent", "Léa")
    assert "agent = Léa" in done.stdout
    assert "option --agent" in done.stdout
    assert f"fichier {folder / 'hotliner.toml'}" in done.stdout
    assert "variable HOTLINER_DATE" in done.stdout
    assert "motdepasse" not in done.stdout
    assert "motdepasse" not in run("config", "--json").stdout


def test_a_broken_pipe_is_quiet(environment: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m console script | head -1",
        shell=True,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("Script")
    assert done.stderr == ""


def test_interrupting_an_import_keeps_whole_batches(
    environment: dict[str, str], tmp_path: Path, run: Run
) -> None:
    rows = (f"{i};N{i};P;a{i}@x.fr;;31/12/2025" for i in range(1, 40_000))
    titles = CLIENTS.partition("\n")[0]
    (tmp_path / "long.csv").write_text("\n".join((titles, *rows)), encoding="utf-8")
    process = ready.Ready(("importer", "long.csv"), env=environment, cwd=tmp_path)
    base = tmp_path / "DATA" / "hotliner" / "hotliner.db"
    until = time.monotonic() + 60
    while time.monotonic() < until and not (base.exists() and _count(base)):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "relancez pour finir" in err
    assert f"{_count(base)} ajoutées" in plain(out).replace(" ", "").replace("ajoutées", " ajoutées")
    assert run("verifier").returncode == 0


def _count(base: Path) -> int:
    try:
        with sqlite3.connect(f"file:{base}?mode=ro", uri=True) as connection:
            return int(connection.execute("SELECT count(*) FROM client").fetchone()[0])
    except sqlite3.Error:
        return 0


def test_a_persons_data_is_given_then_erased_when_the_code_is_typed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "clients.csv").write_text(CLIENTS, encoding="utf-8")
    base = f"--base={tmp_path / 'base.db'}"
    run("importer", "clients.csv", base)
    given = run("rgpd", "exporter", "CLT-00002", base, "--json")
    assert json.loads(given.stdout)["client"][0]["last_name"] == "Petit"
    refused = run("rgpd", "effacer", "CLT-00002", base)
    assert refused.returncode == 2
    assert "Rien n’a été effacé" in refused.stderr
    erased = run("rgpd", "effacer", "CLT-00002", base, "--oui")
    assert erased.returncode == 0, erased.stderr
    assert "EFFACE-" in erased.stdout
    assert b"zoe@exemple.fr" not in (tmp_path / "base.db").read_bytes()
    assert run("rgpd", "exporter", "CLT-00002", base).returncode == 2
