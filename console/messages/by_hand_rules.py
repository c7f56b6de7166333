"""The message that an agent sends by hand: which one makes sense now, and until when.

Pure. It is the timeline's own message wherever one is due, so that it is never sent twice; else a reminder
with the link; else, once an agreement awaits its confirmation, the e-mail that asks for it.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from console.base.dates import day_of, plus_days, start_of
from console.base.french import THIN
from console.base.vocabulary import Channel, SubscriptionStatus
from console.messages.planned import ACCEPTANCE, REMINDER, SETTLED, SKIP_LABELS, Send, SkipReason, Watched
from console.messages.planner import Rules, plan_term
from console.rules.hours import Obstacle, next_sms_slot, standing_obstacle
from console.rules.offers import Grant
from console.rules.pauses import PauseState

_AFTER_EXPIRY_DAYS = 7
"""How long a reminder is worth sending once the term is over."""
_BY = {Channel.EMAIL: "par e-mail", Channel.SMS: "par SMS"}
_OBSTACLES = {
    (Obstacle.OPPOSED, Channel.EMAIL): "Ce client ne veut plus recevoir d’e-mails.",
    (Obstacle.OPPOSED, Channel.SMS): "Ce client ne veut plus recevoir de SMS.",
    (Obstacle.NO_ADDRESS, Channel.EMAIL): "Ce client n’a pas d’adresse e-mail utilisable.",
    (Obstacle.NO_ADDRESS, Channel.SMS): "Ce client n’a pas de numéro de mobile valide.",
}


@dataclass(frozen=True, slots=True)
class ByHand:
    """What to send, and why this one. granted: the offer that it makes for the first time, if it does."""

    send: Send
    why: str
    granted: Grant | None = None


@dataclass(frozen=True, slots=True)
class NotNow:
    """Why nothing is to be sent by this channel, in a French sentence."""

    sentence: str


def choose(watched: Watched, channel: Channel, now: datetime, rules: Rules) -> ByHand | NotNow:
    """The message for a term at an instant."""
    plan = plan_term(watched, now, rules)
    due = next((send for send in plan.sends if send.channel is channel), None)
    if due is not None:
        return ByHand(due, _why(due.kind, rules), plan.granted if due.offer == plan.granted else None)
    settled = SETTLED.get(watched.status) or (SkipReason.CAME_BACK if watched.came_back else None)
    if settled is not None:
        resting = _resting(watched, now)
        asked = _settled(watched, channel, now, settled)
        if isinstance(asked, ByHand) or resting is None:
            return asked
        watched = resting
    if watched.facts.escalated:
        return NotNow("Son dossier est chez le superviseur\u202f: rien ne part avant sa réponse.")
    waiting = sorted(kind for kind, by in watched.waiting if by is channel)
    if waiting:
        return NotNow(f"Un message ({waiting[0]}) attend déjà de partir {_BY[channel]}.")
    obstacle = standing_obstacle(watched.facts, channel)
    if obstacle is not None:
        return NotNow(_OBSTACLES[obstacle, channel])
    return _reminder(watched, channel, now, rules)


def _resting(watched: Watched, now: datetime) -> Watched | None:
    """What a client whose pause is under way may be reminded of: its last day, without an offer."""
    pause = watched.facts.pause
    if watched.status is not SubscriptionStatus.PAUSED or pause is None or pause.starts_on > day_of(now):
        return None
    if pause.state(now) is not PauseState.RUNNING:
        return None
    return replace(watched, facts=replace(watched.facts, expires_on=pause.resume_by), offers=())


def _settled(watched: Watched, channel: Channel, now: datetime, reason: SkipReason) -> ByHand | NotNow:
    asked = (ACCEPTANCE, Channel.EMAIL) in watched.made
    if watched.awaits_agreement and channel is Channel.EMAIL and not asked:
        if not watched.facts.email_usable:
            return NotNow(_OBSTACLES[Obstacle.NO_ADDRESS, channel])
        until = start_of(plus_days(day_of(now), _AFTER_EXPIRY_DAYS))
        send = Send(ACCEPTANCE, channel, ACCEPTANCE, None, now, until)
        return ByHand(send, "Son accord attend une confirmation écrite.")
    return NotNow(f"Il n’y a rien à lui rappeler{THIN}: {SKIP_LABELS[reason]}.")


def _reminder(watched: Watched, channel: Channel, now: datetime, rules: Rules) -> ByHand | NotNow:
    facts = watched.facts
    at: datetime | None = now
    if channel is Channel.SMS:
        at = next_sms_slot(now, facts.timezone, rules.field)
    over = start_of(plus_days(facts.expires_on, 1))
    until = over if now < over else start_of(plus_days(day_of(now), _AFTER_EXPIRY_DAYS))
    if at is None or at >= until:
        return NotNow(f"Aucune heure permise pour un SMS avant le {until:%d/%m}.")
    offer = max(
        (one for one in watched.offers if one.runs(at)),
        default=None,
        key=lambda one: (one.face_value_cents, one.ends_at),
    )
    until = min(until, offer.ends_at) if offer else until
    why = "Aucune étape n’est à envoyer maintenant\u202f: un rappel avec le lien."
    return ByHand(Send(REMINDER, channel, REMINDER, offer, at, until), why)


def _why(kind: str, rules: Rules) -> str:
    step = next((step for step in rules.timeline.known if step.code == kind), None)
    return f"L’étape en cours, {step.code}{THIN}: {step.title}." if step else "Le message attendu maintenant."
