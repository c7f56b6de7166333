"""Reading columns and adding rows without the object layer, for what is read often or written at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, select
from sqlmodel import SQLModel, col

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
