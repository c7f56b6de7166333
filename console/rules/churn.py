"""The churn record (fiche de résiliation), derived from the walk of a call that ended in a refusal."""

from dataclasses import dataclass
from datetime import date

from console.base.dates import add_months
from console.base.french import day, plural
from console.base.vocabulary import CallOutcome, Objection, Relation, RetentionOption
from console.rules.options import OPTIONS
from console.rules.walk import Answer, Attempt, Walk

FOLLOW_UP_MONTHS = 3

OBJECTION_LABELS = {
    Objection.PRICE: "prix",
    Objection.SERVICE: "service",
    Objection.TIMING: "moment",
    Objection.OTHER: "autre",
    Objection.USAGE: "usage",
    Objection.DEFINITIVE: "refus définitif",
}

ANSWER_LABELS = {Answer.ACCEPTED: "acceptée", Answer.DECLINED: "refusée", Answer.NONE: "sans réponse"}
"""They agree with « proposition »."""


@dataclass(frozen=True, slots=True)
class Background:
    """What is known of the client when the call ends. Satisfaction is the last one given, 1 to 5."""

    seniority_months: int
    vip: bool
    satisfaction: int | None
    mails_sent: int
    past_calls: int
    opposed: bool = False  # to every channel: nobody may follow up


@dataclass(frozen=True, slots=True)
class Record:
    """The churn record's derived fields, worded in French. Days are days in Paris."""

    cancelled_on: date
    effective_on: date
    reason: str
    verbatim: str
    first_objection: Objection
    context: str
    attempts: tuple[Attempt, ...]
    result: str
    status: str
    note: str
    resumable: bool
    follow_up_on: date | None
    recommendation: str


def derive(walk: Walk, background: Background, *, today: date, effective_on: date) -> Record:
    """The record of a refusal. `today` is the call's day, `effective_on` the expiry day of the term.

    Raises ValueError when the walk did not end in a refusal, or gave no reason.
    """
    if walk.outcome is not CallOutcome.REFUSED or walk.reason is None:
        raise ValueError("a churn record needs a refusal with its reason")
    relation = walk.relation or Relation.OPEN
    follow_up_on = None
    if relation is Relation.FOLLOW_UP and not background.opposed:
        follow_up_on = follow_up_day(today, effective_on)
    attempts = held_back(walk)
    return Record(
        cancelled_on=today,
        effective_on=effective_on,
        reason=walk.reason,
        verbatim=walk.values.get("verbatim", ""),
        first_objection=walk.first_objection or Objection.DEFINITIVE,
        context=context(background),
        attempts=attempts,
        result=result(attempts),
        status=f"résilié le {day(effective_on)}",
        note=_note(walk, relation),
        resumable=relation is not Relation.CLOSED,
        follow_up_on=follow_up_on,
        recommendation=_recommendation(relation, follow_up_on),
    )


def held_back(walk: Walk) -> tuple[Attempt, ...]:
    """What was proposed to a client who hesitates: not the offer that the opening presents to everybody."""
    return tuple(one for one in walk.attempts if one.option is not RetentionOption.LOYALTY)


def plain_attempts(attempts: tuple[Attempt, ...]) -> list[dict[str, str]]:
    """As they are stored."""
    return [{"option": one.option.value, "answer": one.answer.value} for one in attempts]


def context(background: Background) -> str:
    """Seniority, VIP, satisfaction and past contacts in a sentence that agrees with anybody."""
    months = background.seniority_months
    seniority = f"{months} mois d’ancienneté" if months else "moins d’un mois d’ancienneté"
    contacts = [
        plural(background.mails_sent, "e-mail") if background.mails_sent else "",
        plural(background.past_calls, "appel") if background.past_calls else "",
    ]
    before = " et ".join(part for part in contacts if part)
    return ", ".join(
        (
            f"{seniority} (VIP)" if background.vip else seniority,
            _satisfaction(background.satisfaction),
            f"{before} avant cet appel" if before else "aucun contact avant cet appel",
        )
    )


def result(attempts: tuple[Attempt, ...]) -> str:
    """What came of the options proposed."""
    if not attempts:
        return "Aucune option proposée : décision annoncée comme définitive."
    kept, open_ones = _labels(attempts, Answer.ACCEPTED), _labels(attempts, Answer.NONE)
    if kept or open_ones:
        told = (
            f" ; accepté sans changer la décision : {kept}" if kept else "",
            f" ; proposé sans réponse expresse : {open_ones}" if open_ones else "",
        )
        return f"Refus{''.join(told)}."
    if len(attempts) == 1:
        return "La seule option proposée a été refusée."
    return f"Les {len(attempts)} options proposées ont toutes été refusées."


def follow_up_day(cancelled_on: date, effective_on: date) -> date:
    """When to write again: three months after the end of the service, or after a refusal that came later."""
    return add_months(max(effective_on, cancelled_on), FOLLOW_UP_MONTHS)


def _labels(attempts: tuple[Attempt, ...], answer: Answer) -> str:
    return ", ".join(OPTIONS[one.option].label for one in attempts if one.answer is answer)


def _satisfaction(rating: int | None) -> str:
    if rating is None:
        return "satisfaction non connue"
    word = "bonne" if rating >= 4 else "moyenne" if rating == 3 else "faible"
    return f"satisfaction {word} jusqu’ici ({rating}/5)"


def _note(walk: Walk, relation: Relation) -> str:
    told = [walk.values[name] for name in ("analysis", "words") if name in walk.values]
    stands = {
        Relation.FOLLOW_UP: "La relation reste bonne et peut être reprise.",
        Relation.OPEN: "La relation reste bonne ; un retour se fera à l’initiative du client.",
        Relation.CLOSED: "La relation est close.",
    }[relation]
    return "\n".join((stands, *told))


def _recommendation(relation: Relation, follow_up_on: date | None) -> str:
    if follow_up_on is not None:
        return f"Relance possible à +{FOLLOW_UP_MONTHS} mois, le {day(follow_up_on)}."
    if relation is Relation.CLOSED:
        return "Ne pas recontacter."
    return "Pas de relance : attendre que le client revienne de lui-même."
