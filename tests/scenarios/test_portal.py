"""From an empty folder: an import, the reminders, the link of one opened in the portal, a renewal counted."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

from tests import ready

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = "code;nom;prenom;email;expire_le\n1;Petit;Zoé;zoe@exemple.fr;31/12/2025\n"


def test_a_client_renews_by_the_link_of_an_e_mail(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HOTLINER_")}
    folders = {f"XDG_{name}_HOME": str(tmp_path / name) for name in ("DATA", "STATE", "CONFIG")}
    given = {"HOTLINER_DATE": "2025-12-17T09:00", "HOTLINER_ESSAI": "1", "PYTHONPATH": str(ROOT)}
    environment = {**kept, **folders, **given}
    (tmp_path / "clients.csv").write_text(CLIENTS, encoding="utf-8")
    for command in (("importer", "clients.csv"), ("relancer",)):
        assert ready.run(*command, env=environment, cwd=tmp_path).returncode == 0
    (database,) = tmp_path.glob("DATA/**/hotliner.db")
    with sqlite3.connect(database) as base:
        ((text,),) = base.execute("SELECT text FROM message WHERE step = 'J-14'")
    path = re.findall(r"https://numi\.support(/r/r\S+)", text)[0]

    portal = subprocess.Popen(
        [sys.executable, "-m", "console", "portail", "--port", "0"],
        env=environment,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert portal.stdout is not None
        address = re.findall(r"http://127\.0\.0\.1:\d+", portal.stdout.readline())[0]
        page = urlopen(address + path, timeout=20).read().decode()
        form = {"jeton": re.findall(r'name="jeton" value="(\w+)"', page)[0], "acte": "renouveler"}
        done = urlopen(address + path, data=urlencode(form).encode(), timeout=20).read().decode()
        assert "C’est fait" in done
        portal.send_signal(signal.SIGTERM)
        assert portal.wait(timeout=10) == 0
    finally:
        portal.kill()
    month = ("--du", "2025-12-01", "--au", "2025-12-31", "--date", "2026-01-02")
    figures = json.loads(ready.run("indicateurs", *month, "--json", env=environment, cwd=tmp_path).stdout)
    renewals = figures["indicateurs"][0]
    assert (renewals["code"], renewals["numerateur"], renewals["denominateur"]) == ("renouvellement", 1, 1)
    with sqlite3.connect(database) as base:
        assert base.execute("SELECT status FROM subscription ORDER BY expires_on").fetchall() == [
            ("renewed",),
            ("active",),
        ]
