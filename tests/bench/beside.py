"""A call by keys while each job runs on many clients, on SQLite and on PostgreSQL."""

import csv
import json
import os
import signal
import subprocess
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from statistics import quantiles
from time import monotonic

from tests.bench.pairs import Result, milliseconds
from tests.bench.terminals import SIZE, Timed, folders
from tests.crowd import fill
from tests.ready import ROOT
from tests.servers import postgresql_programs, postgresql_server
from tests.terminal import AGAIN_S, hotliner
from tests.world import World, paris, plain

MANY = 100_000
DAY, AFTERWARDS = "2025-12-22T10:00", "2029-12-24T10:00"
WANTED_MS = 500.0
AT_MOST_S = 180.0
"""A job that takes longer is ended then: what its beginning does to a call is known."""
_RINGING, _OPENING = "Pas de réponse", "Hésite ou refuse"
_KEPT = ("Gardé ici", "Impossible pour l’instant", "gardé ici")
"""What the screen says of a step that the base did not take."""
_COLUMNS = ("code", "civilite", "prenom", "nom", "email", "telephone", "formule", "periodicite",
            "client_depuis", "expire_le")  # fmt: skip
JOBS: dict[str, tuple[str, ...]] = {
    "importer": ("importer", "clients.csv"),
    "relancer": ("relancer",),
    "envoyer": ("envoyer",),
    "evenements": ("evenements", "oppositions.jsonl", "--source", "mesure"),
    "sceller": ("sceller",),
    "verifier": ("verifier",),
    "verifier --reparer": ("verifier", "--reparer"),
    "sauvegarder": ("sauvegarder", "copie"),
    "exporter clients": ("exporter", "clients", "--sortie", "clients-exportes.csv"),
    "exporter journal": ("exporter", "journal", "--format", "xlsx", "--sortie", "journal.xlsx"),
    "indicateurs": ("indicateurs",),
    "rapport": ("rapport", "--mois", "2025-12", "--sortie", "rapport.html"),
    "rgpd purger": ("rgpd", "purger", "--oui"),
}
"""Each job with its command, in an order in which each finds much to do."""


def beside(folder: Path, rounds: int, many: int = MANY) -> list[Result]:
    """The p95 from a key to its painted step during each job; one that is not taken by the base is counted.

    rounds: the steps without any job, by which the others are judged; half of them are gone back.
    """
    _files(folder, many)
    results = _on(f"sqlite:///{folder / 'base.db'}", "SQLite", folder, rounds, many)
    if postgresql_programs() is not None:
        with postgresql_server() as server:
            results += _on(server.new(), "PostgreSQL", folder, rounds, many)
    return results


def _on(url: str, kind: str, folder: Path, rounds: int, many: int) -> list[Result]:
    world = World(folder / "base.db", paris(DAY), url="" if kind == "SQLite" else url)
    world.add("CLT-MARIE", last_name="Dupuis", expires_on=date(2025, 12, 24))
    fill(world, many)
    world.database.close()
    (folder / kind).mkdir()
    return _measured(url, kind, folder, rounds, many)


def _measured(url: str, kind: str, folder: Path, rounds: int, many: int) -> list[Result]:
    results = []
    with Timed(hotliner("--base", url, "--date", DAY), size=SIZE, env=_environment(folder)) as console:
        console.wait_for("Marie Dupuis", timeout=120)
        console.press("a")
        console.wait_for("Composer le", timeout=60)
        console.press("&")
        console.wait_for(_RINGING)
        call = Call(console)
        while len(call.taken) < rounds:
            call.step()
        alone = _p95(call.taken)
        for name, command in JOBS.items():
            call = Call(console)
            took, ended = call.during(_job(command, url, folder / kind, folder))
            told = f"{kind}, {name} ({many} clients, {took:.0f} s{ended})"
            results.append(
                Result(
                    f"{told}{chr(0x202F)}: étape par touche, p95 de {len(call.taken)} ÷ 500 ms"
                    f" (la plus longue {max(call.taken):.0f} ms, {call.kept} hors de la base)",
                    milliseconds(_p95(call.taken)),
                    f"seule {milliseconds(alone)}",
                    _p95(call.taken) / WANTED_MS,
                    1.0,
                )
            )
            print(results[-1].line, flush=True)
    return results


class Call:
    """An agent who goes one step on and one back, as fast as one reads."""

    def __init__(self, console: Timed) -> None:
        self._console = console
        self.taken: list[float] = []
        self.kept = 0

    def step(self) -> None:
        """One choice, or the step back from it."""
        console = self._console
        console.settle(AGAIN_S, timeout=AGAIN_S + 0.1)
        key, shows = ("&", _OPENING) if _RINGING in plain(console.text) else ("\x7f", _RINGING)
        self.taken.append(console.time_until(key, lambda text: shows in text, timeout=60))
        self.kept += any(words in plain(console.text) for words in _KEPT)

    def during(self, job: subprocess.Popen[bytes]) -> tuple[float, str]:
        """Steps until the job ends; how long it took, and how it ended unless well."""
        begun = monotonic()
        try:
            while job.poll() is None and monotonic() - begun < AT_MOST_S:
                self.step()
            took, ended = monotonic() - begun, job.poll() is not None
            while len(self.taken) < 2:  # a job that ends at once
                self.step()
        finally:
            if job.poll() is None:
                job.send_signal(signal.SIGTERM)
                job.wait(60)
        return took, (f", code {job.returncode}" if job.returncode else "") if ended else ", arrêté"


def _job(command: tuple[str, ...], url: str, place: Path, folder: Path) -> subprocess.Popen[bytes]:
    for name in ("clients.csv", "oppositions.jsonl"):
        if not (place / name).exists():
            (place / name).symlink_to(folder / name)
    day = () if command[0] == "sauvegarder" else ("--date", AFTERWARDS if "purger" in command else DAY)
    return subprocess.Popen(
        hotliner(*command, "--base", url, *day),
        cwd=place,
        env={**os.environ, **_environment(folder), "PYTHONPATH": str(ROOT)},
        stdout=(place / f"{command[0]}.out").open("wb"),
        stderr=subprocess.STDOUT,
    )


def _environment(folder: Path) -> Mapping[str, str]:
    return folders(folder) | {"HOTLINER_ESSAI": "1"}


def _files(folder: Path, many: int) -> None:
    """Every client by another name, and a word of each against SMS."""
    with (folder / "clients.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(_COLUMNS)
        rows.writerows(_client(number) for number in range(many))
    with (folder / "oppositions.jsonl").open("w", encoding="utf-8") as file:
        for number in range(many):
            told = {"id": f"d-{number}", "type": "unsubscribed", "client": f"CLT-{number:06}"}
            told |= {"at": "2025-12-22T09:00:00+01:00", "channel": "sms"}
            file.write(f"{json.dumps(told)}\n")


def _client(number: int) -> tuple[str, ...]:
    expiry = date(2025, 12, 28) + timedelta(days=number % 6)
    return (
        f"CLT-{number:06}", "Mme", "Marie", f"Le Goff {number}", f"c{number}@example.org", "",
        "Premium", "annuel", "2023-05-01", expiry.isoformat(),
    )  # fmt: skip


def _p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1]
