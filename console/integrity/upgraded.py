"""What the upgrade of a base changes in what was there: told once to whoever opens it next."""

from contextlib import suppress

from console.audit import audit
from console.base.errors import StorageError
from console.base.french import THIN
from console.context import Context
from console.db.meta import UPGRADED, read_meta, write_meta
from console.db.tables import SCHEMA

CHANGED = {
    "0013": "le jour dont comptent les abonnements est celui du premier de la chaîne (31/12 après 30/11)",
    "0014": "ce qu’une horloge en avance avait clos attend de nouveau une réponse",
    "0017": "un numéro dont seul un SMS était revenu peut de nouveau être appelé",
    "0018": "une pause est un choix qui a une fin, et les parts des mois passés en tiennent compte",
    "0020": "un lien envoyé n’est plus un renouvellement, un accord sans écrit ni paiement est compté à part",
    "0024": "un retour après l’échéance ne change plus son mois, qui garde le départ",
    "0025": "l’offre fidélité est jugée sur ce qui a été proposé, et non sur ce qui a été accordé",
    "0037": "un message peut-être reçu n’est plus compté parmi les échecs",
}
"""In French, by the migration that does it; the others change nothing that a figure or a list says."""


def told(ctx: Context) -> list[str]:
    """The sentences, where the base was upgraded since somebody last opened it; it is written down then."""
    with ctx.database.reading() as session:
        before, _, copy = read_meta(session, UPGRADED).partition(" ")
    if not before:
        return []
    with suppress(StorageError), ctx.database.writing() as session:
        write_meta(session, UPGRADED, "")
        audit(session, ctx, "base.upgraded", None, before=before, after=SCHEMA)
    changed = [words for since, words in CHANGED.items() if since > before]
    said = [f"Base mise à jour (de {before} à {SCHEMA}). Celle d’avant est gardée{THIN}: {copy}"]
    if changed:
        said.append(f"Ce qui change dans vos chiffres et vos listes{THIN}: {f'{THIN}; '.join(changed)}.")
    return said
