"""The view of a call: the step worded for this client, what can be pressed, and the facts kept in sight."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from console.base.dates import day_of
from console.base.french import THIN, day, elsewhere, hour, plural
from console.base.phone import read_phone
from console.base.templates import Form, render
from console.base.vocabulary import Objection, PhoneKind
from console.calls.missed import missed_in_call
from console.calls.state import CallState, Situation
from console.calls.typed import MOMENT, typed_before
from console.calls.views import NOTE, WHY_LIFTED, CallView, CaptureView, ChoiceView, ExitView
from console.cases.first_names import first_name
from console.cases.spoken import LastCall
from console.context import Context
from console.messages import wording
from console.rules.commitments import commitment_words
from console.rules.script import ESCALATE, JUMP_LABELS, OBJECTED, PROMISED, SPOKEN, CaptureKind, Choice
from console.rules.status import mail_words, offer_words
from console.rules.walk import Walk


def variables(ctx: Context, state: CallState, now: datetime) -> dict[str, Any]:
    """What the texts may name, for this client at this point of the call."""
    situation = state.situation
    offer, data = state.offer, ctx.content.data
    return wording.variables(
        situation.client,
        situation.term,
        offer=offer if offer is not None and offer.runs(now) else None,
        agent=first_name(ctx, state.call.agent),
        catalogue=data.catalogue,
        now=now,
        links=ctx.links,
        mails_sent=len(situation.facts.received),
        walk=state.walk,
        last=_last(situation),
        pause=situation.facts.pause,
        owed=commitment_words(data.commitments.of(state.walk.commits), day_of(now), data.field),
    )


def _last(situation: Situation) -> LastCall | None:
    """The last conversation, where it was about the same term: another one is not taken up."""
    last = situation.around.last
    return last if last is not None and last.about == situation.term_id else None


def facts(ctx: Context, situation: Situation) -> frozenset[str]:
    """What opens or closes choices in a call that begins now."""
    catalogue = ctx.content.data.catalogue
    known, last = situation.facts, _last(situation)
    objection = last.objection if last else None
    before = {
        f"{OBJECTED}{objection}": objection is not None,
        PROMISED: known.callback_at is not None and known.callback_asked_by_client,
        SPOKEN: last is not None,
    }
    return frozenset(fact for fact, holds in before.items() if holds) | wording.facts(
        situation.client,
        situation.term,
        situation.offer,
        catalogue,
        situation.now,
        situation.facts.pause,
    )


def build(ctx: Context, state: CallState, drafts: Mapping[str, Any], now: datetime) -> CallView:
    """An open call as it is shown. Raises ContentError when the step's text cannot be rendered."""
    walk, step, words = state.walk, state.walk.step, variables(ctx, state, now)
    choices = tuple(_choice(ctx, state, index, choice, now) for index, choice in enumerate(step.choices))
    highlighted = walk.highlighted(ctx.content.data.reasons)
    if not choices[highlighted].enabled:
        highlighted = next((choice.index for choice in choices if choice.enabled), highlighted)
    return CallView(
        **_who(ctx, state, now),
        phase=step.phase,
        step=step.id,
        title=step.title,
        said=render(step.said, words),
        hints=tuple(filter(None, (render(hint, words, Form.SPEECH) for hint in step.hints))),
        news=state.news,
        choices=choices,
        highlighted=highlighted,
        capture=_capture(ctx, state, drafts, now, words),
        note_draft=str(drafts.get(NOTE, "")),
        lift_draft=str(drafts.get(WHY_LIFTED, "")),
        can_go_back=walk.can_go_back,
        can_escalate=ESCALATE in walk.jumps,
        exits=tuple(ExitView(where, JUMP_LABELS.get(where, where)) for where in walk.jumps),
        online=step.online,
        can_abandon=state.free,
        can_lift=any(one.dials for one in step.choices) and state.may_dial(ctx, now).hours_only,
    )


def closed(
    ctx: Context, before: CallView, state: CallState, told: tuple[str, ...], now: datetime
) -> CallView:
    """A call that is over, with what was written; `before` is how it was shown until then."""
    step = state.walk.step
    return replace(
        before,
        **_walked(state, now),
        phase=step.phase,
        step=step.id,
        title="Appel terminé",
        said="",
        hints=(),
        choices=(),
        highlighted=0,
        capture=None,
        note_draft="",
        lift_draft="",
        can_go_back=False,
        can_escalate=False,
        can_abandon=False,
        can_lift=False,
        exits=(),
        heard="",
        outcome=state.walk.outcome,
        summary=told,
        missed=missed_in_call(ctx.content, state.walk, now),
    )


def _who(ctx: Context, state: CallState, now: datetime) -> dict[str, Any]:
    situation, call = state.situation, state.call
    client = situation.client
    return {
        **_walked(state, now),
        "call_id": call.id,
        "client_id": call.client_id,
        "code": client.code,
        "name": " ".join(part for part in (client.first_name, client.last_name) if part),
        "vip": situation.is_vip(ctx),
        "facts": _facts(ctx, situation, now, begun=state.walk.dialled),
        "started_at": call.started_at,
        "notes": tuple(note.text for note in reversed(situation.around.notes) if note.call_id == call.id),
    }


