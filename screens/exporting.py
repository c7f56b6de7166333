"""Exporting from a screen: what, and in which form, one key each; where the file is, is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screens.keys import key

if TYPE_CHECKING:
    from console.services.context import Services
    from console.services.views import Campaign
    from screens.base import Acts

EXPORT = key("exporter", "ctrl+e", "export", "Exporter", "Écrire dans un fichier, pour un tableur")

_WHATS = {
    "indicateurs": "Les indicateurs",
    "refus": "Les refus, un par ligne",
    "clients": "Les clients, une échéance par ligne",
}
_FORMS = {"xlsx": "classeur", "csv": "CSV"}


def export(screen: Acts, services: Services, period: Campaign) -> None:
    """Ask what and how, then write a file in the user's documents."""
    from screens.choose import Answer, ChooseModal

    answers = [
        Answer(f"{what} {form}", f"{label} ({name})")
        for what, label in _WHATS.items()
        for form, name in _FORMS.items()
    ]

    def write(answer: str | None) -> None:
        if answer is None:
            return
        from console.services.exports import Form, What

        what, form = answer.split()
        screen.serve(
            lambda: services.exports.to_folder(What(what), Form(form), period),
            lambda path: screen.tell(f"Écrit : {path}"),
        )

    sentence = "Un nouveau fichier, lisible de vous seul, dans votre dossier de documents."
    screen.open(ChooseModal("Exporter", sentence, answers, stay="ne rien écrire"), write)
