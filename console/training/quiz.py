"""The quiz: questions, what an answer is worth, what a run says of whoever took it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Question:
    """A situation and its choices; `right` and `accepted` are 0-based places."""

    code: str
    situation: str
    choices: tuple[str, ...]
    right: int
    accepted: frozenset[int]
    why: str

    def scores(self, choice: int) -> bool:
        """Whether this answer counts."""
        return choice == self.right or choice in self.accepted


@dataclass(frozen=True, slots=True)
class QuizRun:
    """A quiz taken to its end."""

    agent: str
    at: datetime
    score: int
    total: int

    @property
    def passed(self) -> bool:
        """Every question of that day was answered rightly."""
        return self.score == self.total > 0


@dataclass(frozen=True, slots=True)
class QuizResult:
    """What an agent's runs say, the first one that passed kept for good."""

    agent: str
    runs: int
    best: QuizRun
    passed_at: datetime | None


def records(runs: Sequence[QuizRun]) -> tuple[QuizResult, ...]:
    """One record an agent, by name; `runs` in the order they were taken."""
    by_agent: dict[str, list[QuizRun]] = {}
    for run in runs:
        by_agent.setdefault(run.agent, []).append(run)
    return tuple(
        QuizResult(
            agent,
            len(mine),
            max(mine, key=lambda run: (run.score / run.total if run.total else 0, run.total)),
            next((run.at for run in mine if run.passed), None),
        )
        for agent, mine in sorted(by_agent.items())
    )
