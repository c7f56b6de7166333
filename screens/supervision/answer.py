"""What a supervisor answers to an escalation, written above the desk or the escalation's page."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from screens.common.drafts import DraftWriter
from screens.common.note import NoteModal

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.services import Services
    from console.supervision.views import EscalationFile
    from screens.kit.screen import Acts

ANSWERED = "Cette escalade a déjà sa réponse."
"""Why an answered escalation is neither taken nor answered."""
NOT_ANSWERED = "Cette escalade attend encore sa réponse."
"""Why an escalation is not closed yet."""


def open_answer(screen: Acts, services: Services, file: EscalationFile, then: Callable[[], None]) -> None:
    """Types the answer to an escalation; what was typed is kept at each key."""
    number = file.row.id
    drafts = DraftWriter(screen.app, lambda _name, text: services.escalations.save_draft(number, text))

    def answered(answer: object) -> None:
        if answer is not None:
            screen.tell("Réponse envoyée : le client revient dans la liste de l’agent.")
            then()

    screen.open(
        NoteModal(
            file.row.case.name,
            file.draft,
            save=partial(services.escalations.answer, number),
            drafts=drafts,
            field="answer",
            advise=services.clients.note_advice,
            title="Réponse du superviseur",
        ),
        answered,
    )
