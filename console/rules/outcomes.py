"""The outcomes of a call: one row says all that an outcome is, and every set used elsewhere is derived here.

To add one: a member of `CallOutcome`, its row, and the choice of the script that leads to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType

from console.base.history import EventKind
from console.base.vocabulary import CallOutcome, Figure, RetentionOption, SubscriptionStatus


class NextTerm(Enum):
    """On what terms a client who stays goes on."""

    OFFERED = auto()  # as before, with the offer that the call presents
    SAME = auto()  # as before
    DISCOUNTED = auto()  # the temporary discount of the catalogue
    LOWER = auto()  # the lower plan, by the month
    NONE = auto()  # no term follows yet: the subscription rests


@dataclass(frozen=True, slots=True)
class Retention:
    """What an agreement to stay makes of a subscription.

    kind: of the event. words: what its line begins with. agreed: its name in the texts (`abonnement.accord`,
    `appel.accord`). letter: the message that confirms it; none where it was settled outside the call.
    implies: the option that such an agreement shows was proposed. mark: what is said beside the status.
    """

    figure: Figure
    next_term: NextTerm
    kind: EventKind
    words: str
    agreed: str = ""
    letter: str = ""
    implies: RetentionOption | None = None
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A row. word: its name in the script's files. status: of the term, where the outcome settles it."""

    word: str
    label: str
    status: SubscriptionStatus | None = None
    retention: Retention | None = None


OUTCOMES: Mapping[CallOutcome, Outcome] = MappingProxyType(
    {
        CallOutcome.RENEWED: Outcome(
            "renouvele",
            "renouvellement",
            SubscriptionStatus.RENEWED,
            Retention(
                Figure.RENEWED,
                NextTerm.OFFERED,
                kind=EventKind.RENEWED,
                words="Renouvellement",
                agreed="renouvellement",
                letter="confirmation-renouvellement",
            ),
        ),
        CallOutcome.DISCOUNTED: Outcome(
            "remise",
            "remise temporaire",
            SubscriptionStatus.RENEWED,
            Retention(
                Figure.DISCOUNTED,
                NextTerm.DISCOUNTED,
                kind=EventKind.DISCOUNTED,
                words="Remise temporaire",
                agreed="remise",
                letter="confirmation-remise",
                implies=RetentionOption.DISCOUNT,
                mark="remise temporaire",
            ),
        ),
        CallOutcome.DOWNGRADED: Outcome(
            "basic",
            "passage à Basic",
            SubscriptionStatus.DOWNGRADED,
            Retention(
                Figure.DOWNGRADED,
                NextTerm.LOWER,
                kind=EventKind.DOWNGRADED,
                words="Passage à la formule inférieure",
                agreed="Basic",
                letter="confirmation-downgrade",
                implies=RetentionOption.DOWNGRADE,
            ),
        ),
        CallOutcome.PAUSED: Outcome(
            "pause",
            "pause",
            SubscriptionStatus.PAUSED,
            Retention(
                Figure.PAUSED,
                NextTerm.NONE,
                kind=EventKind.PAUSED,
                words="Pause gratuite",
                agreed="pause",
                letter="confirmation-pause",
                implies=RetentionOption.PAUSE,
            ),
        ),
        CallOutcome.RESUMED: Outcome(
            "reprise",
            "reprise après une pause",
            SubscriptionStatus.PAUSED,
            Retention(
                Figure.RESUMED,
                NextTerm.SAME,
                kind=EventKind.RESUMED,
                words="Reprise",
                agreed="reprise",
                letter="confirmation-reprise",
            ),
        ),
        CallOutcome.ESCALATED: Outcome("superviseur", "transmis au superviseur"),
        CallOutcome.CALLBACK: Outcome("rappel", "rappel convenu"),
        CallOutcome.UNDECIDED: Outcome("reflechit", "va réfléchir"),
        CallOutcome.QUESTION: Outcome("question", "question, rien n’est décidé"),
        CallOutcome.INTERRUPTED: Outcome("interrompu", "interrompu"),
        CallOutcome.REFUSED: Outcome("refus", "refus définitif", SubscriptionStatus.CANCELLED),
        CallOutcome.NO_ANSWER: Outcome("sans-reponse", "pas de réponse"),
        CallOutcome.VOICEMAIL: Outcome("messagerie", "message laissé sur le répondeur"),
        CallOutcome.BUSY: Outcome("occupe", "ligne occupée"),
        CallOutcome.WRONG_NUMBER: Outcome("mauvais-numero", "mauvais numéro"),
        CallOutcome.THIRD_PARTY: Outcome("tiers", "une autre personne a répondu"),
        CallOutcome.OPPOSED: Outcome("opposition", "ne souhaite plus d’appels"),
        CallOutcome.HUNG_UP: Outcome("raccroche", "le client a raccroché"),
        CallOutcome.LINK_SENT: Outcome("lien", "lien envoyé, renouvellement attendu"),
        CallOutcome.ALREADY_SETTLED: Outcome("deja-regle", "réglé ailleurs pendant l’appel"),
        CallOutcome.ALREADY_RENEWED: Outcome(
            "deja-renouvele",
            "déjà renouvelé",
            SubscriptionStatus.RENEWED,
            Retention(
                Figure.RENEWED, NextTerm.SAME, kind=EventKind.RENEWED, words="Renouvellement déjà fait"
            ),
        ),
    }
)

