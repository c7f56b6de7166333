"""Settings: options of the command line, then environment, then a TOML file, then defaults.

One name a setting: the key `database_url` of the file is the variable HOTLINER_DATABASE_URL.
"""

import getpass
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from platformdirs import PlatformDirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from console.clock import PARIS
from console.domain.text import clean
from console.errors import RefusedInputError

PREFIX = "HOTLINER_"
CONFIG_VARIABLE = f"{PREFIX}CONFIG"
_FOLDERS = PlatformDirs("hotliner", appauthor=False)
_SQLITE = "sqlite:///"
_REASONS = {
    "extra_forbidden": "ce réglage n’existe pas",
    "string_type": "un texte est attendu",
    "path_type": "un chemin est attendu",
    "bool_parsing": "« true » ou « false » est attendu",
    "bool_type": "« true » ou « false » est attendu",
    "dict_type": 'une table « action = "touche" » est attendue',
}


class Settings(BaseModel):
    """What can be set. Every default works as it is."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    database_url: str = Field("", description="base de données : fichier SQLite ou URL PostgreSQL")
    agent: str = Field("", description="nom de l’agent")
    date: datetime | None = Field(None, description="instant de départ de l’horloge (heure de Paris)")
    theme: str = Field("", description="thème de la console")
    keymap: dict[str, str] = Field(default_factory=dict, description="touches redéfinies, par action")
    content: Path | None = Field(None, description="dossier qui contient data/ et scripts_fr/")
    log: Path = Field(
        default_factory=lambda: _FOLDERS.user_state_path / "hotliner.log", description="journal technique"
    )
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
        return instant if instant.tzinfo else instant.replace(tzinfo=PARIS)

    @field_validator("content", "log", mode="after")
    @classmethod
    def _home(cls, value: Path | None) -> Path | None:
        return value.expanduser().absolute() if value else None

    @field_validator("content")
    @classmethod
    def _folder(cls, value: Path | None) -> Path | None:
        if value and not value.is_dir():
            raise ValueError(f"le dossier « {value} » n’existe pas")
        return value


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings in force, and for each the words that say where it comes from."""

    settings: Settings
    origins: Mapping[str, str]
    file: Path
    file_exists: bool


def load_settings(options: Mapping[str, str] | None = None) -> Configuration:
    """Read the settings; `options` are those of the command line that were given, by setting.

    RefusedInputError names the file, variable or option at fault and why.
    """
    environment = {name.upper(): value for name, value in os.environ.items()}
    file = Path(environment.get(CONFIG_VARIABLE) or _FOLDERS.user_config_path / "hotliner.toml").expanduser()
    sources = (
        (_read_file(file, required=bool(environment.get(CONFIG_VARIABLE))), f"fichier {file}"),
        (_read_environment(environment), "variable {variable}"),
        (dict(options or {}), "option --{option}"),
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
        make_url(url)
    except (ValueError, ArgumentError):
        raise ValueError("l’adresse du serveur ne se lit pas (hôte, port, nom de la base)") from None
    return url


def database_file(address: str) -> Path | None:
    """The file behind a SQLite URL, None for a server."""
    return Path(address.removeprefix(_SQLITE)) if address.startswith(_SQLITE) else None


def demo_database() -> str:
    """Where the demo lives: beside the user's data, never in it."""
    return _SQLITE + str(_FOLDERS.user_data_path / "demo.db")


def masked(address: str) -> str:
    """A database URL that can be shown: no password, neither before the host nor in the query."""
    if database_file(address):
        return address
    from sqlalchemy import make_url

    url = make_url(address)
    secret = {name: "***" for name in url.query if "pass" in name.lower()}
    return url.update_query_dict(secret).render_as_string(hide_password=True).replace("%2A", "*")


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "agent"


def _read_file(file: Path, *, required: bool) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8-sig"))
    except FileNotFoundError:
        if required:
            raise RefusedInputError(
                f"Le fichier de réglages « {file} », nommé par {CONFIG_VARIABLE}, n’existe pas."
            ) from None
        return {}
    except OSError as error:
        raise RefusedInputError(
            f"Le fichier de réglages « {file} » est illisible : {error.strerror}."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        place = f" ({error})" if isinstance(error, tomllib.TOMLDecodeError) else ""
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
    if "keymap" in given:
        try:
            given["keymap"] = json.loads(given["keymap"])
        except ValueError:
            raise RefusedInputError(
                f"La variable {PREFIX}KEYMAP est refusée\u202f: un objet JSON est attendu."
            ) from None
    return given


def _refusal(error: ValidationError, origins: Mapping[str, str]) -> RefusedInputError:
    lines = []
    for fault in error.errors(include_url=False):
        name = str(fault["loc"][0])
        place = ".".join(str(part) for part in fault["loc"])
        cause = fault.get("ctx", {}).get("error")
        reason = str(cause) if cause else _REASONS.get(fault["type"], "valeur refusée")
        origin = origins.get(name, "origine inconnue")
        lines.append(f"Le réglage « {place} » ({origin}) est refusé : {reason}.")
    return RefusedInputError("\n".join(lines))
