"""Errors that a person reads: what happened, what was kept, what to do. In French, never a traceback."""

import errno
from dataclasses import dataclass
from pathlib import Path
from socket import gaierror


@dataclass
class HotlinerError(Exception):
    """Base of every error shown to a person.

    happened, kept and todo are complete French sentences; kept and todo may be empty.
    exit_code is the exit status: 2 refused input, nothing changed; 3 could not be done, nothing lost.
    """

    happened: str
    kept: str = ""
    todo: str = ""
    exit_code: int = 3

    def __str__(self) -> str:
        return " ".join(part for part in (self.happened, self.kept, self.todo) if part)


class RefusedInputError(HotlinerError):
    """What came from outside is not acceptable; nothing was changed."""

    def __init__(self, happened: str, kept: str = "", todo: str = "") -> None:
        super().__init__(happened, kept, todo, exit_code=2)


class ContentError(RefusedInputError):
    """A content or data file is faulty; `happened` names file, key and reason."""


class StorageError(HotlinerError):
    """The database could not be read or written; what was being written is rolled back whole."""


class AwayError(StorageError):
    """The database does not answer for now: the same may be done once it does."""


class BusyError(AwayError):
    """Another program holds the database: the same may be done a little later."""


class ConflictError(RefusedInputError):
    """Someone else changed the case in the meantime (another console, the daily job)."""


class JustSpokenError(ConflictError):
    """A colleague is with the client, or has just been: to be asked about, and done all the same where it is
    meant."""


class ForbiddenError(RefusedInputError):
    """The role of the person signed in does not allow the act; nothing was read or changed."""


_SYSTEM = {
    errno.EACCES: "vous n’en avez pas le droit",
    errno.EPERM: "vous n’en avez pas le droit",
    errno.ENOENT: "ce fichier ou ce dossier n’existe pas",
    errno.EEXIST: "ce nom est déjà pris",
    errno.ENOTDIR: "une partie du chemin n’est pas un dossier",
    errno.EISDIR: "c’est un dossier",
    errno.ENAMETOOLONG: "le nom est trop long",
    errno.ENOSPC: "il n’y a plus de place sur le disque",
    errno.EDQUOT: "votre quota de disque est atteint",
    errno.EFBIG: "le fichier est trop grand",
    errno.EROFS: "ce disque est en lecture seule",
    errno.EIO: "le disque ne répond pas correctement",
    errno.EBUSY: "un autre programme s’en sert",
    errno.ETXTBSY: "un autre programme s’en sert",
    errno.EMFILE: "trop de fichiers sont ouverts",
    errno.ENFILE: "trop de fichiers sont ouverts",
    errno.ENOMEM: "il n’y a plus de mémoire",
    errno.ENOEXEC: "ce n’est pas un programme",
    errno.EADDRINUSE: "un autre programme écoute déjà à ce port",
    errno.EADDRNOTAVAIL: "cette adresse n’est pas celle de cette machine",
    errno.ECONNREFUSED: "la connexion est refusée",
    errno.ECONNRESET: "la connexion a été coupée",
    errno.EPIPE: "la connexion a été coupée",
    errno.ETIMEDOUT: "pas de réponse à temps",
    errno.EHOSTUNREACH: "le réseau n’y mène pas",
    errno.ENETUNREACH: "le réseau n’y mène pas",
}


def must_be_file(path: Path, kept: str = "") -> None:
    """Raises RefusedInputError where there is no file of that name."""
    if not path.is_file():
        what = "n’est pas un fichier" if path.exists() else "n’existe pas"
        raise RefusedInputError(f"« {path} » {what}.", kept)


def must_be_folder(path: Path) -> None:
    """Raises RefusedInputError where there is no folder of that name."""
    if not path.is_dir():
        what = "n’est pas un dossier" if path.exists() else "n’existe pas"
        raise RefusedInputError(f"«\u00a0{path}\u00a0» {what}.")


def system_words(error: OSError) -> str:
    """What the system refused, in French and without a full stop: its own words are English."""
    if isinstance(error, TimeoutError):
        return _SYSTEM[errno.ETIMEDOUT]
    if isinstance(error, gaierror):
        return "ce nom de serveur est inconnu"
    if type(error).__name__ == "SSLCertVerificationError":  # its module costs the start more than its name
        return "le certificat du serveur n’est pas reconnu"
    return _SYSTEM.get(error.errno or 0) or f"le système répond « {error.strerror or error} »"
