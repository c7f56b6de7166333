"""What a database failure means for the person in front of it: what happened, what was kept, what to do."""

import re
import sqlite3
from collections.abc import Callable
from enum import Enum

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from console.base.errors import BusyError, ConflictError, HotlinerError, StorageError

INTACT = "Ce qui était déjà enregistré est intact, mais la dernière action ne l’a pas été."
UNTOUCHED = "La console n’y a rien changé."


_SECRET = re.compile(r"([?&][^=&]*=)[^&]*")
"""What follows a server's address may hold a password, under more names than one can list."""


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
        "La base de données {place} a été mise à jour par une version plus récente de la console.",
        UNTOUCHED,
        "Installez la dernière version de la console, ou restaurez une sauvegarde d’avant la mise à jour.",
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

    def at(self, place: str) -> HotlinerError:
        """The error to raise for this failure, at this place."""
        place = _SECRET.sub(r"\1***", place) if "://" in place else place
        happened, kept, todo = (sentence.format(place=place) for sentence in self.value)
        if self is Failure.TAKEN:
            return ConflictError(happened, kept, todo)
        if self is Failure.LOCKED:
            return BusyError(happened, kept, todo)
        return StorageError(happened, kept, todo)


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
    "42501": Failure.FORBIDDEN,
    "42P01": Failure.UNEXPECTED_SCHEMA,
    "42703": Failure.UNEXPECTED_SCHEMA,
    "23505": Failure.TAKEN,
    "3D000": Failure.NO_SUCH_DATABASE,
    "53": Failure.FULL,
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
        return _login_failure(str(cause)) if gone else Failure.UNKNOWN
    return Failure.UNKNOWN


def _classify_sqlite(cause: sqlite3.Error) -> Failure:
    code = getattr(cause, "sqlite_errorcode", None)
    if code is None:  # raised by Python's own layer, without a code
        return Failure.LOCKED if "locked" in str(cause) else Failure.UNKNOWN
    return _SQLITE.get(code) or _SQLITE.get(code & 0xFF, Failure.UNKNOWN)


def _login_failure(message: str) -> Failure:
    # A connection refused by the server carries no SQLSTATE in psycopg, only the server's words.
    if "password authentication failed" in message or "no password supplied" in message:
        return Failure.REFUSED_LOGIN
    if "database" in message and "does not exist" in message:
        return Failure.NO_SUCH_DATABASE
    return Failure.SERVER_GONE


def explain(error: Exception, place: str, holder: Callable[[], str] = str) -> HotlinerError:
    """The error a person reads for a failure of the database; the original goes along as its cause.

    holder: asked, where another holds the database, who it is and since when, in words.
    """
    failure = classify(error)
    if failure is Failure.LOCKED and (who := holder()):
        return BusyError(
            f"La base de données est occupée\u202f: {who}.",
            INTACT,
            "Patientez un instant, puis recommencez. Si cela dure, prévenez cette personne.",
        )
    return failure.at(place)


DATABASE_ERRORS = (SQLAlchemyError, sqlite3.Error)
