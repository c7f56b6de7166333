"""Which rows are about a person, and which of their columns an erasure empties.

Every text column that is not listed as kept: a column added tomorrow is erased without anybody thinking of
it, and enters a seal as a salted digest.
"""

from collections.abc import Mapping
from typing import Any

from pydantic.fields import FieldInfo
from sqlalchemy import JSON, ColumnElement, String, Table, select
from sqlmodel import col

from console.db import tables
from console.db.tables import Call, ChurnRecord
from console.records import chain
from console.rules.client_columns import FIELDS, KEEP

_KEEP = " ".join(name for name, column in FIELDS.items() if column.erased is KEEP)


def about(table: Table, client_id: int) -> ColumnElement[bool] | None:
    """Which rows of a table are about the client, found by its keys; None for a table about nobody."""
    if table.name == "client":
        return table.c.id == client_id
    if "client_id" in table.c:
        return table.c.client_id == client_id
    if "call_id" in table.c:
        return table.c.call_id.in_(select(col(Call.id)).where(col(Call.client_id) == client_id))
    if "record_id" in table.c:
        records = select(col(ChurnRecord.id)).where(col(ChurnRecord.client_id) == client_id)
        return table.c.record_id.in_(records)
    return None


KEPT: Mapping[str, str] = {
    # What is replaced, or emptied in its own way, below.
    "client": f"code phone_kind {_KEEP}",
    "event": "kind agent text data key",
    "churn_record": (
        f"{' '.join(chain.CONTENT)} reason_now client_code client_name previous_hash hash digests"
    ),
    "record_amendment": f"{' '.join(chain.ADDED)} previous_hash hash digests",
    # Words of the vocabulary, names of agents, technical names: what statistics and the journal read.
    "subscription": "plan billing status retention came_back_how pane action rule client_code tally",
    "agreement": "agent outcome confirmed_by",
    "message": "message_id dedup_key channel kind purpose step status lease_token",
    "call": "agent direction facts outcome objection attempts content",
    "call_step": "act step label",
    "granted_offer": "offer",
    "proposal": "message_id what offer answer key",
    "callback": "agent taken_by",
    "escalation": "agent taken_by answered_by closed_by",
    "commitment": "kind agent owner done_by",
}
"""The columns of text that an erasure keeps, by table; keys are kept too, and every other one is emptied."""


def emptied(table: Table) -> dict[str, Any]:
    """The columns of a table that an erasure empties, with what then stands in them."""
    model = next(one for one in tables.Table.__subclasses__() if getattr(one, "__table__", None) is table)
    kept = KEPT.get(table.name, "").split()
    return {
        column.name: "" if (info := model.model_fields[column.name]).is_required() else _default(info)
        for column in table.columns
        if isinstance(getattr(column.type, "impl", column.type), String | JSON)
        and not (column.primary_key or column.foreign_keys or column.name in kept)
    }


def _default(info: FieldInfo) -> Any:
    return info.get_default(call_default_factory=True)
