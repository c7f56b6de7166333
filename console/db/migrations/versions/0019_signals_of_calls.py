"""A call whose first door was the price or the service tells it: the calls made before get their event.

Notes written before are not read again: what their words said of the client is not known.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

_CALL = sa.table(
    "call",
    sa.column("id"),
    sa.column("client_id"),
    sa.column("subscription_id"),
    sa.column("agent"),
    sa.column("objection"),
    sa.column("ended_at", sa.DateTime(timezone=True)),
)
_EVENT = sa.table(
    "event",
    sa.column("at", sa.DateTime(timezone=True)),
    sa.column("kind"),
    sa.column("client_id"),
    sa.column("subscription_id"),
    sa.column("call_id"),
    sa.column("agent"),
    sa.column("text"),
    sa.column("data", sa.JSON),
    sa.column("key"),
)
_KINDS = {"price": "price_request", "service": "complaint"}


def upgrade() -> None:
    tell(op.get_bind())


def tell(connection: sa.Connection) -> None:
    """Writes the events of the calls that are over."""
    calls = sa.select(_CALL).where(_CALL.c.objection.in_(_KINDS), _CALL.c.ended_at.is_not(None))
    told = [
        {
            "at": call.ended_at,
            "kind": _KINDS[call.objection],
            "client_id": call.client_id,
            "subscription_id": call.subscription_id,
            "call_id": call.id,
            "agent": call.agent,
            "text": "Au téléphone",
            "data": {},
            "key": f"{call.id}:{_KINDS[call.objection]}",
        }
        for call in connection.execute(calls)
    ]
    if told:
        connection.execute(_EVENT.insert(), told)
