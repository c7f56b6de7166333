"""Backups: a whole copy while the console is in use, the way back, and the copy before a server's upgrade."""

import os
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from console.audit import audit
from console.base.clock import Clock
from console.base.dates import PARIS
from console.base.errors import BusyError, HotlinerError, RefusedInputError, must_be_file, system_words
from console.base.roles import Role
from console.cases.versions import brought_along, number_in_force, used
from console.context import Context
from console.db.dialect import still
from console.db.engine import look, open_database, understood
from console.db.failures import Failure
from console.db.meta import UPGRADED, read_meta, write_meta
from console.db.restore import restore as put_back
from console.db.server_tools import dump, is_dump, version_in
from console.db.server_tools import put_back as server_put_back
from console.db.tables import SCHEMA
from console.db.transfer import Progress, transfer
from console.integrity.transfer import alone, not_the_owner
from console.ledger.rights import grant, roles_of
from console.ledger.sealer import SealService
from console.ledger.seals import Sealing
from console.messages.held import HELD_WORDS, hold
from console.people.carried import carry_over

_PREFIX = "hotliner-"
_SETTINGS, _CONTENT = "backup.settings", "backup.content"
"""What a backup tells of the machine: its settings, the version of the content that was in force."""
_NAMED = re.compile(r"hotliner-\d{8}-\d{6}\.(db|dump)")
_UNCHANGED = "Rien n’a été changé."


def named_in(folder: Path, now: datetime, *, shared: bool = False) -> Path:
    """The file that a backup of that instant is in this folder: by their names they stand in order."""
    return folder / f"{_PREFIX}{now.astimezone(PARIS):%Y%m%d-%H%M%S}.{'dump' if shared else 'db'}"


def prune(folder: Path, kept: int, suffix: str = ".db") -> list[Path]:
    """Remove the oldest backups of that kind that were named here, but for the last ones; which were.

    Raises HotlinerError when the system refuses.
    """
    found = sorted(path for path in folder.glob(f"{_PREFIX}*{suffix}") if _NAMED.fullmatch(path.name))
    old = found[:-kept]
    try:
        for path in old:
            path.unlink()
    except OSError as error:
        raise HotlinerError(
            f"Une ancienne sauvegarde de « {folder} » n’a pas pu être ôtée : {system_words(error)}.",
            "La nouvelle est faite.",
        ) from None
    return old


def back_up(ctx: Context, target: Path, settings: str = "", tools: Path | None = None) -> Sealing | None:
    """Copy the database to a new private file, sealed first: an administrator's act; gives its seal, None
    where another program is at it: a copy is worth more than the seal of what is newest in it.

    settings: what the copy keeps of this machine's, without any secret. tools: the folder of pg_dump, by
    which a server's is copied. It is written down once it is done.
    Raises ForbiddenError, RefusedInputError when the file exists, or without pg_dump.
    """
    ctx.need(Role.ADMINISTRATOR)
    with ctx.database.writing() as session:
        used(session, ctx)
        write_meta(session, _SETTINGS, settings)
        write_meta(session, _CONTENT, str(number_in_force(session)))
    seal = None
    with suppress(BusyError):
        seal = SealService(ctx).seal()
    target = target.expanduser().absolute()
    with _to_new_file(target):
        if ctx.database.shared:
            dump(ctx.database.url, target, tools)
        else:
            ctx.database.back_up(target)
    with ctx.database.writing() as session:
        audit(session, ctx, "base.copied")
    return seal


def add_secrets(copy: Path, settings: str) -> None:
    """Put settings with their secrets into a copy: the base itself never has them."""
    with closing(sqlite3.connect(copy)) as file, file:
        file.execute("UPDATE meta SET value = ? WHERE key = ?", (settings, _SETTINGS))


