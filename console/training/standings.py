"""Where each agent stands with the training: the quiz, and the simulated calls."""

from collections.abc import Sequence
from dataclasses import dataclass

from console.training import quiz
from console.training.simulation import SimulatedRun


@dataclass(frozen=True, slots=True)
class CallResult:
    """The simulated calls that an agent had to their end."""

    runs: int
    best: SimulatedRun


@dataclass(frozen=True, slots=True)
class Standing:
    """One agent's training; None for what they never did."""

    agent: str
    quiz: quiz.QuizResult | None
    calls: CallResult | None


def standings(taken: Sequence[quiz.QuizRun], simulated: Sequence[SimulatedRun]) -> tuple[Standing, ...]:
    """One an agent, by name; runs in the order they were had."""
    passed = {record.agent: record for record in quiz.records(taken)}
    had: dict[str, list[SimulatedRun]] = {}
    for run in simulated:
        had.setdefault(run.agent, []).append(run)
    return tuple(
        Standing(agent, passed.get(agent), _calls(had[agent]) if agent in had else None)
        for agent in sorted({*passed, *had})
    )


def _calls(runs: Sequence[SimulatedRun]) -> CallResult:
    best = max(runs, key=lambda run: (run.score / run.total if run.total else 0, -run.missed, run.total))
    return CallResult(len(runs), best)
