"""What an installation is made of, looked at piece by piece: each is well, wrong with its remedy, or not set.

Nothing is written, nothing is sent, no secret is told; a piece that cannot be looked at does not stop the
others, the base least of all.
"""

import http.client
import logging
import os
import shutil
import sqlite3
import ssl
import stat
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from sqlalchemy import Connection, text
from sqlmodel import Session

from console.base.clock import Clock
from console.base.errors import HotlinerError, system_words
from console.base.french import THIN, moment, plural
from console.base.vocabulary import Channel
from console.calls.spool import damaged, left_in
from console.cases.runs import JOBS, Runs, runs_of
from console.cases.versions import published_in
from console.content import Content
from console.db import dialect
from console.db.engine import TRANSFERRING, needed
from console.db.failures import DATABASE_ERRORS, Failure, explain
from console.db.meta import is_trial
from console.db.query import ReadBatch
from console.db.tables import SCHEMA
from console.integrity.clock import doubt_by, newest
from console.integrity.verify import verify
from console.ledger.rights import missing
from console.messages.doors import Door, closed, door
from console.messages.held import HELD_WORDS, is_held
from console.outside.gate import UnreachableError
from console.outside.mail import SmtpGateway
from console.outside.mailbox import imap_mails
from console.outside.mime import Sender
from console.outside.outside import Outside
from console.outside.servers import ImapServer
from console.outside.sms import SmsGateway
from console.supervision.stopped import found as stopped_jobs
from console.supervision.views import Stopped

_log = logging.getLogger("hotliner")

SECONDS = 10.0
"""How long one answer from outside is waited for."""
ROOM = 200 << 20
"""Bytes that have to be free beside what one more copy of the base takes."""
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_SERVERS = "Vérifiez {} dans les réglages (« hotliner config » dit d’où vient chacun)."


class State(StrEnum):
    """How a piece is."""

    WELL = "bien"
    WRONG = "défaut"
    UNSET = "non réglé"


@dataclass(frozen=True, slots=True)
class Check:
    """What was found of one piece, in French; todo: the remedy of what is wrong."""

    name: str
    state: State
    words: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Installation:
    """What the settings say. address: the base's, as it may be shown; content_folder: where the settings name
    one; secret: the files that hold secrets; spool: where calls keep what the base does not take."""

    url: str
    address: str
    content: Content
    content_folder: Path | None
    outside: Outside
    imap: ImapServer | None
    log: Path
    secret: Sequence[Path]
    spool: Path
    clock: Clock
    machine: Clock


@dataclass(frozen=True, slots=True)
class _Base:
    """What was read of the base, at one instant."""

    trial: bool
    held: bool
    doors: Mapping[Channel, Door | None]
    runs: Mapping[str, Runs]
    stopped: tuple[Stopped, ...]
    newest: datetime | None
    content: Content | None


