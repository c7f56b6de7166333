"""The digests of rows: one over what never changes, one over how it stands, one over the person's texts.

A row is read as text and whole numbers, alike on both databases. The digest of a person's texts is keyed by
that person's salt: once the salt is gone, nobody can try names against it. So is the one over all the rows of
a client, by which a check sees at once that none of them has changed.
"""

from base64 import b85encode
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from operator import itemgetter
from struct import unpack
from typing import Any

from sqlalchemy import Connection
from sqlmodel import SQLModel

from console.db import dialect
from console.ledger.columns import Layout, Sealed, shown

_SIZE = 8
"""Bytes of a digest."""
GONE = "-"
"""The digest of a row that an act has removed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a seal says of a row; `seal` is the number of the one that said it last."""

    fixed: str
    state: str
    personal: str
    seal: int = 0

    def same(self, other: "Entry") -> bool:
        """Whether the row was the same."""
        return (self.fixed, self.state, self.personal) == (other.fixed, other.state, other.personal)


Key = tuple[str, str]
"""A table and the key of a row of it."""
_WHOLE = "*"
"""What stands for the table in the line of a subject's rows all together."""


@dataclass(frozen=True, slots=True)
class Found:
    """A row as it is now; `emptied`: nothing is left of its texts."""

    entry: Entry
    emptied: bool


Row = tuple[Sealed, tuple[Any, ...]]
"""A row as it is read: its subject, its key, then its columns."""


def _digest(values: Sequence[Any], salt: bytes = b"") -> str:
    return _text(blake2b(repr(values).encode(), digest_size=_SIZE, key=salt).digest())


_PAIRS = [b85encode(number.to_bytes(4, "big")).decode()[3:] for number in range(85 * 85)]


def _text(digest: bytes) -> str:
    """What b85encode gives for eight bytes, in a third of its time: a large base has millions of them."""
    high, low = unpack("!II", digest)
    return (
        f"{_PAIRS[high // 614_125]}{_PAIRS[high // 85 % 7_225]}{_PAIRS[high % 85][1]}"
        f"{_PAIRS[low // 614_125]}{_PAIRS[low // 85 % 7_225]}{_PAIRS[low % 85][1]}"
    )


def keyed(salt: str) -> bytes:
    """A salt as digests take it."""
    return salt.encode()[:64]


@cache
def _query(connection_kind: str, sealed: Sealed, expressions: tuple[str, ...]) -> str:
    name = sealed.name
    where = f" AND {sealed.condition.format(t=name)}" if sealed.condition else ""
    subject, join = sealed.subject.format(t=name), sealed.join.format(t=name)
    columns = ", ".join(expressions)
    return f'SELECT {subject}, {columns} FROM "{name}" {join} WHERE {{within}}{where}'  # noqa: S608


@cache
def _expressions(kind: str, sealed: Sealed) -> tuple[str, ...]:
    table = SQLModel.metadata.tables[sealed.name]
    wanted = (sealed.key, *sealed.fixed, *sealed.states, *sealed.personal)

    def read(column: str) -> str:
        return shown(sealed.name, column, dialect.plain(kind, table.c[column], sealed.name))

    return tuple(read(column) for column in wanted)


def _rows(connection: Connection, sealed: Sealed, within: str) -> list[tuple[Any, ...]]:
    """The rows of a table for which the SQL condition `within` holds, in the order of their keys."""
    kind = connection.dialect.name
    query = _query(kind, sealed, _expressions(kind, sealed)).format(within=within)
    return sorted(map(tuple, connection.exec_driver_sql(query)), key=itemgetter(1))


def found(rows: Iterable[Row], salt: bytes = b"") -> dict[Key, Found]:
    """The digests of each of these rows of one subject."""
    all_of: dict[Key, Found] = {}
    for sealed, values in rows:
        states = 2 + len(sealed.fixed)
        texts = values[states + len(sealed.states) :]
        state = _digest(values[states : states + len(sealed.states)]) if sealed.states else ""
        entry = Entry(_digest(values[2:states]), state, _digest(texts, salt) if texts else "")
        all_of[sealed.name, str(values[1])] = Found(entry, not any(texts))
    return all_of


def whole(rows: Iterable[Row], salt: bytes) -> str:
    """One digest over all the rows of a subject: the same as long as none is changed, added or taken away."""
    return _digest([(sealed.name, values[1:]) for sealed, values in rows], salt)


def of_subjects(connection: Connection, layout: Layout, subjects: Sequence[int]) -> dict[int, list[Row]]:
    """Every sealed row about these clients."""
    among = ", ".join(map(str, subjects))
    return _gathered(connection, layout, f"IN ({among})")


def of_range(connection: Connection, layout: Layout, first: int, last: int) -> dict[int, list[Row]]:
    """Every sealed row about the clients from one number to another."""
    return _gathered(connection, layout, f"BETWEEN {first:d} AND {last:d}")


def _gathered(connection: Connection, layout: Layout, within: str) -> dict[int, list[Row]]:
    gathered: dict[int, list[Row]] = defaultdict(list)
    for sealed in layout:
        if sealed.subject.lstrip("-").isdigit():
            continue
        subject = sealed.subject.format(t=f'"{sealed.name}"').removeprefix("COALESCE(").removesuffix(", 0)")
        for row in _rows(connection, sealed, f"{subject} {within}"):
            gathered[row[0]].append((sealed, row))
    return gathered


def of_base(connection: Connection, layout: Layout) -> dict[Key, Found]:
    """Every sealed row of the tables about nobody: accounts, scripts, who was erased."""
    small = (one for one in layout if one.subject.lstrip("-").isdigit())
    return found((sealed, row) for sealed in small for row in _rows(connection, sealed, "1 = 1"))


def of_nobody(connection: Connection, layout: Layout, after: int, until: int) -> dict[Key, Found]:
    """The events about no client, between two numbers."""
    within = f'"event".client_id IS NULL AND "event".id > {after:d} AND "event".id <= {until:d}'
    events = (one for one in layout if one.name == "event")
    return found((event, row) for event in events for row in _rows(connection, event, within))


def written(entries: Mapping[Key, Entry], all_of_it: str = "") -> str:
    """Entries as a seal keeps them, a line each; before them the digest of the subject's rows, if given."""
    return "\n".join(
        [
            *([f"{_WHOLE} {all_of_it}"] if all_of_it else ()),
            *(
                f"{table} {key} {one.fixed} {one.state or GONE} {one.personal or GONE}"
                for (table, key), one in sorted(entries.items())
            ),
        ]
    )


def whole_of(text: str) -> str:
    """The digest of all the rows that a seal's lines about a subject begin with, empty where they do not."""
    first = text.partition("\n")[0]
    return first.removeprefix(f"{_WHOLE} ") if first.startswith(f"{_WHOLE} ") else ""


def read(lines: Iterable[tuple[int, str]]) -> dict[Key, Entry]:
    """The latest entry of each row, from the lines of several seals in their order."""
    entries: dict[Key, Entry] = {}
    for seal, text in lines:
        for line in text.splitlines():
            table, _, rest = line.partition(" ")
            key, *said = rest.split(" ")
            if len(said) == 3:  # else it was changed by hand, which the hash of the seal tells
                fixed, state, personal = (said[0], *("" if one == GONE else one for one in said[1:]))
                entries[table, key] = Entry(fixed, state, personal, seal)
    return entries
