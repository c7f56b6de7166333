"""The training: the first tour, the quiz, each agent's score, who has passed."""

from collections.abc import Mapping, Sequence
from typing import Any

from console.content.quiz import read_quiz
from console.domain.quiz import Question, Record, Run, records
from console.domain.roles import Role
from console.errors import ContentError, RefusedInputError
from console.services.context import Context
from console.storage import training as storage
from console.storage.tables import Event


class TrainingService:
    """What an agent learns with; nothing here touches a client."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def questions(self) -> tuple[Question, ...]:
        """The quiz as it stands. Raises ContentError naming every fault."""
        found, faults = read_quiz(self._ctx.content.root)
        if faults:
            raise ContentError("\n".join(str(one) for one in faults), todo="Corrigez ce fichier du quiz.")
        return found

    def mine(self) -> Record | None:
        """What the agent's own runs say; None before the first one."""
        with self._ctx.database.reading() as session:
            found = storage.taken(session, self._ctx.agent)
        return next(iter(records([_run(*one) for one in found])), None)

    def team(self) -> tuple[Record, ...]:
        """Every agent who took the quiz, for a supervisor. Raises ForbiddenError."""
        self._ctx.need(Role.SUPERVISOR)
        with self._ctx.database.reading() as session:
            found = storage.taken(session)
        return records([_run(*one) for one in found])

    def keep(self, asked: Sequence[Question], answers: Sequence[int]) -> Run:
        """Keep a run, as its questions stood. Raises RefusedInputError when it is not whole."""
        if not asked or len(answers) != len(asked):
            raise RefusedInputError("Ce quiz n’est pas terminé.", "Rien n’a été compté.")
        score = sum(question.scores(answer) for question, answer in zip(asked, answers, strict=True))
        given = {question.code: answer + 1 for question, answer in zip(asked, answers, strict=True)}
        now = self._ctx.clock.now()
        with self._ctx.database.writing() as session:
            data = {"score": score, "total": len(asked), "answers": given}
            session.add(Event(at=now, kind=storage.QUIZ, agent=self._ctx.agent, data=data))
        return Run(self._ctx.agent, now, score, len(asked))

    def tour_due(self) -> bool:
        """Whether the agent has still to be shown around, on whatever machine."""
        with self._ctx.database.reading() as session:
            return not storage.toured(session, self._ctx.agent)

    def tour_seen(self) -> None:
        """The agent has been shown around, or did not want to be: the tour does not come by itself again."""
        with self._ctx.database.writing() as session:
            storage.tour_seen(session, self._ctx.agent, self._ctx.clock.now())


def _run(agent: str, at: Any, data: Mapping[str, Any]) -> Run:
    return Run(agent, at, int(data["score"]), int(data["total"]))
