"""A client column has one home: what has to follow it is found here when it does not."""

from datetime import date
from pathlib import Path

import pytest

from console.db.tables import Client
from console.exports.forms import What
from console.exports.service import _TITLES
from console.people.privacy_store import NAME
from console.rules.client_columns import COLUMNS, FIELDS, KEEP, WRITTEN, Cells, ClientColumn

README = Path(__file__).parents[2] / "README.md"
OUR_OWN = {"id", "code", "search", "sound", "created_at", "updated_at"}


def test_the_readme_gives_the_columns_in_their_order() -> None:
    assert f"`{';'.join(column.name for column in COLUMNS)}`" in README.read_text(encoding="utf-8")


def test_the_columns_of_the_table_are_those_of_the_file_and_our_own() -> None:
    assert {*WRITTEN} | OUR_OWN == {*Client.model_fields}
    assert len({*WRITTEN}) == len(WRITTEN)


def test_what_the_table_keeps_is_exported_and_told_when_it_changes() -> None:
    assert {column.name for column in FIELDS.values()} < {*_TITLES[What.CLIENTS]}
    assert all(column.words for column in FIELDS.values())


@pytest.mark.parametrize("column", FIELDS.values(), ids=FIELDS)
def test_an_erasure_puts_something_that_the_column_can_hold(column: ClientColumn) -> None:
    if column.erased is KEEP:
        return
    kind = Client.__table__.c[column.field].type.python_type  # type: ignore[attr-defined]
    assert column.erased is None or isinstance(column.erased, kind)
    assert column.erased is not None or Client.__table__.c[column.field].nullable  # type: ignore[attr-defined]


def test_an_erased_client_is_called_so() -> None:
    assert NAME == "Client effacé"


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.name)
@pytest.mark.parametrize("written", ["", "\u200b", "\ufffd", "#REF!", "x" * 5000, "31/02/2025", "oui"])
def test_no_cell_makes_a_reader_fail(column: ClientColumn, written: str) -> None:
    column.read(Cells({column.name: written}, date(2025, 12, 20)), column.name)
