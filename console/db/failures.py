"""What a database failure means for the person in front of it: what happened, what was kept, what to do."""

import re
import sqlite3
from collections.abc import Callable
from enum import Enum

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from console.base.errors import AwayError, BusyError, ConflictError, HotlinerError, StorageError

INTACT = "Ce qui était déjà enregistré est intact, mais la dernière action ne l’a pas été."
UNTOUCHED = "La console n’y a rien changé."


class Failure(Enum):
    """Each way a database can fail, with its three sentences; {place} is the file or the server."""

    LOCKED = (
        "La base de données est occupée par un autre programme depuis plus de 5 secondes.",
        INTACT,
        "Fermez l’autre programme ou patientez un instant, puis recommencez.",
    )
    READ_ONLY = (
        "La base de données {place} est en lecture seule.",
        INTACT,
        "Donnez à votre compte le droit d’écrire dans ce fichier et dans son dossier, puis recommencez.",
    )
    FULL = (
        "Il n’y a plus de place pour la base de données {place} (disque plein ou quota atteint).",
        INTACT,
        "Libérez de la place, puis recommencez.",
    )
    SERVER_FULL = (
        "Il n’y a plus de place sur le serveur de base de données {place}.",
        INTACT,
        "Prévenez l’administrateur\u202f: tout repart dès qu’il a fait de la place.",
    )
    CORRUPT = (
        "La base de données {place} est abîmée.",
        UNTOUCHED,
        "Mettez-en une copie de côté, puis restaurez la dernière sauvegarde : hotliner restaurer FICHIER.",
    )
    NOT_A_DATABASE = (
        "{place} n’est pas une base de données de la console.",
        UNTOUCHED,
        "Vérifiez le chemin donné par --base ou HOTLINER_DATABASE_URL.",
    )
    EMPTY = (
        "{place} est un fichier vide : ce n’est pas, ou ce n’est plus, une base de données.",
        UNTOUCHED,
        "Restaurez la dernière sauvegarde, ou supprimez ce fichier pour repartir d’une base neuve.",
    )
    NEWER = (
        "La base de données {place} a été mise à jour pour une version plus récente de la console{program}.",
        UNTOUCHED,
        "Installez cette version sur cette machine, ou demandez-le à qui l’administre : rien n’est perdu.",
    )
    BEHIND = (
        "La mise à jour de la base de données {place} est prête.",
        UNTOUCHED,
        "Demandez à qui l’administre (« {owner} ») de lancer « hotliner migrer » ; en attendant, la version "
        "d’avant de la console y travaille comme hier.",
    )
    ENCODING = (
        "La base de données {place} n’est pas en UTF-8 ({encoding}) : des noms s’y abîmeraient.",
        UNTOUCHED,
        "Demandez à l’administrateur d’en créer une autre : "
        "createdb --encoding=UTF8 --template=template0 NOM.",
    )
    UNFINISHED = (
        "La base de données {place} est la cible d’un transfert qui n’est pas terminé.",
        UNTOUCHED,
        "Relancez la même commande hotliner transferer : elle reprend où elle s’était arrêtée.",
    )
    MISSING = (
        "Il n’y a pas de base de données à cet endroit : {place}.",
        "Rien n’a été créé.",
        "Vérifiez le chemin donné par --base ou HOTLINER_DATABASE_URL ; la console, « hotliner importer » et "
        "« hotliner demo » font une base neuve.",
    )
    NO_FOLDER = (
        "Le dossier de la base de données {place} n’existe pas.",
        "Rien n’a été créé.",
        "Créez ce dossier, ou vérifiez le chemin donné par --base ou HOTLINER_DATABASE_URL.",
    )
    FORBIDDEN = (
        "Votre compte n’a pas le droit d’ouvrir la base de données {place}.",
        UNTOUCHED,
        "Demandez à l’administrateur le droit de lire et d’écrire à cet endroit.",
    )
    UNREADABLE = (
        "Le disque de la base de données {place} ne répond pas correctement.",
        INTACT,
        "Vérifiez que le disque est branché, sain et qu’il y reste de la place, puis recommencez.",
    )
    MOVED = (
        "La base de données {place} a été déplacée ou remplacée pendant que la console était ouverte.",
        INTACT,
        "Remettez-la à sa place, puis relancez la console.",
    )
    SERVER_GONE = (
        "Le serveur de base de données {place} ne répond pas.",
        INTACT,
        "Vérifiez le réseau et le serveur, puis recommencez : la console se reconnecte d’elle-même.",
    )
    OTHER_SERVER = (
        "Ce qui répond à la place du serveur de {place} n’est pas PostgreSQL.",
        UNTOUCHED,
        "Vérifiez le nom et le port dans l’adresse donnée par --base ou HOTLINER_DATABASE_URL, et le réseau "
        "(VPN, mandataire).",
    )
    UNKNOWN_HOST = (
        "Le nom du serveur de la base de données {place} n’est pas connu.",
        UNTOUCHED,
        "Vérifiez ce nom dans l’adresse donnée par --base ou HOTLINER_DATABASE_URL, et le réseau.",
    )
    TIMEOUT = (
        "Le serveur de base de données {place} n’a pas répondu à temps.",
        INTACT,
        "Vérifiez le réseau (VPN, pare-feu), puis recommencez ; si cela dure, prévenez l’administrateur.",
    )
    TOO_SLOW = (
        "Le serveur de base de données {place} a arrêté une demande qui durait trop.",
        INTACT,
        "Recommencez ; si cela dure, prévenez l’administrateur.",
    )
    TOO_MANY = (
        "Le serveur de base de données {place} n’accepte pas une connexion de plus.",
        INTACT,
        "Fermez les consoles qui ne servent pas, puis recommencez. L’administrateur peut relever "
        "max_connections, ou la limite de ce rôle ou de cette base (deux connexions par console).",
    )
    CERTIFICATE = (
        "La connexion chiffrée au serveur de base de données {place} n’a pas pu être établie : "
        "son certificat, ou le chiffrement, est refusé.",
        UNTOUCHED,
        "Ne passez pas outre : demandez à l’administrateur le bon certificat (sslmode, sslrootcert dans "
        "l’adresse, ou ~/.postgresql/root.crt) et le nom exact du serveur.",
    )
    NOT_ADMITTED = (
        "Le serveur de base de données {place} n’admet pas cette machine, ce rôle ou cette façon de se "
        "connecter.",
        UNTOUCHED,
        "Demandez à l’administrateur une ligne dans pg_hba.conf pour cette machine ; là où il exige le "
        "chiffrement, ajoutez « ?sslmode=require » à l’adresse.",
    )
    NO_PASSWORD = (
        "Le serveur de base de données {place} demande un mot de passe, et aucun n’est donné.",
        UNTOUCHED,
        "Mettez-le dans ~/.pgpass, lisible de vous seul (serveur:5432:base:rôle:mot de passe).",
    )
    POOLER = (
        "Un intermédiaire (PgBouncer ou un autre) partage les connexions au serveur {place}, d’une façon que "
        "la console ne suit pas.",
        INTACT,
        "Donnez l’adresse directe du serveur, ou ajoutez « ?pooler=transaction » à celle-ci.",
    )
    RIGHTS = (
        "Le rôle PostgreSQL de cette console n’a pas tous ses droits sur {place}.",
        INTACT,
        "Demandez à qui possède la base de lancer « hotliner droits RÔLE | psql BASE ».",
    )
    STALLED = (
        "Cette machine s’est arrêtée au milieu d’un enregistrement (veille, programme suspendu)\u202f:"
        " le serveur a laissé travailler les autres.",
        INTACT,
        "Recommencez.",
    )
    REFUSED_LOGIN = (
        "Le serveur de base de données {place} a refusé l’identifiant ou le mot de passe.",
        UNTOUCHED,
        "Corrigez l’adresse donnée par --base ou HOTLINER_DATABASE_URL.",
    )
    NO_SUCH_DATABASE = (
        "Le serveur ne connaît pas la base de données {place}.",
        UNTOUCHED,
        "Demandez à l’administrateur de la créer, ou corrigez l’adresse donnée par --base.",
    )
    UNEXPECTED_SCHEMA = (
        "La base de données {place} n’a pas les tables attendues.",
        INTACT,
        "Lancez hotliner verifier ; au besoin, restaurez la dernière sauvegarde.",
    )
    TAKEN = (
        "Cette fiche vient d’être modifiée ailleurs, par une autre console ou par la tâche du jour.",
        "Votre dernière action n’a pas été enregistrée en double.",
        "Rouvrez la fiche pour voir où elle en est.",
    )
    UNKNOWN = (
        "La base de données {place} a refusé l’opération.",
        INTACT,
        "Recommencez ; si cela persiste, le détail est dans le journal technique (hotliner config dit où).",
    )

    def at(self, place: str, **told: str) -> HotlinerError:
        """The error to raise for this failure, at this place; told: what else its sentences name."""
        happened, kept, todo = (sentence.format(place=place, **told) for sentence in self.value)
        if self is Failure.TAKEN:
            return ConflictError(happened, kept, todo)
        if self is Failure.LOCKED:
            return BusyError(happened, kept, todo)
        if self in _AWAY:
            return AwayError(happened, kept, todo)
        return StorageError(happened, kept, todo)


