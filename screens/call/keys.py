"""The keys of a call, and what its help says first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from screens.common.correct import CORRECT
from screens.keys import DIGIT_ROW, digit, key, letter
from screens.kit.screen import COMMON

if TYPE_CHECKING:
    from textual.binding import BindingType

CALL_PURPOSE = (
    "Lisez la phrase à voix haute, puis prenez la réponse du client par son chiffre.\n"
    "{appel.reprendre} : une étape en arrière · {appel.raccroche} : le client a raccroché. Rien n’est perdu."
)
CALL_KEYS: list[BindingType] = [
    *(digit(f"appel.choix{n}", n, f"choose({n})", f"Choix {n}") for n in range(1, len(DIGIT_ROW) + 1)),
    key("appel.haut", "up", "move(-1)", "Choix précédent", show=False),
    key("appel.bas", "down", "move(1)", "Choix suivant", show=False),
    key("appel.page_haut", "pageup", "turn(-1)", "Début du texte", show=False),
    key("appel.page_bas", "pagedown", "turn(1)", "Suite du texte", show=False),
    CORRECT,
    letter("appel.suivant", "a", "next_call", "Client suivant", "Appeler le client suivant"),
    letter("appel.note", "n", "note", "Note", "Prendre une note"),
    letter("appel.rappel", "p", "jump('callback')", "Rappel", "Promettre un rappel"),
    letter("appel.escalade", "x", "jump('escalate')", "Escalader", "Passer au superviseur"),
    letter("appel.raccroche", "h", "jump('hung_up')", "Raccroché", "Le client a raccroché"),
    replace(
        key("appel.reprendre", "backspace,left", "step_back", "Retour", "Revenir d’une étape"),
        key_display="←",
    ),
    key("appel.issue", "escape", "leave", "Terminer", "Dire comment l’appel se termine, ou partir"),
    letter("appel.fiche", "d", "file", "Fiche", "Voir la fiche du client"),
    letter("appel.compte", "v", "account", "Vue client", "Ce que le client voit dans son compte"),
    letter("appel.opposition", "b", "oppose", "Opposition", "Ne plus contacter, canal par canal"),
    letter(
        "appel.accord",
        "y",
        "consent",
        "Accord d’appel",
        "Le client accepte les appels après l’échéance",
        show=False,
    ),
    letter("appel.heures", "l", "lift", "Lever l’horaire", "Permettre cet appel hors des heures"),
    key("recherche", "slash", "search", "Chercher", "Chercher un client, sans quitter l’appel", show=False),
    key("appel.conseils", "f2", "hints", "Conseils", "Montrer ou cacher les conseils"),
    letter("appel.passage", "m", "remark", "Passage", "Ce passage du script ne va pas : le dire", show=False),
    key("appel.choisir", "enter", "confirm", "Choisir", "Prendre le choix en évidence"),
    *COMMON,
]
