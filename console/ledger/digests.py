"""The digests of rows: one over what never changes, one over how it stands, one over the person's texts.

A row is read as text and whole numbers, alike on both databases. The digest of a person's texts is keyed by
that person's salt: once the salt is gone, nobody can try names against it.
"""

from base64 import b85encode
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
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


@dataclass(frozen=True, slots=True)
class Found:
    """A row as it is now; `emptied`: nothing is left of its texts."""

    entry: Entry
    emptied: bool


def _digest(values: Sequence[Any], salt: bytes = b"") -> str:
    return b85encode(blake2b(repr(values).encode(), digest_size=_SIZE, key=salt).digest()).decode()


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


def rows(
    connection: Connection, sealed: Sealed, within: str, salts: Mapping[int, bytes]
) -> Iterator[tuple[int, Key, Found]]:
    """The rows of a table for which the SQL condition `within` holds, with their subject."""
    kind = connection.dialect.name
    query = _query(kind, sealed, _expressions(kind, sealed)).format(within=within)
    fixed, states = 2 + len(sealed.fixed), 2 + len(sealed.fixed) + len(sealed.states)
    for row in connection.exec_driver_sql(query):
        values = tuple(row)
        subject, key = values[0], values[1]
        texts = values[states:]
        state = _digest(values[fixed:states]) if sealed.states else ""
        personal = _digest(texts, salts.get(subject, b"")) if texts else ""
        entry = Entry(_digest(values[2:fixed]), state, personal)
        yield subject, (sealed.name, str(key)), Found(entry, not any(texts))


def of_subjects(
    connection: Connection, layout: Layout, subjects: Sequence[int], salts: Mapping[int, bytes]
) -> dict[int, dict[Key, Found]]:
    """Every sealed row about these clients."""
    among = ", ".join(map(str, subjects))
    return _gathered(connection, layout, f"IN ({among})", salts)


def of_range(
    connection: Connection, layout: Layout, first: int, last: int, salts: Mapping[int, bytes]
) -> dict[int, dict[Key, Found]]:
    """Every sealed row about the clients from one number to another."""
    return _gathered(connection, layout, f"BETWEEN {first:d} AND {last:d}", salts)


def _gathered(
    connection: Connection, layout: Layout, within: str, salts: Mapping[int, bytes]
) -> dict[int, dict[Key, Found]]:
    found: dict[int, dict[Key, Found]] = defaultdict(dict)
    for sealed in layout:
        if sealed.subject.lstrip("-").isdigit():
            continue
        subject = sealed.subject.format(t=f'"{sealed.name}"').removeprefix("COALESCE(").removesuffix(", 0)")
        for who, key, row in rows(connection, sealed, f"{subject} {within}", salts):
            found[who][key] = row
    return found


def of_base(connection: Connection, layout: Layout) -> dict[Key, Found]:
    """Every sealed row of the tables about nobody: accounts, scripts, who was erased."""
    found: dict[Key, Found] = {}
    for sealed in layout:
        if sealed.subject.lstrip("-").isdigit():
            found.update((key, row) for _, key, row in rows(connection, sealed, "1 = 1", {}))
    return found


def of_nobody(connection: Connection, layout: Layout, after: int, until: int) -> dict[Key, Found]:
    """The events about no client, between two numbers."""
    within = f'"event".client_id IS NULL AND "event".id > {after:d} AND "event".id <= {until:d}'
    events = (one for one in layout if one.name == "event")
    return {key: row for event in events for _, key, row in rows(connection, event, within, {})}


def written(entries: Mapping[Key, Entry]) -> str:
    """Entries as a seal keeps them, a line each."""
    return "\n".join(
        f"{table} {key} {one.fixed} {one.state or GONE} {one.personal or GONE}"
        for (table, key), one in sorted(entries.items())
    )


def read(lines: Iterable[tuple[int, str]]) -> dict[Key, Entry]:
    """The latest entry of each row, from the lines of several seals in their order."""
    found: dict[Key, Entry] = {}
    for seal, text in lines:
        for line in text.splitlines():
            table, _, rest = line.partition(" ")
            key, *said = rest.split(" ")
            if len(said) == 3:  # else it was changed by hand, which the hash of the seal tells
                fixed, state, personal = (said[0], *("" if one == GONE else one for one in said[1:]))
                found[table, key] = Entry(fixed, state, personal, seal)
    return found
