"""Puts a backup in the place of the working database."""

import os
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from console.base.errors import HotlinerError, RefusedInputError, must_be_file, system_words
from console.db.dialect import APPLICATION_ID, BUSY_SECONDS
from console.db.failures import explain
from console.db.tables import SCHEMA


def restore(backup: Path, target: Path, now: datetime) -> Path | None:
    """Put the content of `backup` into `target`; where the former database is kept, if there was one.

    Consoles that are open go on with the restored content. Raises a RefusedInputError, with nothing
    changed, when `backup` is not a whole database that this program can open.
    """
    with closing(_open_read_only(backup)) as source:
        _check(source, backup)
        if target.exists() and target.samefile(backup):
            raise RefusedInputError("La sauvegarde à restaurer est la base elle-même.")
        try:
            kept = _set_aside(target, now)
            _copy(source, target)
        except sqlite3.OperationalError as error:
            failed = explain(error, str(target))
            raise HotlinerError(
                failed.happened, "La base n’a pas été remplacée, et la sauvegarde est intacte.", failed.todo
            ) from error
        except OSError as error:
            raise HotlinerError(
                f"La base de données {target} n’a pas pu être remplacée : {system_words(error)}.",
                "La sauvegarde est intacte.",
            ) from error
    return kept


def _open_read_only(path: Path) -> sqlite3.Connection:
    must_be_file(path, "Rien n’a été changé.")
    if not os.access(path, os.R_OK):
        raise RefusedInputError(
            f"Le fichier « {path} » est illisible : vous n’en avez pas le droit.", "Rien n’a été changé."
        )
    return sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True, timeout=BUSY_SECONDS)


def _check(source: sqlite3.Connection, path: Path) -> None:
    try:
        ours = source.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
        whole = source.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
        version = source.execute("SELECT version_num FROM alembic_version").fetchone() if ours else None
    except sqlite3.DatabaseError:
        ours = whole = False
        version = None
    reason = (
        "n’est pas une sauvegarde de la console"
        if not ours
        else "est abîmé"
        if not whole or version is None
        else "vient d’une version plus récente de la console"
        if version[0] > SCHEMA
        else ""
    )
    if reason:
        raise RefusedInputError(f"Le fichier « {path} » {reason}.", "Rien n’a été changé.")


def _set_aside(target: Path, now: datetime) -> Path | None:
    """A copy of the former database; where it cannot be read, the file itself, moved."""
    if not target.exists():
        return None
    kept = target.with_name(f"{target.stem}-avant-restauration-{now:%Y%m%d-%H%M%S}{target.suffix}")
    _create(kept)
    try:
        with (
            closing(sqlite3.connect(target, timeout=BUSY_SECONDS)) as former,
            closing(sqlite3.connect(kept)) as copy,
        ):
            former.backup(copy)
    except sqlite3.OperationalError:
        kept.unlink()
        raise
    except sqlite3.DatabaseError:
        target.replace(kept)
        for suffix in ("-wal", "-shm", "-journal"):
            target.with_name(target.name + suffix).unlink(missing_ok=True)
    return kept


def _copy(source: sqlite3.Connection, target: Path) -> None:
    if not target.exists():
        _create(target)
    with closing(sqlite3.connect(target, timeout=BUSY_SECONDS)) as copy:
        source.backup(copy)


def _create(path: Path) -> None:
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
