"""Exporting from a screen: what, and in which form, one key each; where the file is, is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.base.french import plural
from console.exports.forms import Format, What
from screens.common.choose import Answer, ChooseModal
from screens.keys import key

if TYPE_CHECKING:
    from console.cases.views import Campaign
    from console.records.filters import Filters
    from console.services import Services
    from screens.kit.screen import Acts

EXPORT = key("exporter", "ctrl+e", "export", "Exporter", "Écrire dans un fichier, pour un tableur")

_WHATS = {
    "indicateurs": "Les indicateurs",
    "refus": "Les refus, un par ligne",
    "clients": "Les clients, une échéance par ligne",
}
_FORMS = {"xlsx": "classeur", "csv": "CSV"}
_PLACE = "Un nouveau fichier, lisible de vous seul, dans votre dossier de documents."


def export(screen: Acts, services: Services, period: Campaign) -> None:
    """Ask what and how, then write a file in the user's documents."""
    answers = [
        Answer(f"{what} {form}", f"{label} ({name})")
        for what, label in _WHATS.items()
        for form, name in _FORMS.items()
    ]

    def write(answer: str | None) -> None:
        if answer is None:
            return
        what, form = answer.split()
        screen.serve(
            lambda: services.exports.to_folder(What(what), Format(form), period),
            lambda path: screen.tell(f"Écrit : {path}"),
        )

    screen.open(ChooseModal("Exporter", _PLACE, answers, stay="ne rien écrire"), write)


def export_refusals(screen: Acts, services: Services, filters: Filters) -> None:
    """Ask how, then write what the journal shows in the user's documents."""
    forms = {**_FORMS, "json": "JSON, pour une machine"}
    answers = [Answer(form, f"Les refus montrés ({name})") for form, name in forms.items()]

    def write(form: str | None) -> None:
        if form is None:
            return
        screen.serve(
            lambda: services.exports.refusals_to_folder(Format(form), filters),
            lambda written: screen.tell(f"{plural(written[1], 'ligne')}. Écrit : {written[0]}"),
        )

    screen.open(ChooseModal("Exporter", _PLACE, answers, stay="ne rien écrire"), write)
