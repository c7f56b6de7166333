"""Backups: a whole copy while the console is in use, and the way back."""

import re
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from console.audit import audit
from console.base.clock import Clock
from console.base.dates import PARIS
from console.base.errors import HotlinerError, RefusedInputError, system_words
from console.base.roles import Role
from console.cases.versions import brought_along, number_in_force, used
from console.context import Context
from console.db.meta import read_meta, write_meta
from console.db.restore import restore as put_back
from console.ledger.sealer import SealService
from console.ledger.seals import Sealing
from console.messages.held import HELD_WORDS, hold
from console.people.carried import carry_over

_PREFIX = "hotliner-"
_SETTINGS, _CONTENT = "backup.settings", "backup.content"
"""What a backup tells of the machine: its settings, the version of the content that was in force."""
_NAMED = re.compile(r"hotliner-\d{8}-\d{6}\.db")
_SERVER = "Cette base est sur un serveur PostgreSQL : {tool} s’en charge."


def named_in(folder: Path, now: datetime) -> Path:
    """The file that a backup of that instant is in this folder: by their names they stand in order."""
    return folder / f"{_PREFIX}{now.astimezone(PARIS):%Y%m%d-%H%M%S}.db"


def prune(folder: Path, kept: int) -> list[Path]:
    """Remove the oldest backups that were named here, but for the last ones; which were removed.

    Raises HotlinerError when the system refuses.
    """
    found = sorted(path for path in folder.glob(f"{_PREFIX}*.db") if _NAMED.fullmatch(path.name))
    old = found[:-kept]
    try:
        for path in old:
            path.unlink()
    except OSError as error:
        raise HotlinerError(
            f"Une ancienne sauvegarde de « {folder} » n’a pas pu être ôtée : {system_words(error)}.",
            "La nouvelle est faite.",
        ) from None
    return old


def back_up(ctx: Context, target: Path, settings: str = "") -> Sealing:
    """Copy the database to a new private file, sealed first: an administrator's act; gives its seal.

    settings: what the copy keeps of this machine's, without any secret. Raises ForbiddenError,
    RefusedInputError when the file exists, or on a server.
    """
    ctx.need(Role.ADMINISTRATOR)
    with ctx.database.writing() as session:
        audit(session, ctx, "base.copied")
        used(session, ctx)
        write_meta(session, _SETTINGS, settings)
        write_meta(session, _CONTENT, str(number_in_force(session)))
    seal = SealService(ctx).seal()
    try:
        ctx.database.back_up(target.expanduser().absolute())
    except FileExistsError:
        raise RefusedInputError(
            f"« {target} » existe déjà.", "Il n’a pas été touché.", "Donnez un autre nom."
        ) from None
    except OSError as error:
        raise HotlinerError(
            f"La sauvegarde « {target} » n’a pas pu être écrite : {system_words(error)}.",
            "La base de données est intacte.",
        ) from None
    return seal


def add_secrets(copy: Path, settings: str) -> None:
    """Put settings with their secrets into a copy: the base itself never has them."""
    with closing(sqlite3.connect(copy)) as file, file:
        file.execute("UPDATE meta SET value = ? WHERE key = ?", (settings, _SETTINGS))


def restore(backup: Path, target: Path | None, clock: Clock) -> Path | None:
    """Put a backup in the place of the database file; where the former one is kept, if there was one.

    `target` is None for a server's database, which is refused.
    """
    if target is None:
        raise RefusedInputError(_SERVER.format(tool="pg_restore"))
    return put_back(backup.expanduser().absolute(), target, clock.now())


def tell_restored(ctx: Context, backup: Path, former: Path | None) -> list[str]:
    """Write down in the restored database that it is one, and who put it back; what that changes, in French.

    Nothing leaves it until somebody says so. Who opposed or was erased in the former database still is. A
    content that came from a folder of another machine stays in force. Raises StorageError.
    """
    with ctx.database.writing() as session:
        hold(session, ctx)
    told = carry_over(ctx, former).lines() if former is not None else []
    with ctx.database.writing() as session:
        audit(session, ctx, "base.restored", None, file=backup.name)
        if brought_along(session, ctx, int(read_meta(session, _CONTENT) or 0)):
            told.append(
                "Le contenu en vigueur reste celui de la sauvegarde, publié dans la base."
                " « hotliner contenu sortir DOSSIER » en donne une copie à modifier."
            )
    return [*told, f"{HELD_WORDS}."]


def settings_of(ctx: Context) -> str:
    """The settings that the last backup took along, which a restored database has; empty for an old one."""
    with ctx.database.reading() as session:
        return read_meta(session, _SETTINGS)
