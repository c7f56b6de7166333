"""A small team at work for some seconds on a real server, people and jobs killed: nothing goes astray."""

import multiprocessing
from pathlib import Path

import pytest

from tests.bench.team import Crew, faults, made, run, taken_up
from tests.servers import Server

CREW = Crew(
    agents=3, supervisors=1, senders=1, jobs=1, imported=20, clients=40, minutes=1.5, delay=0.0, pace=100,
    kills=20, calls=5,
)  # fmt: skip


@pytest.mark.long
@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="processes are copied")
def test_nothing_acknowledged_is_lost_and_no_client_has_two_persons(
    postgresql_url: Server, tmp_path: Path
) -> None:
    url = made(postgresql_url, tmp_path, CREW.clients)
    ran = run(CREW, postgresql_url, url, tmp_path / "team")
    taken_up(ran, url)
    assert faults(ran, url) == []
    assert ran.number("ended") >= CREW.calls
    assert ran.killed
    assert ran.number("refused") == ran.number("asked") == 0
