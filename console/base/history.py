"""The events of a history: their kinds, each with its French title, and a line as it is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EventKind(StrEnum):
    """What an event says happened. Each is in EVENT_TITLES or in UNTOLD."""

    NOTE = "note"
    OPPOSITION = "opposition"
    OPPOSITION_LIFTED = "opposition_lifted"
    CONSENTED = "consented"
    TRACKING_CONSENTED = "tracking_consented"
    TRACKING_WITHDRAWN = "tracking_withdrawn"
    RENEWED = "renewed"
    DISCOUNTED = "discounted"
    DOWNGRADED = "downgraded"
    PAUSED = "paused"
    RESUMED = "resumed"
    REFUSED = "refused"
    REFUSAL_RECODED = "refusal_recoded"
    CALLBACK_PROMISED = "callback_promised"
    CALLBACK_DONE = "callback_done"
    CALLBACK_ASSIGNED = "callback_assigned"
    CALLBACK_MOVED = "callback_moved"
    CALLBACK_CANCELLED = "callback_cancelled"
    COMMITTED = "committed"
    COMMITMENT_KEPT = "commitment_kept"
    ESCALATED = "escalated"
    ESCALATION_TAKEN = "escalation_taken"
    ESCALATION_ANSWERED = "escalation_answered"
    ESCALATION_CLOSED = "escalation_closed"
    PRICE_REQUEST = "price_request"
    PRICE_REQUEST_WITHDRAWN = "price_request_withdrawn"
    COMPLAINT = "complaint"
    COMPLAINT_WITHDRAWN = "complaint_withdrawn"
    REPLY = "reply"
    PROMISE = "promise"
    CONVERSATION = "conversation"
    MESSAGE_RETRIED = "message_retried"
    MESSAGE_BY_HAND = "message_by_hand"
    BOUNCED = "bounced"
    GIVEN_BACK = "given_back"
    PAID = "paid"
    TAKEN_BACK = "taken_back"
    PARTLY_PAID_BACK = "partly_paid_back"
    CONFIRMED = "confirmed"
    RATED = "rated"  # an exchange, by the client and after it
    AGREEMENT_WITHDRAWN = "agreement_withdrawn"
    ERASED = "erased"
    IMPORTED = "imported"
    UPDATED = "updated"
    PHONE_INVALID = "phone_invalid"
    HOURS_LIFTED = "hours_lifted"
    OFFER_GRANTED = "offer_granted"
    OFFER_ACCEPTED = "offer_accepted"
    STEP_SKIPPED = "step_skipped"
    FILE_CLOSED = "file_closed"
    TERM_MOVED = "term_moved"
    MAIL_SENT = "mail_sent"
    MAIL_DELIVERED = "mail_delivered"
    MAIL_OPENED = "mail_opened"
    MAIL_CLICKED = "mail_clicked"
    MESSAGE_FAILED = "message_failed"
    MESSAGE_CANCELLED = "message_cancelled"
    CALL_ENDED = "call_ended"
    CALL_CORRECTED = "call_corrected"
    KEPT_APART = "kept_apart"  # what a call did while the base was away, and the base then said otherwise
    KEPT_APART_READ = "kept_apart_read"
    SCRIPT_REMARK = "script_remark"  # an agent's word on a passage of the script
    SCRIPT_REMARK_READ = "script_remark_read"
    UNDONE = "undone"  # told by an outcome that was taken back; `data["was"]` is its kind
    CHECKLIST = "checklist"
    AUDIT = "audit"
    PLANNED = "planned"
    QUIZ = "quiz"
    SIMULATED_CALL = "simulated_call"
    TOUR = "tour"


EVENT_TITLES: Mapping[EventKind, str] = {
    EventKind.NOTE: "Note",
    EventKind.OPPOSITION: "Opposition",
    EventKind.OPPOSITION_LIFTED: "Opposition levée",
    EventKind.CONSENTED: "Accord d’appel",
    EventKind.TRACKING_CONSENTED: "Accord pour le suivi des ouvertures",
    EventKind.TRACKING_WITHDRAWN: "Fin du suivi des ouvertures",
    EventKind.RENEWED: "Renouvellement",
    EventKind.DISCOUNTED: "Remise temporaire",
    EventKind.DOWNGRADED: "Passage à la formule inférieure",
    EventKind.PAUSED: "Pause",
    EventKind.RESUMED: "Reprise après une pause",
    EventKind.REFUSED: "Refus de renouvellement",
    EventKind.REFUSAL_RECODED: "Motif de refus recodé",
    EventKind.CALLBACK_PROMISED: "Rappel",
    EventKind.CALLBACK_DONE: "Rappel",
    EventKind.CALLBACK_ASSIGNED: "Rappel",
    EventKind.CALLBACK_MOVED: "Rappel déplacé",
    EventKind.CALLBACK_CANCELLED: "Rappel annulé à la demande du client",
    EventKind.COMMITTED: "Engagement de notre part",
    EventKind.COMMITMENT_KEPT: "Engagement tenu",
    EventKind.ESCALATED: "Transmis au superviseur",
    EventKind.ESCALATION_TAKEN: "Pris par le superviseur",
    EventKind.ESCALATION_ANSWERED: "Réponse du superviseur",
    EventKind.ESCALATION_CLOSED: "Escalade close",
    EventKind.PRICE_REQUEST: "Demande d’un prix plus bas",
    EventKind.PRICE_REQUEST_WITHDRAWN: "Signal retiré : demande d’un prix plus bas",
    EventKind.COMPLAINT: "Réclamation",
    EventKind.COMPLAINT_WITHDRAWN: "Signal retiré : réclamation",
    EventKind.REPLY: "Réponse du client",
    EventKind.PROMISE: "Promesse de renouveler",
    EventKind.CONVERSATION: "Conversation",
    EventKind.MESSAGE_RETRIED: "Nouvel envoi",
    EventKind.MESSAGE_BY_HAND: "Message envoyé à la main",
    EventKind.BOUNCED: "Message revenu",
    EventKind.GIVEN_BACK: "Adresse ou numéro rendu",
    EventKind.PAID: "Paiement reçu",
    EventKind.TAKEN_BACK: "Paiement repris",
    EventKind.PARTLY_PAID_BACK: "Remboursement partiel",
    EventKind.CONFIRMED: "Confirmation écrite",
    EventKind.RATED: "Note de l’échange",
    EventKind.AGREEMENT_WITHDRAWN: "Accord retiré par le client",
    EventKind.ERASED: "Données effacées",
    EventKind.IMPORTED: "Import",
    EventKind.UPDATED: "Mise à jour",
    EventKind.PHONE_INVALID: "Numéro invalide",
    EventKind.HOURS_LIFTED: "Horaire levé",
    EventKind.OFFER_GRANTED: "Offre accordée",
    EventKind.OFFER_ACCEPTED: "Offre acceptée",
    EventKind.STEP_SKIPPED: "Relance non envoyée",
    EventKind.FILE_CLOSED: "Dossier clos",
    EventKind.TERM_MOVED: "Échéance corrigée",
    EventKind.CALL_CORRECTED: "Issue d’appel corrigée",
    EventKind.KEPT_APART: "Gardé d’un appel, pas enregistré",
    EventKind.UNDONE: "Annulé par correction",
}
"""How a client's history begins to tell an event."""

UNTOLD = frozenset(
    {
        EventKind.MAIL_SENT,
        EventKind.MAIL_DELIVERED,
        EventKind.MAIL_OPENED,
        EventKind.MAIL_CLICKED,
        EventKind.MESSAGE_FAILED,
        EventKind.MESSAGE_CANCELLED,
        EventKind.CALL_ENDED,
        EventKind.CHECKLIST,
        EventKind.SCRIPT_REMARK,
        EventKind.SCRIPT_REMARK_READ,
        EventKind.KEPT_APART_READ,
        EventKind.AUDIT,
        EventKind.PLANNED,
        EventKind.QUIZ,
        EventKind.SIMULATED_CALL,
        EventKind.TOUR,
    }
)
"""What no history tells: the message, the call or the act itself does, or it is no client's."""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line of a client's history, newest first."""

    at: datetime
    kind: str
    title: str
    detail: str
    agent: str
    call_id: str = ""  # of a call, which can be read again
