"""A durable churn record, with all that goes with it, against a plain SQLModel commit of one row.

`python -m tests.bench.churn_record`: the two are timed turn by turn, on two files opened alike in one folder.
"""

import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from console.storage.tables import Event
from tests.world import REFUSAL, World, paris

WARM_UP, ROUNDS = 10, 60
VERBATIM = "Je dois faire des économies en ce moment."
START = paris("2025-12-19T15:00")


def measure() -> tuple[float, float]:
    """Seconds for the last key of a refusal until it is written, and for one row added alone."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        full, bare = World(Path(folder) / "full.db", START), World(Path(folder) / "bare.db", START)
        clients = [full.add(f"CLT-{n:05}", email=f"c{n}@example.org") for n in range(WARM_UP + ROUNDS)]
        times: list[tuple[float, float]] = []
        for client_id in clients:
            full.now = START
            view = full.walk(full.begin(client_id), *REFUSAL[:-1])
            start = perf_counter()
            full.services.calls.choose(view.call_id, view.seq, 0)
            written = perf_counter() - start
            start = perf_counter()
            with bare.database.writing() as session:
                session.add(Event(at=full.now, kind="note", text=VERBATIM, agent="Jean"))
            times.append((written, perf_counter() - start))
        full.database.close()
        bare.database.close()
    return median(t[0] for t in times[WARM_UP:]), median(t[1] for t in times[WARM_UP:])


if __name__ == "__main__":
    record, plain = measure()
    print(f"refusal {1000 * record:.2f} ms, one row {1000 * plain:.2f} ms, ratio {record / plain:.2f}")
