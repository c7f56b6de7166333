"""The training: the first tour, the quiz, the call simulator, each agent's scores, who has passed."""

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlmodel import Session

from console.base.errors import ContentError, RefusedInputError
from console.base.history import EventKind
from console.base.roles import Role
from console.context import Context
from console.db import history
from console.training import quiz, simulation
from console.training import store as storage
from console.training.quiz_files import read_quiz
from console.training.standings import Standing, standings

if TYPE_CHECKING:
    from console.training.simulator import Debrief, Simulation


class TrainingService:
    """What an agent learns with. The scores are all that it writes; nothing here touches a client."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def questions(self) -> tuple[quiz.Question, ...]:
        """The quiz as it stands. Raises ContentError naming every fault."""
        found, faults = read_quiz(self._ctx.content.root)
        if faults:
            raise ContentError("\n".join(str(one) for one in faults), todo="Corrigez ce fichier du quiz.")
        return found

    def mine(self) -> Standing | None:
        """What the agent's own runs say; None before the first one."""
        with self._ctx.database.reading() as session:
            return next(iter(_standings(session, self._ctx.agent)), None)

    def team(self) -> tuple[Standing, ...]:
        """Every agent who took the quiz or simulated a call, for a supervisor. Raises ForbiddenError."""
        self._ctx.need(Role.SUPERVISOR)
        with self._ctx.database.reading() as session:
            return _standings(session)

    def keep(self, asked: Sequence[quiz.Question], answers: Sequence[int]) -> quiz.QuizRun:
        """Keep a run, as its questions stood. Raises RefusedInputError when it is not whole."""
        if not asked or len(answers) != len(asked):
            raise RefusedInputError("Ce quiz n’est pas terminé.", "Rien n’a été compté.")
        score = sum(question.scores(answer) for question, answer in zip(asked, answers, strict=True))
        given = {question.code: answer + 1 for question, answer in zip(asked, answers, strict=True)}
        now = self._ctx.clock.now()
        with self._ctx.database.writing() as session:
            data = {"score": score, "total": len(asked), "answers": given}
            history.add(session, EventKind.QUIZ, now, agent=self._ctx.agent, data=data)
        return quiz.QuizRun(self._ctx.agent, now, score, len(asked))

    def simulate(self, seed: int | None = None) -> "Simulation":
        """A simulated call, begun, of that seed or of one drawn. It is given nothing of this database.

        Raises RefusedInputError for a seed out of bounds, ContentError, StorageError.
        """
        from console.training.simulator import Simulation

        highest = simulation.HIGHEST_SEED
        if seed is not None and not 1 <= seed <= highest:
            raise RefusedInputError(f"Le numéro d’un appel simulé va de 1 à {highest}.", "Rien n’a commencé.")
        seed = seed or secrets.randbelow(highest) + 1
        return Simulation(self._ctx.content, self._ctx.agent, self._ctx.clock.today(), seed)

    def keep_call(self, debrief: "Debrief") -> simulation.SimulatedRun:
        """Keep the score of a simulated call that is over. Raises StorageError."""
        now, agent = self._ctx.clock.now(), self._ctx.agent
        missed = [point.code for point in debrief.points if point.missed]
        data = {
            "seed": debrief.seed,
            "client": debrief.client,
            "score": debrief.score,
            "total": debrief.total,
            "outcome": debrief.outcome,
            "duration_s": debrief.duration_s,
            "misheard": sum(not line.right for line in debrief.lines),
            "missed": missed,
        }
        with self._ctx.database.writing() as session:
            history.add(session, EventKind.SIMULATED_CALL, now, agent=agent, data=data)
        return simulation.SimulatedRun(agent, now, debrief.seed, debrief.score, debrief.total, len(missed))

    def tour_due(self) -> bool:
        """Whether the agent has still to be shown around, on whatever machine."""
        with self._ctx.database.reading() as session:
            return not storage.toured(session, self._ctx.agent)

    def tour_seen(self) -> None:
        """The agent has been shown around, or did not want to be: the tour does not come by itself again."""
        with self._ctx.database.writing() as session:
            storage.tour_seen(session, self._ctx.agent, self._ctx.clock.now())


def _standings(session: Session, agent: str | None = None) -> tuple[Standing, ...]:
    return standings(
        [
            quiz.QuizRun(who, at, int(data["score"]), int(data["total"]))
            for who, at, data in storage.taken(session, EventKind.QUIZ, agent)
        ],
        [
            simulation.SimulatedRun(who, at, data["seed"], data["score"], data["total"], len(data["missed"]))
            for who, at, data in storage.taken(session, EventKind.SIMULATED_CALL, agent)
        ],
    )
