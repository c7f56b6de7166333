"""Reads TOML written by hand: every fault is found, and said with its file, its place and its reason."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, TypeVar

from console.base.errors import system_words
from console.base.french import typeset
from console.base.text import decoded, decoded_once
from console.base.toml_lines import Lines, Placed, placed
from console.base.toml_text import TomlError, parse_toml
from console.base.tree import Folder

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something to mend in the content. `step` is a step, a key or a message's name; it may be empty.

    line: of the file, from 1; 0 where it is about none.
    """

    file: str
    step: str
    reason: str
    line: int = 0

    @property
    def place(self) -> str:
        """Where it is, in words."""
        line = f"ligne {self.line}" if self.line else ""
        return ", ".join(part for part in (self.file, line, self.step) if part)

    def __str__(self) -> str:
        return f"{self.place}\u202f: {self.reason}" if self.place else self.reason


_OTHER_FILES = {
    b"PK\x03\x04": "c’est un document de traitement de texte : enregistrez-le comme texte brut (.txt)",
    b"{\\rtf": "c’est un document RTF : enregistrez-le comme texte brut (.txt)",
    b"\xd0\xcf\x11\xe0": "c’est un document Word : enregistrez-le comme texte brut (.txt)",
}


def read_toml(path: Folder) -> tuple[dict[str, Any], Fault | None]:
    """The tables of a file, each with its place, or what is wrong with it."""
    try:
        text = _text(path.read_bytes())
        return placed(parse_toml(text), Lines(text)), None
    except OSError as error:
        return {}, Fault(path.name, "", f"fichier illisible ({system_words(error)})")
    except TomlError as error:
        return {}, Fault(path.name, "", typeset(error.reason), error.line)


def _text(written: bytes) -> str:
    """The text of a file. Raises TomlError where it is none, or is spoilt."""
    for mark, why in _OTHER_FILES.items():
        if written.startswith(mark):
            raise TomlError(why)
    try:
        text = decoded(written)
    except UnicodeError:
        raise TomlError("ce n’est pas du texte : enregistrez-le en UTF-8") from None
    if not text.strip():
        raise TomlError("le fichier est vide")
    for line, one in enumerate(text.split("\n"), 1):
        if decoded_once(one) != one:
            raise TomlError("les accents sont abîmés : rouvrez le fichier en UTF-8 et corrigez-les", line)
    return text


def toml_files(folder: Folder) -> list[Folder]:
    """The files straight in a folder that are read, in the order of their names."""
    return sorted(folder.glob("*.toml"), key=lambda one: one.name)


@dataclass(slots=True)
class Table:
    """A TOML table being read: what is taken is known; what remains at the end is a fault.

    A name that is misspelt is told, and not that the right one is missing.
    """

    file: str
    step: str
    rest: dict[str, Any]
    faults: list[Fault]
    written: dict[str, Any] = field(init=False)
    missing: list[Fault] = field(init=False, default_factory=list)
    asked: list[str] = field(init=False, default_factory=list)
    wrong: set[str] = field(init=False, default_factory=set)
    sound: bool = field(init=False, default=True)
    """Whether nothing was wrong with this table yet."""

    def __post_init__(self) -> None:
        self.written, self.rest = self.rest, dict(self.rest)

    def fault(self, reason: str, *, lacks: bool = False) -> None:
        """Note what is wrong; lacks: it says that something is not there."""
        if reason.endswith("manque") and any(f"«\u00a0{key}\u00a0»" in reason for key in self.wrong):
            return  # it is there, and told
        self.sound = False
        found = Fault(self.file, self.step, typeset(reason), self.line(reason))
        self.faults.append(found)
        if lacks or reason.endswith("manque"):
            self.missing.append(found)

    def line(self, reason: str) -> int:
        """The line that a reason is about; 0 for a table that was not read from a file."""
        return line_of(self.written, reason)

    def _take(self, key: str, kind: type, wanted: str) -> Any:
        self.asked.append(key)
        value = self.rest.pop(key, None)
        if value is None or type(value) is kind or (kind is dict and isinstance(value, dict)):
            return value
        self.fault(f"« {key} » doit être {wanted}")
        self.wrong.add(key)
        return None

    def raw(self, key: str) -> str:
        """A text as typed: a template is typeset when it is rendered."""
        return self._take(key, str, "un texte entre guillemets") or ""

    def text(self, key: str) -> str:
        text = typeset(self.raw(key)).replace("\t", " ")
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
            hint = near(name, known) or f" (au choix : {', '.join(known)})"
            self.fault(f"« {key} = {name} » inconnu{hint}")
        return known.get(name)

    def words(self, key: str, known: Mapping[str, V]) -> tuple[V, ...]:
        names = self.texts(key)
        for name in names:
            if name not in known:
                hint = near(name, known) or f" (au choix : {', '.join(known)})"
                self.fault(f"« {key} » ne connaît pas « {name} »{hint}")
        return tuple(known[name] for name in names if name in known)

    def done(self) -> None:
        """What was not asked for is unknown."""
        if self.rest:
            for one in self.missing:
                self.faults.remove(one)
        for key in self.rest:
            self.fault(f"clé inconnue « {key} »{near(key, self.asked)}")


def near(word: str, known: Iterable[str]) -> str:
    """The word that was meant, as far as one can tell."""
    found = get_close_matches(word, list(known), 1, 0.7)
    return f" : vouliez-vous dire « {found[0]} » ?" if found else ""


def line_of(written: Mapping[str, Any], reason: str = "") -> int:
    """The line that a reason about this table is about; 0 for one that was not read from a file."""
    return written.lines.of(written.at, reason) if isinstance(written, Placed) else 0


def text_line(written: Mapping[str, Any], key: str, line: int = 1, word: str = "") -> int:
    """The line of a text in this table, by its own lines, or of a word in it; 0 as for `line_of`."""
    return written.lines.of_text(written.at, key, line, word) if isinstance(written, Placed) else 0
