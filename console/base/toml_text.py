"""TOML as a person may have written it, within limits. It loads nothing heavy: settings use it too."""

import re
import tomllib
from itertools import pairwise
from typing import Any

LARGEST_TOML = 1_000_000
"""Characters of a file that a person writes by hand; reading many more takes long for nothing."""


class TomlError(ValueError):
    """This text is no TOML that can be read: why, in French, and at which line; 0 where it has none."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(f"ligne {line}\N{NARROW NO-BREAK SPACE}: {reason}" if line else reason)
        self.reason, self.line = reason, line


def parse_toml(text: str) -> dict[str, Any]:
    """The tables of a text. Raises TomlError, for numbers and depths that no file needs too."""
    if len(text) > LARGEST_TOML:
        raise TomlError(f"plus de {LARGEST_TOML} caractères")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise TomlError("trop de crochets ou d’accolades les uns dans les autres") from None
    except ValueError as error:  # a number of thousands of digits is none of the library's own errors
        if not isinstance(error, tomllib.TOMLDecodeError):
            raise TomlError("nombre trop long") from None
        raise _explained(str(error), text) from None


_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)|\(at end of document\)")
_OPENS = re.compile(r"""^\s*(\[\[?[\w."' -]+\]\]?|[\w.-]+\s*=\s*(["'\[{\d]|true|false))""")
"""A line that begins a table or a key: inside a text of several lines, the text was not closed."""
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'')


def _explained(told: str, text: str) -> TomlError:
    """What the library says in English, said of the line that whoever wrote it has to mend."""
    lines = text.split("\n")
    place = _PLACE.search(told)
    last = max((number for number, line in enumerate(lines, 1) if line.strip()), default=1)
    line, column = (int(place[1]), int(place[2])) if place and place[1] else (last, 0)
    if opened := _unclosed_text(lines):
        return TomlError('les trois guillemets """ qui ouvrent ce texte ne sont pas refermés', opened)
    written = lines[line - 1] if line <= len(lines) else ""
    key, _, value = (part.strip() for part in written.partition("="))
    if "Unclosed array" in told:
        return _unclosed_list(lines, line)
    return TomlError(_reason(told, written, key, value, written[column - 1 : column]), line)


def _reason(told: str, written: str, key: str, value: str, char: str) -> str:
    """The first reason whose words the library said, and whose form the value has."""
    texts = written.replace('"""', "")
    odd = _STRING.sub("", texts).count('"') % 2 == 1
    for english, form, french in _REASONS:
        where = (value if "=" in written else written.strip()) if odd or form != _ODD else ""
        if (said := re.search(english, f"{told} {char}")) and (found := re.match(form, where)):
            named = next(iter((*said.groups(), *found.groups())), "")
            return french.format(key=key, value=value, char=char or written.strip()[:20], named=named)
    return "cette ligne n’est pas comprise"


_ODD = r"(?s).+"
_YES_OR_NO = "(?i)(?:oui|non|vrai|faux|true|false)$"
_REASONS = (
    (r"Duplicate inline table key '([^']*)'", "", "« {named} » est donné deux fois"),
    (r"Cannot (?:overwrite|mutate)", "", "« {key} » est déjà donné plus haut dans la même table"),
    (
        r"Cannot declare \(?'?([^)]*?)'?,?\)? twice",
        "",
        "la table « {named} » est déjà dans le fichier",
    ),
    ("", "[“”„«»‘’]", 'les guillemets de la valeur sont des guillemets droits : "…"'),
    ("", r"(-?\d+,\d+)", 'un nombre à virgule s’écrit entre guillemets : {key} = "{named}"'),
    ("", r"-?[\d.]+\s*([€%])", "un nombre s’écrit sans « {named} »"),
    ("(?:table|array) declaration", "", "un crochet manque à la fin de ce titre"),
    ("Unescaped", "", r"une barre \ s’écrit deux fois : \\"),
    ("", _ODD, 'il manque un guillemet " à la fin de la valeur'),
    ("Illegal character", "", "un caractère invisible est à effacer"),
    ("Unterminated", "", "la valeur n’est pas refermée"),
    ("Unclosed inline", "", "une accolade manque à la fin"),
    ("Expected newline", r'".*".*"', r"un guillemet dans un texte s’écrit « ou », ou \" avec une barre"),
    ("Expected newline", r"\d+/\d+/\d+", "une date s’écrit 2026-08-11, l’année d’abord"),
    ("Expected newline", "", "ce qui suit la valeur est de trop, à partir de « {char} »"),
    ("Expected '='.* [^\\x00-\\x7f]$", "", "un nom s’écrit sans accent, ici avec « {char} »"),
    ("Expected '='", r"[\w-]+\s*:", "écrivez « = » au lieu de « : »"),
    ("Expected '='", "", "il manque « = » après le nom"),
    (
        "Invalid value",
        _YES_OR_NO,
        "« oui » s’écrit true et « non » s’écrit false",
    ),
    ("Invalid value", ".", 'un texte s’écrit entre guillemets : {key} = "{value}"'),
    ("Invalid value", "", "il manque la valeur de « {key} »"),
    (r"Invalid (?:statement|initial).* [^\W\d_]$", "", "« {key} » : un nom s’écrit sans accent"),
    ("Invalid (?:statement|initial)", "", "caractère de trop : « {char} »"),
)
"""What the library says, what the value looks like, and what is wrong then."""


def _unclosed_text(lines: list[str]) -> int:
    """The line of a text of several lines that is never closed; 0 when each is."""
    opened = 0
    for number, line in enumerate(lines, 1):
        for _ in range(line.count('"""')):
            opened = 0 if opened else number
        if opened and number > opened and _OPENS.match(line):
            return opened
    return opened


def _unclosed_list(lines: list[str], line: int) -> TomlError:
    """Where a comma or the bracket is missing."""
    filled = [(number, text.strip()) for number, text in enumerate(lines[:line], 1) if text.strip()]
    for (number, text), (following, further) in pairwise(filled):
        if following == line and further.startswith(('"', "'", "{")) and not text.endswith((",", "[")):
            return TomlError("il manque une virgule à la fin de cet élément de la liste", number)
    if lines[line - 1].count('"') > 3 and "=" in lines[line - 1]:
        return TomlError("il manque une virgule entre deux éléments de la liste, ou son crochet ]", line)
    opened = [number for number, text in filled if re.search(r"=\s*\[", text)]
    return TomlError("il manque le crochet ] qui ferme cette liste", opened[-1] if opened else line)
