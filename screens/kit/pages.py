"""What is known of a long list: some of its rows, by rank, and which ones are to be asked for."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

Row = TypeVar("Row")

PAGE = 50
"""Rows asked for at once."""
KEPT = 1_000
"""Rows kept in memory; beyond, those far from the last ones given are let go."""


class Pages(Generic[Row]):
    """Rows by rank. Old ones are still shown, while they are asked for again."""

    def __init__(self, key: Callable[[Row], Hashable]) -> None:
        self._key = key
        self._rows: dict[int, Row] = {}
        self._asked: set[int] = set()
        self._old: set[int] = set()
        self.total = 0
        self.given = False

    def get(self, index: int) -> Row | None:
        """The row of that rank, if it is known."""
        return self._rows.get(index)

    def give(self, offset: int, rows: Sequence[Row], total: int) -> None:
        """Learn rows, and how many there are in all."""
        self.given = True
        self.total = total
        end = offset + len(rows)
        self._old.difference_update(range(offset, end))
        self._rows.update(enumerate(rows, offset))
        near = range(offset - KEPT // 2, end + KEPT // 2) if len(self._rows) > KEPT else range(total)
        self._rows = {index: row for index, row in self._rows.items() if index < total and index in near}
        self._asked = {page for page in self._asked if page in near}

    def age(self) -> None:
        """What is known may be out of date."""
        self._old = set(self._rows)
        self._asked.clear()

    def clear(self) -> None:
        """Know nothing any more."""
        self._rows.clear()
        self._asked.clear()
        self.total = 0
        self.given = False

    def wanted(self, index: int) -> int | None:
        """Where the page to ask for begins, for that rank to be shown; None when it need not be, or was."""
        page = index - index % PAGE
        if page in self._asked or (index in self._rows and index not in self._old):
            return None
        self._asked.add(page)
        return page

    def find(self, row: Row, offset: int, count: int) -> int | None:
        """The rank of the same row among `count` from `offset` on, if it is there."""
        key = self._key(row)
        for index in range(offset, offset + count):
            if (other := self._rows.get(index)) is not None and self._key(other) == key:
                return index
        return None
