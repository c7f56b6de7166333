"""Reads TOML written by hand: every fault is found, and said with its file, its place and its reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from console.base.errors import system_words
from console.base.french import typeset
from console.base.toml_text import TomlError, parse_toml

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something to mend in the content. `step` is a step, a key or a message's name; it may be empty."""

    file: str
    step: str
    reason: str

    def __str__(self) -> str:
        return ", ".join(part for part in (self.file, self.step) if part) + f"\u202f: {self.reason}"


def read_toml(path: Path) -> tuple[dict[str, Any], Fault | None]:
    """The tables of a file, or what is wrong with it."""
    try:
        return parse_toml(path.read_text(encoding="utf-8")), None
    except (OSError, UnicodeDecodeError) as error:
        why = system_words(error) if isinstance(error, OSError) else "ce n’est pas du texte UTF-8"
        return {}, Fault(path.name, "", f"fichier illisible ({why})")
    except TomlError as error:
        return {}, Fault(path.name, "", f"TOML incorrect ({error})")


@dataclass(slots=True)
class Table:
    """A TOML table being read: what is taken is known; what remains at the end is a fault."""

    file: str
    step: str
    rest: dict[str, Any]
    faults: list[Fault]

    def fault(self, reason: str) -> None:
        self.faults.append(Fault(self.file, self.step, typeset(reason)))

    def _take(self, key: str, kind: type, wanted: str) -> Any:
        value = self.rest.pop(key, None)
        if value is None or type(value) is kind:
            return value
        self.fault(f"« {key} » doit être {wanted}")
        return None

    def raw(self, key: str) -> str:
        """A text as typed: a template is typeset when it is rendered."""
        return self._take(key, str, "un texte entre guillemets") or ""

    def text(self, key: str) -> str:
        text = typeset(self.raw(key))
        if "\n" in text:
            self.fault(f"« {key} » doit tenir sur une ligne")
        return text

    def flag(self, key: str, *, default: bool = False) -> bool:
        value = self._take(key, bool, "true ou false")
        return default if value is None else value

    def number(self, key: str) -> int | None:
        value: int | None = self._take(key, int, "un nombre entier")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        values = self._take(key, list, "une liste") or []
        if not all(isinstance(value, str) for value in values):
            self.fault(f"« {key} » doit être une liste de textes")
            return ()
        return tuple(values)

    def table(self, key: str) -> dict[str, Any] | None:
        value: dict[str, Any] | None = self._take(key, dict, "une table")
        return value

    def word(self, key: str, known: Mapping[str, V]) -> V | None:
        """The meaning of one word out of a closed list."""
        name = self.raw(key)
        if not name:
            return None
        if name not in known:
            self.fault(f"« {key} = {name} » inconnu (au choix : {', '.join(known)})")
        return known.get(name)

    def words(self, key: str, known: Mapping[str, V]) -> tuple[V, ...]:
        names = self.texts(key)
        for name in names:
            if name not in known:
                self.fault(f"« {key} » ne connaît pas « {name} » (au choix : {', '.join(known)})")
        return tuple(known[name] for name in names if name in known)

    def done(self) -> None:
        for key in self.rest:
            self.fault(f"clé inconnue « {key} »")
