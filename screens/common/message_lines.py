"""How a message of the outbox is drawn in a list: one line, with what became of it in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.base import french
from console.base.vocabulary import CHANNEL_LABELS, MessageStatus
from screens.kit.lines import Line, crop, fit, joined
from screens.kit.screen import shown

if TYPE_CHECKING:
    from console.messages.views import MessageRow

_KINDS = {
    "confirmation-renouvellement": "renouvellement",
    "confirmation-remise": "remise",
    "confirmation-downgrade": "passage à Basic",
    "confirmation-pause": "pause",
    "confirmation-reprise": "reprise",
    "lien-renouvellement": "lien",
    "rappel-lien": "rappel du lien",
    "accuse-escalade": "escalade reçue",
    "engagements": "nos engagements",
    "acceptation": "accord écrit",
    "cloture": "clôture",
    "suivi-3-mois": "suivi à 3 mois",
}


def kind_words(kind: str) -> str:
    """What a message is, in a few words: « J-14 », « clôture », « passage à Basic »."""
    return _KINDS.get(kind, shown(kind))


def state(row: MessageRow) -> Line:
    """Where a message stands: « envoyé ven. 19/12 à 15:07 · ouvert », « à envoyer dès … · essai 2 »."""
    tries = f"{row.attempts} essais" if row.attempts > 1 else ""
    match row.status:
        case MessageStatus.QUEUED:
            due = f"à envoyer, {french.moment(row.not_before)}"
            return joined([(due, "accent"), (tries, "muted"), (row.error, "warning")])
        case MessageStatus.SENT:
            sent = f"envoyé {french.moment(row.sent_at)}" if row.sent_at else "envoyé"
            after = "lien suivi" if row.clicked_at else "ouvert" if row.opened_at else ""
            if not after:
                after = "reçu" if row.delivered_at else ""
            return joined([(sent, ""), (after, "success"), ("rejeté" if row.bounced_at else "", "error")])
        case MessageStatus.FAILED:
            return joined([("en échec", "error"), (row.error, ""), (tries, "muted")])
        case MessageStatus.UNSURE:
            return joined([("peut-être reçu", "warning"), (row.error, ""), (tries, "muted")])
        case MessageStatus.CANCELLED:
            return joined([("annulé", "muted"), (row.error, "")])


class MessageLine:
    """A message on one line."""

    def height(self, width: int) -> int:
        return 1

    def key(self, row: MessageRow) -> int:
        return row.id

    def paint(self, row: MessageRow, index: int, width: int) -> Sequence[Line]:
        name = min(28, max(16, width // 5))
        kind = 15  # the longest of `kind_words`
        line: Line = [
            (fit(shown(row.name), name), "strong"),
            (" ", ""),
            (fit(CHANNEL_LABELS[row.channel], 7), "muted"),
            (fit(kind_words(row.kind), kind), ""),
            (" ", ""),
            *state(row),
        ]
        if width >= 110 and row.subject:
            line += [("  ", ""), (f"« {shown(row.subject)} »", "muted")]
        return [crop(line, width)]