class Diagnostic:
    """One look at an installation."""

    def __init__(self, installation: Installation) -> None:
        self._here = installation
        self._facts: _Base | None = None

    def checks(self) -> Iterator[Check]:
        """Each piece, in the order in which one would mend them."""
        looks: Sequence[tuple[str, Callable[[], Iterator[Check]]]] = (
            ("programme", self._program),
            ("base", self._base),
            ("droits", self._rights),
            ("contenu", self._content),
            ("e-mail", self._mail),
            ("SMS", self._sms),
            ("retours", self._mailbox),
            ("portail", self._portal),
            ("tâches", self._jobs),
            ("appels", self._calls),
            ("horloge", self._clock),
            ("disque", self._disk),
        )
        for name, look in looks:
            try:
                yield from look()
            except HotlinerError as error:
                yield Check(name, State.WRONG, error.happened, error.todo)
            except OSError as error:
                yield Check(name, State.WRONG, f"Lecture impossible{THIN}: {system_words(error)}.")
            except Exception:
                _log.exception("diagnostic: %s", name)
                yield Check(
                    name,
                    State.WRONG,
                    "N’a pas pu être contrôlé.",
                    "Le détail est dans le journal technique ; « hotliner config » dit où.",
                )

    # -- the machine ---------------------------------------------------------------------------------

    def _program(self) -> Iterator[Check]:
        try:
            ours = version("hotliner")
        except PackageNotFoundError:
            ours = "(depuis ses sources)"
        python = ".".join(map(str, sys.version_info[:3]))
        yield Check(
            "programme", State.WELL, f"hotliner {ours}, Python {python}, SQLite {sqlite3.sqlite_version}."
        )

    @cached_property
    def _file(self) -> Path | None:
        """The base's file; None on a server."""
        where = dialect.read_url(self._here.url)
        return dialect.sqlite_file(where) if dialect.is_sqlite(where) else None

    def _rights(self) -> Iterator[Check]:
        found = [*self._rights_of_base(), *self._rights_of_files(), *self._private()]
        yield from found
        if not found:
            yield Check("droits", State.WELL, "Fichiers et dossiers lisibles, et écrits là où il le faut.")

    def _rights_of_base(self) -> Iterator[Check]:
        file = self._file
        if file is None or not file.exists():
            return
        for path, what in ((file, "la base"), (file.parent, "le dossier de la base")):
            if not os.access(path, os.R_OK | os.W_OK):
                yield _forbidden(path, what, "de lire et d’écrire")

    def _rights_of_files(self) -> Iterator[Check]:
        here, outside = self._here, self._here.outside
        written = {here.log: "le journal technique"}
        if outside.folder and not (outside.smtp and outside.sms):
            written[outside.folder] = "le dossier des messages"
        for path, what in written.items():
            there = _nearest(path)
            if path == there and path.is_dir() == (what == "le journal technique"):
                kind = "un fichier" if path.is_dir() else "un dossier"
                yield Check(
                    "droits",
                    State.WRONG,
                    f"« {path} » devrait être {kind}{THIN}: {what}.",
                    "Donnez-lui un autre nom dans les réglages, ou ôtez ce qui est là.",
                )
            elif not os.access(there, os.W_OK) or (path != there and not there.is_dir()):
                yield _forbidden(path, what, "d’écrire dans")
        if (file := (outside.smtp and outside.smtp.authorities)) and not os.access(file, os.R_OK):
            yield _forbidden(file, "les certificats (authorities)", "de lire")
        if here.content_folder and not here.content_folder.is_dir():
            yield Check(
                "droits",
                State.WRONG,
                f"Le dossier du contenu « {here.content_folder} » n’existe pas.",
                _SERVERS.format("content"),
            )

    def _private(self) -> Iterator[Check]:
        """What others may read though it holds secrets, or clients."""
        file = self._file
        kept = [(file, _OTHERS)] if file and file.exists() else []
        for path, open_to in (*kept, *((one, stat.S_IRWXO) for one in self._here.secret)):
            if os.name == "posix" and path.stat().st_mode & open_to:
                yield Check(
                    "droits",
                    State.WRONG,
                    f"D’autres comptes de cette machine peuvent lire « {path} ».",
                    f"Retirez-leur ce droit : chmod {'600' if open_to == _OTHERS else 'o='} '{path}'.",
                )

    def _disk(self) -> Iterator[Check]:
        base = self._file.stat().st_size if self._file and self._file.exists() else 0
        places = {
            "la base": self._file,
            "le journal": self._here.log,
            "les messages": self._here.outside.folder,
        }
        told: dict[int, str] = {}
        for what, path in places.items():
            if path is None:
                continue
            there = _nearest(path)
            free, disk = shutil.disk_usage(there).free, there.stat().st_dev
            if disk in told:
                continue
            told[disk] = f"{_size(free)} libres pour {what}"
            if free < ROOM + (base if what == "la base" else 0):
                yield Check(
                    "disque",
                    State.WRONG,
                    f"Il ne reste que {_size(free)} pour {what} (« {there} »).",
                    "Libérez de la place : une mise à jour et une sauvegarde copient la base entière.",
                )
                told[disk] = ""
        if said := [one for one in told.values() if one]:
            yield Check("disque", State.WELL, f"{', '.join(said)}.")

    # -- the base ------------------------------------------------------------------------------------

    def _base(self) -> Iterator[Check]:
        file, here = self._file, self._here
        place = here.address
        if file is not None:
            if not file.exists():
                raise Failure.MISSING.at(str(file))
            if file.is_dir():
                raise Failure.NOT_A_DATABASE.at(str(file))
            if file.stat().st_size == 0:
                raise Failure.EMPTY.at(str(file))
        engine = dialect.make_engine(dialect.read_url(here.url), "diagnostic")
        try:
            with dialect.reader(engine).connect() as connection:
                yield from self._opened(connection, place)
        except DATABASE_ERRORS as error:
            raise explain(error, place) from error
        finally:
            engine.dispose()

    def _opened(self, connection: Connection, place: str) -> Iterator[Check]:
        if not dialect.is_ours(connection):
            raise Failure.NOT_A_DATABASE.at(place)
        there = dialect.has_table(connection, "alembic_version")
        version = (
            connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() if there else ""
        )
        if not version:
            yield Check(
                "base",
                State.WRONG,
                f"La base {place} n’a encore aucune table.",
                "Ouvrez la console, ou importez un fichier de clients : « hotliner importer ».",
            )
            return
        if str(version).startswith(TRANSFERRING):
            raise Failure.UNFINISHED.at(place)
        if str(version) > SCHEMA and (program := needed(connection, str(version))) is not None:
            raise Failure.NEWER.at(place, program=program)
        encoding, owner = _encoding(connection), self._owner(connection)
        if encoding.replace("-", "").upper() != "UTF8":
            yield Check(
                "base",
                State.WRONG,
                f"La base est écrite en {encoding}{THIN}: des noms y seront refusés.",
                "Faites-en une en UTF-8 (createdb -E UTF8 -T template0) et reprenez-y une sauvegarde.",
            )
        if str(version) < SCHEMA and self._file is None:
            raise Failure.BEHIND.at(place, owner=dialect.owner(connection))
        if str(version) < SCHEMA:
            yield Check(
                "base",
                State.WELL,
                f"{place}, à {owner}. Elle sera mise à jour à la prochaine ouverture, après une copie.",
            )
            return
        if self._file is None and (lacking := missing(connection)):
            yield Check(
                "droits",
                State.WRONG,
                f"À votre rôle il manque, sur la base{THIN}: {' ; '.join(lacking)}.",
                "Demandez à qui la possède de lancer « hotliner droits RÔLE | psql BASE ».",
            )
        if self._file is None and not dialect.has_search_index(connection):
            yield Check(
                "recherche",
                State.UNSET,
                "Chercher un client les lit tous, faute d’index.",
                "Sur le serveur, en tant que «\u202fpostgres\u202f»\u202f: CREATE EXTENSION pg_trgm "
                "dans cette base (paquet postgresql-contrib). Puis «\u202fhotliner migrer\u202f».",
            )
        self._facts = _read(connection, self._here.clock.now())
        kind = "base d’essai, " if self._facts.trial else ""
        yield Check("base", State.WELL, f"{place}, {kind}version {version}, {encoding}, à {owner}.")

    def _owner(self, connection: Connection) -> str:
        if self._file is None:
            known = text(
                "SELECT pg_get_userbyid(datdba), current_user FROM pg_database"
                " WHERE datname = current_database()"
            )
            owner, user = connection.execute(known).one()
            return "vous" if owner == user else f"{owner} (vous y êtes {user})"
        if sys.platform == "win32":  # which keeps owners elsewhere
            return "cette machine"
        if self._file.stat().st_uid == os.getuid():
            return "vous"
        try:
            return self._file.owner()
        except KeyError:  # an account that is no more
            return f"un compte inconnu (n° {self._file.stat().st_uid})"

    def _content(self) -> Iterator[Check]:
        kept = self._facts.content if self._facts else None
        content = kept or self._here.content
        where = "publié dans la base" if kept else f"de « {content.folder} »"
        faults = [one for one in verify(content) if not one.warning]
        if faults:
            yield Check(
                "contenu",
                State.WRONG,
                f"Le contenu {where} a {plural(len(faults), 'défaut')} ; le premier{THIN}: {faults[0]}",
                "Tous : « hotliner verifier ». En attendant, la dernière version saine reste en vigueur.",
            )
        else:
            yield Check("contenu", State.WELL, f"Le contenu {where} est sans défaut.")

    def _calls(self) -> Iterator[Check]:
        """What was done or typed while the base was away, and nobody has come back to."""
        left, aside = left_in(self._here.spool), damaged(self._here.spool)
        for one in left:
            acts = plural(one.acts, "acte d’appel", "actes d’appel")
            texts = plural(one.texts, "texte tapé hors d’un appel", "textes tapés hors d’un appel")
            what = " et ".join(words for n, words in ((one.acts, acts), (one.texts, texts)) if n)
            yield Check(
                "appels",
                State.WRONG,
                f"{what} ({one.agent}), depuis le {moment(one.since)}, "
                f"{'attend' if one.acts + one.texts == 1 else 'attendent'} ici la base {one.place}.",
                f"Ouvrez-y la console sous ce compte de cette machine, comme «\u00a0{one.agent}\u00a0».",
            )
        for file in aside:
            yield Check(
                "appels",
                State.WRONG,
                f"Ce qu’un appel avait gardé ici est abîmé, et de côté{THIN}: «\u00a0{file}\u00a0».",
                "Reprenez-en ce qui peut l’être, puis supprimez-le\u202f: des clients y sont nommés.",
            )
        if not left and not aside:
            yield Check("appels", State.WELL, "Rien de ce qui y est fait n’attend la base sur ce poste.")

    def _clock(self) -> Iterator[Check]:
        facts, now = self._facts, self._here.clock.now()
        if facts is None:
            yield Check(
                "horloge", State.UNSET, f"Nous serions le {moment(now)} ; la base n’a pas pu le dire."
            )
        elif facts.trial:
            yield Check("horloge", State.WELL, "Base d’essai : toute date y va.")
        elif why := doubt_by(facts.newest, self._here.content, now, self._here.machine.now()):
            yield Check(
                "horloge",
                State.WRONG,
                why,
                "Mettez cette machine à l’heure ; si elle l’est, ouvrez la console et confirmez la date.",
            )
        else:
            yield Check("horloge", State.WELL, f"{moment(now)}, en accord avec la base.")

    # -- what leaves and comes back ------------------------------------------------------------------

    @cached_property
    def _outside(self) -> Outside:
        """How the outside is reached; from a trial base, this machine alone."""
        facts = self._facts
        return self._here.outside.kept_here() if facts and facts.trial else self._here.outside

    def _mail(self) -> Iterator[Check]:
        server = self._outside.smtp
        if server is None:
            words = f"Les e-mails deviennent des fichiers dans « {self._outside.folder} »."
            yield Check("e-mail", State.UNSET, words, "Pour en envoyer : smtp_host.")
            return
        gateway = SmtpGateway(server, Sender("", "", ""), answer=SECONDS)
        try:
            gateway.open()
        except UnreachableError as error:
            yield Check("e-mail", State.WRONG, str(error), _SERVERS.format("smtp_host et ce qui le suit"))
            return
        finally:
            gateway.close()
        how = f"{server.security.upper()}, " if server.security != "none" else ""
        who = f"connecté comme {server.user}" if server.user else "sans identifiant"
        yield from self._by_its_door(
            Channel.EMAIL,
            Check("e-mail", State.WELL, f"{server.host} répond ({how}{who}) ; rien n’a été envoyé."),
        )

    def _sms(self) -> Iterator[Check]:
        service = self._outside.sms
        if service is None:
            words = f"Les SMS deviennent des fichiers dans « {self._outside.folder} »."
            yield Check("SMS", State.UNSET, words, "Pour en envoyer : sms_url.")
            return
        gateway = SmsGateway(service, answer=SECONDS)
        try:
            gateway.open()
        except (UnreachableError, ssl.SSLError) as error:
            words = str(error) if isinstance(error, UnreachableError) else "Ses certificats sont illisibles."
            yield Check("SMS", State.WRONG, words, _SERVERS.format("sms_url"))
            return
        finally:
            gateway.close()
        yield from self._by_its_door(
            Channel.SMS,
            Check("SMS", State.WELL, f"{urlsplit(service.url).hostname} répond ; rien n’a été envoyé."),
        )

    def _by_its_door(self, channel: Channel, well: Check) -> Iterator[Check]:
        """The same, unless the base has its messages leave by another server."""
        facts, content = self._facts, self._here.content
        if facts is not None and not facts.trial:
            here = self._outside.doors(content.data.catalogue.company.support_email)[channel]
            if why := closed(facts.doors[channel], channel, here):
                well = replace(well, state=State.WRONG, words=why)
        yield well

    def _mailbox(self) -> Iterator[Check]:
        server = self._here.imap
        if server is None:
            yield Check(
                "retours",
                State.UNSET,
                "Aucune boîte où lire les e-mails revenus.",
                "Pour « hotliner rebonds » : imap_host, ou un fichier à lui donner.",
            )
            return
        with imap_mails(server, SECONDS):
            yield Check("retours", State.WELL, f"La boîte de {server.user} sur {server.host} s’ouvre.")

    def _portal(self) -> Iterator[Check]:
        """Asks for a page that there is not: the portal's own answer to that counts as no guess."""
        base = self._outside.link_base
        if not base:
            yield Check(
                "portail",
                State.UNSET,
                "Aucune adresse n’est réglée : les liens des messages mènent à celle du catalogue.",
                "Quand « hotliner portail » tourne : link_base.",
            )
            return
        where = urlsplit(base)
        shown = f"{where.scheme}://{where.netloc.rpartition('@')[2]}{where.path}"
        try:
            status, ours = _asked(where, self._here.outside)
        except ssl.SSLError:
            words, todo = f"La connexion chiffrée à {shown} a échoué.", "Renouvelez son certificat."
        except http.client.HTTPException:
            words, todo = f"Ce qui répond à {shown} n’est pas du HTTP.", "Vérifiez link_base et ce serveur."
        except OSError as error:
            words = f"Le portail {shown} n’est pas joignable{THIN}: {system_words(error)}."
            todo = "Vérifiez « hotliner portail », le serveur qui tient le TLS, et link_base."
        else:
            if ours and status in (404, 429):
                yield Check("portail", State.WELL, f"{shown} répond.")
                return
            words = f"Ce qui répond à {shown} n’est pas le portail (réponse {status})."
            todo = "Menez cette adresse à « hotliner portail », ou corrigez link_base."
        yield Check("portail", State.WRONG, words, todo)

    # -- the jobs ------------------------------------------------------------------------------------

    def _jobs(self) -> Iterator[Check]:
        facts = self._facts
        if facts is None:
            yield Check(
                "tâches", State.UNSET, "Leurs derniers passages sont dans la base, qui n’est pas lue."
            )
            return
        late = {one.job: one for one in facts.stopped}
        for job in JOBS:
            if one := late.pop(job, None):
                yield Check(job, State.WRONG, one.words, one.todo)
            elif runs := facts.runs.get(job):
                yield Check(job, State.WELL, f"Dernier passage{THIN}: {moment(runs.last)}.")
            else:
                yield Check(job, State.UNSET, "Aucun passage connu.")
        yield from (Check("tâches", State.WRONG, one.words, one.todo) for one in late.values())
        if facts.held:
            yield Check("envois", State.WRONG, f"{HELD_WORDS}.")


