"""A long file imported with every check, against the same file inserted as it is."""

import csv
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from random import Random
from time import perf_counter

from tests.bench.pairs import Result, alternate, mebibytes
from tests.bench.terminals import folders
from tests.ready import ROOT
from tests.terminal import hotliner

MANY, FEW = 100_000, 10_000
COLUMNS = ("code", "civilite", "prenom", "nom", "email", "telephone", "formule", "periodicite",
           "client_depuis", "expire_le", "note")  # fmt: skip


def importing(folder: Path, rounds: int) -> list[Result]:
    """Rows a second of both programs, then the peak of memory with a file ten times longer."""
    long, short = _clients(folder / "long.csv", MANY), _clients(folder / "court.csv", FEW)
    pair = alternate(
        lambda: _run(_import(folder, long), folder)[0],
        lambda: _run(_insert(folder, long), folder)[0],
        rounds,
        0,
    )
    memory = alternate(
        lambda: _run(_import(folder, long), folder)[1],
        lambda: _run(_import(folder, short), folder)[1],
        rounds,
        0,
    )
    return [
        Result(
            f"import de {MANY} lignes avec tous les contrôles : temps ÷ sqlite-utils, sans contrôle",
            f"{MANY / pair.ours:.0f} lignes/s",
            f"{MANY / pair.yardstick:.0f} lignes/s",
            pair.ratio,
        ),
        Result(
            f"mémoire de l’import : {MANY} lignes ÷ {FEW} lignes",
            mebibytes(memory.ours),
            mebibytes(memory.yardstick),
            memory.ratio,
            1.3,
        ),
    ]


def _import(folder: Path, file: Path) -> list[str]:
    return hotliner("importer", str(file), "--base", str(folder / "import.db"))


def _insert(folder: Path, file: Path) -> list[str]:
    return [
        sys.executable,
        "-m",
        "sqlite_utils",
        "insert",
        str(folder / "import.db"),
        "client",
        str(file),
        "--csv",
    ]


def _run(command: list[str], folder: Path) -> tuple[float, float]:
    """The same for a command that fills a new database."""
    (folder / "import.db").unlink(missing_ok=True)
    return run_apart(command, folder)


def run_apart(command: list[str], folder: Path) -> tuple[float, float]:
    """Seconds and peak memory (bytes) of a command in a process of its own."""
    environment = {**os.environ, **folders(folder), "PYTHONPATH": str(ROOT)}
    start = perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    taken = perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise AssertionError(f"{command[2:4]} ended with {process.returncode}")
    return taken, usage.ru_maxrss * 1024


def _clients(file: Path, number: int) -> Path:
    """A file of so many clients, all acceptable."""
    random = Random(number)
    start = date(2026, 1, 1)
    with file.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(COLUMNS)
        for n in range(1, number + 1):
            expiry = start + timedelta(days=random.randrange(360))
            since = date(2020, 1, 1) + timedelta(days=random.randrange(1800))
            rows.writerow(
                (
                    f"CLT-{n:06}",
                    random.choice(("Mme", "M.")),
                    random.choice(("Élodie", "Jean-Noël", "Aïcha", "Loïc", "Inès")),
                    random.choice(("Garçon", "d’Arvor", "Le Goff", "de La Tour", "Œuvrard")),
                    f"client{n}@example.org",
                    f"06 {n // 10**6 % 100 + 12:02} {n // 10**4 % 100:02} {n // 100 % 100:02} {n % 100:02}",
                    "Premium",
                    "annuel",
                    since.isoformat(),
                    expiry.strftime("%d/%m/%Y"),
                    "Préfère le matin" if n % 5 == 0 else "",
                )
            )
    return file
