"""At which line of a TOML file a table, a key or a word stands: what the library does not tell."""

import re
from collections.abc import Iterable
from functools import cached_property
from typing import Any

At = tuple[str | int, ...]
"""The way to a table: names, and places in lists."""

_HEADER = re.compile(r"^\s*(\[\[?)\s*([\w.\"' +-]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*((?:[\w-]+|"[^"]*")(?:\s*\.\s*(?:[\w-]+|"[^"]*"))*)\s*=""")
_PART = re.compile(r"""[\w+-]+|"([^"]*)"|'([^']*)'""")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'|#.*')
_NAMED = re.compile("«\\s*([^»]*?)\\s*»")


class Placed(dict[str, Any]):
    """A table that knows where it was written."""

    def __init__(self, values: dict[str, Any], lines: "Lines", at: At = ()) -> None:
        super().__init__(values)
        self.lines, self.at = lines, at


def placed(value: Any, lines: "Lines", at: At = ()) -> Any:
    """A value read from these lines, in which every table knows its place."""
    if isinstance(value, dict):
        return Placed({key: placed(one, lines, (*at, key)) for key, one in value.items()}, lines, at)
    if isinstance(value, list):
        return [placed(one, lines, (*at, rank)) for rank, one in enumerate(value)]
    return value


class Lines:
    """The lines of a file; they are looked through when a first fault asks."""

    def __init__(self, text: str) -> None:
        self._text = text

    def of(self, at: At, reason: str) -> int:
        """The line that a fault of a table is about: a key or a word named « so », else its first line."""
        _, tables, keys = self._found
        while at not in tables:
            if (at[:-1], at[-1]) in keys:
                return self._word_after(keys[at[:-1], at[-1]], reason) or keys[at[:-1], at[-1]]
            at = at[:-1]
        words = [part for named in _NAMED.findall(reason) for part in re.split(r"\s*=\s*", named)]
        for word in words:
            if begins := keys.get((at, word)):
                return self._first([one for one in words if one != word], self._of_key(begins)) or begins
        first, last = tables[at], self._end(at)
        found = self._first(words, range(first, last + 1))
        return found or (first if at else 0)

    def of_text(self, at: At, key: str, line: int = 1, word: str = "") -> int:
        """The line of a text's own line, or of a word in it."""
        lines, _, keys = self._found
        begins = keys.get((at, key), 0)
        if not begins:
            return self.of(at, "")
        if lines[begins - 1].rstrip().endswith(('"""', "'''")):
            begins += 1
        if word:
            return self._first([word], self._of_key(begins)) or begins
        return min(begins + line - 1, len(lines))

    def _word_after(self, line: int, reason: str) -> int:
        return self._first(_NAMED.findall(reason), range(line, line + 1))

    def _first(self, words: Iterable[str], numbers: range) -> int:
        """The first of these lines with the first word that one of them has, whole; 0 when none has any."""
        lines = self._found[0]
        for wanted in map(_whole, filter(str.strip, words)):
            for number in numbers:
                if wanted.search(_straight(lines[number - 1].partition(" #")[0])):
                    return number
        return 0

    def _of_key(self, begins: int) -> range:
        """The lines of what is written at a key, from its own on."""
        lines, tables, keys = self._found
        after = [line for line in (*tables.values(), *keys.values()) if line > begins]
        return range(begins, min(after, default=len(lines) + 1))

    def _end(self, at: At) -> int:
        """The last line of a table, of those under it too."""
        lines, tables, _ = self._found
        after = [line for way, line in tables.items() if line > tables[at] and way[: len(at)] != at]
        return min(after, default=len(lines) + 1) - 1

    @cached_property
    def _found(self) -> tuple[list[str], dict[At, int], dict[tuple[At, str | int], int]]:
        lines = self._text.split("\n")
        tables: dict[At, int] = {(): 1}
        keys: dict[tuple[At, str | int], int] = {}
        counts: dict[At, int] = {}
        at: At = ()
        quotes, depth = "", 0
        for number, line in enumerate(lines, 1):
            rest = line
            if quotes:
                if quotes not in line:
                    continue
                rest, quotes = line.partition(quotes)[2], ""
            elif depth == 0 and (header := _HEADER.match(line)):
                at = self._way(header[2], header[1] == "[[", counts)
                tables.setdefault(at, number)
                continue
            elif depth == 0 and (key := _KEY.match(line)):
                way = at
                for part in _parts(key[1]):
                    keys.setdefault((way, part), number)
                    way = (*way, part)
                rest = line[key.end() :]
            for mark in ('"""', "'''"):
                if rest.count(mark) % 2:
                    quotes, rest = mark, rest.partition(mark)[0]
            if not quotes:
                bare = _STRING.sub("", rest)
                depth = max(0, depth + sum(map(bare.count, "[{")) - sum(map(bare.count, "]}")))
        return lines, tables, keys

    @staticmethod
    def _way(name: str, listed: bool, counts: dict[At, int]) -> At:
        way: At = ()
        parts = _parts(name)
        for rank, part in enumerate(parts):
            way = (*way, part)
            if rank == len(parts) - 1 and listed:
                counts[way] = counts.get(way, -1) + 1
            if way in counts:
                way = (*way, counts[way])
        return way


def _parts(name: str) -> list[str]:
    return [one[1] or one[2] or one[0] for one in _PART.finditer(name)]


def _straight(text: str) -> str:
    return text.replace("’", "'")


def _whole(word: str) -> re.Pattern[str]:
    """Finds a word, whatever spaces typography has put into it, where it is no part of a longer one."""
    spaced = r"\s*".join(map(re.escape, re.sub(r"\s", "", _straight(word))))
    before = r"(?<![\w-])" if re.match(r"\s*\w", word) else ""
    after = r"(?![\w-])" if re.search(r"\w\s*$", word) else ""
    return re.compile(f"{before}{spaced}{after}")
