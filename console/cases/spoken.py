"""What was said in a call, as its journal keeps it: the steps taken and the notes, in order."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from console.base.dates import day_of, read_instant
from console.base.french import THIN, hour, moment, short_day
from console.base.history import EventKind, HistoryEntry
from console.base.vocabulary import CallOutcome, Objection
from console.db.dialect import Unit
from console.db.query import ReadBatch, among, columns, rows, together_pays
from console.db.tables import Call, CallStep, Event
from console.rules.churn import OBJECTION_LABELS
from console.rules.outcomes import OUTCOMES
from console.rules.script import JUMP_LABELS
from console.rules.walk import Act


def journal(session: Session, call_id: str) -> Sequence[CallStep]:
    """The journal of a call, in order."""
    return session.exec(select(CallStep).where(CallStep.call_id == call_id).order_by(col(CallStep.seq))).all()


def told(step: CallStep, agent: str) -> HistoryEntry:
    """What was read at a step, then in the title what was typed and chosen."""
    chosen = {
        Act.CHOICE: step.label,
        Act.JUMP: JUMP_LABELS.get(step.label, step.label),
        Act.BACK: "Retour à l’étape précédente",
        Act.CORRECT: "Issue corrigée",
    }[Act(step.act)]
    at = read_instant(step.captured)  # kept as ISO 8601, read as people say it
    captured = moment(at) if at else step.captured
    typed = f"«\u00a0{captured}\u00a0» → " if captured else ""
    return HistoryEntry(at=step.at, kind=step.act, title=f"{typed}{chosen}", detail=step.said, agent=agent)


def call_notes(session: Session, call_id: str) -> Sequence[Event]:
    """The notes taken during a call, in order."""
    query = select(Event).where(Event.call_id == call_id, Event.kind == EventKind.NOTE)
    return session.exec(query.order_by(col(Event.at), col(Event.id))).all()


_TYPED = (
    columns(CallStep.call_id, CallStep.step, CallStep.captured)
    .where(among(CallStep.call_id, "calls"), col(CallStep.captured) != "")
    .order_by(col(CallStep.call_id), col(CallStep.seq))
)


def typed(session: Unit, call_ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """The words typed at the steps of each call, in order, whatever became of them.

    What was gone on with at the same step is told once, as it was left; a moment is no words.
    """
    return _typed(rows(session, _TYPED, calls=list(call_ids))) if call_ids else {}


def _typed(found_rows: Sequence[Any]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for call_id, step, words in found_rows:
        if read_instant(words):
            continue
        said = found[call_id]
        if said and said[-1][0] == step and words.startswith(said[-1][1]):
            said.pop()
        if (step, words) not in said:
            said.append((step, words))
    return {call_id: tuple(words for _, words in said) for call_id, said in found.items()}


@dataclass(frozen=True, slots=True)
class LastCall:
    """The last time that a client was spoken to: when, by whom, the first door taken, how it ended.

    said: the last words typed in it, empty when there are none.
    """

    at: datetime
    agent: str
    objection: Objection | None
    outcome: CallOutcome
    said: str
    about: int = 0  # the term

    @property
    def words(self) -> str:
        """« Dernier appel 22/12 10:24, Camille : service, a raccroché — « … » »."""
        when = f"{short_day(day_of(self.at))} {hour(self.at)}"
        ended = OUTCOMES[self.outcome].label.removeprefix("le client ")
        how = ", ".join(filter(None, (OBJECTION_LABELS[self.objection] if self.objection else "", ended)))
        said = f" — «\u00a0{self.said}\u00a0»" if self.said else ""
        return f"Dernier appel {when}, {self.agent}{THIN}: {how}{said}"


_OVER = col(Call.ended_at).is_not(None), col(Call.answered).is_(True)
SPOKEN = (
    columns(
        Call.id,
        Call.client_id,
        Call.started_at,
        Call.agent,
        Call.objection,
        Call.outcome,
        Call.subscription_id,
    )
    .where(among(Call.client_id, "clients"), *_OVER)
    .order_by(col(Call.started_at))
)
"""The conversations of some clients, in order."""
TYPED_IN_THEM = (
    columns(CallStep.call_id, CallStep.step, CallStep.captured)
    .join(Call, col(Call.id) == col(CallStep.call_id))
    .where(among(Call.client_id, "clients"), *_OVER, col(CallStep.captured) != "")
    .order_by(col(CallStep.call_id), col(CallStep.seq))
)
"""What was typed in them."""


def last_calls(batch: ReadBatch, client_ids: Sequence[int]) -> Callable[[], dict[int, LastCall]]:
    """The last conversation with each of these clients who had one."""
    clients = list(client_ids)
    spoken = batch.ask(SPOKEN, clients=clients)
    if together_pays(batch.unit):
        words = batch.ask(TYPED_IN_THEM, clients=clients)
        return lambda: last_of(spoken(), words())

    def answer() -> dict[int, LastCall]:
        found = {row.client_id: row for row in spoken()}
        said = rows(batch.unit, _TYPED, calls=[row.id for row in found.values()]) if found else ()
        return last_of([*found.values()], said)

    return answer


def last_of(spoken: Sequence[Any], typed_in_them: Sequence[Any]) -> dict[int, LastCall]:
    """The last of these conversations with each client, with its last words."""
    found = {row.client_id: row for row in spoken}
    said = _typed(typed_in_them)
    return {
        client: LastCall(
            row.started_at,
            row.agent,
            Objection(row.objection) if row.objection else None,
            CallOutcome(row.outcome),
            (said.get(row.id) or ("",))[-1],
            row.subscription_id,
        )
        for client, row in found.items()
    }