_AWAY = (
    Failure.SERVER_GONE,
    Failure.STALLED,
    Failure.UNKNOWN_HOST,
    Failure.TIMEOUT,
    Failure.TOO_SLOW,
    Failure.TOO_MANY,
    Failure.SERVER_FULL,
)
"""Those that pass without anybody doing anything to the base: the same may be done once they have."""

_SQLITE = {
    sqlite3.SQLITE_BUSY: Failure.LOCKED,
    sqlite3.SQLITE_LOCKED: Failure.LOCKED,
    sqlite3.SQLITE_PROTOCOL: Failure.LOCKED,
    sqlite3.SQLITE_READONLY: Failure.READ_ONLY,
    sqlite3.SQLITE_FULL: Failure.FULL,
    sqlite3.SQLITE_CORRUPT: Failure.CORRUPT,
    sqlite3.SQLITE_NOTADB: Failure.NOT_A_DATABASE,
    sqlite3.SQLITE_CANTOPEN: Failure.FORBIDDEN,
    sqlite3.SQLITE_PERM: Failure.FORBIDDEN,
    sqlite3.SQLITE_AUTH: Failure.FORBIDDEN,
    sqlite3.SQLITE_IOERR: Failure.UNREADABLE,
    sqlite3.SQLITE_CONSTRAINT_UNIQUE: Failure.TAKEN,
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY: Failure.TAKEN,
    sqlite3.SQLITE_READONLY_DBMOVED: Failure.MOVED,
    sqlite3.SQLITE_ERROR: Failure.UNEXPECTED_SCHEMA,
}

