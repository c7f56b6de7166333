"""Errors that a person reads: what happened, what was kept, what to do. In French, never a traceback."""

from dataclasses import dataclass


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


class BusyError(StorageError):
    """Another program holds the database: the same may be done a little later."""


class ConflictError(RefusedInputError):
    """Someone else changed the case in the meantime (another console, the daily job)."""


class ForbiddenError(RefusedInputError):
    """The role of the person signed in does not allow the act; nothing was read or changed."""
