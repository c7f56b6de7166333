"""What an agent types in a call, as the journal keeps it, and what the calling rules make of it."""

from contextlib import suppress
from datetime import datetime
from zoneinfo import ZoneInfo

from console.base.dates import PARIS, day_of, read_instant
from console.base.errors import RefusedInputError
from console.base.french import THIN, day, moment, on_both_clocks, spoken_moment
from console.base.typed import words
from console.base.when import parse_when
from console.calls.state import CallState, Situation
from console.calls.views import MomentRead
from console.context import Context
from console.db.tables import Client
from console.rules.hours import next_lawful_call
from console.rules.script import CaptureKind
from console.rules.status import agree


def understood(ctx: Context, state: CallState, captured: str, now: datetime) -> str:
    """What was typed, as the journal keeps it."""
    step = state.walk.step
    if step.capture is None or not captured.strip():
        return ""
    if step.capture.kind is CaptureKind.TEXT:
        return words(captured, "")
    at = parse_when(captured, now, clock_of(state))
    if not state.walk.spoke:
        _must_be_lawful_at(ctx, state, at)
    return at.isoformat()


def left(state: CallState, typed: str, now: datetime) -> str:
    """What was in the field of a step that is left without its choice, as the journal keeps it.

    A moment that is understood is kept as one: « demain 14h » is not read another day. Else its words are.
    """
    capture = state.walk.step.capture
    if capture is not None and capture.kind is CaptureKind.MOMENT and not read_instant(typed):
        with suppress(RefusedInputError):
            return parse_when(typed, now, clock_of(state)).isoformat()
    return typed


def clock_of(state: CallState) -> ZoneInfo:
    """Whose clock a moment is said by: the client's own when they say it, ours when we choose it."""
    return ZoneInfo(state.situation.client.timezone) if state.walk.spoke else PARIS


def typed_before(state: CallState) -> str:
    """What the present field held before a step back, as one types it; empty where nothing was typed."""
    typed, capture = state.walk.typed_here, state.walk.step.capture
    if capture and capture.kind is CaptureKind.MOMENT and (at := read_instant(typed)):
        at = at.astimezone(clock_of(state))
        return f"{day(at.date())} {at:%H:%M}"
    return typed


def read_moment(ctx: Context, state: CallState, text: str, now: datetime, farewell: str) -> MomentRead:
    """What a moment being typed is taken for; nothing is read nor written."""
    try:
        at = parse_when(text, now, clock_of(state))
    except RefusedInputError:
        return MomentRead()
    client, expires_on = state.situation.client, state.situation.term.expires_on
    words = promised_words(at, client)
    side = "après" if day_of(at) > expires_on else "avant"
    remarks = [f"{side} l’échéance" if expires_on >= day_of(now) else ""]
    slot = next_lawful_call(at, state.situation.facts, ctx.content.data.field)
    lawful = slot == at
    if not lawful and state.walk.spoke:
        remarks.append("hors des heures d’appel, permis puisque le client le demande")
    elif not lawful:
        remarks.append(
            f"pas d’appel permis, prochain créneau {moment(slot)}" if slot else "pas d’appel permis"
        )
    said = spoken_moment(at.astimezone(ZoneInfo(client.timezone)))
    told = farewell.replace(MOMENT, said) if state.walk.spoke else ""
    return MomentRead(words, lawful or state.walk.spoke, ", ".join(filter(None, remarks)), told)


MOMENT = "@moment@"
"""Where the farewell of a step has the moment: it is worded once, and said at each key."""


def promised_words(at: datetime, client: Client) -> str:
    """A promise in words, on the client's clock and on ours where they differ."""
    whose = agree(client.civility, "chez lui", "chez elle", "chez le client")
    return on_both_clocks(at, client.timezone, whose)


def must_be_lawful(ctx: Context, state: CallState, situation: Situation, now: datetime) -> None:
    """Refuses a call that is not lawful now, by what is known of the client."""
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