@contextmanager
def _to_new_file(target: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise RefusedInputError(
            f"« {target} » existe déjà.", "Il n’a pas été touché.", "Donnez un autre nom."
        ) from None
    except OSError as error:
        raise HotlinerError(
            f"La sauvegarde « {target} » n’a pas pu être écrite : {system_words(error)}.",
            "La base de données est intacte.",
        ) from None


def restore(backup: Path, target: Path, clock: Clock) -> Path | None:
    """Put a backup in the place of the database file; where the former one is kept, if there was one."""
    backup = backup.expanduser().absolute()
    if backup.is_file() and os.access(backup, os.R_OK) and is_dump(backup):
        raise RefusedInputError(
            f"« {backup} » est la sauvegarde d’une base PostgreSQL.",
            _UNCHANGED,
            "Donnez par « --base » une base d’un serveur PostgreSQL, vide au besoin ; "
            "« hotliner transferer » la porte ensuite ici.",
        )
    return put_back(backup, target, clock.now())


def restore_on_server(
    url: str,
    backup: Path,
    clock: Clock,
    tools: Path | None = None,
    progress: Progress = lambda *_: None,
) -> Path | None:
    """Put an archive of pg_dump in the place of a server's database; where the former is kept, if any.

    The former one is kept as a SQLite file beside the backup; the roles of consoles have their rights again.
    Raises RefusedInputError, with nothing changed, where the backup is none, where somebody is at work in the
    base, or where the two are not of one version: an older backup goes into an empty base.
    """
    backup = backup.expanduser().absolute()
    must_be_file(backup, _UNCHANGED)
    try:
        ours = is_dump(backup)
    except OSError as error:
        raise RefusedInputError(f"« {backup} » est illisible : {system_words(error)}.", _UNCHANGED) from None
    if not ours:
        raise RefusedInputError(
            f"« {backup} » n’est pas une sauvegarde faite d’une base PostgreSQL.",
            _UNCHANGED,
            "Si c’est celle d’une base SQLite, portez-la dans une base vide : « hotliner transferer ».",
        )
    version = version_in(backup, tools)
    if version > SCHEMA:
        raise RefusedInputError(
            f"« {backup} » vient d’une version plus récente de la console.", _UNCHANGED, "Installez-la ici."
        )
    former, roles = None, list[str]()
    found = look(url)
    if not found.owned:
        raise not_the_owner(found)
    if found.version is not None:
        with closing(open_database(url, clock=clock, makes=False)) as database:
            if version != SCHEMA:
                raise RefusedInputError(
                    f"« {backup} » vient d’une version plus ancienne de la console que la base en place.",
                    _UNCHANGED,
                    "Restaurez-la dans une base vide, donnée par « --base » : elle y est mise à jour.",
                )
            alone(database)
            former = backup.with_name(f"avant-restauration-{clock.now():%Y%m%d-%H%M%S}.db")
            with _to_new_file(former), database.writing() as session:
                still(session.connection())
                roles = roles_of(session.connection())
                transfer(session.connection(), f"sqlite:///{former}", progress)
    server_put_back(understood(url), backup, tools)
    _bring_up(url, clock, version, backup, roles)
    return former


def _bring_up(url: str, clock: Clock, version: str, copy: Path, roles: Sequence[str] = ()) -> None:
    """Opens a server's base as who owns it, upgraded where it is behind; `copy` has it at `version` still.

    The consoles' roles, those given and those it knows, have their rights again, on new tables too.
    """
    with (
        closing(open_database(url, clock=clock, upgrades=True)) as database,
        database.writing() as session,
    ):
        for role in {*roles, *roles_of(session.connection())}:
            grant(session.connection(), role)
        if version != SCHEMA:
            write_meta(session, UPGRADED, f"{version} {copy}")


def upgrade(url: str, folder: Path, clock: Clock, tools: Path | None = None) -> str | None:
    """Bring a server's database up to date, as who owns it, once it is copied; its version before.

    None where its version is ours already: then only what its server lacked so far is made (`index_search`).
    Raises RefusedInputError for anybody else, or without pg_dump, HotlinerError where it cannot be kept,
    StorageError: nothing has changed then.
    """
    found = look(url)
    if found.version is None:
        raise Failure.MISSING.at(found.place)
    if found.version >= SCHEMA:
        open_database(url, clock=clock, upgrades=found.owned).close()
        return None
    if not found.owned:
        raise not_the_owner(found)
    kept = named_in(folder, clock.now(), shared=True)
    kept = kept.with_stem(f"{kept.stem}-avant-{SCHEMA}")
    with _to_new_file(kept):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        dump(understood(url), kept, tools)
    _bring_up(url, clock, found.version, kept)
    return found.version


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