# PostgreSQL's SQLSTATE codes, or their class (the first two characters).
_POSTGRESQL = {
    "55P03": Failure.LOCKED,
    "40P01": Failure.LOCKED,
    "40001": Failure.LOCKED,
    "25006": Failure.READ_ONLY,
    "25P03": Failure.STALLED,
    "42501": Failure.RIGHTS,
    "42P01": Failure.UNEXPECTED_SCHEMA,
    "42703": Failure.UNEXPECTED_SCHEMA,
    "23505": Failure.TAKEN,
    "3D000": Failure.NO_SUCH_DATABASE,
    "53300": Failure.TOO_MANY,
    "57014": Failure.TOO_SLOW,
    "26000": Failure.POOLER,
    "42P05": Failure.POOLER,
    "53": Failure.SERVER_FULL,
    "28": Failure.REFUSED_LOGIN,
    "08": Failure.SERVER_GONE,
    "57": Failure.SERVER_GONE,
    "58": Failure.UNREADABLE,
    "XX": Failure.CORRUPT,
}


def classify(error: Exception) -> Failure:
    """Which failure an error of SQLAlchemy, sqlite3 or psycopg stands for."""
    if isinstance(error, PoolTimeoutError):
        return Failure.LOCKED
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return _classify_sqlite(cause)
    state = getattr(cause, "sqlstate", None) or ""
    if found := _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2]):
        return found
    if isinstance(error, DBAPIError):
        gone = error.connection_invalidated or type(cause).__name__ == "OperationalError"
        return (classify_words(str(cause)) or Failure.SERVER_GONE) if gone else Failure.UNKNOWN
    return Failure.UNKNOWN


