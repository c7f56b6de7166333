"""`hotliner relancer` from the outside: simulated, done, done again."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import ready
from tests.program import home, rows
from tests.world import plain

CLIENTS = """code;civilite;prenom;nom;email;telephone;client_depuis;expire_le
CLT-00245;Mme;Marie;Dupuis;marie@example.org;06 12 34 56 78;2024-06-01;31/12/2025
CLT-00246;M.;Luc;Petit;luc@example.org;01 42 00 00 00;2025-06-01;31/12/2025
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        options = ("--base", str(tmp_path / "base.db"), "--agent", "cron")
        return ready.run(*arguments, *options, env={"PATH": "", **home(tmp_path)})

    return command


def test_the_day_is_simulated_planned_and_planned_again(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "clients.csv"
    file.write_text(CLIENTS, encoding="utf-8")
    assert run("importer", str(file), "--date", "2025-12-10").returncode == 0

    said = run("relancer", "--simulation", "--json", "--date", "2025-12-17T08:00")
    assert said.returncode == 0, said.stderr
    told = json.loads(said.stdout)
    assert told["simulated"]
    assert told["queued"] == [
        {"kind": "J-14", "channel": "email", "n": 2},
        {"kind": "J-14", "channel": "sms", "n": 1},
    ]
    assert told["skipped"] == [{"kind": "J-14", "channel": "sms", "reason": "no_address", "n": 1}]
    assert rows(tmp_path / "base.db", "SELECT * FROM message") == []

    done = run("relancer", "--date", "2025-12-17T08:00")
    assert done.returncode == 0, done.stderr
    text = plain(done.stdout)
    assert "2 dossiers vus ; 3 messages à envoyer, 1 relance sautée" in text
    assert "J-14, SMS, sautée (pas d’adresse utilisable) : 1" in text
    assert len(rows(tmp_path / "base.db", "SELECT * FROM message")) == 3

    again = run("relancer", "--date", "2025-12-17T18:00")
    assert "0 dossier vu ; 0 message à envoyer" in plain(again.stdout)
