"""`python -m tests.bench [--rapide]`: every figure of the README's table, each beside its yardstick."""

import argparse
import platform
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from os import cpu_count
from pathlib import Path

from tests.bench.beside import beside
from tests.bench.hands import hands
from tests.bench.importing import importing
from tests.bench.keys import arrow, choice
from tests.bench.opening import memory, openings, start
from tests.bench.pairs import Result
from tests.bench.planning import planning
from tests.bench.sending import sending
from tests.bench.stored import churn_record, dashboard
from tests.bench.supervision import supervision
from tests.bench.team import Crew, team
from tests.bench.team_moments import first_morning, senders
from tests.bench.trips import distances, trips
from tests.bench.typed import typed
from tests.bench.words import kept_words

HEAD = "| mesure | console | étalon | rapport | limite | verdict |\n| --- | --- | --- | --- | --- | --- |"


def main() -> int:
    """Measure, print the table; 0 unless a measure could not be made."""
    options = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    options.add_argument("--rapide", action="store_true", help="moins de tours : indicatif seulement")
    options.add_argument("--seul", metavar="MESURE", help="une seule mesure, par son nom")
    options.add_argument("--agents", type=int, default=Crew.agents, help="equipe : combien d’agents")
    options.add_argument("--aller-retour", type=float, default=20, metavar="MS", help="equipe : le délai")
    options.add_argument("--minutes", type=float, default=Crew.minutes, help="equipe : combien de temps")
    options.add_argument("--allure", type=float, default=Crew.pace, help="equipe : fois celle d’une personne")
    given = options.parse_args()
    crew = Crew(
        agents=given.agents, delay=given.aller_retour / 1000, minutes=given.minutes, pace=given.allure
    )
    failed = False
    print(HEAD, flush=True)
    with tempfile.TemporaryDirectory(prefix="hotliner-") as name:
        folder = Path(name)
        measures: dict[str, tuple[Callable[[Path, int], Result | list[Result]], int, int]] = {
            "demarrage": (start, 5, 25),
            "fleche": (arrow, 15, 60),
            "choix": (choice, 15, 60),
            "donnees": (dashboard, 20, 100),
            "fiche": (churn_record, 20, 100),
            "memoire": (memory, 2, 5),
            "ouvertures": (openings, 100, 1_000),
            "import": (importing, 1, 3),
            "relances": (planning, 1, 3),
            "supervision": (supervision, 5, 15),
            "a-cote": (beside, 40, 40),
            "frappe": (typed, 20, 300),
            "allers-retours": (trips, 1, 1),
            "distance": (distances, 1, 3),
            "envois": (sending, 10, 150),
            "paroles": (kept_words, 9, 1),
            "mains": (hands, 2, 200),
            "equipe": (partial(team, crew=crew), 1, 1),
            "envoyeurs": (partial(senders, delay=crew.delay), 100, 1000),
            "matin": (first_morning, 2_000, 100_000),
        }
        for measure, (make, least, usual) in measures.items():
            if given.seul in (None, measure):
                try:
                    (folder / measure).mkdir()
                    made = make(folder / measure, least if given.rapide else usual)
                    for result in made if isinstance(made, list) else [made]:
                        print(result.line, flush=True)
                except Exception as error:
                    failed = True
                    print(f"{measure}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
    print(
        f"\n{cpu_count()} cœurs, {platform.system()}, Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version}"
    )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
