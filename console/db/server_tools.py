"""PostgreSQL's own tools, run on a server's database: pg_dump and pg_restore.

The password never stands on a command line: a child has it in its environment, or finds it in ~/.pgpass as
libpq does.
"""

import logging
import os
import re
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import URL

from console.base.errors import HotlinerError, RefusedInputError, StorageError
from console.db.dialect import POOLER, SEARCH_INDEX, place_of
from console.db.engine import create_private
from console.db.failures import Failure, classify_words

_log = logging.getLogger("hotliner")
_MAGIC = b"PGDMP"
_DEBIAN = Path("/usr/lib/postgresql")
_SERVERS_OWN = re.compile(rf"^\d+; \d+ \d+ ((COMMENT - )?EXTENSION|INDEX \S+ {SEARCH_INDEX}) .*\n", re.M)
"""What the list of an archive's content names of it."""


def tool(name: str, folder: Path | None) -> Path:
    """Where one of them is: in the folder of the settings, else Debian's newest, else in PATH.

    Raises RefusedInputError.
    """
    if folder is not None:
        places = [folder]
    else:
        places = sorted(_DEBIAN.glob("*/bin"), key=lambda one: float(one.parent.name), reverse=True)
    found = [place / name for place in places if os.access(place / name, os.X_OK)]
    if not found and folder is None and (on_path := shutil.which(name)):
        found = [Path(on_path)]
    if not found:
        where = f"dans « {folder} »" if folder else "trouvé"
        raise RefusedInputError(
            f"Le programme « {name} » de PostgreSQL n’est pas {where}.",
            "Rien n’a été fait.",
            "Installez « postgresql-client », de la version du serveur ou d’une plus récente, ou nommez son "
            "dossier par le réglage « postgresql_bin ».",
        )
    return found[0]


def is_dump(path: Path) -> bool:
    """Whether a file is an archive of pg_dump in its own format."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def dump(url: URL, target: Path, folder: Path | None) -> None:
    """Writes the whole database to a new file of its owner's, while it is in use.

    Raises FileExistsError, RefusedInputError without the tool, StorageError.
    """
    program = tool("pg_dump", folder)
    create_private(target)
    try:
        _run(url, program, "--format=custom", "--lock-wait-timeout=10000", f"--file={target}")
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def version_in(backup: Path, folder: Path | None) -> str:
    """The version of the schema in an archive. RefusedInputError: not ours, or broken."""
    program = tool("pg_restore", folder)
    try:
        ours = re.search(r" TABLE DATA \S+ call_step ", _output(program, "--list", backup))
        table = _output(program, "--data-only", "--table=alembic_version", "--file=-", backup)
    except subprocess.CalledProcessError:
        ours, table = None, ""
    found = re.search(r"^COPY \S*alembic_version .*\n(\w+)\n", table, re.MULTILINE)
    if ours is None or found is None:
        raise RefusedInputError(
            f"Le fichier « {backup} » n’est pas une sauvegarde de la console, ou il est abîmé.",
            "Rien n’a été changé.",
        )
    return found[1]


def put_back(url: URL, backup: Path, folder: Path | None) -> None:
    """Puts an archive in the place of what the database holds: all of it, or nothing at all.

    Owners and rights are those of whoever does it. What is no part of the schema, extensions and the index
    of a search, is left as it is: their owner may be another role. Raises RefusedInputError without the tool
    or for what is no archive, StorageError.
    """
    program = tool("pg_restore", folder)
    with TemporaryDirectory() as aside:
        wanted = Path(aside, "list")
        wanted.write_text(_SERVERS_OWN.sub("", _output(program, "--list", backup)), encoding="utf-8")
        _run(
            url,
            program,
            *("--single-transaction", "--exit-on-error", "--clean", "--if-exists", "--no-owner", "--no-acl"),
            f"--use-list={wanted}",
            backup,
        )


def _run(url: URL, program: Path, *arguments: str | Path) -> None:
    """Runs a tool on a database. Raises StorageError in French; the tool's words are its cause."""
    address, secret = _connection(url)
    try:
        _output(program, "--no-password", f"--dbname={address}", *arguments, secret=secret)
    except subprocess.CalledProcessError as error:
        raise _explained(error, program, place_of(url)) from error


def _output(program: Path, *arguments: str | Path, secret: str = "") -> str:
    ours = {name: value for name, value in os.environ.items() if not name.upper().startswith("HOTLINER_")}
    environment = {**ours, "LC_ALL": "C", "PGAPPNAME": "hotliner: sauvegarde", "PGCONNECT_TIMEOUT": "5"}
    if secret:
        environment["PGPASSWORD"] = secret
    done = subprocess.run(  # noqa: S603  our own words, without a shell
        [program, *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=True
    )
    return done.stdout.decode(errors="replace")


def _connection(url: URL) -> tuple[str, str]:
    """The address as libpq takes it, without the password, and the password."""
    secret = url.password or url.query.get("password") or ""
    plain = url._replace(drivername="postgresql", password=None).difference_update_query(["password", POOLER])
    return plain.render_as_string(hide_password=False), secret if isinstance(secret, str) else secret[0]


def _explained(error: subprocess.CalledProcessError, program: Path, place: str) -> HotlinerError:
    words = error.stderr.decode(errors="replace")
    for line in words.splitlines():
        if line.startswith(f"{program.name}: "):  # others may hold the values of a row
            _log.warning("%s", line)
    if "server version mismatch" in words:
        return StorageError(
            f"« {program} » est d’une version plus ancienne que le serveur.",
            "Rien n’a été fait.",
            "Installez « postgresql-client » de la version du serveur, ou nommez son dossier par le réglage "
            "« postgresql_bin ».",
        )
    if "No space left on device" in words or "could not write" in words:
        return StorageError(
            "Il n’y a plus de place pour cette sauvegarde.",
            "La base de données est intacte.",
            "Libérez de la place.",
        )
    failure = classify_words(words)
    if failure is Failure.RIGHTS:
        return StorageError(
            f"Le rôle de cette adresse n’a pas le droit de lire ou de remplacer toute la base {place}.",
            "La base de données est intacte.",
            "Donnez par « --base » l’adresse du rôle qui possède la base.",
        )
    if failure is not None:
        return failure.at(place)
    return StorageError(
        f"« {program.name} » n’a pas abouti.",
        "La base de données est intacte.",
        "Ses mots sont dans le journal technique ; « hotliner config » dit où.",
    )
