"""What an agent types in a call, as the journal keeps it, and what the calling rules make of it."""

from datetime import datetime

from console.base.errors import RefusedInputError
from console.base.french import THIN, moment
from console.base.typed import words
from console.base.when import parse_when
from console.calls import state as call_state
from console.calls.state import CallState
from console.context import Context
from console.rules.hours import next_lawful_call
from console.rules.script import CaptureKind


def understood(ctx: Context, state: CallState, index: int, captured: str, now: datetime) -> str:
    """What was typed, as the journal keeps it. Refuses a call that is not lawful now."""
    step = state.walk.step
    if 0 <= index < len(step.choices) and step.choices[index].dials:
        _must_be_lawful(ctx, state, now)
    if step.capture is None or not captured.strip():
        return ""
    if step.capture.kind is CaptureKind.TEXT:
        return words(captured, "")
    at = parse_when(captured, now)
    if not state.walk.spoke:
        _must_be_lawful_at(ctx, state, at)
    return at.isoformat()


def _must_be_lawful(ctx: Context, state: CallState, now: datetime) -> None:
    """Looks again at the case: another console may have noted an opposition since."""
    with ctx.database.reading() as session:
        situation = call_state.look_at(session, ctx, state.situation.client, state.situation.term)
    verdict = state.may_dial(ctx, now, situation)
    if not verdict.allowed:
        raise RefusedInputError(verdict.sentence, todo="Choisissez de programmer un rappel.")


def _must_be_lawful_at(ctx: Context, state: CallState, at: datetime) -> None:
    """A slot that we choose ourselves must be one at which calling is lawful."""
    slot = next_lawful_call(at, state.situation.facts, ctx.content.data.field)
    if slot is None:
        raise RefusedInputError("Aucun créneau d’appel n’est permis pour ce client.")
    if slot > at:
        raise RefusedInputError(
            f"Pas d’appel permis {moment(at)}.", todo=f"Prochain créneau{THIN}: {moment(slot)}."
        )
