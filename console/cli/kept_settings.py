"""The settings that a backup takes along, and what a restoration does with them on another machine.

With them goes the content folder that they name, as long as it is not what is in force: somebody is at work
on it. What is in force is in the base itself.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from console.base.errors import system_words
from console.base.french import THIN
from console.base.text import decoded
from console.base.tree import Tree
from console.cli.settings import DEFAULT, Configuration, shown

_OF_HERE = frozenset({"database_url", "agent", "password", "date", "essai"})
"""Where the base is, who acts and when: no other machine's."""


def being_edited(configuration: Configuration, in_force: Tree) -> dict[str, str]:
    """The texts of the content folder of the settings, by path, where they are others than those in force.

    A file that is no text is left out: nothing could be done with it elsewhere either.
    """
    if configuration.settings.content is None:
        return {}
    texts: dict[str, str] = {}
    found = Tree.read(configuration.settings.content)
    for path in found.files:
        with suppress(OSError, UnicodeError):
            texts[path] = decoded((found / path).read_bytes())
    return texts if texts != dict(in_force.texts) else {}


def told(configuration: Configuration, edited: Mapping[str, str], *, secrets: bool) -> str:
    """The settings that somebody gave, as JSON; passwords and the like by their names alone, unless asked.

    Paths are those of this machine: they are told, and never in force elsewhere. edited: `being_edited`.
    """
    given: dict[str, Any] = configuration.settings.model_dump(mode="json")
    kept: dict[str, Any] = {"reglages": {}, "chemins": {}, "secrets": [], "contenu": dict(edited)}
    for name, value in given.items():
        if configuration.origins[name] == DEFAULT or name in _OF_HERE or value in ("", None):
            continue
        if isinstance(getattr(configuration.settings, name), Path):
            kept["chemins"][name] = value
        elif shown(name, value) != value and not secrets:
            kept["secrets"].append(name)
        else:
            kept["reglages"][name] = value
    return json.dumps(kept, ensure_ascii=False)


def give_back(configuration: Configuration, kept: str, stamp: str) -> list[str]:
    """Write the settings of a backup to this user's file where there is none, else beside it; what was done,
    in French sentences. stamp: what a file beside it is told by."""
    found = json.loads(kept) if kept else {}
    here = configuration.settings.model_dump(mode="json")
    said = []
    if any(here.get(name) != value for name, value in found.get("reglages", {}).items()):
        file = configuration.file
        if configuration.file_exists:
            file = file.with_name(f"{file.stem}-restaure-{stamp}{file.suffix}")
        said.append(_written(file, found, in_force=not configuration.file_exists))
    if found.get("contenu"):
        folder = configuration.file.with_name(f"contenu-restaure-{stamp}")
        said.append(_edited_again(folder, found["contenu"]))
    lost = [name for name in found.get("secrets", ()) if configuration.origins.get(name) == DEFAULT]
    if lost:
        said.append(f"À redonner, la sauvegarde ne les a pas{THIN}: {', '.join(lost)}.")
    return said


def _edited_again(folder: Path, texts: Mapping[str, str]) -> str:
    try:
        for path, text in texts.items():
            file = folder / path
            if not Path(os.path.normpath(file)).is_relative_to(folder):
                continue  # a copy that somebody has altered: no file of ours has such a path
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        return f"Le contenu en cours de modification n’a pas pu être écrit{THIN}: {system_words(error)}."
    return f"Le contenu en cours de modification, pas encore en vigueur, est dans {folder}"


def _written(file: Path, found: dict[str, Any], *, in_force: bool) -> str:
    lines = ["# Réglages rendus par une sauvegarde. Les chemins de l’ancienne machine sont en commentaire."]
    lines += [f"{name} = {_toml(value)}" for name, value in found["reglages"].items()]
    lines += [f"# {name} = {_toml(value)}" for name, value in found["chemins"].items()]
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(
            os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8"
        ) as out:
            out.write("\n".join(lines) + "\n")
    except OSError as error:
        return (
            f"Ses réglages n’ont pas pu être écrits dans «\u00a0{file}\u00a0»{THIN}: {system_words(error)}."
        )
    if in_force:
        return f"Ses réglages sont en vigueur ici{THIN}: {file}"
    return f"Ses réglages diffèrent de ceux d’ici, qui restent en vigueur{THIN}; ils sont dans {file}"


def _toml(value: Any) -> str:
    """A value as TOML: texts are written alike in JSON, tables on one line are not."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_toml(name)} = {_toml(one)}' for name, one in value.items())} }}"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
