"""The day of the month that a client's terms count from, rebuilt from the terms there are."""

from calendar import monthrange
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_AT_ONCE = 1000
_TERM = sa.table(
    "subscription",
    sa.column("id", sa.Integer),
    sa.column("client_id", sa.Integer),
    sa.column("starts_on", sa.Date),
    sa.column("expires_on", sa.Date),
    sa.column("anchor_day", sa.Integer),
)


def upgrade() -> None:
    op.add_column(
        "subscription", sa.Column("anchor_day", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    count(op.get_bind())


def count(connection: sa.Connection) -> None:
    """Fill the column, client by client."""
    after = 0
    while clients := list(connection.scalars(_clients(after))):
        query = sa.select(_TERM.c.id, _TERM.c.client_id, _TERM.c.starts_on, _TERM.c.expires_on)
        query = query.where(_TERM.c.client_id.between(clients[0], clients[-1]))
        anchors = list[dict[str, int]]()
        client, follows, anchor = 0, date.min, 0
        for term in connection.execute(query.order_by(_TERM.c.client_id, _TERM.c.expires_on)):
            if term.client_id != client or term.starts_on != follows:
                anchor = 0
            client, follows = term.client_id, term.expires_on + timedelta(days=1)
            anchor = _anchor(term.starts_on, anchor or follows.day)
            anchors.append({"term": term.id, "anchor": anchor})
        update = sa.update(_TERM).where(_TERM.c.id == sa.bindparam("term"))
        connection.execute(update.values(anchor_day=sa.bindparam("anchor")), anchors)
        after = clients[-1]


def _clients(after: int) -> sa.Select[Any]:
    ids = sa.select(_TERM.c.client_id).where(_TERM.c.client_id > after).distinct()
    return ids.order_by(_TERM.c.client_id).limit(_AT_ONCE)


def _anchor(starts_on: date, anchor: int) -> int:
    """That of the chain where the term starts on it, or on the last day of a shorter month; else its own."""
    last = monthrange(starts_on.year, starts_on.month)[1]
    return anchor if min(anchor, last) == starts_on.day else starts_on.day
