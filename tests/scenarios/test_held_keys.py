"""A key held, or pressed twice by a nervous hand, takes one step of a call: seen in a real terminal."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.program import Console, rows
from tests.terminal import sent

PATHS = {
    "refusal": ("&", "&", "é", "&", "'", "&"),
    "renewal": ("&", "&", "&", "&"),
    "coaching": ("&", "&", "é", "é", "Deux ateliers annulés.", "enter", "é", "&"),
    "pause": ("&", "&", "é", '"', "&", "&"),
}
"""The keys of each, « enter » after the words of a field; the last leads to marks, or to what closes."""


def steps(base: Path) -> int:
    """How many entries the journals of all calls have."""
    return len(rows(base, "SELECT id FROM call_step"))


@pytest.mark.parametrize(
    ("path", "times", "every"),
    [("refusal", 40, 0.03), ("refusal", 2, 0.08), *((path, 14, 0.03) for path in PATHS if path != "refusal")],
    ids=["refusal held", "refusal doubled", "renewal held", "coaching held", "pause held"],
)
def test_one_step_a_decision(
    marie: Path, opened: Callable[..., Console], path: str, times: int, every: float
) -> None:
    console = opened(marie, size=(80, 24))
    console.wait_for("Marie Dupuis")
    console.press("a")
    console.wait_for("Composer")
    taken = steps(marie)
    for key in PATHS[path]:
        console.settle(0.4)
        if len(key) > 1 and key != "enter":
            console.type(key)
            continue
        for _ in range(times):
            console.send(sent(key))
            time.sleep(every)
        console.settle(0.4)
        taken += 1
        assert steps(marie) == taken, key
    assert rows(marie, "SELECT id FROM churn_record") == []
    open_calls = rows(marie, "SELECT satisfaction FROM call WHERE ended_at IS NULL")
    assert open_calls == [{"satisfaction": None}]
