"""What a supervisor answers to an escalation, written above the desk or the escalation's page."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from console.base.vocabulary import DraftField
from screens.common.note import write_about

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
    number, case = file.row.id, file.row.case

    def answered(_: object) -> None:
        screen.tell("Réponse envoyée : le client revient dans la liste de l’agent.")
        then()

    write_about(
        screen,
        services,
        case.client_id,
        case.name,
        DraftField.ESCALATION,
        number,
        partial(services.escalations.answer, number),
        answered,
        title="Réponse du superviseur",
        advise=services.clients.note_advice,
    )
