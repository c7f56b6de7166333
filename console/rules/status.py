"""A case in a few French words: where the client stands, what is to be done, with what offer."""

from dataclasses import dataclass
from datetime import date, datetime

from console.base.dates import PARIS, day_of, plus_days
from console.base.french import day, euros, hour, moment, percent, plural, short_day
from console.base.money import Cents
from console.base.vocabulary import Action, CallOutcome, Pane, SubscriptionStatus
from console.rules.facts import CaseFacts
from console.rules.hours import FieldRules
from console.rules.offers import Grant
from console.rules.outcomes import retention_of
from console.rules.timeline import Timeline

LOWER_PLAN = "actif (formule inférieure)"


@dataclass(frozen=True, slots=True)
class TermState:
    """What the words are drawn from: one term of a person's subscription.

    begun: the first step of the timeline has come. facts only while something is to be done.
    left_unanswered: it ended while a supervisor owed the client an answer.
    """

    civility: str
    status: SubscriptionStatus
    retention: str
    expires_on: date
    after_downgrade: bool
    begun: bool
    action: Action
    facts: CaseFacts | None
    left_unanswered: bool = False
    pane: Pane | None = None


def agree(civility: str, masculine: str, feminine: str, neutral: str) -> str:
    """The form that agrees with the person; the neutral one where the civility does not tell."""
    match civility.lower().rstrip("."):
        case "m" | "mr" | "monsieur":
            return masculine
        case "mme" | "mlle" | "madame" | "mademoiselle":
            return feminine
        case _:
            return neutral


def status_words(term: TermState, today: date) -> str:
    """The status as a person reads it: derived, never stored."""
    if term.status is SubscriptionStatus.ACTIVE:
        return _awaiting_words(term)
    if term.status is SubscriptionStatus.DOWNGRADED:
        return "passage à Basic" if today < term.expires_on else LOWER_PLAN
    if term.status is SubscriptionStatus.PAUSED:
        return agree(term.civility, *paused_words(term.retention, term.pane))
    words = agree(term.civility, *_SETTLED[term.status])
    if term.left_unanswered:
        return f"{words}, numi n’a pas répondu"
    kept = retention_of(term.retention)
    return f"{words} avec {kept.mark}" if kept and kept.mark else words


def paused_words(retention: str, pane: Pane | None) -> tuple[str, str, str]:
    """What a paused term has become, in the three forms of `agree`."""
    if retention == CallOutcome.RESUMED:
        return "a repris", "a repris", "abonnement repris"
    match pane:
        case Pane.LAPSED:
            return ("pause terminée",) * 3
        case Pane.REFUSED:
            return "résilié pendant la pause", "résiliée pendant la pause", "résiliation pendant la pause"
    return ("en pause",) * 3


_SETTLED = {
    SubscriptionStatus.RENEWED: ("renouvelé", "renouvelée", "renouvellement"),
    SubscriptionStatus.CANCELLED: ("résilié", "résiliée", "résiliation"),
    SubscriptionStatus.EXPIRED: ("expiré", "expirée", "abonnement expiré"),
}


def _awaiting_words(term: TermState) -> str:
    civility = term.civility
    if term.action is Action.SUPERVISOR:
        return "chez le superviseur"
    if term.facts is not None and _interested(term.facts):
        return agree(civility, "intéressé mais indécis", "intéressée mais indécise", "intérêt, sans décision")
    if term.begun:
        return "en attente de réaction"
    return LOWER_PLAN if term.after_downgrade else agree(civility, "actif", "active", "abonnement actif")


def _interested(facts: CaseFacts) -> bool:
    asked = facts.last_reaction_at or facts.callback_at
    return bool(asked) or facts.wants_lower_price or any(mail.opened for mail in facts.mails)


def came_back_words(civility: str, at: datetime | None) -> str:
    """« revenue le 15/01/2026 »: what the client of a term did after its end; empty for nothing."""
    return f"{agree(civility, 'revenu', 'revenue', 'de retour')} le {day(day_of(at))}" if at else ""


