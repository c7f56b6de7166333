"""The kinds of personal data that are kept for a time only."""

from enum import StrEnum


class Kept(StrEnum):
    """A kind of data, by its name in the data file."""

    SPOKEN = "paroles"
    MESSAGES = "messages"
    NOTES = "notes"
    SET_ASIDE = "mis-de-cote"
    CLIENTS = "clients"


KEPT_LABELS = {
    Kept.SPOKEN: ("étape d’appel à vider", "étapes d’appel à vider"),
    Kept.MESSAGES: ("message à vider", "messages à vider"),
    Kept.NOTES: ("note à vider", "notes à vider"),
    Kept.SET_ASIDE: ("événement mis de côté à supprimer", "événements mis de côté à supprimer"),
    Kept.CLIENTS: ("client à effacer", "clients à effacer"),
}