def _read(connection: Connection, now: datetime) -> _Base:
    with Session(connection) as session:
        batch = ReadBatch(session)
        return _Base(
            trial=is_trial(batch)(),
            held=is_held(batch)(),
            doors={channel: door(session, channel) for channel in (Channel.EMAIL, Channel.SMS)},
            runs=runs_of(batch, now)(),
            stopped=stopped_jobs(batch, now)(),
            newest=newest(batch)(),
            content=published_in(connection),
        )


def _encoding(connection: Connection) -> str:
    asked = "PRAGMA encoding" if connection.dialect.name == "sqlite" else "SHOW server_encoding"
    return str(connection.exec_driver_sql(asked).scalar())


def _asked(where: SplitResult, outside: Outside) -> tuple[int, bool]:
    """The status of a page that there is not, and whether the answer is one of our portal's."""
    host = where.hostname or ""
    if where.scheme == "https":
        trusted = ssl.create_default_context()
        if outside.smtp and outside.smtp.authorities:
            trusted.load_verify_locations(outside.smtp.authorities)
        client: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, where.port, timeout=SECONDS, context=trusted
        )
    else:
        client = http.client.HTTPConnection(host, where.port, timeout=SECONDS)
    try:
        client.request("GET", f"{where.path.rstrip('/')}/diagnostic/-", headers={"Accept": "text/html"})
        answer = client.getresponse()
        return answer.status, answer.getheader("X-Robots-Tag") == "noindex, nofollow"
    finally:
        client.close()


def _nearest(path: Path) -> Path:
    """The path, or the first folder above it that is there."""
    return next(one for one in (path, *path.parents) if one.exists())


def _forbidden(path: Path, what: str, act: str) -> Check:
    words = f"Votre compte n’a pas le droit {act} {what}"
    return Check(
        "droits",
        State.WRONG,
        f"{words} (« {path} »).",
        f"Donnez ce droit à votre compte{THIN}: chown, ou chmod u+rw, sur « {_nearest(path)} ».",
    )


def _size(n: int) -> str:
    """« 12,3 Gio »."""
    for unit, size in (("Gio", 1 << 30), ("Mio", 1 << 20)):
        if n >= size:
            return f"{n / size:.1f} {unit}".replace(".", ",")
    return f"{n >> 10} Kio"
