"""« Corriger l'issue »: take back how the last call with a client ended, from wherever it is asked for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from console.base.french import THIN, moment
from console.base.vocabulary import DraftField
from screens.common.note import write_about
from screens.keys import letter

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.calls.correction import Correctable, Corrected
    from console.services import Services
    from screens.kit.screen import Acts

CORRECT = letter("corriger", "j", "correct", "Corriger l’issue", "Annuler l’issue de l’appel, en entier")


def correct(
    screen: Acts, services: Services, client_id: int, name: str, then: Callable[[Corrected], object]
) -> None:
    """At once while the agent may alone; afterwards a supervisor writes why. `then` gets what was done."""
    act = services.corrections.correct

    def done(corrected: object) -> None:
        screen.tell(corrected.words)  # type: ignore[attr-defined]
        then(corrected)  # type: ignore[arg-type]

    def look(found: Correctable | None) -> None:
        if found is None:
            screen.tell("Aucun appel terminé dont corriger l’issue.")
        elif found.why_not:
            screen.tell(f"Issue non corrigée. {found.why_not}", warning=True)
        elif not found.needs_reason:
            screen.serve(lambda: act(found.call_id), done, opens=True)
        else:
            write_about(
                screen,
                services,
                client_id,
                name,
                DraftField.CORRECTION,
                0,
                partial(act, found.call_id),
                done,
                title=f"Pourquoi annuler{THIN}: {found.label}, {moment(found.at)} ?",
            )

    screen.serve(lambda: services.corrections.last(client_id), look, group="correct", opens=True)
