"""Settings: options of the command line, then environment, then a TOML file, then defaults.

One name a setting: the key `database_url` of the file is the variable HOTLINER_DATABASE_URL.
"""

import getpass
import json
import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from platformdirs import PlatformDirs
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from console.base.dates import PARIS, within_years
from console.base.errors import HotlinerError, RefusedInputError, system_words
from console.base.text import clean
from console.base.toml_text import TomlError, parse_toml
from console.cli.log import start_log
from console.outside.outside import SHORTEST_SECRET, Outside
from console.outside.servers import (
    NUMBER,
    SMS_TEMPLATE,
    Asterisk,
    ImapServer,
    Security,
    SmsService,
    SmtpServer,
    is_here,
)
from console.rules.openings import Tracking

PREFIX = "HOTLINER_"
DEFAULT = "valeur par défaut"
"""Where a setting comes from that nobody gave."""
CONFIG_VARIABLE = f"{PREFIX}CONFIG"
_FOLDERS = PlatformDirs("hotliner", appauthor=False)
_SQLITE = "sqlite:///"
_REASONS = {
    "extra_forbidden": "ce réglage n’existe pas",
    "string_type": "un texte est attendu",
    "path_type": "un chemin est attendu",
    "int_parsing": "un nombre est attendu",
    "int_type": "un nombre est attendu",
    "greater_than_equal": "un port va de 0 à 65535",
    "less_than_equal": "un port va de 0 à 65535",
    "enum": "« starttls », « tls » ou « none » est attendu",
    "bool_parsing": "« true » ou « false » est attendu",
    "bool_type": "« true » ou « false » est attendu",
    "dict_type": 'une table « action = "touche" » est attendue',
}