OUTCOMES_BY_WORD: Mapping[str, CallOutcome] = {row.word: outcome for outcome, row in OUTCOMES.items()}
"""The outcomes by their names in the script's files."""

SETTLING = frozenset(outcome for outcome, row in OUTCOMES.items() if row.status)
"""After these there is nothing left to ask of the client."""

RETENTIONS: Mapping[CallOutcome, Retention] = {
    outcome: row.retention for outcome, row in OUTCOMES.items() if row.retention
}
RETAINED = frozenset(RETENTIONS)
AGREEMENTS = tuple(outcome for outcome, kept in RETENTIONS.items() if kept.letter)
"""What a call may agree on, which keeps the client: each is confirmed in writing."""

STAYS = frozenset(status for outcome in RETAINED if (status := OUTCOMES[outcome].status))
"""The statuses of the terms of clients who stay."""


def kept_as(status: SubscriptionStatus) -> frozenset[CallOutcome]:
    """The outcomes that leave a term in a status."""
    return frozenset(outcome for outcome, row in OUTCOMES.items() if row.status is status)


def kept_status(outcome: CallOutcome) -> SubscriptionStatus:
    """The status in which an outcome leaves a term; ValueError for one that settles nothing."""
    status = OUTCOMES[outcome].status
    if status is None:
        raise ValueError(outcome)
    return status


def counted_by(figure: Figure) -> frozenset[CallOutcome]:
    """The outcomes that a figure of the dashboard counts."""
    return frozenset(outcome for outcome, kept in RETENTIONS.items() if kept.figure is figure)


def retention_of(stored: str) -> Retention | None:
    """What is stored of how a term was retained, empty while it is not.

    Raises ValueError when it is no outcome of a call.
    """
    return OUTCOMES[CallOutcome(stored)].retention if stored else None


def figure_of(stored: str) -> Figure:
    """The figure that counts a retained term; one retained nobody knows how counts as renewed."""
    kept = retention_of(stored)
    return kept.figure if kept else Figure.RENEWED


@dataclass(frozen=True, slots=True)
class Split:
    """A figure that the retained are told apart by: the words of one, of several, and the list's title."""

    one: str
    many: str
    title: str


SPLITS: Mapping[Figure, Split] = {
    Figure.RENEWED: Split("renouvelé", "renouvelés", "Renouvelés"),
    Figure.DISCOUNTED: Split("remise temporaire", "remises temporaires", "Remises temporaires"),
    Figure.DOWNGRADED: Split("passé à Basic", "passés à Basic", "Passés à Basic"),
    Figure.PAUSED: Split("en pause", "en pause", "En pause"),
    Figure.RESUMED: Split("reprise", "reprises", "Pauses reprises"),
}