def settled_words(
    settled_at: datetime | None, workshops: int, came_back: str = "", *, online_today: bool = False
) -> str:
    """For a list of settled cases: when, what was given, and what `came_back_words` says.

    online_today: the client did it alone today, which whoever was about to call wants to know at once.
    """
    when = f"le {short_day(day_of(settled_at))}" if settled_at else ""
    if settled_at and online_today:
        when = f"en ligne à {hour(settled_at)}"
    gift = plural(workshops, "atelier offert", "ateliers offerts") if workshops else ""
    return ", ".join(part for part in (when, gift, came_back) if part)


def attempts_words(facts: CaseFacts, rules: FieldRules, now: datetime) -> str:
    """« 1 essai sur 4 » of those that the limit on calls counts now; empty without one."""
    since = plus_days(day_of(now), -rules.attempts_days)
    used = sum(day_of(one.at) > since for one in facts.attempts)
    return f"{plural(used, 'essai')} sur {rules.max_attempts}" if used else ""


def mail_words(facts: CaseFacts) -> str:
    """« 2 e-mails envoyés, dernier non ouvert »; where openings are not measured, « sans réaction »; where it
    came back, « dernier revenu »."""
    mails, reaction = facts.mails, facts.last_reaction_at
    if not mails:
        return "aucun e-mail envoyé"
    sent = plural(len(mails), "e-mail envoyé", "e-mails envoyés")
    last = mails[-1]
    if last.clicked_at:
        state = "cliqué"
    elif last.opened_at:
        state = f"ouvert le {short_day(day_of(last.opened_at))}, sans clic"
    elif last.returned:
        state = "revenu"
    elif not last.measured:
        if reaction is None or reaction < mails[0].sent_at:
            return f"{sent}, sans réaction"
        if reaction < last.sent_at:
            return f"{sent}, sans réaction depuis le {short_day(day_of(last.sent_at))}"
        return f"{sent}, a réagi le {short_day(day_of(reaction))}"
    elif len(mails) > 1 and facts.openings_known and not any(mail.opened for mail in facts.received):
        return f"{sent}, aucun ouvert"
    else:
        state = "non ouvert"
    return f"{sent}, {state}" if len(mails) == 1 else f"{sent}, dernier {state}"


def offer_words(offer: Grant, workshop_value: Cents) -> str:
    """« 34,99 € + 1 atelier offert (20,00 €) jusqu’au 24/12 », « 35,14 € (-5 %) jusqu’au 24/12 »."""
    parts = [euros(offer.price_cents)]
    if offer.price_saving_cents and not offer.workshops:
        parts[0] += f" (-{percent(100 * offer.price_saving_cents / offer.normal_price_cents)})"
    if offer.workshops:
        value = euros(offer.workshops * workshop_value)
        parts.append(f"{plural(offer.workshops, 'atelier offert', 'ateliers offerts')} ({value})")
    credit = offer.face_value_cents - offer.price_saving_cents - offer.workshops * workshop_value
    if credit > 0:
        parts.append(f"{euros(credit)} d’avoir")
    return f"{' + '.join(parts)} jusqu’au {short_day(day_of(offer.ends_at))}"


def action_words(
    action: Action, facts: CaseFacts, timeline: Timeline, today: date, due_on: date | None
) -> str:
    """« Appel recommandé », « Attendre J-3 (28/12) »: the step of the day it is due, else the next one."""
    match action:
        case Action.CALL:
            return "Appel recommandé"
        case Action.MESSAGE:
            return "E-mail ou SMS"
        case Action.EMAIL:
            return "E-mail"
        case Action.SMS:
            return "SMS"
        case Action.SUPERVISOR:
            return "Voir avec le superviseur"
        case Action.WAIT:
            due = (step for step in timeline.steps if step.day(facts.expires_on) == due_on)
            step = next(due, None) or timeline.next_step(facts.expires_on, today)
            return f"Attendre {step.code} ({short_day(step.day(facts.expires_on))})" if step else "Attendre"


def when_words(action: Action, due_on: date | None, act_at: datetime | None, now: datetime) -> str:
    """« maintenant », « à 14:00 », « lun. 22/12 à 10:00 », « 24/12 »; empty without a date."""
    if action is Action.SUPERVISOR or due_on is None:
        return ""
    if act_at is not None and act_at > now:
        if day_of(act_at) == day_of(now):
            return f"à {act_at.astimezone(PARIS):%H:%M}"
        return moment(act_at)
    if action is not Action.WAIT and due_on <= day_of(now):
        return "maintenant"
    return short_day(due_on)