class Settings(BaseModel):
    """What can be set. Every default works as it is."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    database_url: str = Field("", description="base de données : fichier SQLite ou URL PostgreSQL")
    postgresql_bin: Path | None = Field(
        None, description="dossier de pg_dump et pg_restore ; sans lui, ils sont cherchés"
    )
    agent: str = Field("", description="nom de l’agent")
    password: str = Field("", description="mot de passe de l’agent, pour les commandes")
    lock_minutes: int = Field(
        10, description="minutes sans touche avant de redemander le mot de passe ; 0 : jamais"
    )
    date: datetime | None = Field(None, description="instant de départ de l’horloge (heure de Paris)")
    essai: bool = Field(False, description="une base qui est faite est une base d’essai, pour toujours")
    theme: str = Field("", description="thème de la console")
    tour: bool = Field(True, description="visite guidée au premier lancement")
    keymap: dict[str, str] = Field(default_factory=dict, description="touches redéfinies, par action")
    content: Path | None = Field(None, description="dossier qui contient data/ et scripts_fr/")
    log: Path = Field(
        default_factory=lambda: _FOLDERS.user_state_path / "hotliner.log", description="journal technique"
    )
    suivi_ouvertures: Tracking | None = Field(
        None,
        description="ouvertures d’e-mails : « mesure », « consentement » ou « non » ; la base le retient",
    )
    smtp_host: str = Field("", description="serveur SMTP ; sans lui, les e-mails vont dans un dossier")
    smtp_port: int = Field(0, ge=0, le=65535, description="son port ; 0 : le port usuel")
    smtp_security: Security = Field(Security.STARTTLS, description="« starttls », « tls » ou « none »")
    smtp_user: str = Field("", description="identifiant au serveur de messagerie")
    smtp_password: str = Field("", description="mot de passe au serveur de messagerie")
    mail_from: str = Field("", description="adresse d’expédition ; celle du support si elle manque")
    imap_host: str = Field("", description="serveur IMAP où reviennent les e-mails, pour « rebonds »")
    imap_port: int = Field(0, ge=0, le=65535, description="son port ; 0 : le port usuel")
    imap_user: str = Field("", description="identifiant à cette boîte")
    imap_password: str = Field("", description="mot de passe à cette boîte")
    imap_folder: str = Field("INBOX", description="dossier de cette boîte")
    sms_url: str = Field("", description="service de SMS (HTTPS) ; sans lui, les SMS vont dans un dossier")
    sms_token: str = Field("", description="jeton du service de SMS")
    sms_sender: str = Field("", description="expéditeur affiché des SMS")
    sms_template: str = Field(SMS_TEMPLATE, description="requête JSON au service de SMS")
    sms_form: bool = Field(False, description="« true » : les champs de sms_template partent en formulaire")
    sms_user: str = Field("", description="identifiant au service de SMS (authentification de base)")
    sms_password: str = Field("", description="mot de passe au service de SMS")
    sms_headers: dict[str, str] = Field(default_factory=dict, description="en-têtes de la requête")
    sms_success: str = Field("", description="où lire que le SMS est pris : « messages.0.status=0 »")
    sms_later: str = Field("", description="ce qui s’y lit quand il faut réessayer : « 1|5 »")
    authorities: Path | None = Field(None, description="certificats à admettre en plus de ceux du système")
    outbox: Path = Field(
        default_factory=lambda: _FOLDERS.user_data_path / "messages",
        description="ce dossier",
    )
    link_base: str = Field("", description="adresse des liens ; celle du catalogue si elle manque")
    link_secret: str = Field("", description="secret qui signe les liens ; sans lui, une clé est faite")
    link_key: Path = Field(
        default_factory=lambda: _FOLDERS.user_data_path / "liens.cle", description="fichier de cette clé"
    )
    paiement_url: str = Field(
        "", description="page où payer après une confirmation en ligne ; sans elle, une facture suit"
    )
    evenements_secret: str = Field("", description="secret de ce qui est envoyé à /evenements")
    evenements_secrets: dict[str, str] = Field(
        default_factory=dict, description="secret de chaque source de data/sources"
    )
    dial_command: str = Field("", description="commande qui compose « {number} » ; sans elle, à la main")
    ami_host: str = Field("", description="serveur Asterisk (AMI) qui compose, à la place d’une commande")
    ami_port: int = Field(5038, ge=1, le=65535, description="son port")
    ami_user: str = Field("", description="identifiant au serveur Asterisk")
    ami_secret: str = Field("", description="secret au serveur Asterisk")
    ami_channel: str = Field("", description="poste de l’agent, « PJSIP/101 » par exemple")
    ami_context: str = Field("", description="contexte Asterisk qui appelle l’extérieur")
    kitty_keys: bool = Field(True, description="clavier étendu ; « false » si AltGr ne répond plus")

    @field_validator("database_url")
    @classmethod
    def _address(cls, value: str) -> str:
        return database_address(value or str(_FOLDERS.user_data_path / "hotliner.db"))

    @field_validator("agent")
    @classmethod
    def _name(cls, value: str) -> str:
        return clean(value, limit=60) or clean(_login(), limit=60)

    @field_validator("date", mode="before")
    @classmethod
    def _instant(cls, value: object) -> object:
        if value in ("", None):
            return None
        try:
            instant = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        except ValueError:
            raise ValueError("une date AAAA-MM-JJ ou AAAA-MM-JJTHH:MM est attendue") from None
        within_years(instant.date())
        return instant if instant.tzinfo else instant.replace(tzinfo=PARIS)

    @field_validator(
        "smtp_host",
        "smtp_user",
        "imap_host",
        "imap_user",
        "imap_folder",
        "mail_from",
        "sms_url",
        "sms_sender",
        "sms_user",
        "sms_success",
        "sms_later",
        "link_base",
        "paiement_url",
        "dial_command",
        "ami_host",
        "ami_user",
        "ami_secret",
        "ami_channel",
        "ami_context",
    )
    @classmethod
    def _one_line(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("un texte d’une ligne est attendu")
        return value.strip()

    @field_validator("suivi_ouvertures", mode="before")
    @classmethod
    def _tracking(cls, value: object) -> object:
        if value in ("", None):
            return None
        try:
            return Tracking(str(value).strip().lower())
        except ValueError:
            raise ValueError("« mesure », « consentement » ou « non » est attendu") from None

    @field_validator("smtp_security", mode="before")
    @classmethod
    def _security(cls, value: object) -> object:
        return value.strip().lower() if isinstance(value, str) else value

    @field_validator("mail_from")
    @classmethod
    def _mail_address(cls, value: str) -> str:
        if value and not re.fullmatch(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+", value):
            raise ValueError("une adresse e-mail est attendue")
        return value

    @field_validator("sms_url", "link_base", "paiement_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        where = urlsplit(value)
        try:
            here = is_here(where.hostname or "")
            _ = where.port
        except ValueError:
            raise ValueError("cette adresse est illisible") from None
        if (
            value
            and not (where.scheme == "https" and where.hostname)
            and not (where.scheme == "http" and here)
        ):
            raise ValueError("une adresse https:// est attendue")
        return value

    @field_validator("lock_minutes")
    @classmethod
    def _patience(cls, value: int) -> int:
        if not 0 <= value <= 480:
            raise ValueError("de 0 à 480 minutes sont attendues")
        return value

    @field_validator("sms_template")
    @classmethod
    def _json(cls, value: str) -> str:
        try:
            json.loads(value)
        except (ValueError, RecursionError):
            raise ValueError("un texte JSON est attendu") from None
        if "{to}" not in value or "{text}" not in value:
            raise ValueError("« {to} » et « {text} » doivent y figurer")
        return value

    @field_validator("sms_headers")
    @classmethod
    def _header_lines(cls, value: dict[str, str]) -> dict[str, str]:
        for name, said in value.items():
            if not re.fullmatch(r"[A-Za-z0-9-]+", name) or not (said.isascii() and said.isprintable()):
                raise ValueError("des noms d’en-tête HTTP et des textes simples sont attendus")
        return value

    @field_validator("sms_success")
    @classmethod
    def _path(cls, value: str) -> str:
        if value and not re.fullmatch(r"[\w.-]+=[^=]+", value):
            raise ValueError("« chemin=valeur » est attendu, « messages.0.status=0 » par exemple")
        return value

    @field_validator("dial_command")
    @classmethod
    def _command(cls, value: str) -> str:
        try:
            argv = shlex.split(value)
        except ValueError:
            raise ValueError("un guillemet n’est pas fermé") from None
        if value and (not argv or NUMBER in argv[0] or not any(NUMBER in part for part in argv)):
            raise ValueError("un programme, puis « {number} » parmi ses arguments, sont attendus")
        return value

    @field_validator("ami_context")
    @classmethod
    def _asterisk(cls, value: str, given: ValidationInfo) -> str:
        """The last field of Asterisk's: the others are known by now."""
        said = given.data
        if said.get("ami_host") and said.get("dial_command"):
            raise ValueError("une commande et un serveur Asterisk sont réglés ; gardez l’un des deux")
        if said.get("ami_host") and not (said.get("ami_user") and said.get("ami_channel") and value):
            raise ValueError("ami_user, ami_channel et ami_context vont avec ami_host")
        return value

    @field_validator("link_secret")
    @classmethod
    def _secret(cls, value: str) -> str:
        if value and len(value.encode()) < SHORTEST_SECRET:
            raise ValueError(f"au moins {SHORTEST_SECRET} caractères sont attendus")
        return value

    @model_validator(mode="after")
    def _private(self) -> Self:
        if self.smtp_user and self.smtp_security is Security.NONE:
            raise ValueError("le mot de passe voyagerait en clair ; réglez smtp_security")
        return self

    @field_validator("postgresql_bin", "content", "log", "authorities", "outbox", "link_key", mode="after")
    @classmethod
    def _home(cls, value: Path | None) -> Path | None:
        return value.expanduser().absolute() if value else None

    def imap(self) -> ImapServer | None:
        """The mailbox where reports of delivery arrive, where there is one."""
        if not self.imap_host:
            return None
        given = (self.imap_host, self.imap_user, self.imap_password, self.imap_port, self.imap_folder)
        return ImapServer(*given, authorities=self.authorities)

    def outside(self) -> Outside:
        """How the outside is reached."""
        smtp = SmtpServer(
            self.smtp_host,
            self.smtp_port,
            self.smtp_security,
            self.smtp_user,
            self.smtp_password,
            self.authorities,
        )
        sms = SmsService(
            self.sms_url,
            self.sms_token,
            self.sms_template,
            self.sms_sender,
            self.authorities,
            form=self.sms_form,
            user=self.sms_user,
            password=self.sms_password,
            headers=self.sms_headers,
            success=self.sms_success,
            later=self.sms_later,
        )
        asterisk = Asterisk(
            self.ami_host,
            self.ami_port,
            self.ami_user,
            self.ami_secret,
            self.ami_channel,
            self.ami_context,
        )
        return Outside(
            folder=self.outbox,
            smtp=smtp if self.smtp_host else None,
            sms=sms if self.sms_url else None,
            mail_from=self.mail_from,
            link_base=self.link_base,
            link_secret=self.link_secret,
            link_key=self.link_key,
            dial_command=tuple(shlex.split(self.dial_command)),
            asterisk=asterisk if self.ami_host else None,
        )


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings in force, and for each the words that say where it comes from."""

    settings: Settings
    origins: Mapping[str, str]
    file: Path
    file_exists: bool
    date_sure: bool = False
    """Whether who gave the command says that its date is the one meant."""

    def outside(self) -> Outside:
        """How the outside is reached: what the settings say, and whether the folder was asked for by name."""
        return replace(self.settings.outside(), named=self.origins["outbox"] != DEFAULT)


def load_settings(options: Mapping[str, str] | None = None) -> Configuration:
    """Read the settings; `options` are those of the command line that were given, by setting.

    RefusedInputError names the file, variable or option at fault and why.
    """
    try:
        start_log(_FOLDERS.user_state_path / "hotliner.log", soon=False)  # until the settings say where
        return _load(options or {})
    except RuntimeError as error:  # a user without a home, as under some schedulers
        raise HotlinerError(
            "Le dossier personnel de cet utilisateur n’est pas connu de la machine.",
            "Rien n’a été lu ni changé.",
            "Donnez la variable HOME, ou XDG_CONFIG_HOME, XDG_DATA_HOME et XDG_STATE_HOME.",
        ) from error


def _load(options: Mapping[str, str]) -> Configuration:
    environment = {name.upper(): value for name, value in os.environ.items()}
    file = Path(environment.get(CONFIG_VARIABLE) or _FOLDERS.user_config_path / "hotliner.toml").expanduser()
    sources = (
        (_read_file(file, required=bool(environment.get(CONFIG_VARIABLE))), f"fichier {file}"),
        (_read_environment(environment), "variable {variable}"),
        (dict(options), "option --{option}"),
    )
    values: dict[str, Any] = {}
    origins = dict.fromkeys(Settings.model_fields, "valeur par défaut")
    for given, origin in sources:
        for name in given:
            option = "base" if name == "database_url" else name
            origins[name] = origin.format(variable=PREFIX + name.upper(), option=option)
        values |= given
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise _refusal(error, origins) from None
    return Configuration(settings, origins, file, file.is_file())


def database_address(given: str) -> str:
    """A database URL from a URL or from a file path. ValueError says in French what is not supported."""
    given = given.strip()
    if "://" not in given:
        return _SQLITE + str(Path(given).expanduser().absolute())
    scheme, rest = given.split("://", 1)
    if scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        return _server_address(f"postgresql+psycopg://{rest}")
    if scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        return _SQLITE + str(Path(rest[1:]).expanduser().absolute())
    raise ValueError("un fichier, « sqlite:///fichier » ou « postgresql+psycopg://… » est attendu")


def _server_address(url: str) -> str:
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        where = make_url(url)
    except (ValueError, ArgumentError):
        raise ValueError("l’adresse du serveur est illisible (hôte, port, nom de la base)") from None
    if "@" in (where.host or ""):  # the end of a password, which would be shown as the name of a server
        raise ValueError("un « @ » du mot de passe s’écrit %40 (ou mettez-le dans ~/.pgpass)")
    return url


def database_file(address: str) -> Path | None:
    """The file behind a SQLite URL, None for a server."""
    return Path(address.removeprefix(_SQLITE)) if address.startswith(_SQLITE) else None


def demo_outside() -> Outside:
    """A demo's messages go to a folder of their own, and its links to nowhere real."""
    return Outside(folder=_FOLDERS.user_data_path / "messages-demo", link_secret="demo" * 8)


