"""Reading columns and adding rows without the object layer, for what is read often or written at once."""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import JSON, BindParameter, ColumnElement, Row, Select, bindparam, func, select
from sqlalchemy.sql import visitors
from sqlmodel import SQLModel, col

from console.db import dialect
from console.db.dialect import Unit, connected

AnyRow = Row[*tuple[Any, ...]]
AnySelect = Select[*tuple[Any, ...]]


def columns(*wanted: Any) -> AnySelect:
    """A query for columns rather than table objects: what is read often and never changed."""
    return select(*wanted)


def among(column: Any, name: str) -> ColumnElement[bool]:
    """A condition for queries that are built once: the column is one of the values given under `name`."""
    return col(column).in_(bindparam(name, expanding=True))


def rows(unit: Unit, query: AnySelect, **values: Any) -> Sequence[AnyRow]:
    """The rows of a query for columns, without the cost of the object layer."""
    return connected(unit).execute(query, values).all()


def together_pays(unit: Unit) -> bool:
    """Whether asking for more at once is better than asking twice: where a server answers."""
    return dialect.kind(unit) != "sqlite"


def together(unit: Unit, queries: Sequence[AnySelect], **values: Any) -> list[Sequence[Any]]:
    """The rows of several queries that are built once, in one statement where the base is a server's.

    Values of one name are the same for all. Rows have the names of their columns.
    """
    connection = connected(unit)
    if dialect.kind(unit) == "sqlite":
        return [connection.execute(query, _used(query, values)).all() for query in queries]
    joined, makers = _joined(tuple(queries))
    found = connection.execute(joined, _used(joined, values)).one()
    return [[make(cells) for cells in part or ()] for make, part in zip(makers, found, strict=True)]


class ReadBatch:
    """Queries that are built once, of a unit: they leave together with the first answer that is read.

    What is asked again is answered as it was.
    """

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self._known: list[tuple[AnySelect, dict[str, Any], Callable[[], Sequence[Any]]]] = []
        self._asked: list[AnySelect] = []
        self._values: dict[str, Any] = {}
        self._found: list[Sequence[Any]] = []

    def ask(self, query: AnySelect, **values: Any) -> Callable[[], Sequence[Any]]:
        """What reads the rows of a query."""
        for same, given, known in self._known:
            if same is query and given == values:
                return known
        suffix = ""
        while any(self._values.get(f"{name}{suffix}", value) != value for name, value in values.items()):
            suffix += "_"  # a value of that name was given to another query
        self._values |= {f"{name}{suffix}": value for name, value in values.items()}
        self._asked.append(_renamed(query, suffix) if suffix else query)
        number = len(self._asked) - 1

        def answer() -> Sequence[Any]:
            if number >= len(self._found):
                self._found += together(self.unit, self._asked[len(self._found) :], **self._values)
            return self._found[number]

        self._known.append((query, values, answer))
        return answer


@cache
def _renamed(query: AnySelect, suffix: str) -> AnySelect:
    """The query whose values are given under names with that end."""

    def rename(value: BindParameter[Any]) -> None:
        if value.required:
            value.key += suffix

    return visitors.cloned_traverse(query, {"maintain_key": True}, {"bindparam": rename})


def _used(query: AnySelect, values: Mapping[str, Any]) -> dict[str, Any]:
    names = _names(query)
    return {name: value for name, value in values.items() if name in names}


@cache
def _names(query: AnySelect) -> frozenset[str]:
    return frozenset(str(one.key) for one in visitors.iterate(query) if isinstance(one, BindParameter))


@cache
def _joined(queries: tuple[AnySelect, ...]) -> tuple[AnySelect, list[Callable[[list[Any]], Any]]]:
    """Each query as a list of rows in JSON, and what makes rows of it again."""
    parts, makers = [], []
    for number, query in enumerate(queries):
        inside = query.subquery(f"q{number}")
        listed = func.json_agg(func.json_build_array(*inside.c), type_=JSON)
        parts.append(select(listed).select_from(inside).scalar_subquery().label(f"q{number}"))
        makers.append(_maker([(str(column.key), column.type) for column in query.selected_columns]))
    return select(*parts), makers


def _maker(of: Sequence[tuple[str, Any]]) -> Callable[[list[Any]], Any]:
    row_of: Any = namedtuple("Row", [name for name, _ in of], rename=True)  # type: ignore[misc]
    read = [_READ.get(type(kind).__name__) for _, kind in of]

    def make(cells: list[Any]) -> Any:
        typed = (
            one(cell) if one and cell is not None else cell for one, cell in zip(read, cells, strict=True)
        )
        return row_of._make(typed)

    return make


_READ: Mapping[str, Callable[[str], Any]] = {
    "UtcDateTime": datetime.fromisoformat,
    "Date": date.fromisoformat,
}
"""How what JSON has no form for is read again, by the column's type."""


@dataclass(frozen=True, slots=True)
class NewRow:
    """A row to insert, without the cost of a table object."""

    table: type[SQLModel]
    values: dict[str, Any]


@cache
def _defaults(table: type[SQLModel]) -> dict[str, Any]:
    return {
        name: info.get_default(call_default_factory=True)
        for name, info in table.model_fields.items()
        if name != "id" and not info.is_required()
    }


def row(table: type[SQLModel], **values: Any) -> NewRow:
    """A row to insert; columns left out take their default, and an unknown one fails when it is written."""
    return NewRow(table, _defaults(table) | values)
