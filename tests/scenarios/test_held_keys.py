"""A key held, or pressed twice by a nervous hand, takes one step of a call: seen in a real terminal."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.program import Console, rows

REFUSAL_KEYS = ("&", "&", "é", "&", "'", "&")


def steps(base: Path) -> int:
    """How many entries the journals of all calls have."""
    return len(rows(base, "SELECT id FROM call_step"))


@pytest.mark.parametrize(("times", "every"), [(40, 0.03), (2, 0.08)], ids=["held", "doubled"])
def test_one_step_a_decision(marie: Path, opened: Callable[..., Console], times: int, every: float) -> None:
    console = opened(marie, size=(80, 24))
    console.wait_for("Marie Dupuis")
    console.press("a")
    console.wait_for("Composer")
    taken = steps(marie)
    for key in REFUSAL_KEYS:
        console.settle(0.4)
        for _ in range(times):
            console.send(key)
            time.sleep(every)
        console.settle(0.4)
        taken += 1
        assert steps(marie) == taken, key
    assert rows(marie, "SELECT id FROM churn_record") == []