def demo_database() -> str:
    """Where the demo lives: beside the user's data, never in it."""
    return _SQLITE + str(_FOLDERS.user_data_path / "demo.db")


def data_folder() -> Path:
    """The user's own data folder: what is kept without a place being given goes there."""
    return _FOLDERS.user_data_path


def spool_file() -> Path:
    """Where what a call did waits while its base does not answer, on this machine and for this account."""
    return _FOLDERS.user_state_path / "en-attente.db"


SECRETS = frozenset(
    {
        *("password", "smtp_password", "imap_password", "sms_token", "sms_password", "link_secret"),
        *("ami_secret", "evenements_secret", "evenements_secrets", "sms_headers"),
    }
)


def shown(name: str, value: Any) -> Any:
    """A setting's value as it can be shown: no password, no token, no secret."""
    if name == "database_url":
        return masked(value)
    if name == "sms_url" and value:
        where = urlsplit(value)
        query = "?***" if where.query else ""
        return f"{where.scheme}://{where.netloc.rpartition('@')[2]}{where.path}{query}"
    if name not in SECRETS or not value:
        return value
    return dict.fromkeys(value, "***") if isinstance(value, dict) else "***"


def masked(address: str) -> str:
    """A database URL that can be shown: no password, neither before the host nor in the query."""
    if database_file(address):
        return address
    from sqlalchemy import make_url

    url = make_url(address)
    secret = {name: "***" for name in url.query if "pass" in name.lower() or name == "options"}
    return url.update_query_dict(secret).render_as_string(hide_password=True).replace("%2A", "*")


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "agent"


