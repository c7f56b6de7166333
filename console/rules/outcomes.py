"""The outcomes of a call, in words."""

from console.base.vocabulary import CallOutcome

OUTCOME_LABELS = {
    CallOutcome.RENEWED: "renouvellement",
    CallOutcome.DISCOUNTED: "remise temporaire",
    CallOutcome.DOWNGRADED: "passage à Basic",
    CallOutcome.PAUSED: "pause",
    CallOutcome.ESCALATED: "transmis au superviseur",
    CallOutcome.CALLBACK: "rappel convenu",
    CallOutcome.REFUSED: "refus définitif",
    CallOutcome.NO_ANSWER: "pas de réponse",
    CallOutcome.VOICEMAIL: "message laissé sur le répondeur",
    CallOutcome.BUSY: "ligne occupée",
    CallOutcome.WRONG_NUMBER: "mauvais numéro",
    CallOutcome.THIRD_PARTY: "une autre personne a répondu",
    CallOutcome.OPPOSED: "ne souhaite plus être appelé",
    CallOutcome.HUNG_UP: "le client a raccroché",
    CallOutcome.ALREADY_RENEWED: "déjà renouvelé",
}