def _walked(state: CallState, now: datetime) -> dict[str, Any]:
    return {
        "seq": state.seq,
        "direction": state.walk.direction,
        "trail": tuple(entry.label for entry in state.walk.path if entry.choice is not None),
        "elapsed_s": state.talked(now),
        "answered": state.answered_at is not None,
    }


def _choice(ctx: Context, state: CallState, index: int, choice: Choice, now: datetime) -> ChoiceView:
    enabled, why_not = choice.is_open(state.walk.known), choice.why_not
    if enabled and choice.dials:
        verdict = state.may_dial(ctx, now)
        enabled, why_not = verdict.allowed, verdict.sentence
    return ChoiceView(
        index,
        choice.label,
        enabled,
        "" if enabled else why_not,
        dials=choice.dials,
        final=choice.outcome is not None,
        ends=_ends(state.walk, choice),
        rates=choice.rating is not None,
    )


def _ends(walk: Walk, choice: Choice) -> bool:
    """Whether it closes the call, or leads to a step that only closes it and is not a key away anyway."""
    if choice.outcome is not None:
        return True
    steps, to = walk.script.steps, str(choice.to)
    return to not in walk.jumps.values() and all(one.outcome for one in steps[to].choices)


def _said_before(ctx: Context, state: CallState) -> str:
    """The words of the last conversation, where they answer what is asked now: a refusal for the same reason,
    the same complaint, or what the supervisor has to know."""
    capture, last, objected = state.walk.step.capture, _last(state.situation), state.walk.objected
    if capture is None or last is None:
        return ""
    likely = ctx.content.data.reasons.likely
    asked = {
        "verbatim": objected is not None and state.walk.reason == likely.get(objected),
        "analysis": objected is Objection.SERVICE,
        "summary": True,
    }
    return last.said if asked.get(capture.name) else ""


def _capture(
    ctx: Context, state: CallState, drafts: Mapping[str, Any], now: datetime, words: dict[str, Any]
) -> CaptureView | None:
    """What is to be typed; a slot that we choose ourselves is filled in with the next lawful one."""
    capture = state.walk.step.capture
    if capture is None:
        return None
    draft = typed_before(state) or state.walk.prefill or _said_before(ctx, state)
    draft = str(drafts.get(capture.name, draft))
    if not draft and capture.kind is CaptureKind.MOMENT and not state.walk.spoke:
        slot = state.situation.verdict(ctx, now).next_slot
        if slot is not None and slot > now:
            draft = f"{day(day_of(slot))} {hour(slot)}"
    label, farewell = capture.label, ""
    if capture.kind is CaptureKind.MOMENT and (there := elsewhere(now, state.situation.client.timezone)):
        whose = "à l’heure du client" if state.walk.spoke else "à l’heure de Paris"
        label = f"{label}, {whose}{THIN}: il est {hour(now)} ici{there}"
    if capture.farewell:
        said = words | {"appel": words["appel"] | {"rappel_dit": MOMENT}}
        farewell = render(capture.farewell, said, Form.SPEECH)
    return CaptureView(capture.name, label, capture.kind, capture.required, draft, farewell)


_PHONE_STATES = {
    PhoneKind.MOBILE: "mobile",
    PhoneKind.LANDLINE: "fixe",
    PhoneKind.INVALID: "numéro invalide",
}


def _facts(ctx: Context, situation: Situation, now: datetime, *, begun: bool) -> tuple[str, ...]:
    """Short lines, the most useful first. Once dialled there is no more to be done than this call."""
    client, term, offer = situation.client, situation.term, situation.offer
    left = (term.expires_on - day_of(now)).days
    when = f"dans {plural(left, 'jour')}" if left > 0 else "aujourd’hui" if left == 0 else "passée"
    vip = " (VIP)" if situation.is_vip(ctx) else ""
    state = _PHONE_STATES.get(PhoneKind(client.phone_kind), "aucun numéro")
    phone = read_phone(client.phone or client.phone_raw, fiction=ctx.demo).national
    gift = ""
    if offer is not None and offer.runs(now):
        gift = offer_words(offer, ctx.content.data.catalogue.workshop_value_cents)
    notes, why = situation.around.notes, "" if begun else term.reason
    lines = (
        f"Échéance {day(term.expires_on)}, {when}",
        f"{term.plan.capitalize()}, {situation.seniority} mois d’ancienneté{vip}",
        f"{phone} ({state})" if phone else state,
        situation.around.last.words if situation.around.last else "",
        f"Offre{THIN}: {gift}" if gift else "",
        mail_words(situation.facts),
        f"{'À risque' if term.at_risk else 'Action'}{THIN}: {why}" if why else "",
        f"Note{THIN}: {notes[0].text.partition(chr(10))[0]}" if notes else "",
    )
    return tuple(line for line in lines if line)