def _read_file(file: Path, *, required: bool) -> dict[str, Any]:
    try:
        return parse_toml(file.read_text("utf-8-sig"))
    except FileNotFoundError:
        if required:
            raise RefusedInputError(
                f"Le fichier de réglages « {file} », nommé par {CONFIG_VARIABLE}, n’existe pas."
            ) from None
        return {}
    except OSError as error:
        raise RefusedInputError(
            f"Le fichier de réglages « {file} » est illisible : {system_words(error)}."
        ) from None
    except (TomlError, UnicodeDecodeError) as error:
        place = f" ({error})" if isinstance(error, TomlError) else ""
        raise RefusedInputError(
            f"Le fichier de réglages « {file} » n’est pas un fichier TOML valable{place}."
        ) from None


def _read_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    known = {PREFIX + name.upper() for name in Settings.model_fields} | {CONFIG_VARIABLE}
    unknown = sorted(name for name in environment if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise RefusedInputError(
            f"La variable {unknown[0]} n’est pas un réglage connu.",
            todo="« hotliner config » montre ceux qui existent.",
        )
    given: dict[str, Any] = {
        name: value for name in Settings.model_fields if (value := environment.get(PREFIX + name.upper()))
    }
    for name in {"keymap", "sms_headers", "evenements_secrets"} & given.keys():
        try:
            given[name] = json.loads(given[name])
        except (ValueError, RecursionError):
            raise RefusedInputError(
                f"La variable {PREFIX}{name.upper()} est refusée\u202f: un objet JSON est attendu."
            ) from None
    return given


def _refusal(error: ValidationError, origins: Mapping[str, str]) -> RefusedInputError:
    lines = []
    for fault in error.errors(include_url=False):
        name = str(fault["loc"][0]) if fault["loc"] else "smtp_user"
        place = ".".join(str(part) for part in fault["loc"]) or name
        cause = fault.get("ctx", {}).get("error")
        reason = str(cause) if cause else _REASONS.get(fault["type"], "valeur refusée")
        origin = origins.get(name, "origine inconnue")
        lines.append(f"Le réglage « {place} » ({origin}) est refusé : {reason}.")
    return RefusedInputError("\n".join(lines))