def _classify_sqlite(cause: sqlite3.Error) -> Failure:
    code = getattr(cause, "sqlite_errorcode", None)
    if code is None:  # raised by Python's own layer, without a code
        return Failure.LOCKED if "locked" in str(cause) else Failure.UNKNOWN
    return _SQLITE.get(code) or _SQLITE.get(code & 0xFF, Failure.UNKNOWN)


_WORDS = (
    ("unsupported startup parameter", Failure.POOLER),
    ("password authentication failed", Failure.REFUSED_LOGIN),
    ("no password supplied", Failure.NO_PASSWORD),
    ("no pg_hba.conf entry", Failure.NOT_ADMITTED),
    ("too many clients", Failure.TOO_MANY),
    ("too many connections", Failure.TOO_MANY),
    ("remaining connection slots", Failure.TOO_MANY),
    ("no more connections allowed", Failure.TOO_MANY),
    ("invalid response to SSL negotiation", Failure.OTHER_SERVER),
    ("certificate", Failure.CERTIFICATE),
    ("SSL", Failure.CERTIFICATE),
    ("failed to resolve host", Failure.UNKNOWN_HOST),
    ("could not translate host name", Failure.UNKNOWN_HOST),
    ("timeout expired", Failure.TIMEOUT),
    ("permission denied", Failure.RIGHTS),
    ("must be owner", Failure.RIGHTS),
    ("deadlock detected", Failure.LOCKED),
    ("lock timeout", Failure.LOCKED),
)
"""Words of PostgreSQL, or of a pooler before it, where no SQLSTATE comes along; the first met tells."""


def classify_words(words: str) -> Failure | None:
    """Which failure the English words of a server that was not reached, or of its tools, stand for."""
    for said, failure in _WORDS:
        if said in words:
            return failure
    if "role" in words and "does not exist" in words:
        return Failure.REFUSED_LOGIN
    if "database" in words and "does not exist" in words:
        return Failure.NO_SUCH_DATABASE
    if "connection to server" in words or "server closed the connection" in words:
        return Failure.SERVER_GONE
    return None


def explain(error: Exception, place: str, holder: Callable[[], str] = str) -> HotlinerError:
    """The error a person reads for a failure of the database; the original goes along as its cause.

    holder: asked, where another holds the database, who it is and since when, in words.
    """
    failure = classify(error)
    if failure is Failure.RIGHTS and (what := _refused_on(error)):
        told = failure.at(place)
        told.happened += f" Ce qui lui manque\u202f: {what}."
        return told
    if failure is Failure.LOCKED and (who := holder()):
        return BusyError(
            f"La base de données est occupée\u202f: {who}.",
            INTACT,
            "Patientez un instant, puis recommencez. Si cela dure, prévenez cette personne.",
        )
    return failure.at(place)


_KINDS = {
    "table": "la table",
    "sequence": "la suite de numéros",
    "schema": "le schéma",
    "function": "la fonction",
    "view": "la vue",
}


def _refused_on(error: Exception) -> str:
    """« la table event »: what a role may not use, as far as the server says it."""
    found = re.search(r"permission denied for (\w+) \"?(\w+)", str(error))
    return f"{_KINDS.get(found[1], found[1])} «\u202f{found[2]}\u202f»" if found else ""


DATABASE_ERRORS = (SQLAlchemyError, sqlite3.Error)
